"""May this person? Plain functions, True or False; and the guard of the tutors' pages."""

from functools import wraps

from django.core.exceptions import PermissionDenied

from agencies.models import Curator
from agencies.permissions import is_contact

from .models import Enrolment, Lecturer, Tutor


def can_see_sessions(user):
    """The office, and the units' contacts; a contact sees the names of the own units only."""
    return user.is_staff or is_contact(user)


def can_see_tutors(user):
    """誰來我「嘉」is for every colleague; a curator may be an outside teacher and sees only the showcase."""
    if user.is_staff or is_contact(user) or Tutor.objects.serving().filter(user=user).exists():
        return True
    return not Curator.objects.in_force().filter(user=user).exists()


def can_change(user, enrolment, own_units):
    """The office, and the contacts of the unit that nominated; the person may look only."""
    return user.is_staff or enrolment.unit_id in own_units


def may_substitute(user, session, at):
    """Whether this person may still put one colleague in another's place; the office as long as the list is open."""
    return user.is_staff or at < session.last_substitution_at


def can_see_materials(user, session):
    """The office, the session's lecturers, who is admitted to it, and the contacts of units with people in it."""
    if user.is_staff or Lecturer.objects.filter(session=session, person__user=user).exists():
        return True
    return Enrolment.objects.visible_to(user).confirmed().filter(session=session).exists()


def tutor_page(view):
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not can_see_tutors(request.user):
            raise PermissionDenied("這一頁由縣府同仁使用。")
        return view(request, *args, **kwargs)

    return guarded
