"""The units file: the year's units with their headcounts (design §4)."""

from collections import defaultdict

from agencies.models import Category, CompetitionGroup, Headcount, Programme, ProgrammeUnit, Unit
from agencies.models.units import RESERVED_CODES, UNIT_CODE
from foundation.importing import Change, Importer, ImportField, RowRefused, shown
from foundation.numbers import parse_int
from foundation.text import clean_code, clean_line

COUNTY = "嘉義縣政府"
LARGEST_HEADCOUNT = 99_999


class ProgrammeImporter(Importer):
    """An importer into one programme year."""

    def __init__(self, programme):
        self.programme = programme

    @property
    def scope(self):
        return str(self.programme.year)

    def lock(self):
        """Two imports into a year wait for each other; a frozen year refuses."""
        self.programme = Programme.objects.select_for_update().get(pk=self.programme.pk)
        self.programme.require_open()

    def load_units(self):
        """The year's units by code."""
        units = self.programme.units.select_related("unit", "parent__unit")
        self.units = {unit.unit.code: unit for unit in units}

    def unit_of(self, row, field="unit"):
        """The year's unit a row names by code."""
        try:
            return self.units[row[field]]
        except KeyError:
            raise RowRefused(f"{self.programme.year}年度沒有代碼「{row[field]}」的機關。", field) from None


def clean_category(value):
    """A category by its key or its Chinese name."""
    text = clean_line(value)
    for category in Category:
        if text in (category.value, category.label):
            return category
    raise ValueError(f"沒有「{text}」這個類別；可用的類別：{'、'.join(Category.labels)}。")


def clean_headcount(value):
    return parse_int(value, maximum=LARGEST_HEADCOUNT, name="單位人數")


def clean_unit_code(value):
    code = clean_code(value, max_length=20)
    if not UNIT_CODE.regex.search(code) or code.lower() in RESERVED_CODES:
        raise ValueError(f"「{code}」不能作機關代碼；只能用英文字母、數字與 . _ - 。")
    return code


class UnitImporter(ProgrammeImporter):
    kind = "units"
    title = "機關與人數"
    help = (
        "每列一個機關。單位人數寫入本年度人數基準日；空白表示不變更已有的人數。檔案中沒有的機關不會被刪除。"
    )
    fields = (
        ImportField("code", "機關代碼", clean_unit_code, sample="10010140"),
        ImportField("name", "機關名稱", lambda value: clean_line(value, max_length=100), width=28),
        ImportField("category", "類別", clean_category, width=18, help="、".join(Category.labels)),
        ImportField(
            "parent",
            "上級機關",
            lambda value: clean_line(value, max_length=100),
            blank=True,
            optional=True,
            width=24,
            help="代碼或名稱；空白或「嘉義縣政府」表示沒有。",
        ),
        ImportField(
            "headcount", "單位人數", clean_headcount, blank=True, optional=True, kind="int", width=10
        ),
    )

    def key(self, row):
        return row["code"]

    def load(self, rows):
        self.load_units()
        codes = [row["code"] for row in rows]
        self.lasting = {unit.code: unit for unit in Unit.objects.filter(code__in=codes)}
        self._load_headcounts()
        self.is_newest_year = not Programme.objects.filter(year__gt=self.programme.year).exists()
        self.stored = dict(self.units)
        self.named = defaultdict(set)
        for unit in self.units.values():
            self.named[unit.name].add(unit.unit.code)
        for row in rows:
            if row["code"] not in self.units:
                self.units[row["code"]] = self._new(row)
            self.named[row["name"]].add(row["code"])
        self.parents = {row["code"]: row["parent"] for row in rows}

    def _load_headcounts(self):
        """The counts in force on the reference date, and the rows dated that very day."""
        day = self.programme.headcount_date
        self.in_force, self.dated = {}, {}
        counts = Headcount.objects.filter(programme_unit__programme=self.programme, effective_on__lte=day)
        for headcount in counts.order_by("effective_on"):
            self.in_force[headcount.programme_unit_id] = headcount.count
            if headcount.effective_on == day:
                self.dated[headcount.programme_unit_id] = headcount

    def _new(self, row):
        lasting = self.lasting.get(row["code"]) or Unit(code=row["code"], name=row["name"])
        return ProgrammeUnit(
            programme=self.programme,
            unit=lasting,
            name=row["name"],
            category=row["category"],
            competition_group=CompetitionGroup.of(row["category"]),
        )

    def plan(self, row):
        unit = self.units[row["code"]]
        is_new = row["code"] not in self.stored
        change = Change(label=f"{row['code']} {row['name']}", is_new=is_new)
        if is_new:
            change.creates = [unit] if unit.unit.pk else [unit.unit, unit]
        change.updates.append((unit, self._wanted(row, unit)))
        if self.is_newest_year and unit.unit.pk:
            change.unseen.append((unit.unit, {"name": row["name"]}))
        self._plan_headcount(row, unit, change)
        return change

    def _wanted(self, row, unit):
        wanted = {"name": row["name"], "category": row["category"], "parent": self._parent(row)}
        if unit.competition_group == CompetitionGroup.of(unit.category):
            # The group follows the category unless staff chose another one.
            wanted["competition_group"] = CompetitionGroup.of(row["category"])
        return wanted

    def _parent(self, row):
        code = self._parent_code(row["code"], row["parent"])
        above, seen = code, {row["code"]}
        while above:
            if above in seen:
                raise RowRefused("機關不能隸屬於自己或自己的下級。", "parent")
            seen.add(above)
            above = self._parent_of(above)
        return self.units[code] if code else None

    def _parent_of(self, code):
        if code in self.parents:
            return self._parent_code(code, self.parents[code])
        parent = self.units[code].parent
        return parent.unit.code if parent else None

    def _parent_code(self, code, text):
        """The code of the parent that a cell names by code or by name; None for the county itself."""
        if text in (None, COUNTY):
            return None
        code = clean_code(text)
        if code in self.units:
            return code
        candidates = self.named.get(text, set())
        if len(candidates) > 1:
            raise RowRefused(f"有 {len(candidates)} 個機關名為「{text}」，請改填代碼。", "parent")
        if not candidates:
            raise RowRefused(f"檔案與本年度都沒有「{text}」這個機關。", "parent")
        return next(iter(candidates))

    def _plan_headcount(self, row, unit, change):
        count = row["headcount"]
        if count is None or self.in_force.get(unit.pk) == count:
            return
        if unit.pk in self.dated:
            change.updates.append((self.dated[unit.pk], {"count": count}))
            return
        day = self.programme.headcount_date
        change.creates.append(Headcount(programme_unit=unit, effective_on=day, count=count))
        if not change.is_new:
            change.differences.append(["單位人數", shown(self.in_force.get(unit.pk)), str(count)])

    def export_rows(self):
        units = self.programme.units.with_headcount().select_related("unit", "parent__unit")
        for unit in units.order_by("unit__code"):
            parent = unit.parent.unit.code if unit.parent else None
            yield (unit.unit.code, unit.name, unit.get_category_display(), parent, unit.headcount)
