"""The sessions of the workshop and the seats allotted in them."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from agencies.models import Category
from foundation.rocdate import format_short, roc_year, start_of_day

# The audiences of the document's two sessions (六、二). Townships come to both.
FIRST_AUDIENCE = (
    Category.COUNTY_UNIT,
    Category.FIRST_LEVEL_AGENCY,
    Category.LIVESTOCK_CENTRE,
    Category.LAND_OFFICE,
    Category.TOWNSHIP,
)
SECOND_AUDIENCE = (Category.TOWNSHIP,)


class LearningKind(models.TextChoices):
    """學習性質, by the codes of the learner's passport."""

    ONLINE = "1", "數位"
    IN_ROOM = "2", "實體"
    BLENDED = "3", "混成"


class Session(models.Model):
    """One session (梯次) of the workshop on making digital teaching materials."""

    programme = models.ForeignKey("agencies.Programme", models.PROTECT, related_name="sessions")
    number = models.PositiveSmallIntegerField("梯次")
    title = models.CharField("名稱", max_length=200, default="自製數位教材研習班")
    held_on = models.DateField("研習日期")
    starts_at = models.TimeField("開始時間", null=True, blank=True)
    ends_at = models.TimeField("結束時間", null=True, blank=True)
    is_provisional = models.BooleanField("日期暫定", default=False)
    place = models.CharField("地點", max_length=200, blank=True)
    audience = models.JSONField("研習對象", default=list, blank=True, help_text="category keys")
    capacity = models.PositiveIntegerField("場地容量", null=True, blank=True, help_text="未填表示不限。")
    hours = models.DecimalField("研習時數", max_digits=4, decimal_places=1, default=Decimal("6"))
    enrolment_opens_at = models.DateTimeField("報名開始", null=True, blank=True)
    enrolment_closes_at = models.DateTimeField("報名截止", null=True, blank=True)
    substitution_ends_at = models.DateTimeField("換人截止", null=True, blank=True)
    release_at = models.DateTimeField("名額釋出時間", null=True, blank=True)
    released_at = models.DateTimeField("實際釋出時間", null=True, blank=True)
    quotas_published_at = models.DateTimeField("名額公布時間", null=True, blank=True)
    attendance_closed_at = models.DateTimeField("出席結算時間", null=True, blank=True)
    check_in_from = models.TimeField("自行報到開始", null=True, blank=True)
    check_in_until = models.TimeField("自行報到截止", null=True, blank=True)
    grace_minutes = models.PositiveSmallIntegerField("遲到寬限（分鐘）", default=10)
    # What the learner's passport asks of a course, in its own codes.
    course_category = models.CharField("課程類別代碼", max_length=20, blank=True)
    course_term = models.CharField("期別", max_length=20, blank=True)
    course_code = models.CharField("課程代碼", max_length=40, blank=True)
    course_county = models.CharField("上課縣市代碼", max_length=2, default="61")
    learning_kind = models.CharField(
        "學習性質", max_length=1, choices=LearningKind.choices, default=LearningKind.IN_ROOM
    )
    online_hours = models.DecimalField("其中數位時數", max_digits=4, decimal_places=1, default=Decimal(0))
    sequence = models.PositiveSmallIntegerField(default=0, help_text="of its calendar entry (RFC 5545)")

    class Meta:
        verbose_name = "研習梯次"
        ordering = ["programme", "number"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "number"], name="session_number_unique"),
            models.CheckConstraint(
                condition=Q(enrolment_opens_at=None)
                | Q(enrolment_closes_at=None)
                | Q(enrolment_closes_at__gt=F("enrolment_opens_at")),
                name="session_enrolment_window_in_order",
                violation_error_message="報名截止須晚於報名開始。",
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="session_times_in_order",
                violation_error_message="結束時間須晚於開始時間。",
            ),
            models.CheckConstraint(
                condition=Q(check_in_from=None)
                | Q(check_in_until=None)
                | Q(check_in_until__gt=F("check_in_from")),
                name="session_check_in_in_order",
                violation_error_message="自行報到的截止須晚於開始。",
            ),
            models.CheckConstraint(
                condition=Q(learning_kind="1", online_hours=F("hours"))
                | Q(learning_kind="2", online_hours=0)
                | Q(learning_kind="3", online_hours__gt=0, online_hours__lt=F("hours")),
                name="session_online_hours_match_kind",
                violation_error_message="數位時數與學習性質不合：實體為 0，數位等於研習時數，混成介於其間。",
            ),
            models.CheckConstraint(
                condition=Q(hours__gte=0),
                name="session_hours_not_negative",
                violation_error_message="研習時數不得為負數。",
            ),
        ]

    def __str__(self):
        return f"第{self.number}梯次"

    def get_absolute_url(self):
        return f"{reverse('workshops:session_detail', args=[self.number])}?year={self.programme.year}"

    @property
    def calendar_key(self):
        """What tells its entry in a calendar from all others."""
        return f"session-{self.pk}"

    @property
    def audience_labels(self):
        return [Category(key).label for key in self.audience]

    def invites(self, category):
        """Whether units of this category belong to the audience (guides lists and proposals only)."""
        return category in self.audience

    @property
    def held_on_words(self):
        """105年4月11日（一）."""
        return f"{roc_year(self.held_on)}年{format_short(self.held_on)}"

    @property
    def is_attendance_closed(self):
        return self.attendance_closed_at is not None

    def is_enrolment_open(self, at):
        """Open from `enrolment_opens_at` until `enrolment_closes_at`, exclusive; an unset end is open."""
        opened = self.enrolment_opens_at is None or self.enrolment_opens_at <= at
        closed = self.enrolment_closes_at is not None and self.enrolment_closes_at <= at
        return opened and not closed and self.attendance_closed_at is None

    @property
    def is_released(self):
        """Whether the seats that units left unused are one pool for all."""
        return self.released_at is not None

    @property
    def last_substitution_at(self):
        """Units may put one person in another's place before this moment; unset: before the session's day."""
        return self.substitution_ends_at or start_of_day(self.held_on)


class UnitQuotaQuerySet(models.QuerySet):
    def news(self):
        """Those that differ from what the unit's contacts were last told."""
        told_otherwise = Q(published_seats__isnull=False) & ~Q(published_seats=F("seats"))
        return self.filter(told_otherwise | Q(published_seats=None, seats__gt=0))


class UnitQuota(models.Model):
    """The seats allotted to a unit in one session (分配名額): the q of indicator 2; releasing seats never changes it."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="quotas")
    unit = models.ForeignKey(
        "agencies.ProgrammeUnit", models.PROTECT, related_name="quotas", verbose_name="機關"
    )
    seats = models.PositiveIntegerField("名額")
    published_seats = models.PositiveIntegerField(
        "公布的名額", null=True, blank=True, help_text="What the unit's contacts were last told."
    )

    objects = UnitQuotaQuerySet.as_manager()

    class Meta:
        verbose_name = "分配名額"
        ordering = ["session", "unit__unit__code"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "unit"],
                name="quota_once_a_session",
                violation_error_message="這個機關在本梯次已有名額。",
            )
        ]

    def __str__(self):
        return f"{self.unit} {self.seats} 人"
