"""經驗傳承 records and the updates that count, and the topics of the learning forum."""

from django.db import models
from django.db.models import F, Q

from agencies.models import ProgrammeUnit
from foundation.models import StoredFile
from foundation.rocdate import format_range


class Review(models.TextChoices):
    """What the office made of an update or a topic."""

    PENDING = "pending", "審查中"
    ACCEPTED = "accepted", "已採計"
    REJECTED = "rejected", "未通過"


def _rejected_with_reason(name):
    return models.CheckConstraint(
        condition=~Q(review="rejected") | ~Q(review_reason=""),
        name=name,
        violation_error_message="不通過須說明理由。",
    )


class ReviewedQuerySet(models.QuerySet):
    def visible_to(self, user):
        if user.is_staff:
            return self
        return self.filter(unit__in=ProgrammeUnit.objects.visible_to(user))

    def of(self, programme):
        return self.filter(programme=programme)

    def pending(self):
        return self.filter(review=Review.PENDING)


class Reviewed(models.Model):
    """What the office reviews, and whether it counts."""

    review = models.CharField("審查", max_length=10, choices=Review.choices, default=Review.PENDING)
    review_reason = models.CharField("審查理由", max_length=300, blank=True)
    reviewed_by = models.ForeignKey("agencies.User", models.PROTECT, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField("審查時間", null=True, blank=True)
    created_by = models.ForeignKey("agencies.User", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField("登錄時間")

    class Meta:
        abstract = True

    @property
    def is_imported(self):
        return self.external_id != ""

    @property
    def is_rejected(self):
        return self.review == Review.REJECTED

    @property
    def is_counted(self):
        """The same rule as `counted()`, for one loaded row."""
        return not self.why_not_counted

    @property
    def why_not_counted(self):
        """The reason for 不計 in words, empty when it counts. Needs `programme` to be loaded."""
        if self.is_rejected:
            return "未通過審查"
        if not self.programme.covers(self.dated_on):
            return f"日期不在計畫期間（{self._period}）"
        return self._why_not_yet

    @property
    def is_not_yet_counted(self):
        """What may count by waiting, or by more replies."""
        return not self.is_rejected and self.programme.covers(self.dated_on) and self._why_not_yet != ""

    @property
    def _period(self):
        return format_range(self.programme.starts_on, self.programme.ends_on).removeprefix("民國")


class UpdateQuerySet(ReviewedQuerySet):
    COUNTED = Q(
        review=Review.ACCEPTED,
        updated_on__gte=F("programme__starts_on"),
        updated_on__lte=F("programme__ends_on"),
    )

    def counted(self):
        """Accepted and dated within the period: the n of indicator 1 (design §3.2)."""
        return self.filter(self.COUNTED)

    def not_counted(self):
        return self.exclude(self.COUNTED)


class RecordQuerySet(models.QuerySet):
    def visible_to(self, user):
        if user.is_staff:
            return self
        return self.filter(unit__in=ProgrammeUnit.objects.visible_to(user))

    def of(self, programme):
        return self.filter(unit__programme=programme)

    def with_latest(self, *names):
        """Annotates these fields of the newest version; by default title, number, author and saved_at."""
        newest = RecordVersion.objects.filter(record=models.OuterRef("pk")).order_by("-number")
        return self.annotate(
            **{
                name: models.Subquery(newest.values(name)[:1])
                for name in names or ("title", "number", "author", "saved_at")
            }
        )


class Record(models.Model):
    """經驗傳承紀錄: what one post in a unit has learned, kept for whoever comes next."""

    class Business(models.TextChoices):
        ORGANISATION = "organisation", "組織任免"
        ASSESSMENT = "assessment", "考核訓練"
        RETIREMENT = "retirement", "退休福利"
        OTHER = "other", "其他"

    unit = models.ForeignKey(ProgrammeUnit, models.PROTECT, related_name="records", verbose_name="機關")
    position = models.CharField("職務", max_length=100)
    business = models.CharField("業務類別", max_length=16, choices=Business.choices)
    created_by = models.ForeignKey("agencies.User", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField("建立時間")

    objects = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = "經驗紀錄"
        ordering = ["-pk"]

    def __str__(self):
        return self.position

    def latest(self):
        return self.versions.order_by("-number").first()


class RecordVersion(models.Model):
    """One saved text of a record; older ones are kept as they were."""

    record = models.ForeignKey(Record, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField("版次")
    title = models.CharField("標題", max_length=200)
    legal_basis = models.TextField("法令依據", blank=True)
    body = models.TextField("作業流程與經驗內容")
    common_mistakes = models.TextField("常見錯誤", blank=True)
    author = models.CharField("提供者", max_length=100)
    is_substantive = models.BooleanField("實質更新", default=True)
    saved_by = models.ForeignKey("agencies.User", models.PROTECT, null=True, related_name="+")
    saved_at = models.DateTimeField("儲存時間")

    TEXTS = ("title", "legal_basis", "body", "common_mistakes", "author")

    class Meta:
        verbose_name = "紀錄版本"
        ordering = ["record", "-number"]
        # Records are listed by when they were last saved: that is read here, beside no long texts.
        indexes = [models.Index(fields=["record", "number", "saved_at"], name="record_version_saved")]
        constraints = [
            models.UniqueConstraint(fields=["record", "number"], name="record_version_number_unique")
        ]

    def __str__(self):
        return self.title


class Attachment(models.Model):
    """A file that belongs to a version; the next version takes over those that were not removed."""

    version = models.ForeignKey(RecordVersion, models.PROTECT, related_name="attachments")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="附件")

    class Meta:
        verbose_name = "附件"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["version", "file"], name="attachment_once_per_version")
        ]

    def __str__(self):
        return str(self.file)


class Update(Reviewed):
    """資料更新: one fact that counts towards indicator 1; from a record here, or imported with its own number."""

    programme = models.ForeignKey("agencies.Programme", models.PROTECT, related_name="updates")
    unit = models.ForeignKey(ProgrammeUnit, models.PROTECT, related_name="updates", verbose_name="機關")
    title = models.CharField("標題", max_length=200)
    updated_on = models.DateField("更新日期")
    external_id = models.CharField("編號", max_length=100, blank=True)
    record = models.ForeignKey(Record, models.PROTECT, null=True, blank=True, related_name="updates")

    objects = UpdateQuerySet.as_manager()

    class Meta:
        verbose_name = "資料更新"
        ordering = ["-updated_on", "-pk"]
        indexes = [models.Index(fields=["programme", "review", "updated_on"], name="update_count")]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "external_id"],
                condition=~Q(external_id=""),
                name="update_external_id_once",
                violation_error_message="這個編號的更新已登錄。",
            ),
            models.UniqueConstraint(
                fields=["record", "updated_on"],
                condition=Q(record__isnull=False),
                name="update_once_per_record_and_day",
                violation_error_message="同一筆紀錄一天計一次更新。",
            ),
            models.CheckConstraint(
                condition=Q(record=None) | Q(external_id=""), name="update_here_or_imported"
            ),
            _rejected_with_reason("update_rejected_with_reason"),
        ]

    def __str__(self):
        return self.title

    @property
    def dated_on(self):
        return self.updated_on

    @property
    def _why_not_yet(self):
        return "" if self.review == Review.ACCEPTED else "審查中，通過後採計"


class ForumTopicQuerySet(ReviewedQuerySet):
    COUNTED = ~Q(review=Review.REJECTED) & Q(
        posted_on__gte=F("programme__starts_on"),
        posted_on__lte=F("programme__ends_on"),
        replies__gte=F("programme__reply_target"),
    )

    def counted(self):
        """Dated within the period, with enough replies, not rejected: indicator 4 (design §3.2)."""
        return self.filter(self.COUNTED)

    def not_counted(self):
        return self.exclude(self.COUNTED)


class ForumTopic(Reviewed):
    """論壇主題: a topic a unit posted in 菁英社群網, with its replies."""

    programme = models.ForeignKey("agencies.Programme", models.PROTECT, related_name="forum_topics")
    unit = models.ForeignKey(ProgrammeUnit, models.PROTECT, related_name="forum_topics", verbose_name="機關")
    title = models.CharField("主題", max_length=200)
    url = models.URLField("網址", max_length=500, blank=True)
    posted_on = models.DateField("發表日期")
    replies = models.PositiveIntegerField("回覆數", default=0)
    external_id = models.CharField("編號", max_length=100, blank=True)

    objects = ForumTopicQuerySet.as_manager()

    class Meta:
        verbose_name = "論壇主題"
        ordering = ["-posted_on", "-pk"]
        indexes = [models.Index(fields=["programme", "posted_on"], name="forum_topic_count")]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "external_id"],
                condition=~Q(external_id=""),
                name="forum_topic_external_id_once",
                violation_error_message="這個編號的主題已登錄。",
            ),
            _rejected_with_reason("forum_topic_rejected_with_reason"),
        ]

    def __str__(self):
        return self.title

    @property
    def dated_on(self):
        return self.posted_on

    @property
    def _why_not_yet(self):
        missing = self.programme.reply_target - self.replies
        return f"回覆還差 {missing} 篇" if missing > 0 else ""


class AppealQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(answered_at=None)

    def of(self, programme):
        return self.filter(Q(update__programme=programme) | Q(topic__programme=programme))


class Appeal(models.Model):
    """申復: a unit asks the office to look again at what it rejected. The question and the answer are kept."""

    update = models.ForeignKey(Update, models.PROTECT, null=True, related_name="appeals")
    topic = models.ForeignKey(ForumTopic, models.PROTECT, null=True, related_name="appeals")
    text = models.TextField("申復理由")
    rejected_because = models.CharField("原審查理由", max_length=300)
    created_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    created_at = models.DateTimeField("申復時間")
    is_granted = models.BooleanField("改予採計", null=True)
    answer = models.TextField("答復", blank=True)
    answered_by = models.ForeignKey("agencies.User", models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField("答復時間", null=True)

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = "申復"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(update__isnull=False, topic=None) | Q(update=None, topic__isnull=False),
                name="appeal_about_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, is_granted=None, answer="")
                | (
                    Q(answered_at__isnull=False, answered_by__isnull=False, is_granted__isnull=False)
                    & ~Q(answer="")
                ),
                name="appeal_answered_whole",
                violation_error_message="答復須有內容與結果。",
            ),
            models.UniqueConstraint(
                fields=["update"], condition=Q(answered_at=None), name="appeal_one_waiting_per_update"
            ),
            models.UniqueConstraint(
                fields=["topic"], condition=Q(answered_at=None), name="appeal_one_waiting_per_topic"
            ),
        ]

    def __str__(self):
        return self.text

    @property
    def item(self):
        return self.update or self.topic
