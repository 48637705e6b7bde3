"""Spreadsheets read in, and what they changed."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from .files import StoredFile


class ImportBatch(models.Model):
    """One spreadsheet read in: previewed, then applied in one transaction, perhaps undone."""

    class State(models.TextChoices):
        PREVIEWED = "previewed", "待確認"
        APPLIED = "applied", "已匯入"
        UNDONE = "undone", "已復原"
        DISCARDED = "discarded", "已放棄"

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("種類", max_length=40)
    scope = models.CharField("年度", max_length=20)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="檔案")
    state = models.CharField("狀態", max_length=12, choices=State.choices, default=State.PREVIEWED)
    counts = models.JSONField(default=dict, help_text="added, changed, unchanged, refused")
    ignored = models.JSONField(default=list, help_text="headers of the file that were not asked for")
    warnings = models.JSONField(default=list, help_text="sentences on what the file may have lost")
    rows = models.JSONField(default=list, help_text="the preview, see foundation.importing.PlannedRow")
    plan_digest = models.CharField(max_length=64)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="匯入者"
    )
    created_at = models.DateTimeField("建立時間")
    applied_at = models.DateTimeField("匯入時間", null=True)
    undone_at = models.DateTimeField("復原時間", null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=("previewed", "discarded"), applied_at=None)
                | Q(state__in=("applied", "undone"), applied_at__isnull=False),
                name="import_batch_applied_at_matches_state",
            )
        ]

    def __str__(self):
        return f"{self.kind} {self.scope} {self.file}"


class ImportWrite(models.Model):
    """One row that a batch created or changed, with its fields before and after, for undo."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="writes")
    model = models.CharField(max_length=80)
    object_id = models.BigIntegerField()
    before = models.JSONField(null=True, help_text="null: the row was created by the batch")
    after = models.JSONField()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["model", "object_id"], name="import_write_object")]
