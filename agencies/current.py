"""Which programme year a page is about."""

from django.http import Http404
from django.utils.http import urlencode

from foundation.numbers import parse_int

from .models import Programme


def chosen_programme(request):
    """The year named by `?year=`, else the default one, else None on an empty database (design §4).

    Read once a request. Raises Http404 for a year that is not there.
    """
    if not hasattr(request, "_chosen_programme"):
        request._chosen_programme = _choose(request.GET.get("year", ""))
    return request._chosen_programme


def required_programme(request):
    """The chosen year; Http404 when no year has been opened yet."""
    programme = chosen_programme(request)
    if programme is None:
        raise Http404("還沒有任何年度。")
    return programme


def year_query(request):
    """What links append to stay in a year that the address names; empty when it names none."""
    return f"?{urlencode({'year': request.GET['year']})}" if request.GET.get("year") else ""


def _choose(year):
    if not year:
        return Programme.objects.default()
    try:
        return Programme.objects.get(year=parse_int(year))
    except (ValueError, Programme.DoesNotExist):
        raise Http404(f"沒有「{year}」年度。") from None
