"""May this person? Staff everything, a contact the own unit, a judge the panel's queue."""

from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404

from agencies.permissions import is_contact

from .models import Competition, Entry, Judge


def may_see_entries(user):
    return user.is_staff or is_contact(user)


def entries_page(view):
    """For staff and contacts; judges and others get 403: whoever judges must not meet names here."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not may_see_entries(request.user):
            raise PermissionDenied("這一頁由機關聯絡人與人事處承辦人使用。")
        return view(request, *args, **kwargs)

    return guarded


def judgeships(user, programme):
    """The panels this person sits on in a year and has not left."""
    return (
        Judge.objects.serving()
        .filter(user=user, group__competition__programme=programme)
        .select_related("group__competition__programme", "user")
        .order_by("group__key")
    )


def required_competition(programme):
    """The year's competition; 404 while there is none."""
    competition = Competition.objects.select_related("programme").filter(programme=programme).first()
    if competition is None:
        raise Http404(f"{programme.year}年度還沒有設定競賽。")
    return competition


def visible_entry(user, pk):
    """The work, where this person may see it; 404 else."""
    entries = Entry.objects.visible_to(user).with_due()
    return get_object_or_404(
        entries.select_related(
            "unit__unit",
            "unit__programme",
            "topic__group",
            "competition__programme",
            "created_by",
            "consented_by",
            "saved_by",
        ),
        pk=pk,
    )
