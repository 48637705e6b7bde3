"""People nominated for a session."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from agencies.models import ProgrammeUnit


class EnrolmentQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Staff see all; a contact those of the units they stand for today; everybody the own ones."""
        if user.is_staff:
            return self
        return self.filter(Q(unit__in=ProgrammeUnit.objects.visible_to(user)) | Q(person__user=user))

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

    def last_first(self):
        """In the order in which they lose a seat when there are fewer: the reverse of how they came by it."""
        return self.order_by(Coalesce("queued_at", "created_at").desc(), "-pk")

    def came(self):
        """Those who were there: the hours are theirs."""
        return self.confirmed().filter(attendance__in=Enrolment.CAME)

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
    CAME = (Attendance.PRESENT, Attendance.LATE, Attendance.WALK_IN)
    # Came by spreadsheet beyond quota or room; takes the next seat that falls free, before the waiting list.
    IMPORTED_OVER_LIMIT = "由試算表匯入"
    # Came on the day without a seat left; is in the room already, too, and keeps this reason.
    WALKED_IN_OVER_LIMIT = "現場報到"

    session = models.ForeignKey("workshops.Session", models.PROTECT, related_name="enrolments")
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
    replaced_by = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaces", verbose_name="接替者"
    )
    request = models.UUIDField(
        "送出識別碼",
        null=True,
        blank=True,
        help_text="The form that was sent: sent again it has no second effect.",
    )

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
            models.CheckConstraint(
                condition=Q(replaced_by=None) | Q(state="cancelled"),
                name="enrolment_replaced_is_cancelled",
                violation_error_message="換人之後，原來的薦送須為已取消。",
            ),
        ]

    def __str__(self):
        return f"{self.person}（{self.session}）"

    @property
    def has_come(self):
        return self.state == self.State.CONFIRMED and self.attendance in self.CAME

    @property
    def marks(self):
        """What the door can set, the last takes a mark back; a walk-in is marked as such instead of as present."""
        came = (
            self.Attendance.WALK_IN if self.attendance == self.Attendance.WALK_IN else self.Attendance.PRESENT
        )
        return (came, self.Attendance.LATE, *self.NOT_SENT, self.Attendance.UNMARKED)
