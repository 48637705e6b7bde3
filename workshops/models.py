"""研習班: sessions, quotas, enrolments; and the tutors of 誰來我「嘉」."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from agencies.models import Category, ProgrammeUnit
from foundation.rocdate import format_short, roc_year

# The audiences of the document's two sessions (六、二). Townships come to both.
FIRST_AUDIENCE = (
    Category.COUNTY_UNIT,
    Category.FIRST_LEVEL_AGENCY,
    Category.LIVESTOCK_CENTRE,
    Category.LAND_OFFICE,
    Category.TOWNSHIP,
)
SECOND_AUDIENCE = (Category.TOWNSHIP,)


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
    lecturers = models.CharField("講師", max_length=300, blank=True)
    audience = models.JSONField("研習對象", default=list, blank=True, help_text="category keys")
    capacity = models.PositiveIntegerField("場地容量", null=True, blank=True, help_text="未填表示不限。")
    hours = models.DecimalField("研習時數", max_digits=4, decimal_places=1, default=Decimal("6"))
    enrolment_opens_at = models.DateTimeField("報名開始", null=True, blank=True)
    enrolment_closes_at = models.DateTimeField("報名截止", null=True, blank=True)
    attendance_closed_at = models.DateTimeField("出席結算時間", null=True, blank=True)

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
                condition=Q(hours__gte=0),
                name="session_hours_not_negative",
                violation_error_message="研習時數不得為負數。",
            ),
        ]

    def __str__(self):
        return f"第{self.number}梯次"

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


class UnitQuota(models.Model):
    """The seats allotted to a unit in one session (分配名額): the q of indicator 2; releasing seats never changes it."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="quotas")
    unit = models.ForeignKey(
        "agencies.ProgrammeUnit", models.PROTECT, related_name="quotas", verbose_name="機關"
    )
    seats = models.PositiveIntegerField("名額")

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


class EnrolmentQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Staff see all; a contact those of the units they stand for today; everybody the own ones."""
        if user.is_staff:
            return self
        return self.filter(Q(unit__in=ProgrammeUnit.objects.visible_to(user)) | Q(person__user=user))

    def of_participant(self, user):
        """A person's own enrolments, newest session first, with what a list of them shows."""
        return (
            self.filter(person__user=user)
            .exclude(state=Enrolment.State.CANCELLED)
            .select_related("session__programme", "unit")
            .order_by("-session__held_on", "pk")
        )

    def active(self):
        return self.exclude(state=Enrolment.State.CANCELLED)

    def confirmed(self):
        return self.filter(state=Enrolment.State.CONFIRMED)

    def seated(self):
        """Those whose seats count against quota and room: confirmed within the limits."""
        return self.confirmed().filter(over_limit_reason="")

    def waiting(self):
        """The waiting list, first come first served."""
        return self.filter(state=Enrolment.State.WAITING).order_by("queued_at", "pk")

    def sent(self):
        """People a unit really sent: confirmed and not marked excused or absent (design §3.2, indicator 2)."""
        return self.confirmed().exclude(attendance__in=Enrolment.NOT_SENT)


class Enrolment(models.Model):
    """A person nominated for a session by their unit (薦送)."""

    class State(models.TextChoices):
        CONFIRMED = "confirmed", "已錄取"
        WAITING = "waiting", "候補"
        CANCELLED = "cancelled", "已取消"

    class Attendance(models.TextChoices):
        UNMARKED = "", "未登記"
        PRESENT = "present", "出席"
        LATE = "late", "遲到"
        EXCUSED = "excused", "請假"
        ABSENT = "absent", "缺席"
        WALK_IN = "walk_in", "現場報到"

    NOT_SENT = (Attendance.EXCUSED, Attendance.ABSENT)
    # Came by spreadsheet beyond quota or room; takes the next seat that falls free, before the waiting list.
    IMPORTED_OVER_LIMIT = "由試算表匯入"

    session = models.ForeignKey(Session, models.PROTECT, related_name="enrolments")
    unit = models.ForeignKey(
        "agencies.ProgrammeUnit", models.PROTECT, related_name="enrolments", verbose_name="機關"
    )
    person = models.ForeignKey(
        "agencies.Person", models.PROTECT, related_name="enrolments", verbose_name="同仁"
    )
    state = models.CharField("狀態", max_length=12, choices=State.choices)
    attendance = models.CharField(
        "出席", max_length=12, choices=Attendance.choices, blank=True, default=Attendance.UNMARKED
    )
    over_limit_reason = models.CharField(
        "超額理由",
        max_length=200,
        blank=True,
        help_text="承辦人登記的超額錄取；不占機關名額與場地容量的檢查。",
    )
    created_by = models.ForeignKey("agencies.User", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField("薦送時間")
    queued_at = models.DateTimeField("列入候補時間", null=True, blank=True)
    cancelled_at = models.DateTimeField("取消時間", null=True, blank=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = "薦送"
        ordering = ["session", "unit__unit__code", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "person"],
                condition=~Q(state="cancelled"),
                name="enrolment_once_a_session",
                violation_error_message="這位同仁已在本梯次名單；同一人不能重複薦送。",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", queued_at__isnull=False) | ~Q(state="waiting"),
                name="enrolment_waiting_has_place_in_line",
            ),
            models.CheckConstraint(
                condition=Q(state="cancelled", cancelled_at__isnull=False)
                | (~Q(state="cancelled") & Q(cancelled_at=None)),
                name="enrolment_cancelled_at_matches_state",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("confirmed", "waiting", "cancelled")),
                name="enrolment_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(attendance__in=("", "present", "late", "excused", "absent", "walk_in")),
                name="enrolment_attendance_is_known",
            ),
            models.CheckConstraint(
                condition=Q(over_limit_reason="") | ~Q(state="waiting"),
                name="enrolment_waiting_is_not_over_limit",
            ),
            models.CheckConstraint(
                condition=Q(attendance="") | Q(state="confirmed"),
                name="enrolment_attendance_of_confirmed_only",
                violation_error_message="只有已錄取者可以登記出席。",
            ),
        ]

    def __str__(self):
        return f"{self.person}（{self.session}）"

    @property
    def is_sent(self):
        return self.state == self.State.CONFIRMED and self.attendance not in self.NOT_SENT


class Tutor(models.Model):
    """輔導教師 of 誰來我「嘉」: a colleague experienced in making materials, in one year."""

    programme = models.ForeignKey("agencies.Programme", models.PROTECT, related_name="tutors")
    user = models.ForeignKey("agencies.User", models.PROTECT, related_name="tutorships", verbose_name="帳號")
    fields = models.CharField("專長", max_length=300, blank=True)
    phone = models.CharField("電話", max_length=50, blank=True)

    class Meta:
        verbose_name = "輔導教師"
        ordering = ["programme", "user__name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "user"],
                name="tutor_once_a_year",
                violation_error_message="此人已是本年度的輔導教師。",
            )
        ]

    def __str__(self):
        return str(self.user)
