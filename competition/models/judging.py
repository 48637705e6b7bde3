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


class Candidate(models.Model):
    """評審人選 of a year: proposed (遴薦), approved or not (遴選), then appointed by a letter (聘函)."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "推薦中"
        APPROVED = "approved", "已核定"
        REJECTED = "rejected", "未遴聘"

    competition = models.ForeignKey("competition.Competition", models.PROTECT, related_name="candidates")
    name = models.CharField("姓名", max_length=100)
    title = models.CharField("職稱", max_length=100, blank=True)
    affiliation = models.CharField("服務單位", max_length=200)
    expertise = models.CharField("專長", max_length=300, blank=True)
    email = models.EmailField("電子郵件", blank=True)
    user = models.ForeignKey(
        "agencies.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="帳號"
    )
    unit = models.ForeignKey(
        "agencies.Unit",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="縣府所屬機關",
        help_text="評審不評自己機關的作品。",
    )
    state = models.CharField("狀態", max_length=8, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+", verbose_name="推薦者")
    proposed_at = models.DateTimeField("推薦時間")
    decided_by = models.ForeignKey(
        "agencies.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="登錄者"
    )
    decided_at = models.DateTimeField("遴選時間", null=True, blank=True)
    basis = models.CharField("遴選依據", max_length=300, blank=True)
    letter_number = models.CharField("聘函字號", max_length=60, blank=True)
    letter_on = models.DateField("發聘日期", null=True, blank=True)

    class Meta:
        ordering = ["competition", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["competition", "name", "affiliation"],
                name="candidate_once_a_year",
                violation_error_message="這位人選已在本年度的名單。",
            ),
            models.UniqueConstraint(
                fields=["competition", "letter_number"],
                condition=~Q(letter_number=""),
                name="candidate_letter_number_unique",
                violation_error_message="這個聘函字號已用過。",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_by=None, decided_at=None, basis="")
                | (
                    Q(state__in=["approved", "rejected"], decided_by__isnull=False, decided_at__isnull=False)
                    & ~Q(basis="")
                ),
                name="candidate_decided_with_a_basis",
                violation_error_message="遴選須寫明依據。",
            ),
            models.CheckConstraint(
                condition=Q(letter_number="", letter_on=None)
                | (~Q(letter_number="") & Q(letter_on__isnull=False, state="approved")),
                name="candidate_letter_after_approval",
                violation_error_message="核定之後才能發聘函，字號與日期都要填。",
            ),
        ]

    def __str__(self):
        return self.name


class JudgeQuerySet(models.QuerySet):
    def serving(self):
        """Those who have not resigned (辭任)."""
        return self.filter(resigned_at=None)


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
    resigned_at = models.DateTimeField("辭任時間", null=True, blank=True)
    resign_reason = models.CharField("辭任理由", max_length=300, blank=True)

    objects = JudgeQuerySet.as_manager()

    class Meta:
        ordering = ["group", "pk"]  # as they were appointed
        constraints = [
            models.CheckConstraint(
                condition=Q(resigned_at=None, resign_reason="")
                | (Q(resigned_at__isnull=False) & ~Q(resign_reason="")),
                name="judge_resigned_with_reason",
                violation_error_message="辭任須說明理由。",
            ),
            models.UniqueConstraint(
                fields=["group", "user"],
                name="judge_once_a_panel",
                violation_error_message="此人已在本組評審名單。",
            ),
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
    """One judge's marks for one entry; it counts while it is signed.

    A signature can be taken back until the round closes. A sheet that staff entered from paper (代登) bears
    the judge's signature on paper: it counts, and says so until the judge has confirmed it here.
    """

    entry = models.ForeignKey("competition.Entry", models.PROTECT, related_name="sheets")
    judge = models.ForeignKey(Judge, models.PROTECT, related_name="sheets")
    comment = models.TextField("評語", blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField("更新時間")
    signed_at = models.DateTimeField("簽名時間", null=True, blank=True)
    signed_by = models.ForeignKey("agencies.User", models.PROTECT, null=True, blank=True, related_name="+")
    unsigned_at = models.DateTimeField("收回簽名時間", null=True, blank=True)
    is_proxy = models.BooleanField("代登", default=False, help_text="由承辦人依紙本評分表登錄。")
    entered_by = models.ForeignKey(
        "agencies.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="登錄者"
    )
    confirmed_at = models.DateTimeField("評審確認時間", null=True, blank=True)

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
            models.CheckConstraint(
                condition=Q(confirmed_at=None) | Q(is_proxy=True),
                name="score_sheet_confirmed_only_for_a_proxy",
            ),
        ]

    def __str__(self):
        return f"{self.judge}：{self.entry}"

    @property
    def is_signed(self):
        return self.signed_at is not None

    @property
    def awaits_judge(self):
        """Entered from paper by staff, and not yet confirmed by the judge."""
        return self.is_proxy and self.confirmed_at is None


class Score(models.Model):
    """Points for one criterion on a sheet; a null is an abstention, a missing row is not yet scored."""

    sheet = models.ForeignKey(ScoreSheet, models.CASCADE, related_name="scores")
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="scores")
    points = models.DecimalField("得分", max_digits=5, decimal_places=1, null=True, blank=True)
    reason = models.CharField("棄權理由", max_length=200, blank=True)

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
            models.CheckConstraint(
                condition=Q(reason="") | Q(points=None),
                name="score_reason_only_for_an_abstention",
                violation_error_message="有給分的項目不必寫棄權理由。",
            ),
        ]

    def __str__(self):
        return "棄權" if self.points is None else str(self.points)
