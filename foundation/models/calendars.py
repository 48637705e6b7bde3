"""The secret addresses of people's calendars."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class CalendarFeed(models.Model):
    """The secret address at which a person's own calendar can be subscribed to."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_feed", verbose_name="帳號"
    )
    token = models.CharField(max_length=64, unique=True)
    renewed_at = models.DateTimeField("建立時間")

    class Meta:
        verbose_name = "行事曆訂閱網址"
        constraints = [models.CheckConstraint(condition=~Q(token=""), name="calendar_feed_has_token")]

    def __str__(self):
        return f"{self.user}"
