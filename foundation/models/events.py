"""What was done, by whom: only ever appended, and sealed in a chain."""

from django.conf import settings
from django.db import models


class Event(models.Model):
    """Something a person or the system did. Only ever appended, by `foundation.events.record`."""

    at = models.DateTimeField("時間", db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="行為人"
    )
    actor_name = models.CharField(max_length=200)
    action = models.CharField("動作", max_length=80, db_index=True)
    target_type = models.CharField(max_length=80)
    target_id = models.CharField(max_length=40)
    scope = models.CharField("年度", max_length=20, blank=True)
    summary = models.TextField("摘要")
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["target_type", "target_id"], name="event_target")]

    def __str__(self):
        return self.summary

    @property
    def target(self):
        """agencies.unit:3, as the log is asked for it."""
        return f"{self.target_type}:{self.target_id}"


class EventSeal(models.Model):
    """One link of the hash chain over the events, in the order in which they were sealed."""

    position = models.PositiveBigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, models.PROTECT, related_name="seal")
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["position"]
