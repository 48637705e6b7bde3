"""Papers that state a fact, to be verified by their code."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Certificate(models.Model):
    """What the portal vouches for under a code that anybody can look up: facts as they were stated, never changed.

    The apps print theirs; what was certified wrongly is revoked with a reason and stays on record.
    """

    code = models.CharField("驗證碼", max_length=20, unique=True)
    kind = models.CharField("種類", max_length=40)
    key = models.CharField(
        max_length=200, unique=True, help_text="Names the occasion: the same one is never certified twice."
    )
    title = models.CharField("名稱", max_length=100)
    holder = models.CharField("姓名", max_length=100)
    facts = models.JSONField(help_text="(term, value) pairs in the order to be shown")
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    issued_at = models.DateTimeField("核發時間")
    public_from = models.DateTimeField(
        "可查驗時間", null=True, help_text="until then its code is answered as one that is none of ours"
    )
    revoked_at = models.DateTimeField("註銷時間", null=True)
    revoke_reason = models.CharField("註銷理由", max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoke_reason="")
                | (Q(revoked_at__isnull=False) & ~Q(revoke_reason="")),
                name="certificate_revoked_with_reason",
                violation_error_message="註銷須說明理由。",
            )
        ]

    def __str__(self):
        return f"{self.title}：{self.holder}"

    @property
    def is_valid(self):
        return self.revoked_at is None

    def is_public(self, at):
        return self.public_from is None or self.public_from <= at
