"""Stored boards: what must not change any more."""

from django.db import models
from django.db.models import Q


class BoardSnapshot(models.Model):
    """The whole board as it stood: at the end of a month, or when the year was frozen. Never changed."""

    class Kind(models.TextChoices):
        MONTH = "month", "月底快照"
        FINAL = "final", "年度凍結"

    programme = models.ForeignKey("agencies.Programme", models.PROTECT, related_name="snapshots")
    kind = models.CharField("種類", max_length=10, choices=Kind.choices)
    computed_at = models.DateTimeField("計算時間")
    board = models.JSONField(help_text="what `scoreboard --format json` printed")
    sha256 = models.CharField(max_length=64)
    created_by = models.ForeignKey("agencies.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-computed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme"], condition=Q(kind="final"), name="snapshot_one_final_a_year"
            )
        ]

    def __str__(self):
        return f"{self.programme} {self.get_kind_display()}"
