"""Long work beside the web server."""

from fractions import Fraction

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .files import StoredFile


class JobQuerySet(models.QuerySet):
    def unfinished(self):
        return self.filter(state__in=Job.UNFINISHED)

    def visible_to(self, user):
        """Staff see every job; others those they asked for."""
        return self if user.is_staff else self.filter(created_by=user)


class Job(models.Model):
    """Long work that a worker does beside the web server. The row is the queue, the progress and the result.

    A worker holds a running job by a lease that it keeps renewing; when the worker dies the lease
    runs out and the job is taken again, at most `MAX_ATTEMPTS` times.
    """

    MAX_ATTEMPTS = 3

    class State(models.TextChoices):
        QUEUED = "queued", "等候中"
        RUNNING = "running", "進行中"
        DONE = "done", "已完成"
        FAILED = "failed", "未完成"
        CANCELLED = "cancelled", "已取消"

    kind = models.CharField("工作", max_length=80)
    title = models.CharField("名稱", max_length=200)
    arguments = models.JSONField(default=dict)
    key = models.CharField(
        max_length=200, blank=True, help_text="While a job of this key is unfinished, asking again finds it."
    )
    state = models.CharField("狀態", max_length=12, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveIntegerField("嘗試次數", default=0)
    due_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=100, blank=True)
    done_steps = models.PositiveIntegerField(default=0)
    all_steps = models.PositiveIntegerField(default=0)
    message = models.TextField("訊息", blank=True)
    cancel_requested = models.BooleanField(default=False)
    result = models.JSONField(null=True)
    result_file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField("建立時間", default=timezone.now)
    finished_at = models.DateTimeField("結束時間", null=True)

    UNFINISHED = (State.QUEUED, State.RUNNING)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "due_at"], name="job_queue")]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(state__in=("queued", "running")) & ~Q(key=""),
                name="job_one_unfinished_per_key",
            )
        ]

    def __str__(self):
        return self.title

    @property
    def is_unfinished(self):
        return self.state in self.UNFINISHED

    @property
    def fraction(self):
        return Fraction(self.done_steps, self.all_steps) if self.all_steps else Fraction(0)

    @property
    def result_facts(self):
        """The result as (term, value) pairs, when it is a mapping."""
        return list(self.result.items()) if isinstance(self.result, dict) else []
