"""The year's competition: its rules, groups and topics."""

from decimal import Decimal

from django.db import models
from django.db.models import Q

from agencies.models import CompetitionGroup
from foundation.rocdate import deadline_text, end_of_day, format_short, start_of_day


class Competition(models.Model):
    """自製數位教材競賽 of one year, with what the document leaves to a separate notice as fields."""

    class Method(models.TextChoices):
        MEAN = "mean", "平均分數"
        TRIMMED = "trimmed", "去最高最低後平均"
        RANK_SUM = "rank_sum", "序位法"

    programme = models.OneToOneField("agencies.Programme", models.PROTECT, related_name="competition")
    title = models.CharField("名稱", max_length=200)
    due_on = models.DateField("繳交期限", help_text="當日 24:00 截止，臺北時間。")
    due_is_provisional = models.BooleanField("期限暫定", default=True)
    method = models.CharField("排名方法", max_length=10, choices=Method.choices, default=Method.MEAN)
    minimum_sheets = models.PositiveSmallIntegerField("最少評分表數", default=3)
    minimum_mean = models.DecimalField("得獎最低平均", max_digits=5, decimal_places=2, default=Decimal("70"))
    honourable_mentions = models.PositiveSmallIntegerField("佳作名額", default=3)
    judging_starts_on = models.DateField(
        "評審開始", null=True, blank=True, help_text="未填時，繳交期限的次日開始。"
    )
    judging_ends_on = models.DateField(
        "評審截止", null=True, blank=True, help_text="當日 24:00 截止；未填時，到結果定案為止。"
    )
    unit_space_gb = models.PositiveSmallIntegerField(
        "每機關檔案空間", default=6, help_text="單位 GB；一個機關所有作品的檔案合計。"
    )
    replacement_days = models.PositiveSmallIntegerField(
        "補換檔案日數", default=3, help_text="檔案在送件之後才被隔離時，機關可以更換的日數。"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(unit_space_gb__gte=1),
                name="competition_gives_space",
                violation_error_message="每機關檔案空間至少 1 GB。",
            ),
            models.CheckConstraint(
                condition=Q(replacement_days__gte=1),
                name="competition_gives_days_to_replace",
                violation_error_message="補換檔案日數至少 1 日。",
            ),
            models.CheckConstraint(
                condition=Q(minimum_sheets__gte=1),
                name="competition_needs_a_sheet",
                violation_error_message="最少評分表數至少為 1。",
            ),
            models.CheckConstraint(
                condition=Q(minimum_mean__gte=0, minimum_mean__lte=100),
                name="competition_minimum_mean_is_a_mark",
                violation_error_message="得獎最低平均須在 0 至 100 之間。",
            ),
            models.CheckConstraint(
                condition=Q(judging_starts_on=None)
                | Q(judging_ends_on=None)
                | Q(judging_ends_on__gte=models.F("judging_starts_on")),
                name="competition_judging_ends_after_it_starts",
                violation_error_message="評審截止不得早於評審開始。",
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def full_title(self):
        """As papers name it: the year first, unless the title says it itself."""
        year = f"{self.programme.year}年度"
        return self.title if self.title.startswith(year) else f"{year}{self.title}"

    @property
    def due_at(self):
        """The first moment at which it is too late: 00:00 after the due day, Asia/Taipei."""
        return end_of_day(self.due_on)

    @property
    def judging_starts_at(self):
        return start_of_day(self.judging_starts_on) if self.judging_starts_on else self.due_at

    @property
    def judging_ends_at(self):
        """The first moment at which it is too late to score; None while no day is set."""
        return end_of_day(self.judging_ends_on) if self.judging_ends_on else None

    def judging_refusal(self, at):
        """Why judges cannot score at this moment; empty when they can."""
        if at < self.judging_starts_at:
            return f"評審自{format_short(self.judging_starts_at)}開始。"
        if self.judging_ends_at and at >= self.judging_ends_at:
            return f"評審已於{deadline_text(self.judging_ends_on)}。"
        return ""


class Group(models.Model):
    """機關組 or 本府暨學校組 in one year's competition."""

    competition = models.ForeignKey(Competition, models.PROTECT, related_name="groups")
    key = models.CharField("組別", max_length=24, choices=CompetitionGroup.choices)

    class Meta:
        ordering = ["competition", "key"]
        constraints = [models.UniqueConstraint(fields=["competition", "key"], name="group_once_a_year")]

    def __str__(self):
        return self.get_key_display()


class Prize(models.Model):
    """What a place brings in each group: trophy, certificate, vouchers (programme document 四、2)."""

    class Place(models.IntegerChoices):
        FIRST = 1, "第一名"
        SECOND = 2, "第二名"
        THIRD = 3, "第三名"
        MENTION = 4, "佳作"

    competition = models.ForeignKey(Competition, models.PROTECT, related_name="prizes")
    place = models.PositiveSmallIntegerField("獎項", choices=Place.choices)
    trophy = models.BooleanField("獎盃", default=False)
    certificate = models.BooleanField("獎狀", default=True)
    voucher_value = models.PositiveIntegerField("禮券面額", default=0)
    voucher_count = models.PositiveSmallIntegerField("禮券張數", default=0)

    class Meta:
        ordering = ["competition", "place"]
        constraints = [
            models.UniqueConstraint(fields=["competition", "place"], name="prize_once_a_place"),
            models.CheckConstraint(
                condition=Q(voucher_value=0, voucher_count=0) | Q(voucher_value__gt=0, voucher_count__gt=0),
                name="prize_voucher_value_and_count_together",
                violation_error_message="禮券的面額與張數要一起填；沒有禮券時都填 0。",
            ),
        ]

    def __str__(self):
        return self.get_place_display()

    @property
    def voucher_total(self):
        """NT$ that each winning work gets in vouchers."""
        return self.voucher_value * self.voucher_count

    @property
    def summary(self):
        """獎盃、獎狀、禮券 500 元 × 6 張; 無 when there is nothing."""
        parts = [name for name, given in (("獎盃", self.trophy), ("獎狀", self.certificate)) if given]
        if self.voucher_total:
            parts.append(f"禮券 {self.voucher_value:,} 元 × {self.voucher_count} 張")
        return "、".join(parts) or "無"


class RuleChange(models.Model):
    """A rule of the judging changed after somebody had signed: what, and why (shown with the results)."""

    competition = models.ForeignKey(Competition, models.PROTECT, related_name="rule_changes")
    text = models.TextField("變更內容")
    reason = models.CharField("理由", max_length=300)
    changed_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    changed_at = models.DateTimeField("變更時間")

    class Meta:
        ordering = ["competition", "changed_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="rule_change_has_reason",
                violation_error_message="評審開始簽名後變更規則，須說明理由。",
            )
        ]

    def __str__(self):
        return self.text


class Topic(models.Model):
    """限定主題: a topic allowed in one group."""

    group = models.ForeignKey(Group, models.PROTECT, related_name="topics")
    name = models.CharField("主題", max_length=100)
    asks_axis = models.BooleanField("須選主軸", default=False)
    position = models.PositiveSmallIntegerField("順序", default=1)

    class Meta:
        ordering = ["group", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["group", "name"],
                name="topic_once_a_group",
                violation_error_message="本組已有這個主題。",
            )
        ]

    def __str__(self):
        return self.name
