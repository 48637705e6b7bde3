"""May this person? Plain functions, True or False; and the decorator of this app's pages."""

from functools import wraps

from django.core.exceptions import PermissionDenied

from agencies.models import Curator
from agencies.permissions import is_contact

from .models import Tutor


def can_see_sessions(user):
    """The office, and the units' contacts; a contact sees the names of the own units only."""
    return user.is_staff or is_contact(user)


def can_see_tutors(user):
    """誰來我「嘉」is for every colleague; a curator may be an outside teacher and sees only the showcase."""
    if user.is_staff or is_contact(user) or Tutor.objects.filter(user=user).exists():
        return True
    return not Curator.objects.in_force().filter(user=user).exists()


def can_change(user, enrolment, own_units):
    """The office, and the contacts of the unit that nominated; the person may look only."""
    return user.is_staff or enrolment.unit_id in own_units


def _guard(allowed, message):
    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if not allowed(request.user):
                raise PermissionDenied(message)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


session_page = _guard(can_see_sessions, "這一頁由承辦人與各機關聯絡人使用。")
tutor_page = _guard(can_see_tutors, "這一頁由縣府同仁使用。")
