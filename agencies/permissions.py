"""May this person? Plain predicates, and the decorator for the office's pages."""

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


def is_contact(user):
    """Whether this person stands for any unit today."""
    return user.is_authenticated and user.contacts.in_force().exists()


def can_see_board(user):
    """The board is for the office and for the units' contacts."""
    return user.is_staff or is_contact(user)
