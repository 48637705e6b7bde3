"""May this person? The section is for the office and for the units' contacts."""

from functools import wraps

from django.core.exceptions import PermissionDenied

from agencies.models import ProgrammeUnit
from agencies.permissions import is_contact


def can_enter(user):
    return user.is_staff or is_contact(user)


def can_review(user):
    """審查 and 申復 are answered by 人事處."""
    return user.is_staff


def can_act_for(user, unit):
    """Whether this person enters records and topics for the unit today."""
    return ProgrammeUnit.objects.visible_to(user).filter(pk=unit.pk).exists()


def office_or_contact_required(view):
    """The section's lists and forms; a person without a unit to stand for gets 403."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not can_enter(request.user):
            raise PermissionDenied("這一頁由機關聯絡人與人事處承辦人使用。")
        return view(request, *args, **kwargs)

    return guarded
