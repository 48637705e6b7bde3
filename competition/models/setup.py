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
