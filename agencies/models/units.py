"""The county's units, and each as it takes part in one year."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from .people import Contact


class Category(models.TextChoices):
    """What kind of unit; decides the competition group (programme document 六、四)."""

    COUNTY_UNIT = "county_unit", "本府單位"
    FIRST_LEVEL_AGENCY = "first_level_agency", "所屬一級機關"
    LIVESTOCK_CENTRE = "livestock_centre", "家畜疾病防治所"
    LAND_OFFICE = "land_office", "地政事務所"
    TOWNSHIP = "township", "鄉鎮市公所"
    SCHOOL = "school", "學校"
    OTHER = "other", "其他"


class CompetitionGroup(models.TextChoices):
    """The two groups that the document names."""

    AGENCY = "agency", "機關組"
    COUNTY_AND_SCHOOL = "county_and_school", "本府暨學校組"

    @classmethod
    def of(cls, category):
        """The group the document puts a category in; empty for 其他, which it names nowhere."""
        return _GROUP_OF.get(category, "")


_GROUP_OF = {
    Category.COUNTY_UNIT: CompetitionGroup.COUNTY_AND_SCHOOL,
    Category.SCHOOL: CompetitionGroup.COUNTY_AND_SCHOOL,
    Category.FIRST_LEVEL_AGENCY: CompetitionGroup.AGENCY,
    Category.LIVESTOCK_CENTRE: CompetitionGroup.AGENCY,
    Category.LAND_OFFICE: CompetitionGroup.AGENCY,
    Category.TOWNSHIP: CompetitionGroup.AGENCY,
}


# A code stands in addresses (/agencies/<code>/), beside the pages of these names.
UNIT_CODE = RegexValidator(r"^[0-9A-Za-z][0-9A-Za-z._-]*\Z", "機關代碼只能用英文字母、數字與 . _ - 。")
RESERVED_CODES = frozenset({"accounts", "new", "notices", "people", "programmes"})


class Unit(models.Model):
    """A unit that lasts over the years. Its code never changes; its name here is today's."""

    code = models.CharField("機關代碼", max_length=20, unique=True, validators=[UNIT_CODE])
    name = models.CharField("現在名稱", max_length=100)
    closed_on = models.DateField("裁撤日期", null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_units", verbose_name="併入機關"
    )

    class Meta:
        verbose_name = "機關"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(closed_on__isnull=False),
                name="unit_merged_is_closed",
                violation_error_message="併入其他機關者須有裁撤日期。",
            ),
            models.CheckConstraint(condition=~Q(code=""), name="unit_has_code"),
        ]

    def __str__(self):
        return self.name

    def is_closed(self, day):
        """裁撤日期 is the first day on which the unit is no more."""
        return self.closed_on is not None and self.closed_on <= day


class ProgrammeUnitQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Staff see every unit; a contact the units they stand for today."""
        if user.is_staff:
            return self
        today = timezone.localdate()
        contacts = user.contacts.in_force(today).values("unit")
        return self.filter(unit__in=contacts)

    def on_board(self):
        return self.filter(on_board=True)

    def with_headcount(self):
        """Annotates `headcount`: the one in force on the programme's reference date, or None."""
        in_force = (
            Headcount.objects.filter(programme_unit=OuterRef("pk"))
            .filter(
                effective_on__lte=models.functions.Coalesce(
                    OuterRef("programme__reference_date"), OuterRef("programme__starts_on")
                )
            )
            .order_by("-effective_on")
        )
        return self.annotate(headcount=Subquery(in_force.values("count")[:1]))

    def with_contact_count(self, day=None):
        """Annotates `contact_count`: how many people stand for the unit on that day (default today)."""
        contacts = (
            Contact.objects.in_force(day)
            .filter(unit=OuterRef("unit"))
            .order_by()
            .values("unit")
            .annotate(number=models.Count("pk"))
            .values("number")
        )
        return self.annotate(contact_count=models.functions.Coalesce(Subquery(contacts), 0))

    def counts_by_category(self):
        """How many units of each category there are."""
        counted = self.order_by().values_list("category").annotate(number=models.Count("pk"))
        return dict(counted)


class ProgrammeUnit(models.Model):
    """A unit as it takes part in one year: a later rename or regrouping never rewrites this row."""

    programme = models.ForeignKey("agencies.Programme", models.PROTECT, related_name="units")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="years", verbose_name="機關")
    name = models.CharField("機關名稱", max_length=100)
    category = models.CharField("類別", max_length=24, choices=Category.choices)
    competition_group = models.CharField(
        "競賽組別",
        max_length=24,
        choices=CompetitionGroup.choices,
        blank=True,
        help_text="未分組的機關，「教材參賽」不適用。",
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上級機關"
    )
    on_board = models.BooleanField("列入完成度", default=True)

    objects = ProgrammeUnitQuerySet.as_manager()

    class Meta:
        verbose_name = "本年度機關"
        ordering = ["unit__code"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "unit"], name="programme_unit_once_a_year"),
            models.CheckConstraint(condition=~Q(name=""), name="programme_unit_has_name"),
        ]

    def __str__(self):
        return self.name

    @property
    def code(self):
        return self.unit.code


class Headcount(models.Model):
    """How many people a unit has from a day on (單位人數)."""

    programme_unit = models.ForeignKey(ProgrammeUnit, models.PROTECT, related_name="headcounts")
    effective_on = models.DateField("生效日期")
    count = models.PositiveIntegerField("單位人數")

    class Meta:
        verbose_name = "單位人數"
        ordering = ["programme_unit", "-effective_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme_unit", "effective_on"],
                name="headcount_once_a_day",
                violation_error_message="這一天已有單位人數。",
            )
        ]

    def __str__(self):
        return f"{self.count} 人"
