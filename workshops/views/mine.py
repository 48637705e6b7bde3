"""我的研習: what a colleague was nominated for, and where it stands."""

from django.views.decorators.http import require_GET

from agencies.current import required_programme
from agencies.permissions import is_contact

from .. import lists
from ..models import Lecturer
from .common import page_in_section


@require_GET
def enrolment_mine(request):
    """The own nominations of every year, the newest session first."""
    programme = required_programme(request)
    context = {
        "rows": lists.own_rows(request.user),
        "lectures": list(
            Lecturer.objects.filter(person__user=request.user)
            .select_related("session__programme")
            .order_by("-session__held_on", "pk")
        ),
        "sees_sessions": request.user.is_staff or is_contact(request.user),
    }
    return page_in_section(request, "workshops/enrolment_mine.html", context, programme=programme)
