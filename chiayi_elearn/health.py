"""Is the portal well? For monitors and proxies; says nothing about anybody."""

from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from foundation.models import Job, Mail

LATE = timedelta(minutes=10)


@login_not_required
@require_safe
@never_cache
def health(request):
    """`ok`; `late` when work has waited for ten minutes, so no worker runs; 503 `down` without a database."""
    try:
        waiting = waiting_time(timezone.now())
    except DatabaseError:
        return JsonResponse({"status": "down", "database": "down"}, status=503)
    status = "late" if waiting > LATE else "ok"
    return JsonResponse(
        {"status": status, "database": "ok", "queue_age_seconds": int(waiting.total_seconds())}
    )


def waiting_time(now):
    """How long the oldest job or letter has been due without anybody taking it."""
    job = Job.objects.filter(state=Job.State.QUEUED, due_at__lte=now).order_by("due_at", "pk")
    mail = Mail.objects.filter(sent_at=None, parked_at=None, next_attempt_at__lte=now).order_by(
        "next_attempt_at", "pk"
    )
    due = [
        moment
        for moment in (
            job.values_list("due_at", flat=True).first(),
            mail.values_list("next_attempt_at", flat=True).first(),
        )
        if moment
    ]
    return now - min(due, default=now)
