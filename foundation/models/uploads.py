"""Files on their way in, and bytes that no row knows."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from .files import StoredFile


class UploadQuerySet(models.QuerySet):
    def visible_to(self, user):
        """An upload is its owner's alone until a form has claimed it; then that form's rules say who sees the file."""
        return self.filter(owner=user)

    def unfinished(self):
        return self.filter(received_at=None)

    def unclaimed(self):
        return self.filter(claimed_at=None)

    def expired(self, at):
        return self.unclaimed().filter(expires_at__lte=at)


class Upload(models.Model):
    """A file on its way in: announced with its size, received part by part, assembled by a job, claimed by a form."""

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="上傳者"
    )
    name = models.CharField("檔名", max_length=255)
    size = models.PositiveBigIntegerField("大小")
    created_at = models.DateTimeField("開始時間")
    expires_at = models.DateTimeField(
        "保留期限", help_text="when nothing claims it, a day after its last byte"
    )
    received_at = models.DateTimeField("收齊時間", null=True)
    claimed_at = models.DateTimeField("送入表單時間", null=True)
    sha256 = models.CharField(
        max_length=64,
        blank=True,
        help_text="known before the content takes its place, so that a crash loses nothing",
    )
    stored = models.OneToOneField(StoredFile, models.PROTECT, null=True, related_name="upload")
    problem = models.TextField("問題", blank=True)
    writer = models.CharField(max_length=32, blank=True, help_text="the request that is writing")
    writing_until = models.DateTimeField(null=True, help_text="the lease of that request")

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["expires_at"], name="upload_unclaimed", condition=Q(claimed_at=None)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(size__gt=0), name="upload_not_empty", violation_error_message="不接受空白檔案。"
            ),
            models.CheckConstraint(
                condition=Q(received_at__isnull=False) | Q(claimed_at=None, stored=None),
                name="upload_received_before_use",
                violation_error_message="檔案尚未收齊，不能使用。",
            ),
        ]

    def __str__(self):
        return self.name

    def offset(self):
        """How many bytes are safely here, by query: where the next part goes on."""
        return self.parts.aggregate(sum=Coalesce(Sum("length"), 0))["sum"]


class UploadPart(models.Model):
    """Bytes of an upload that are on disk; written after them, never before."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="parts")
    offset = models.PositiveBigIntegerField()
    length = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["upload", "offset"]
        constraints = [
            models.UniqueConstraint(fields=["upload", "offset"], name="upload_part_once"),
            models.CheckConstraint(condition=Q(length__gt=0), name="upload_part_not_empty"),
        ]

    def __str__(self):
        return f"{self.upload} {self.offset}+{self.length}"


class StrayFile(models.Model):
    """Bytes in the storage that no row speaks of: noted when first seen, removed when still so a day later."""

    path = models.CharField(max_length=200, unique=True)
    found_at = models.DateTimeField()

    def __str__(self):
        return self.path
