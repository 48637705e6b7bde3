"""Who judges, by which criteria, and the sheets they sign."""

from decimal import Decimal

from django.db import models
from django.db.models import Q


class Criterion(models.Model):
    """評分項目 with its full mark (配分). Order and marks decide ties."""

    competition = models.ForeignKey("competition.Competition", models.PROTECT, related_name="criteria")
    name = models.CharField("評分項目", max_length=50)
    full_marks = models.PositiveSmallIntegerField("配分")
    position = models.PositiveSmallIntegerField("順序")
    guidance = models.TextField("評分說明", blank=True)

    class Meta:
        ordering = ["competition", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["competition", "name"],
                name="criterion_name_unique",
                violation_error_message="已有這個評分項目。",
            ),
            models.CheckConstraint(
                condition=Q(full_marks__gt=0),
                name="criterion_full_marks_positive",
                violation_error_message="配分須大於 0。",
            ),
            models.CheckConstraint(
                condition=Q(full_marks__lte=100),
                name="criterion_full_marks_at_most_100",
                violation_error_message="配分不得大於 100。",
            ),
        ]

    def __str__(self):
        return f"{self.name}（{self.full_marks}）"


class Judge(models.Model):
    """評審: an account on the panel of one group."""

    group = models.ForeignKey("competition.Group", models.PROTECT, related_name="judges", verbose_name="組別")
    user = models.ForeignKey("agencies.User", models.PROTECT, related_name="judgeships", verbose_name="帳號")
    unit = models.ForeignKey(
        "agencies.Unit",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="服務機關",
        help_text="評審不評自己機關的作品。",
    )
    is_extra = models.BooleanField("加評", default=False, help_text="不在評審小組，只評指定加評的作品。")

    class Meta:
        ordering = ["group", "user__name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["group", "user"],
                name="judge_once_a_panel",
                violation_error_message="此人已在本組評審名單。",
            )
        ]

    def __str__(self):
        return str(self.user)


class Conflict(models.Model):
    """迴避: a judge who neither sees nor scores an entry, declared by the judge or pinned by staff."""

    judge = models.ForeignKey(Judge, models.PROTECT, related_name="conflicts")
    entry = models.ForeignKey("competition.Entry", models.PROTECT, related_name="conflicts")
    reason = models.CharField("理由", max_length=300)
    created_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["judge", "entry"], name="conflict_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="conflict_has_reason"),
        ]

    def __str__(self):
        return f"{self.judge} 迴避 {self.entry}"


class ScoreSheet(models.Model):
    """One judge's marks for one entry; final once signed."""

    entry = models.ForeignKey("competition.Entry", models.PROTECT, related_name="sheets")
    judge = models.ForeignKey(Judge, models.PROTECT, related_name="sheets")
    comment = models.TextField("評語", blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField("更新時間")
    signed_at = models.DateTimeField("簽名時間", null=True, blank=True)
    signed_by = models.ForeignKey("agencies.User", models.PROTECT, null=True, blank=True, related_name="+")
    is_proxy = models.BooleanField("代登", default=False, help_text="由承辦人依紙本評分表登錄。")
    entered_by = models.ForeignKey(
        "agencies.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="登錄者"
    )

    class Meta:
        ordering = ["entry", "judge"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "judge"], name="score_sheet_once"),
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True, signed_by__isnull=True)
                | Q(signed_at__isnull=False, signed_by__isnull=False),
                name="score_sheet_signed_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=Q(is_proxy=True) | Q(entered_by=None),
                name="score_sheet_entered_by_only_for_a_proxy",
            ),
        ]

    def __str__(self):
        return f"{self.judge}：{self.entry}"

    @property
    def is_signed(self):
        return self.signed_at is not None


class Score(models.Model):
    """Points for one criterion on a sheet; a null is an abstention, a missing row is not yet scored."""

    sheet = models.ForeignKey(ScoreSheet, models.CASCADE, related_name="scores")
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="scores")
    points = models.DecimalField("得分", max_digits=5, decimal_places=1, null=True, blank=True)

    class Meta:
        ordering = ["sheet", "criterion__position"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "criterion"], name="score_once_a_sheet"),
            models.CheckConstraint(
                condition=Q(points=None) | Q(points__gte=0),
                name="score_not_negative",
                violation_error_message="得分不得為負數。",
            ),
            models.CheckConstraint(
                condition=Q(points=None) | Q(points__in=[Decimal(step) / 2 for step in range(201)]),
                name="score_in_steps_of_half",
                violation_error_message="得分以 0.5 為單位。",
            ),
        ]

    def __str__(self):
        return "棄權" if self.points is None else str(self.points)
