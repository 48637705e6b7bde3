"""Long lists are shown by the page."""

from django.core.paginator import Paginator

PER_PAGE = 100


def paginate(request, items, *, per_page=PER_PAGE, count=None, dress=None):
    """The page that `?page=` asks for; the last one past the end, the first one for nonsense.

    `count` is how many there are, where the caller has counted already. `dress` adds what the rows shown need beside their order (joins, annotations). It is applied to
    the rows of this page only: the database then sorts thousands of keys, not thousands of wide rows.
    """
    paginator = Paginator(items, per_page)
    if count is not None:
        paginator.count = count
    page = paginator.get_page(request.GET.get("page"))
    if dress:
        shown = items.model._default_manager.filter(pk__in=page.object_list.values("pk"))
        page.object_list = dress(shown).order_by(*items.query.order_by)
    return page
