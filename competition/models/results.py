"""What the judging came to: settled ties and the stored results of a group."""

import hashlib
import json

from django.db import models
from django.db.models import F, Q


class TieSettlement(models.Model):
    """The chair's decision (主席裁定) between entries that the tie rule leaves equal."""

    group = models.ForeignKey("competition.Group", models.PROTECT, related_name="settlements")
    method = models.CharField("排名方法", max_length=10)
    reason = models.CharField("理由", max_length=300)
    settled_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    settled_at = models.DateTimeField("裁定時間")

    class Meta:
        ordering = ["-settled_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="tie_settlement_has_reason",
                violation_error_message="主席裁定須說明理由。",
            )
        ]

    def __str__(self):
        return f"{self.group}同分裁定"


class SettledPlace(models.Model):
    """Where a settlement puts one entry among the equal ones; the same place twice keeps them shared."""

    settlement = models.ForeignKey(TieSettlement, models.CASCADE, related_name="places")
    entry = models.ForeignKey("competition.Entry", models.PROTECT, related_name="+")
    place = models.PositiveSmallIntegerField("先後")

    class Meta:
        ordering = ["settlement", "place", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["settlement", "entry"], name="settled_place_once"),
            models.CheckConstraint(condition=Q(place__gte=1), name="settled_place_from_one"),
        ]


class ResultSetQuerySet(models.QuerySet):
    def final(self):
        """The one set of each group that holds."""
        return self.filter(superseded_at=None)

    def released(self, at):
        return self.filter(release_at__lte=at)


class ResultSet(models.Model):
    """The final result of a group as it was decided: inputs, ranks and awards.

    The database refuses to change what was decided (migration `result_facts_stand`). A reopened one is kept,
    marked as superseded by two people with a reason.
    """

    group = models.ForeignKey("competition.Group", models.PROTECT, related_name="result_sets")
    number = models.PositiveSmallIntegerField("版次")
    payload = models.JSONField()
    sha256 = models.CharField("指紋", max_length=64)
    finalised_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+", verbose_name="定案者")
    finalised_at = models.DateTimeField("定案時間")
    release_at = models.DateTimeField("公布時間")
    reopen_reason = models.CharField("重開理由", max_length=300, blank=True)
    reopen_asked_by = models.ForeignKey(
        "agencies.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="提出重開者"
    )
    reopen_asked_at = models.DateTimeField("提出重開時間", null=True, blank=True)
    superseded_by = models.ForeignKey(
        "agencies.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="同意重開者"
    )
    superseded_at = models.DateTimeField("重開時間", null=True, blank=True)
    told_at = models.DateTimeField("通知得獎機關時間", null=True, blank=True)

    objects = ResultSetQuerySet.as_manager()

    class Meta:
        ordering = ["group", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["group", "number"], name="result_set_number_unique"),
            models.UniqueConstraint(
                fields=["group"],
                condition=Q(superseded_at=None),
                name="result_set_one_final_a_group",
                violation_error_message="本組結果已定案。",
            ),
            models.CheckConstraint(
                condition=Q(reopen_asked_by=None, reopen_asked_at=None, reopen_reason="")
                | (Q(reopen_asked_by__isnull=False, reopen_asked_at__isnull=False) & ~Q(reopen_reason="")),
                name="result_set_reopening_has_reason",
                violation_error_message="重開結果須說明理由。",
            ),
            models.CheckConstraint(
                condition=Q(superseded_at=None, superseded_by=None)
                | (
                    Q(superseded_at__isnull=False, superseded_by__isnull=False, reopen_asked_by__isnull=False)
                    & ~Q(superseded_by=F("reopen_asked_by"))
                ),
                name="result_set_reopened_by_two_people",
                violation_error_message="重開結果須由另一位承辦人同意。",
            ),
        ]

    def __str__(self):
        return f"{self.group}結果第 {self.number} 版"

    def is_released(self, at):
        return self.release_at <= at

    @staticmethod
    def fingerprint(payload):
        """SHA-256 over everything the result rests on, in one canonical form."""
        text = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def is_intact(self):
        return self.fingerprint(self.payload) == self.sha256
