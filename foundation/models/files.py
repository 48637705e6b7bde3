"""Files kept by their content."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class StoredFile(models.Model):
    """A file kept by its content: the same bytes are stored once under their SHA-256."""

    name = models.CharField("檔名", max_length=255)
    path = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField("大小")
    sha256 = models.CharField(max_length=64, db_index=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]

    def __str__(self):
        return self.name
