"""The two hats that are a flag on the account, as decorators of views."""

from functools import wraps

from django.core.exceptions import PermissionDenied


def staff_required(view):
    """Only 人事處承辦人 (`is_staff`) pass; other people who are logged in get 403."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.is_staff:
            raise PermissionDenied("這一頁由人事處承辦人使用。")
        return view(request, *args, **kwargs)

    return guarded


def administrator_required(view):
    """Only administrators (`is_superuser`) pass."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.is_superuser:
            raise PermissionDenied("這一頁由系統管理者使用。")
        return view(request, *args, **kwargs)

    return guarded


def can_handle(user, job):
    """Cancel a job, start it again, take its result: who asked for it, and administrators."""
    return user.is_superuser or job.created_by_id == user.pk
