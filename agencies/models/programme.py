"""A programme year and its schedule."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection, models
from django.db.models import F, Q

from foundation.errors import Refused
from foundation.rocdate import end_of_day, start_of_day

ROC_EPOCH = 1911


class ProgrammeQuerySet(models.QuerySet):
    def active(self):
        return self.filter(state=Programme.State.ACTIVE)

    def default(self):
        """The newest active year, else the newest of all, else None (design §4, `?year=`)."""
        return self.active().order_by("-year").first() or self.order_by("-year").first()


class Programme(models.Model):
    """One year of the county's digital-learning programme, keyed by its ROC year (105 = 2016).

    The defaults are those of 府人考字第1050049859號 (105年3月14日); weights and what the document
    leaves to a separate notice (另案辦理) are fields.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "籌備中"
        ACTIVE = "active", "進行中"
        FROZEN = "frozen", "已凍結"

    year = models.PositiveSmallIntegerField(
        "年度", unique=True, validators=[MinValueValidator(1), MaxValueValidator(999)]
    )
    title = models.CharField("計畫名稱", max_length=200)
    competition_edition = models.PositiveSmallIntegerField("競賽屆次", default=1)
    document_number = models.CharField("發文字號", max_length=100, blank=True)
    document_date = models.DateField("發文日期", null=True, blank=True)
    legal_basis = models.TextField("依據", blank=True)
    objectives = models.TextField("目標", blank=True)
    starts_on = models.DateField("開始日期")
    ends_on = models.DateField("結束日期")
    reference_date = models.DateField(
        "人數基準日", null=True, blank=True, help_text="未填時以計畫開始日期的單位人數計算。"
    )
    state = models.CharField("狀態", max_length=10, choices=State.choices, default=State.DRAFT)
    is_sample = models.BooleanField("範例年度", default=False)

    update_multiplier = models.PositiveSmallIntegerField(
        "人數倍數",
        default=2,
        validators=[MinValueValidator(1)],
        help_text="資料更新率的分母：單位人數乘以此數。",
    )
    update_target = models.DecimalField(
        "資料更新率目標",
        max_digits=5,
        decimal_places=4,
        default=Decimal("0.2"),
        help_text="0.2 即 20%。",
    )
    work_target = models.PositiveSmallIntegerField(
        "參賽作品目標件數", default=1, validators=[MinValueValidator(1)]
    )
    topic_target = models.PositiveSmallIntegerField(
        "論壇主題目標數", default=5, validators=[MinValueValidator(1)]
    )
    reply_target = models.PositiveSmallIntegerField("每題回覆目標篇數", default=10)
    weight_updates = models.PositiveSmallIntegerField("經驗傳承更新權重", default=25)
    weight_workshop = models.PositiveSmallIntegerField("薦送研習權重", default=25)
    weight_competition = models.PositiveSmallIntegerField("教材參賽權重", default=25)
    weight_forum = models.PositiveSmallIntegerField("論壇主題權重", default=25)

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = "年度"
        ordering = ["-year"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="programme_ends_after_it_starts",
                violation_error_message="結束日期不得早於開始日期。",
            ),
            models.CheckConstraint(
                condition=Q(update_target__gt=0, update_target__lte=1),
                name="programme_update_target_is_a_rate",
                violation_error_message="資料更新率目標須大於 0 且不超過 1。",
            ),
            models.CheckConstraint(
                condition=Q(update_multiplier__gt=0, work_target__gt=0, topic_target__gt=0),
                name="programme_targets_are_positive",
                violation_error_message="各項目標須大於 0。",
            ),
            # Indicator 4 always applies, so its weight alone keeps the mean defined for every unit.
            models.CheckConstraint(
                condition=Q(weight_forum__gt=0),
                name="programme_forum_weight_is_positive",
                violation_error_message="論壇主題權重須大於 0，否則只適用該項的機關無法計算整體完成度。",
            ),
        ]

    def __str__(self):
        return f"{self.year}年度"

    @property
    def is_open(self):
        return self.state != self.State.FROZEN

    @property
    def headcount_date(self):
        """The day whose headcounts count (人數基準日)."""
        return self.reference_date or self.starts_on

    @property
    def starts_at(self):
        return start_of_day(self.starts_on)

    @property
    def ends_at(self):
        """The first moment after the period, exclusive."""
        return end_of_day(self.ends_on)

    def covers(self, day):
        return self.starts_on <= day <= self.ends_on

    def require_open(self):
        """Refuse unless this year still takes changes; call it first inside the action's transaction.

        The row is read anew and shared-locked (PostgreSQL), so that a freeze and an action on the
        same year wait for each other. On SQLite writers already queue (`IMMEDIATE`).
        """
        rows = Programme.objects.filter(pk=self.pk).values_list("state")
        if connection.vendor == "postgresql" and connection.in_atomic_block:
            sql, params = rows.query.sql_with_params()
            with connection.cursor() as cursor:
                cursor.execute(f"{sql} FOR SHARE", params)
                (state,) = cursor.fetchone()
        else:
            (state,) = rows.get()
        if state == self.State.FROZEN:
            raise Refused(f"{self.year}年度已凍結，資料不能再變更。")


class ScheduleItem(models.Model):
    """One of the five items in the year's timetable (時程表), by month."""

    programme = models.ForeignKey(Programme, models.CASCADE, related_name="schedule")
    number = models.PositiveSmallIntegerField("序號")
    title = models.CharField("實施內容", max_length=200)
    first_month = models.PositiveSmallIntegerField("開始月份")
    last_month = models.PositiveSmallIntegerField("結束月份")
    is_provisional = models.BooleanField("暫定", default=True)

    class Meta:
        verbose_name = "時程"
        ordering = ["programme", "number"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "number"], name="schedule_item_number_unique"),
            models.CheckConstraint(
                condition=Q(first_month__gte=1, last_month__lte=12, first_month__lte=F("last_month")),
                name="schedule_item_months_in_order",
                violation_error_message="月份須在 1 至 12 之間，且開始不得晚於結束。",
            ),
        ]

    def __str__(self):
        return self.title
