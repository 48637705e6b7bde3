"""What the portal tells one person, on the page."""

from django.db import models
from django.utils import timezone

from .people import User


class Notice(models.Model):
    """A line in somebody's notices: what happened and where to act on it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notices")
    text = models.CharField("內容", max_length=300)
    url = models.CharField("連結", max_length=300, blank=True)
    created_at = models.DateTimeField("時間", default=timezone.now)
    read_at = models.DateTimeField("已讀時間", null=True)

    class Meta:
        verbose_name = "通知"
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["user"], name="notice_unread", condition=models.Q(read_at=None))]

    def __str__(self):
        return self.text
