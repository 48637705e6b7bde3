"""經驗傳承 records and the updates that count, and the topics of the learning forum."""

from django.db import models
from django.db.models import F, Q

from agencies.models import ProgrammeUnit


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


class UpdateQuerySet(ReviewedQuerySet):
    def counted(self):
        """Accepted and dated within the period: the n of indicator 1 (design §3.2)."""
        return self.filter(
            review=Review.ACCEPTED,
            updated_on__gte=F("programme__starts_on"),
            updated_on__lte=F("programme__ends_on"),
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

    class Meta:
        ordering = ["-pk"]

    def __str__(self):
        return self.position


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

    class Meta:
        ordering = ["record", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["record", "number"], name="record_version_number_unique")
        ]

    def __str__(self):
        return self.title


class Update(models.Model):
    """資料更新: one fact that counts towards indicator 1; from a record here, or imported with its own number."""

    programme = models.ForeignKey("agencies.Programme", models.PROTECT, related_name="updates")
    unit = models.ForeignKey(ProgrammeUnit, models.PROTECT, related_name="updates", verbose_name="機關")
    title = models.CharField("標題", max_length=200)
    updated_on = models.DateField("更新日期")
    external_id = models.CharField("編號", max_length=100, blank=True)
    record = models.ForeignKey(Record, models.PROTECT, null=True, blank=True, related_name="updates")
    review = models.CharField("審查", max_length=10, choices=Review.choices, default=Review.PENDING)
    review_reason = models.CharField("審查理由", max_length=300, blank=True)
    reviewed_by = models.ForeignKey("agencies.User", models.PROTECT, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField("審查時間", null=True, blank=True)
    created_by = models.ForeignKey("agencies.User", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField("登錄時間")

    objects = UpdateQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_on", "-pk"]
        indexes = [models.Index(fields=["programme", "review", "updated_on"], name="update_count")]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "external_id"], condition=~Q(external_id=""),
                name="update_external_id_once",
                violation_error_message="這個編號的更新已登錄。",
            ),
            models.UniqueConstraint(
                fields=["record", "updated_on"], condition=Q(record__isnull=False),
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


class ForumTopicQuerySet(ReviewedQuerySet):
    def counted(self):
        """Dated within the period, with enough replies, not rejected: indicator 4 (design §3.2)."""
        return self.exclude(review=Review.REJECTED).filter(
            posted_on__gte=F("programme__starts_on"),
            posted_on__lte=F("programme__ends_on"),
            replies__gte=F("programme__reply_target"),
        )


class ForumTopic(models.Model):
    """論壇主題: a topic a unit posted in 菁英社群網, with its replies."""

    programme = models.ForeignKey("agencies.Programme", models.PROTECT, related_name="forum_topics")
    unit = models.ForeignKey(ProgrammeUnit, models.PROTECT, related_name="forum_topics", verbose_name="機關")
    title = models.CharField("主題", max_length=200)
    url = models.URLField("網址", max_length=500, blank=True)
    posted_on = models.DateField("發表日期")
    replies = models.PositiveIntegerField("回覆數", default=0)
    external_id = models.CharField("編號", max_length=100, blank=True)
    review = models.CharField("審查", max_length=10, choices=Review.choices, default=Review.PENDING)
    review_reason = models.CharField("審查理由", max_length=300, blank=True)
    reviewed_by = models.ForeignKey("agencies.User", models.PROTECT, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField("審查時間", null=True, blank=True)
    created_by = models.ForeignKey("agencies.User", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField("登錄時間")

    objects = ForumTopicQuerySet.as_manager()

    class Meta:
        ordering = ["-posted_on", "-pk"]
        indexes = [models.Index(fields=["programme", "posted_on"], name="forum_topic_count")]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "external_id"], condition=~Q(external_id=""),
                name="forum_topic_external_id_once",
                violation_error_message="這個編號的主題已登錄。",
            ),
            _rejected_with_reason("forum_topic_rejected_with_reason"),
        ]

    def __str__(self):
        return self.title
