"""誰來我「嘉」: the tutors, the slots they offer, and the consultations that colleagues book."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from foundation.rocdate import TAIPEI, format_short, roc_year, taipei_date

HTTPS_ONLY = RegexValidator(r"^https://[^\s/]+", "會議連結須以 https:// 開頭。")


class TutorQuerySet(models.QuerySet):
    def serving(self):
        return self.filter(left_at=None)

    def of(self, programme):
        """The year's tutors as a list shows them."""
        tutors = self.serving().filter(programme=programme).select_related("user", "programme")
        return tutors.prefetch_related("expertises").order_by("user__name", "pk")

    def matching(self, words="", *, field=""):
        """Those whose name or field has the words, and who have that field."""
        found = self
        if words:
            known = Expertise.objects.filter(tutor=OuterRef("pk"), name__icontains=words)
            found = found.filter(Q(user__name__icontains=words) | Exists(known))
        if field:
            found = found.filter(Exists(Expertise.objects.filter(tutor=OuterRef("pk"), name=field)))
        return found


class Tutor(models.Model):
    """輔導教師 of 誰來我「嘉」: a colleague experienced in making materials, in one year."""

    programme = models.ForeignKey("agencies.Programme", models.PROTECT, related_name="tutors")
    user = models.ForeignKey("agencies.User", models.PROTECT, related_name="tutorships", verbose_name="帳號")
    phone = models.CharField("電話", max_length=50, blank=True)
    extension = models.CharField("分機", max_length=20, blank=True)
    video_id = models.CharField("ZOOM 會議號碼", max_length=50, blank=True)
    meeting_url = models.URLField(
        "會議連結", max_length=500, blank=True, validators=[HTTPS_ONLY], help_text="只有預約的同仁看得到。"
    )
    availability = models.CharField("方便時段", max_length=200, blank=True)
    introduction = models.TextField("簡介", max_length=1000, blank=True)
    left_at = models.DateTimeField("移出名單時間", null=True, blank=True)

    objects = TutorQuerySet.as_manager()

    class Meta:
        verbose_name = "輔導教師"
        ordering = ["programme", "user__name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "user"],
                condition=Q(left_at=None),
                name="tutor_once_a_year",
                violation_error_message="此人已是本年度的輔導教師。",
            ),
            models.CheckConstraint(
                condition=Q(meeting_url="") | Q(meeting_url__startswith="https://"),
                name="tutor_meeting_url_is_https",
                violation_error_message="會議連結須以 https:// 開頭。",
            ),
        ]

    def __str__(self):
        return str(self.user)

    @property
    def fields(self):
        """The fields as the contact sheet lists them; asks nothing where they were prefetched."""
        return "、".join(expertise.name for expertise in self.expertises.all())

    @property
    def telephone(self):
        """05-3620123 分機 234."""
        return f"{self.phone} 分機 {self.extension}".strip() if self.extension else self.phone


class Expertise(models.Model):
    """專長: one field in which a tutor helps."""

    tutor = models.ForeignKey(Tutor, models.CASCADE, related_name="expertises")
    name = models.CharField("專長", max_length=50)
    position = models.PositiveSmallIntegerField("順序")

    class Meta:
        verbose_name = "專長"
        ordering = ["tutor", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["tutor", "name"],
                name="expertise_once_a_tutor",
                violation_error_message="同一項專長只需填一次。",
            )
        ]

    def __str__(self):
        return self.name


class SlotQuerySet(models.QuerySet):
    def published(self):
        return self.filter(withdrawn_at=None)

    def free(self, at):
        """Those that can still be booked."""
        taken = Consultation.objects.active().filter(slot=OuterRef("pk"))
        return self.published().filter(~Exists(taken), starts_at__gt=at, tutor__left_at=None)

    def overlapping(self, starts_at, ends_at):
        return self.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)


class Slot(models.Model):
    """時段: when a tutor can be booked. A withdrawn one stays for the consultations that were cancelled in it."""

    tutor = models.ForeignKey(Tutor, models.PROTECT, related_name="slots", verbose_name="輔導教師")
    starts_at = models.DateTimeField("開始時間", db_index=True)
    ends_at = models.DateTimeField("結束時間")
    withdrawn_at = models.DateTimeField("撤回時間", null=True, blank=True)

    objects = SlotQuerySet.as_manager()

    class Meta:
        verbose_name = "輔導時段"
        ordering = ["starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["tutor", "starts_at"],
                condition=Q(withdrawn_at=None),
                name="slot_once_a_tutor_and_time",
                violation_error_message="這個時間已有時段。",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="slot_times_in_order",
                violation_error_message="結束時間須晚於開始時間。",
            ),
        ]

    def __str__(self):
        return self.words

    @property
    def day(self):
        return taipei_date(self.starts_at)

    @property
    def hours(self):
        """14:00–14:30."""
        return f"{self.starts_at.astimezone(TAIPEI):%H:%M}–{self.ends_at.astimezone(TAIPEI):%H:%M}"

    @property
    def words(self):
        """4月13日（三）14:00–14:30."""
        return f"{format_short(self.day)}{self.hours}"

    @property
    def full_words(self):
        """105年4月13日（三）14:00–14:30."""
        return f"{roc_year(self.day)}年{self.words}"


class ConsultationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The two whom it concerns; the office sees all, though neither the link nor what the two noted."""
        if user.is_staff:
            return self
        return self.of_person(user)

    def of_person(self, user):
        return self.filter(Q(asker=user) | Q(slot__tutor__user=user))

    def active(self):
        return self.exclude(state=Consultation.State.CANCELLED)

    def booked(self):
        return self.filter(state=Consultation.State.BOOKED)

    def coming(self, at):
        """Booked and not over yet."""
        return self.booked().filter(slot__ends_at__gt=at)

    def to_note(self, at):
        """Begun, and the tutor has not said yet what came of it."""
        return self.booked().filter(slot__starts_at__lte=at)

    def published(self):
        return self.filter(published_at__isnull=False)

    def with_facts(self):
        """What every page about consultations shows."""
        return self.select_related("slot__tutor__user", "slot__tutor__programme", "asker", "unit")


class Consultation(models.Model):
    """輔導: a colleague's booking of a slot, what was asked, and what came of it."""

    class State(models.TextChoices):
        BOOKED = "booked", "已預約"
        CANCELLED = "cancelled", "已取消"
        DONE = "done", "已完成"
        NO_SHOW = "no_show", "未到"

    class Way(models.TextChoices):
        VIDEO = "video", "視訊（ZOOM）"
        PHONE = "phone", "電話"
        IN_PERSON = "in_person", "當面"

    class Outcome(models.TextChoices):
        SOLVED = "solved", "已解決"
        PARTLY = "partly", "部分解決"
        UNSOLVED = "unsolved", "未解決"

    slot = models.ForeignKey(Slot, models.PROTECT, related_name="consultations", verbose_name="時段")
    asker = models.ForeignKey(
        "agencies.User", models.PROTECT, related_name="consultations", verbose_name="預約人"
    )
    unit = models.ForeignKey(
        "agencies.ProgrammeUnit", models.PROTECT, related_name="consultations", verbose_name="機關"
    )
    subject = models.CharField("主題", max_length=100)
    question = models.TextField("問題", max_length=2000)
    field = models.CharField("專長", max_length=50, blank=True)
    way = models.CharField("方式", max_length=12, choices=Way.choices, default=Way.VIDEO)
    meeting_url = models.URLField(
        "會議連結", max_length=500, blank=True, validators=[HTTPS_ONLY], help_text="未填時用輔導教師的連結。"
    )
    state = models.CharField("狀態", max_length=12, choices=State.choices, default=State.BOOKED)
    settled_at = models.DateTimeField("訂定時間", help_text="when it was booked, or moved to this slot")
    sequence = models.PositiveSmallIntegerField(default=0, help_text="of its calendar entry (RFC 5545)")
    cancelled_at = models.DateTimeField("取消時間", null=True, blank=True)
    cancelled_by = models.ForeignKey(
        "agencies.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="取消者"
    )
    cancel_reason = models.CharField("取消理由", max_length=200, blank=True)
    outcome = models.CharField("結果", max_length=12, choices=Outcome.choices, blank=True)
    minutes = models.PositiveSmallIntegerField("輔導分鐘數", null=True, blank=True)
    note = models.TextField("兩人的紀錄", max_length=4000, blank=True)
    answer_title = models.CharField("公開標題", max_length=100, blank=True)
    answer = models.TextField("怎麼解決的", max_length=4000, blank=True)
    published_at = models.DateTimeField("公開時間", null=True, blank=True)

    objects = ConsultationQuerySet.as_manager()

    class Meta:
        verbose_name = "輔導預約"
        ordering = ["slot__starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["slot"],
                condition=~Q(state="cancelled"),
                name="consultation_once_a_slot",
                violation_error_message="這個時段已經有人預約。",
            ),
            models.CheckConstraint(
                condition=Q(meeting_url="") | Q(meeting_url__startswith="https://"),
                name="consultation_meeting_url_is_https",
                violation_error_message="會議連結須以 https:// 開頭。",
            ),
            models.CheckConstraint(
                condition=Q(state="cancelled", cancelled_at__isnull=False)
                | (~Q(state="cancelled") & Q(cancelled_at=None, cancel_reason="")),
                name="consultation_cancelled_at_matches_state",
            ),
            models.CheckConstraint(
                condition=Q(state="done", minutes__isnull=False) & ~Q(outcome="")
                | ~Q(state="done") & Q(outcome="", minutes=None),
                name="consultation_done_has_outcome",
                violation_error_message="完成的輔導須有結果與分鐘數。",
            ),
            models.CheckConstraint(
                condition=Q(published_at=None) | Q(state="done") & ~Q(answer="") & ~Q(answer_title=""),
                name="consultation_published_says_something",
                violation_error_message="公開須有標題與內容。",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("booked", "cancelled", "done", "no_show")),
                name="consultation_state_is_known",
            ),
        ]

    def __str__(self):
        return f"{self.subject}（{self.slot.words}）"

    @property
    def tutor(self):
        return self.slot.tutor

    @property
    def link(self):
        """Where the two meet by video: the tutor's, unless this consultation has its own."""
        if self.way != self.Way.VIDEO:
            return ""
        return self.meeting_url or self.tutor.meeting_url

    def concerns(self, user):
        return user.pk in (self.asker_id, self.tutor.user_id)

    def is_changeable(self, at):
        """Can be moved and cancelled until it begins."""
        return self.state == self.State.BOOKED and at < self.slot.starts_at

    def is_notable(self, at):
        """The tutor says what came of it once it has begun, and may correct that."""
        return self.state != self.State.CANCELLED and at >= self.slot.starts_at


class Manual(models.Model):
    """操作手冊 of the video tool: a file that the office puts on the tutors' page, one or more a year."""

    programme = models.ForeignKey("agencies.Programme", models.PROTECT, related_name="manuals")
    stored = models.ForeignKey("foundation.StoredFile", models.PROTECT, related_name="+", verbose_name="檔案")
    added_by = models.ForeignKey("agencies.User", models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField("加入時間")

    class Meta:
        verbose_name = "操作手冊"
        ordering = ["programme", "pk"]

    def __str__(self):
        return self.stored.name
