"""The board, the scorecards, the records behind the figures, and storing the board."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from agencies.current import chosen_programme, required_programme, year_query
from agencies.models import Category, Programme, ProgrammeUnit
from agencies.permissions import staff_required
from foundation.http import file_response
from foundation.paging import paginate
from foundation.refusals import refusals_told

from . import actions, snapshots
from .board import compute_board
from .exports import explanation, file_name, write_board
from .filters import SORTS, STATES, BoardFilter
from .lines import TITLES, board_lines, drawn, targets
from .permissions import own_codes
from .records import BEHIND
from .scorecard import Scorecard

# The county's 191 units on one page: to compare them, to search in the page, to print it.
UNITS_PER_PAGE = 200


@require_GET
def board(request):
    own = own_codes(request.user)
    programme = chosen_programme(request)
    if programme is None:
        return render(request, "scoring/board_empty.html")
    chosen = BoardFilter.of(request.GET)
    shown = compute_board(programme, at=timezone.now(), category=chosen.category)
    page = paginate(request, chosen.rows(shown.rows), per_page=UNITS_PER_PAGE)
    trends = snapshots.trends(programme)
    query = year_query(request)
    lines = board_lines(shown, page.object_list, own=own, query=query, trends=trends)
    context = {
        "board": shown,
        "page": page,
        "lines": lines,
        "table_rows": drawn(lines),
        "has_trends": trends is not None,
        "targets": targets(shown.rules),
        "chosen": chosen,
        "category_label": Category(chosen.category).label if chosen.category else "",
        "categories": _categories(request, shown, chosen),
        "states": STATES,
        "sorts": SORTS,
        "explanation": explanation(shown),
        "export_query": _export_query(request, chosen),
        "year_query": query,
        "is_active": programme.state == Programme.State.ACTIVE,
    }
    if programme.state == Programme.State.FROZEN:
        context["final"] = snapshots.final(programme)
        context["agrees"] = _agrees(context["final"], shown, chosen)
    return render(request, "scoring/board.html", context)


def _agrees(final, shown, chosen):
    """A category's board has other ranks, so it is not compared."""
    return final is None or chosen.category is not None or snapshots.agrees(final, shown)


def _categories(request, shown, chosen):
    """(label, link, current, count) of all units and of each category there is."""
    query = request.GET.copy()
    query.pop("page", None)

    def link(category):
        if category is None:
            query.pop("category", None)
        else:
            query["category"] = category
        return f"?{query.urlencode()}"

    items = [("全部", link(None), chosen.category is None, sum(shown.sizes.values()))]
    items += [
        (category.label, link(category.value), chosen.category == category.value, shown.sizes[category])
        for category in Category
        if shown.sizes.get(category)
    ]
    return items


def _export_query(request, chosen):
    kept = {"year": request.GET.get("year"), "category": chosen.category}
    kept = {name: value for name, value in kept.items() if value}
    return f"?{urlencode(kept)}" if kept else ""


@require_GET
def export(request, fmt):
    own_codes(request.user)
    programme = required_programme(request)
    category = BoardFilter.of(request.GET).category
    shown = compute_board(programme, at=timezone.now(), category=category)
    return file_response(write_board(shown, fmt), name=file_name(shown, fmt))


def _visible_unit(request, programme, code):
    """The unit as it takes part in the year; another unit's page is not there for a contact."""
    units = ProgrammeUnit.objects.visible_to(request.user).select_related("unit")
    unit = units.filter(programme=programme, unit__code=code).first()
    if unit is None:
        raise Http404(f"{programme}沒有您可以查看的機關「{code}」。")
    return unit


@require_GET
def scorecard(request, code):
    programme = required_programme(request)
    unit = _visible_unit(request, programme, code)
    query = year_query(request)
    context = {"unit": unit, "year_query": query}
    if not unit.on_board:
        return render(request, "scoring/scorecard_off_board.html", context)
    shown = compute_board(programme, at=timezone.now())
    card = Scorecard(
        board=shown,
        row=shown.row_of(code),
        unit=unit,
        is_staff=request.user.is_staff,
        query=query,
    )
    months = [(day, figures.get(code)) for day, figures in snapshots.monthly(programme)]
    if len(months) > 1:
        context["trend"] = snapshots.drawn(tuple(value for _, value in months), wide=True)
        context["trend_from"], context["trend_to"] = months[0][0], months[-1][0]
    names, deputies = card.people()
    context |= {"card": card, "contacts": names, "deputies": deputies}
    context["headcount_since"] = card.headcount_since()
    return render(request, "scoring/scorecard.html", context)


@require_GET
def records(request, code, key):
    programme = required_programme(request)
    unit = _visible_unit(request, programme, code)
    behind = BEHIND[key](programme, unit)
    page = paginate(request, behind.rows)
    context = {
        "unit": unit,
        "title": TITLES[key],
        "behind": behind,
        "page": page,
        "records": behind.on_page(page),
        "counted": behind.counted(),
        "year_query": year_query(request),
    }
    return render(request, "scoring/records.html", context)


@require_http_methods(["GET", "POST"])
@staff_required
def snapshot_create(request):
    """Asked first, as a stored board is never changed nor removed."""
    programme = required_programme(request)
    if request.method == "GET":
        context = {
            "kept": [day for day, _ in snapshots.monthly(programme)],
            "year_query": year_query(request),
            "is_open": programme.is_open,
        }
        return render(request, "scoring/snapshot_form.html", context)
    return _store(request, programme, actions.take_snapshot, f"已留存{programme}目前的完成度。")


@require_http_methods(["GET", "POST"])
@staff_required
def freeze(request):
    programme = required_programme(request)
    if request.method == "GET":
        now = timezone.now()
        shown = compute_board(programme, at=now)
        context = {
            "board": shown,
            "is_active": programme.state == Programme.State.ACTIVE,
            "is_early": now < programme.ends_at,
            "waiting": actions.still_waiting(programme),
            "year_query": year_query(request),
        }
        return render(request, "scoring/freeze_form.html", context)
    return _store(request, programme, actions.freeze, f"{programme}已凍結，完成度已留存。")


def _store(request, programme, action, done):
    with refusals_told(request):
        action(programme=programme, by=request.user, at=timezone.now())
        messages.success(request, done)
    return redirect(f"{reverse('scoring:board')}{year_query(request)}")
