"""Long lists are shown by the page."""

from django.core.paginator import Paginator

PER_PAGE = 100


def paginate(request, items, *, per_page=PER_PAGE):
    """The page that `?page=` asks for; the last one past the end, the first one for nonsense."""
    return Paginator(items, per_page).get_page(request.GET.get("page"))
