"""The year's units: list, one unit, and what staff do to it."""

from functools import partial

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from foundation.models import Event
from foundation.paging import paginate
from foundation.templatetags.portal import status

from .. import actions
from ..current import chosen_programme, required_programme
from ..forms.units import CloseForm, HeadcountForm, MergeForm, NewUnitForm, RenameForm, UnitForm
from ..models import Category, CompetitionGroup, Headcount, Person, ProgrammeUnit
from ..permissions import is_contact, staff_required
from .common import act_and_return, done_by, form_page

SORTS = {
    "code": ("unit__code",),
    "name": ("name", "pk"),
    "category": ("category", "unit__code"),
    "headcount": ("headcount", "unit__code"),
    "contacts": ("contact_count", "unit__code"),
}
CATEGORIES, GROUPS = dict(Category.choices), dict(CompetitionGroup.choices)
STATES = {
    "no_headcount": "沒有單位人數",
    "no_contact": "沒有聯絡人",
    "no_group": "不分競賽組別",
    "off_board": "不列入完成度",
    "closed": "已裁撤或併入",
}
# What the list shows of a unit, beside its headcount and contacts.
LISTED = (
    "name",
    "category",
    "competition_group",
    "on_board",
    "programme",
    "parent__name",
    "unit__code",
    "unit__closed_on",
    "unit__merged_into",
)
RECENT_EVENTS = 10


@require_GET
def unit_list(request):
    """The chosen year's units; a contact sees the own ones."""
    if not (request.user.is_staff or is_contact(request.user)):
        raise PermissionDenied("這一頁由人事處承辦人與機關聯絡人使用。")
    if chosen_programme(request) is None:
        return render(request, "agencies/no_programme.html")
    programme = required_programme(request)
    visible = programme.units.visible_to(request.user)
    chosen = {name: request.GET.get(name, "") for name in ("category", "group", "state", "q")}
    units = _filtered(visible, **chosen).with_headcount().with_contact_count()
    sort = request.GET.get("sort", "code")
    order = SORTS.get(sort.removeprefix("-"), SORTS["code"])
    if sort.startswith("-"):
        order = (f"-{order[0]}", *order[1:])
    page = paginate(request, units.select_related("unit", "parent").only(*LISTED).order_by(*order))
    context = {
        "programme": programme,
        "page": page,
        "lines": _lines(page.object_list, timezone.localdate()),
        "chosen": chosen,
        "is_filtered": any(chosen.values()),
        "categories": _category_picks(request, visible, chosen["category"]),
        "groups": CompetitionGroup.choices,
        "states": STATES.items(),
    }
    return render(request, "agencies/unit_list.html", context)


def _lines(units, today):
    """The units as the list prints them. (Templates look keys up faster than attributes of attributes.)"""
    return [
        {
            "name": unit.name,
            "code": unit.unit.code,
            "category": CATEGORIES[unit.category],
            "group": GROUPS.get(unit.competition_group),
            "parent": unit.parent.name if unit.parent_id else "",
            "headcount": unit.headcount,
            "contacts": unit.contact_count,
            "on_board": unit.on_board,
            "closed": _closed_chip(unit.unit, today),
        }
        for unit in units
    ]


def _closed_chip(unit, today):
    if unit.closed_on is None:
        return ""
    if unit.merged_into_id:
        return status("plain", "已併入", icon="lock")
    if unit.closed_on > today:
        return status("wait", "將裁撤")
    return status("plain", "已裁撤", icon="lock")


def _filtered(units, *, category, group, state, q):
    if category:
        units = units.filter(category=category)
    if group:
        units = units.filter(competition_group=group)
    if q:
        units = units.filter(Q(name__icontains=q.strip()) | Q(unit__code__icontains=q.strip()))
    if state == "no_headcount":
        units = units.with_headcount().filter(headcount=None)
    elif state == "no_contact":
        units = units.with_contact_count().filter(contact_count=0)
    elif state == "no_group":
        units = units.filter(competition_group="")
    elif state == "off_board":
        units = units.filter(on_board=False)
    elif state == "closed":
        units = units.exclude(unit__closed_on=None)
    return units


def _category_picks(request, units, chosen):
    """全部 and each category that has units, with their number; other filters are kept."""
    counts = units.counts_by_category()

    def link(category):
        query = request.GET.copy()
        query.pop("page", None)
        query["category"] = category
        return f"?{query.urlencode()}"

    picks = [("全部", link(""), not chosen, sum(counts.values()))]
    picks += [
        (category.label, link(category.value), chosen == category.value, counts[category.value])
        for category in Category
        if category.value in counts
    ]
    return picks


@require_GET
def unit_detail(request, code):
    """One unit in one year, its people, and what became of it over the years."""
    visible = ProgrammeUnit.objects.visible_to(request.user)
    programme = required_programme(request)
    unit = (
        visible.filter(programme=programme, unit__code=code)
        .select_related("programme", "unit__merged_into", "parent__unit")
        .with_headcount()
        .first()
    )
    if unit is None:
        return _newest_year(request, visible, code)
    headcounts = list(unit.headcounts.order_by("-effective_on"))
    in_force = (row for row in headcounts if row.effective_on <= programme.headcount_date)
    context = {
        "unit": unit,
        "programme": programme,
        "headcounts": headcounts,
        "headcount_in_force": next(in_force, None),
        "history": visible.filter(unit=unit.unit)
        .select_related("programme", "unit")
        .with_headcount()
        .order_by("-programme__year"),
        "contacts": unit.unit.contacts.select_related("user", "deputy_for__user").order_by(
            "-starts_on", "pk"
        ),
        "merged_units": unit.unit.merged_units.order_by("code"),
        "children": unit.children.select_related("unit").order_by("unit__code"),
        "person_count": Person.objects.filter(unit=unit.unit).count(),
        "today": timezone.localdate(),
        "may_change": request.user.is_staff and programme.is_open,
    }
    if request.user.is_staff:
        context["events"] = _events_about(unit)
    return render(request, "agencies/unit_detail.html", context)


def _newest_year(request, visible, code):
    """A unit that is not in this year shows the newest in which it is, unless the year was asked for."""
    newest = visible.filter(unit__code=code).order_by("-programme__year").first()
    if newest is None or "year" in request.GET:
        raise Http404("本年度沒有這個機關。")
    return redirect(unit_url(newest))


def _events_about(unit):
    years = [str(pk) for pk in unit.unit.years.values_list("pk", flat=True)]
    contacts = [str(pk) for pk in unit.unit.contacts.values_list("pk", flat=True)]
    about = (
        Q(target_type="agencies.programmeunit", target_id__in=years)
        | Q(target_type="agencies.unit", target_id=str(unit.unit_id))
        | Q(target_type="agencies.contact", target_id__in=contacts)
    )
    return Event.objects.filter(about).order_by("-pk")[:RECENT_EVENTS]


def unit_url(unit):
    """A unit's page in that very year, whatever year is the default by then."""
    url = reverse("agencies:unit_detail", args=[unit.unit.code])
    return f"{url}?year={unit.programme.year}"


def year_unit(request, code):
    """The chosen year's row of a unit, for staff pages."""
    return get_object_or_404(
        ProgrammeUnit.objects.select_related("programme", "unit", "parent"),
        programme=required_programme(request),
        unit__code=code,
    )


def _unit_page(request, unit, form, act, *, done, **page):
    """A form about one unit: on success back to its page."""
    if request.method == "POST" and done_by(form, act):
        messages.success(request, done)
        return redirect(unit_url(unit))
    crumb = (unit.name, unit_url(unit))
    return form_page(request, form, back=unit_url(unit), crumb=crumb, **page)


@require_http_methods(["GET", "POST"])
@staff_required
def unit_create(request):
    programme = required_programme(request)
    form = NewUnitForm(request.POST or None, programme=programme)
    back = f"{reverse('agencies:unit_list')}?year={programme.year}"
    act = partial(_create, programme, request.user)
    if request.method == "POST" and done_by(form, act):
        messages.success(request, f"已新增{form.cleaned_data['name']}。")
        url = reverse("agencies:unit_detail", args=[form.cleaned_data["code"]])
        return redirect(f"{url}?year={programme.year}")
    return form_page(
        request,
        form,
        heading="新增機關",
        button="新增機關",
        back=back,
        crumb=("機關", back),
        sub=f"{programme}。多個機關請用「匯入」。",
    )


def _create(programme, by, values):
    actions.create_unit(programme=programme, by=by, at=timezone.now(), **values)


@require_http_methods(["GET", "POST"])
@staff_required
def unit_rename(request, code):
    unit = year_unit(request, code)
    form = RenameForm(request.POST or None, initial={"name": unit.name})
    return _unit_page(
        request,
        unit,
        form,
        lambda values: actions.rename_unit(unit=unit, by=request.user, at=timezone.now(), **values),
        done="已更名。",
        heading=f"更名：{unit}",
        button="更名",
        note=f"{unit.programme}與以後的年度改用新名稱；以前的年度保留當時的名稱。",
    )


@require_http_methods(["GET", "POST"])
@staff_required
def unit_update(request, code):
    unit = year_unit(request, code)
    form = UnitForm(request.POST or None, unit=unit)
    return _unit_page(
        request,
        unit,
        form,
        lambda values: actions.change_unit(unit=unit, by=request.user, at=timezone.now(), **values),
        done="已儲存本年度的設定。",
        heading=f"本年度設定：{unit}",
        button="儲存設定",
        sub=f"{unit.programme}。類別決定預設的競賽組別，改類別時請一併確認組別。",
    )


@require_POST
@staff_required
def unit_on_board(request, code):
    unit = year_unit(request, code)
    on_board = request.POST.get("on_board") == "1"
    return act_and_return(
        request,
        lambda: actions.set_on_board(unit=unit, on_board=on_board, by=request.user, at=timezone.now()),
        done=f"{unit}已{'列入' if on_board else '不列入'}完成度。",
        back=unit_url(unit),
    )


@require_http_methods(["GET", "POST"])
@staff_required
def headcount_create(request, code):
    unit = year_unit(request, code)
    form = HeadcountForm(request.POST or None, initial={"effective_on": unit.programme.headcount_date})
    return _unit_page(
        request,
        unit,
        form,
        lambda values: actions.set_headcount(unit=unit, by=request.user, at=timezone.now(), **values),
        done="已登錄單位人數。",
        heading=f"登錄單位人數：{unit}",
        button="登錄單位人數",
    )


@require_POST
@staff_required
def headcount_delete(request, code, pk):
    unit = year_unit(request, code)
    headcount = get_object_or_404(
        Headcount.objects.select_related("programme_unit"), pk=pk, programme_unit=unit
    )
    return act_and_return(
        request,
        lambda: actions.delete_headcount(headcount=headcount, by=request.user, at=timezone.now()),
        done="已刪除這筆單位人數。",
        back=unit_url(unit),
    )


@require_http_methods(["GET", "POST"])
@staff_required
def unit_close(request, code):
    unit = year_unit(request, code)
    form = CloseForm(request.POST or None)
    return _unit_page(
        request,
        unit,
        form,
        lambda values: actions.close_unit(unit=unit.unit, by=request.user, at=timezone.now(), **values),
        done=f"已登錄{unit}的裁撤。",
        heading=f"裁撤：{unit}",
        button="登錄裁撤",
        danger=True,
        note="聯絡人到前一天為止，之後開始的年度不再有這個機關；已有的成績與紀錄都保留。可以復原。",
    )


@require_http_methods(["GET", "POST"])
@staff_required
def unit_merge(request, code):
    unit = year_unit(request, code)
    form = MergeForm(request.POST or None, unit=unit.unit)
    return _unit_page(
        request,
        unit,
        form,
        lambda values: actions.merge_unit(unit=unit.unit, by=request.user, at=timezone.now(), **values),
        done=f"已登錄{unit}的併入。",
        heading=f"併入其他機關：{unit}",
        button="登錄併入",
        danger=True,
        note="聯絡人到前一天為止；已有的成績仍屬原機關，不移到併入的機關。可以復原。",
    )


@require_POST
@staff_required
def unit_reopen(request, code):
    unit = year_unit(request, code)
    return act_and_return(
        request,
        lambda: actions.reopen_unit(unit=unit.unit, by=request.user, at=timezone.now()),
        done=f"已復原{unit}的裁撤；聯絡人請重新指定。",
        back=unit_url(unit),
    )


@require_http_methods(["GET", "POST"])
@staff_required
def unit_remove(request, code):
    unit = year_unit(request, code)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if request.method == "POST" and done_by(
        form, lambda _: actions.remove_unit(unit=unit, by=request.user, at=timezone.now())
    ):
        messages.success(request, f"已自{unit.programme}移除{unit}。")
        return redirect(f"{reverse('agencies:unit_list')}?year={unit.programme.year}")
    return form_page(
        request,
        form,
        heading=f"自{unit.programme}移除：{unit}",
        button="移除機關",
        danger=True,
        back=unit_url(unit),
        crumb=(unit.name, unit_url(unit)),
        note="本年度的單位人數會一併刪除，不能復原。已有名額、作品或更新的機關不能移除。",
    )
