"""誰來我「嘉」: the tutors."""

from django.db.models import Q
from django.views.decorators.http import require_GET

from agencies.current import required_programme
from foundation.paging import paginate
from foundation.sheets import FORMATS, OutColumn

from .. import permissions
from ..models import Tutor
from ..permissions import tutor_page
from .common import download, page_in_section


def _tutors(request, programme):
    """(name, fields, phone, e-mail) of those asked for."""
    tutors = Tutor.objects.filter(programme=programme).order_by("user__name", "pk")
    if q := request.GET.get("q", "").strip():
        tutors = tutors.filter(Q(user__name__icontains=q) | Q(fields__icontains=q))
    return tutors.values_list("user__name", "fields", "phone", "user__email")


@require_GET
@tutor_page
def tutor_list(request):
    """誰來我「嘉」: who helps, with what, and how to reach them."""
    programme = required_programme(request)
    context = {
        "page": paginate(request, _tutors(request, programme)),
        "q": request.GET.get("q", ""),
        "formats": list(FORMATS),
        "sees_sessions": permissions.can_see_sessions(request.user),
    }
    return page_in_section(request, "workshops/tutor_list.html", context, programme=programme)


@require_GET
@tutor_page
def tutor_export(request, fmt):
    programme = required_programme(request)
    columns = ["姓名", OutColumn("專長", width=32), "電話", OutColumn("電子郵件", width=28)]
    return download(
        fmt, f"{programme.year}年度輔導教師聯絡方式表", columns, _tutors(request, programme).iterator()
    )
