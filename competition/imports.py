"""The files of works that came on paper or disc, and of score sheets filled in offline (design §4)."""

from collections import defaultdict

from agencies.imports import ProgrammeImporter, clean_unit_code
from foundation.importing import Change, ImportField, RowRefused
from foundation.numbers import parse_decimal
from foundation.rocdate import format_range, parse_date, taipei_date
from foundation.text import clean_code, clean_line, clean_text, split_names

from .actions.sheets import ask_to_confirm
from .eligibility import Eligibility
from .models import Author, Competition, Entry, Group, Judge, ResultSet, Score, ScoreSheet, Topic
from .models.entries import noon

AUTHOR_NAME_LENGTH = 100


def clean_authors(value):
    names = [clean_line(name, max_length=AUTHOR_NAME_LENGTH) for name in split_names(value)]
    if not names:
        raise ValueError("沒有填作者姓名。")
    if len(set(names)) < len(names):
        raise ValueError("同一位作者寫了兩次。")
    return tuple(names)


class CompetitionImporter(ProgrammeImporter):
    """An importer into one year's competition."""

    def lock(self):
        super().lock()
        Competition.objects.select_for_update().filter(programme=self.programme).first()

    def load_competition(self):
        competition = Competition.objects.filter(programme=self.programme)
        self.competition = competition.first()
        final = ResultSet.objects.final().filter(group__competition=self.competition)
        self.final_groups = set(final.values_list("group", flat=True))

    def require_competition(self):
        if self.competition is None:
            raise RowRefused(f"{self.programme.year}年度尚未設定競賽。")

    def require_not_final(self, group):
        if group.pk in self.final_groups:
            raise RowRefused(f"{group}的結果已定案，不能再變更。")


class EntryImporter(CompetitionImporter):
    kind = "entries"
    title = "紙本與光碟送件"
    help = (
        "每列一件以紙本或光碟送達的作品，登錄為已送件。主題須是該機關所屬組別的限定主題。"
        "送件日期在繳交期限之後者照樣登錄，但列為逾期，不計入教材參賽。"
    )
    fields = (
        ImportField(
            "receipt", "收件編號", lambda value: clean_code(value, max_length=40), sample="105-P-001"
        ),
        ImportField("unit", "機關代碼", clean_unit_code, sample="10010140"),
        ImportField("topic", "主題", lambda value: clean_line(value, max_length=100), sample="為民服務"),
        ImportField("title", "作品名稱", lambda value: clean_line(value, max_length=200), width=32),
        ImportField("authors", "作者", clean_authors, width=24, help="多位作者以「、」分隔。"),
        ImportField("submitted_on", "送件日期", parse_date, kind="date", sample="105/6/30"),
    )

    def key(self, row):
        return row["receipt"]

    def load(self, rows):
        self.load_competition()
        self.load_units()
        groups = Group.objects.filter(competition=self.competition)
        self.groups = {group.key: group for group in groups}
        self.topics = {
            (topic.group_id, topic.name): topic
            for topic in Topic.objects.filter(group__competition=self.competition)
        }
        entries = (
            Entry.objects.filter(competition=self.competition)
            .exclude(receipt="")
            .select_related("unit__unit", "topic__group")
            .prefetch_related("authors")
        )
        self.entries = {entry.receipt: entry for entry in entries}
        sheets = ScoreSheet.objects.filter(entry__competition=self.competition)
        self.scored = set(sheets.values_list("entry", flat=True))
        self.codes = set(Entry.objects.values_list("work_code", flat=True))

    def plan(self, row):
        self.require_competition()
        unit = self.unit_of(row)
        entry = self.entries.get(row["receipt"])
        if entry and (entry.unit, entry.topic.name) == (unit, row["topic"]):
            topic = entry.topic  # It was allowed then, whatever group the unit is in since.
        else:
            topic = self._topic(row, unit)
        wanted = {"unit": unit, "topic": topic, "title": row["title"]}
        self._require_in_period(row["submitted_on"])
        if entry is None:
            return self._new(row, wanted)
        return self._again(row, entry, wanted)

    def _topic(self, row, unit):
        group = self.groups.get(unit.competition_group)
        if group is None:
            raise RowRefused(f"「{unit.name}」不在任何競賽組別，不能參賽。", "unit")
        topic = self.topics.get((group.pk, row["topic"]))
        if topic is None:
            allowed = "、".join(topic.name for key, topic in self.topics.items() if key[0] == group.pk)
            raise RowRefused(f"{group}沒有「{row['topic']}」這個主題；限定主題：{allowed}。", "topic")
        self.require_not_final(group)
        return topic

    def _require_in_period(self, day):
        if not self.programme.covers(day):
            period = format_range(self.programme.starts_on, self.programme.ends_on)
            raise RowRefused(f"不在計畫期間（{period}）內。", "submitted_on")

    def _new(self, row, wanted):
        entry = Entry(
            **wanted,
            competition=self.competition,
            medium=Entry.Medium.PAPER_OR_DISC,
            state=Entry.State.SUBMITTED,
            receipt=row["receipt"],
            work_code=self._fresh_code(),
            submitted_at=noon(row["submitted_on"]),
            created_by=self.by,
            created_at=self.at,
        )
        authors = [
            Author(entry=entry, position=position, name=name)
            for position, name in enumerate(row["authors"], start=1)
        ]
        return Change(label=self._label(row), is_new=True, creates=[entry, *authors], notes=self._notes(row))

    def _fresh_code(self):
        code = Entry.new_work_code(self.codes)
        self.codes.add(code)
        return code

    def _again(self, row, entry, wanted):
        change = Change(label=self._label(row), notes=self._notes(row))
        if taipei_date(entry.submitted_at) != row["submitted_on"]:
            wanted["submitted_at"] = noon(row["submitted_on"])
        change.updates.append((entry, wanted))
        self._plan_authors(row, entry, change)
        differs = change.differences or any(getattr(entry, name) != value for name, value in wanted.items())
        if differs and entry.medium == Entry.Medium.ONLINE:
            raise RowRefused("這個收件編號是線上送件的作品，請在作品頁面修改。", "receipt")
        if differs and entry.state != Entry.State.SUBMITTED:
            raise RowRefused(f"這件作品{entry.get_state_display()}，不能再變更。", "receipt")
        if differs:
            self.require_not_final(entry.topic.group)
        if entry.pk in self.scored:
            self._require_same_panel(entry, wanted)
        return change

    def _require_same_panel(self, entry, wanted):
        # Its judges would be of another group, or of the work's own unit.
        if wanted["unit"] != entry.unit:
            raise RowRefused("這件作品已有評分表，不能改列別的機關。", "unit")
        if wanted["topic"].group_id != entry.topic.group_id:
            raise RowRefused("這件作品已有評分表，不能改列別組的主題。", "topic")

    def _plan_authors(self, row, entry, change):
        stored = list(entry.authors.all())
        names = row["authors"]
        before = tuple(author.name for author in stored)
        if before == names:
            return
        if len(names) < len(stored):
            raise RowRefused(
                f"已登錄 {len(stored)} 位作者，檔案只有 {len(names)} 位；要移除作者請在作品頁面修改。",
                "authors",
            )
        change.differences.append(["作者", "、".join(before), "、".join(names)])
        change.unseen += [
            (author, {"name": name, "title": author.title if author.name == name else ""})
            for author, name in zip(stored, names, strict=False)
        ]
        change.creates += [
            Author(entry=entry, position=position, name=name)
            for position, name in enumerate(names, start=1)
            if position > len(stored)
        ]

    def _notes(self, row):
        if row["submitted_on"] > self.competition.due_on:
            return ["送件日期在繳交期限之後，列為逾期；機關獲准延期者除外。"]
        return []

    @staticmethod
    def _label(row):
        return f"{row['receipt']} {row['title']}"

    def export_rows(self):
        entries = Entry.objects.of(self.programme).submitted()
        authors = defaultdict(list)
        named = Author.objects.filter(entry__in=entries).order_by("entry", "position")
        for pk, name in named.values_list("entry", "name"):
            authors[pk].append(name)
        ordered = entries.select_related("unit__unit", "topic").order_by("receipt", "pk")
        for entry in ordered.iterator(chunk_size=2000):
            yield (
                entry.receipt,
                entry.unit.unit.code,
                entry.topic.name,
                entry.title,
                "、".join(authors[entry.pk]),
                taipei_date(entry.submitted_at),
            )


def clean_points(criterion):
    """The cleaner of one criterion's column: 0 to the full mark in steps of 0.5."""

    def clean(value):
        points = parse_decimal(value, maximum=criterion.full_marks, places=1, name=criterion.name)
        if points * 2 % 1:
            raise ValueError(f"{criterion.name}「{points}」須以 0.5 為單位。")
        return points

    return clean


class ScoreImporter(CompetitionImporter):
    kind = "scores"
    title = "紙本評分表"
    help = (
        "每列一張評審已簽名的評分表，由承辦人代登。第一欄可填收件編號或作品代碼，評審填登入帳號。"
        "評分項目空白表示該項棄權，這張評分表就不計入排名。"
    )

    def __init__(self, programme):
        super().__init__(programme)
        competition = Competition.objects.filter(programme=programme).first()
        self.criteria = list(competition.criteria.all()) if competition else []
        self.fields = (
            ImportField(
                "receipt",
                "收件編號",
                lambda value: clean_code(value, max_length=40),
                help="收件編號或作品代碼。",
                sample="105-P-001",
            ),
            ImportField("judge", "評審", lambda value: clean_code(value, max_length=150), help="登入帳號。"),
            *(
                ImportField(
                    criterion.name,
                    criterion.name,
                    clean_points(criterion),
                    blank=True,
                    help=f"0 至 {criterion.full_marks} 分，以 0.5 為單位；空白表示棄權。",
                    kind="decimal",
                    width=10,
                )
                for criterion in self.criteria
            ),
            ImportField("comment", "評語", clean_text, blank=True, optional=True, width=40),
        )

    def key(self, row):
        return (row["receipt"], row["judge"].casefold())

    def load(self, rows):
        self.load_competition()
        entries = list(
            Entry.objects.filter(competition=self.competition).select_related("unit", "topic__group")
        )
        self.by_receipt = {entry.receipt: entry for entry in entries if entry.receipt}
        self.by_code = {entry.work_code: entry for entry in entries}
        judges = list(
            Judge.objects.filter(group__competition=self.competition).select_related("user", "group")
        )
        self.judges = {(judge.group_id, judge.user.username.casefold()): judge for judge in judges}
        self.eligibility = Eligibility(judges)
        sheets = ScoreSheet.objects.filter(entry__competition=self.competition)
        sheets = sheets.select_related("signed_by", "entered_by").prefetch_related("scores")
        self.sheets = {(sheet.entry_id, sheet.judge_id): sheet for sheet in sheets}
        self.planned = {}

    def plan(self, row):
        self.require_competition()
        entry = self._entry(row)
        self.require_not_final(entry.topic.group)
        judge = self._judge(row, entry)
        if (entry.pk, judge.pk) in self.planned:
            number = self.planned[entry.pk, judge.pk]
            raise RowRefused(f"與第 {number} 列是同一位評審對同一件作品的評分表。")
        self.planned[entry.pk, judge.pk] = row.number
        label = f"{row['receipt']} {judge.user.username}"
        points = {criterion.pk: row[criterion.name] for criterion in self.criteria}
        notes = [] if None not in points.values() else ["有棄權的項目，這張評分表不計入排名。"]
        sheet = self.sheets.get((entry.pk, judge.pk))
        if sheet is None:
            return self._new(label, entry, judge, points, row["comment"] or "", notes)
        return self._again(label, sheet, judge, points, row["comment"] or "", notes)

    def _entry(self, row):
        entry = self.by_receipt.get(row["receipt"]) or self.by_code.get(row["receipt"].upper())
        if entry is None:
            raise RowRefused(f"沒有收件編號或作品代碼為「{row['receipt']}」的作品。", "receipt")
        if entry.state != Entry.State.SUBMITTED:
            raise RowRefused(f"這件作品{entry.get_state_display()}，不能評分。", "receipt")
        return entry

    def _judge(self, row, entry):
        group = entry.topic.group
        judge = self.judges.get((group.pk, row["judge"].casefold()))
        if judge is None:
            raise RowRefused(f"「{row['judge']}」不在{group}的評審名單。", "judge")
        if refusal := self.eligibility.refusal(judge, entry):
            raise RowRefused(refusal, "judge")
        return judge

    def _new(self, label, entry, judge, points, comment, notes):
        sheet = ScoreSheet(
            entry=entry,
            judge=judge,
            comment=comment,
            updated_at=self.at,
            signed_at=self.at,
            signed_by=judge.user,
            is_proxy=True,
            entered_by=self.by,
        )
        scores = [
            Score(sheet=sheet, criterion=criterion, points=points[criterion.pk])
            for criterion in self.criteria
        ]
        return Change(label=label, is_new=True, creates=[sheet, *scores], notes=notes)

    def _again(self, label, sheet, judge, points, comment, notes):
        change = Change(label=label, notes=notes)
        stored = {score.criterion_id: score for score in sheet.scores.all()}
        for criterion in self.criteria:
            score = stored.get(criterion.pk)
            given = points[criterion.pk]
            if score is None:
                change.creates.append(Score(sheet=sheet, criterion=criterion, points=given))
                change.differences.append([criterion.name, "（未評）", _points(given)])
            elif score.points != given:
                change.unseen.append((score, {"points": given}))
                change.differences.append([criterion.name, _points(score.points), _points(given)])
        change.updates.append((sheet, {"comment": comment}))
        if not (change.differences or sheet.comment != comment or not sheet.is_signed):
            return change
        if sheet.is_signed and not sheet.is_proxy:
            raise RowRefused("這位評審已在線上簽名，不能以檔案覆蓋。", "judge")
        if not sheet.is_signed:
            change.differences.append(["狀態", "評分中", "已簽名（代登）"])
        change.unseen.append(
            (
                sheet,
                {
                    "version": sheet.version + 1,
                    "updated_at": self.at,
                    "signed_at": self.at,
                    "signed_by": judge.user,
                    "is_proxy": True,
                    "entered_by": self.by,
                    "confirmed_at": None,
                },
            )
        )
        return change

    def applied(self, changes, *, by, at):
        """The judges whose sheets were entered are asked to confirm them."""
        written = (row for each in changes for row in (*each.creates, *(row for row, _ in each.unseen)))
        named = {sheet.judge_id for sheet in written if isinstance(sheet, ScoreSheet)}
        judges = [judge for judge in self.judges.values() if judge.pk in named]
        ask_to_confirm(judges=judges, year=self.programme.year, at=at)

    def export_rows(self):
        sheets = ScoreSheet.objects.filter(
            entry__competition__programme=self.programme, signed_at__isnull=False
        )
        points = defaultdict(dict)
        scores = Score.objects.filter(sheet__in=sheets).values_list("sheet", "criterion", "points")
        for sheet, criterion, given in scores.iterator(chunk_size=2000):
            points[sheet][criterion] = given
        ordered = sheets.select_related("entry", "judge__user").order_by(
            "entry__receipt", "judge__user__username", "pk"
        )
        for sheet in ordered.iterator(chunk_size=2000):
            yield (
                sheet.entry.receipt,
                sheet.judge.user.username,
                *(points[sheet.pk].get(criterion.pk) for criterion in self.criteria),
                sheet.comment,
            )


def _points(value):
    return "（棄權）" if value is None else f"{value:.1f}"
