"""Works: the list, one work, and what its unit and the office do with it."""

from collections import Counter

from django.contrib import messages
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.current import required_programme, year_query
from agencies.models import CompetitionGroup, ProgrammeUnit
from agencies.permissions import staff_required
from competition import actions
from competition.actions.locks import is_final
from competition.bundles import Bundle, safe
from competition.completeness import gaps
from competition.deadlines import missing_units, own_deadlines, own_due_at
from competition.forms.common import ReasonForm
from competition.forms.entries import RegisterForm, WithdrawForm
from competition.forms.panel import PinConflictForm
from competition.lists import entry_lines, line_values, own_lines
from competition.models import Competition, Entry, EntryFile, Topic, UnitReminder
from competition.permissions import entries_page, required_competition, visible_entry
from competition.steps import stages
from foundation import events
from foundation.errors import Refused
from foundation.models import FileCheck
from foundation.paging import paginate
from foundation.refusals import refusals_on, refusals_told

from .entry_files import work_files
from .entry_steps import how_to_enter, refusal_now

SORTS = {
    "receipt": ("receipt", "pk"),
    "title": ("title", "pk"),
    "unit": ("unit__unit__code", "pk"),
    "submitted": ("submitted_at", "pk"),
}
DEFAULT_SORT = "-submitted"
FILTERS = ("group", "topic", "state", "medium", "check", "complete", "unit", "late", "q")
CHECKS = {
    FileCheck.State.QUARANTINED: "已隔離",
    FileCheck.State.WAITING: "檢查中",
    FileCheck.State.FAILED: "檢查未完成",
    "none": "沒有檔案",
}


@require_GET
@entries_page
def entry_list(request):
    """The year's works, filtered and sorted by the query string; contacts see the own unit's."""
    programme = required_programme(request)
    competition = Competition.objects.filter(programme=programme).first()
    # A year has one competition. Asked for by that, works come in their order from the index.
    mine = Entry.objects.filter(competition=competition).visible_to(request.user)
    counts = dict(mine.order_by().values_list("topic").annotate(Count("pk")))
    # (pk, name, group) of the year's topics.
    topics = list(
        Topic.objects.filter(group__competition=competition)
        .order_by("position", "pk")
        .values_list("pk", "name", "group__key")
    )
    query = {name: request.GET.get(name, "").strip() for name in FILTERS}
    found = _sorted(_filtered(mine, query), request.GET.get("sort") or DEFAULT_SORT)
    page = paginate(
        request, found, count=None if any(query.values()) else sum(counts.values()), dress=line_values
    )
    lines = entry_lines if request.user.is_staff else own_lines
    page.object_list = lines(page.object_list)
    template = "competition/entry_list.html"
    context = {
        "programme": programme,
        "competition": competition,
        "page": page,
        "query": query,
        "is_filtered": any(query.values()),
        "default_sort": DEFAULT_SORT,
        "groups": _group_pick(request, topics, counts, query["group"]),
        "states": Entry.State.choices,
        "media": Entry.Medium.choices,
        "checks": CHECKS.items(),
        "topics": list(dict.fromkeys(name for _, name, _ in topics)),
    }
    if not request.user.is_staff:
        context |= _own_deadlines(request, programme, competition)
        template = "competition/entry_list_own.html"
    return render(request, template, context)


def _filtered(entries, query):
    if query["group"]:
        entries = entries.filter(topic__group__key=query["group"])
    if query["topic"]:
        entries = entries.filter(topic__name=query["topic"])
    if query["state"]:
        entries = entries.filter(state=query["state"])
    if query["unit"]:
        entries = entries.filter(unit__unit__code=query["unit"])
    if query["medium"]:
        entries = entries.filter(medium=query["medium"])
    if query["check"]:
        entries = _by_check(entries, query["check"])
    if query["complete"]:
        entries = _by_completeness(entries, is_complete=query["complete"] == "1")
    if query["late"]:
        entries = entries.with_due().filter(is_late=query["late"] == "1")
    if text := query["q"]:
        entries = entries.filter(
            Q(title__icontains=text)
            | Q(receipt__icontains=text)
            | Q(work_code__iexact=text)
            | Q(unit__name__icontains=text)
            | Q(unit__unit__code=text)
            | Q(pk__in=Entry.objects.filter(authors__name__icontains=text).values("pk"))
        )
    return entries


def _by_check(entries, state):
    if state == "none":
        return entries.filter(files=None)
    files = EntryFile.objects.order_by().filter(stored__file_check__state=state)
    if state == FileCheck.State.WAITING:
        files = files | EntryFile.objects.order_by().filter(stored__file_check=None)
    return entries.filter(pk__in=files.values("entry"))


def _by_completeness(entries, *, is_complete):
    """By the rule that the form and the action use: the works are few, their parts come in four queries."""
    loaded = entries.select_related("topic").prefetch_related("authors", "files", "materials")
    return entries.filter(pk__in=[entry.pk for entry in loaded if (not gaps(entry)) == is_complete])


def _sorted(entries, key):
    """What is empty comes first upwards and last downwards, whatever the database would do."""
    fields = [F(field) for field in SORTS.get(key.removeprefix("-"), SORTS["submitted"])]
    if key.startswith("-"):
        return entries.order_by(*(field.desc(nulls_last=True) for field in fields))
    return entries.order_by(*(field.asc(nulls_first=True) for field in fields))


def _group_pick(request, topics, counts, chosen):
    """(label, link, current, count) of all works and of each group; `counts` by topic."""
    of_group = Counter()
    for pk, _, group in topics:
        of_group[group] += counts.get(pk, 0)
    items = [("全部", "", of_group.total())]
    items += [(label, key, of_group[key]) for key, label in CompetitionGroup.choices]
    query = request.GET.copy()
    query.pop("page", None)
    picks = []
    for label, key, count in items:
        query["group"] = key
        picks.append((label, f"?{query.urlencode()}", chosen == key, count))
    return picks


def _own_deadlines(request, programme, competition):
    """For a contact: each own unit in a group, with its deadline."""
    units = ProgrammeUnit.objects.visible_to(request.user).filter(programme=programme)
    units = units.exclude(competition_group="") if competition else []
    now = timezone.now()
    due = own_deadlines(competition, units) if units else {}
    deadlines = [
        {"unit": unit, "due_at": due[unit.pk][1], "is_open": now < due[unit.pk][1]} for unit in units
    ]
    return {
        "deadlines": deadlines,
        "can_create": programme.is_open and any(deadline["is_open"] for deadline in deadlines),
        "is_in_no_group": not deadlines,
    } | how_to_enter(competition, {deadline["unit"].competition_group for deadline in deadlines})


@require_POST
@staff_required
def missing_remind(request):
    """Remind the units that were ticked."""
    competition = required_competition(required_programme(request))
    keys = [key for key in request.POST.getlist("unit") if key.isdecimal()]
    units = ProgrammeUnit.objects.filter(programme=competition.programme, pk__in=keys)
    with refusals_told(request, "未提醒。"):
        told = actions.remind_missing(
            competition=competition, units=list(units), by=request.user, at=timezone.now()
        )
        messages.success(request, f"已提醒 {len(told)} 個機關的聯絡人（通知與信件）。")
    return redirect(reverse("competition:missing_list") + year_query(request))


@require_GET
@staff_required
def entry_bundle(request):
    """The files of the works handed in, as far as the list's filters let them through, as one ZIP."""
    programme = required_programme(request)
    competition = required_competition(programme)
    query = {name: request.GET.get(name, "").strip() for name in FILTERS}
    entries = _filtered(Entry.objects.filter(competition=competition), query).submitted()
    bundle = Bundle(entries)
    if not bundle:
        messages.error(request, "沒有可以下載的檔案：只打包已送件、且沒有隔離的。")
        return redirect(f"{reverse('competition:entry_list')}?{request.GET.urlencode()}")
    return _send_bundle(request, bundle, target=competition, name=f"{programme.year}年度參賽作品.zip")


@require_GET
@entries_page
def entry_files_bundle(request, pk):
    """The files of one work as a ZIP."""
    entry = visible_entry(request.user, pk)
    bundle = Bundle(Entry.objects.filter(pk=pk))
    if not bundle:
        messages.error(request, "沒有可以下載的檔案：還在計算雜湊或已隔離的不打包。")
        return redirect(entry)
    return _send_bundle(request, bundle, target=entry, name=f"{safe(entry.receipt or str(entry))}.zip")


def _send_bundle(request, bundle, *, target, name):
    events.record(
        action="entry.bundle_downloaded",
        by=request.user,
        target=target,
        at=timezone.now(),
        scope=target.programme.year if isinstance(target, Competition) else target.competition.programme.year,
        summary=f"下載作品檔案 {name}（{len(bundle.entries)} 件）",
    )
    response = StreamingHttpResponse(bundle, content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@require_GET
@staff_required
def missing_list(request):
    """Units in a group that have handed in nothing that counts."""
    programme = required_programme(request)
    competition = required_competition(programme)
    reminders = UnitReminder.objects.filter(competition=competition, unit=OuterRef("pk"))
    units = (
        missing_units(competition)
        .select_related("unit")
        .annotate(
            drafts=Count("entries", filter=Q(entries__state=Entry.State.DRAFT)),
            reminded_on=Subquery(reminders.order_by("-sent_on").values("sent_on")[:1]),
        )
    )
    chosen = request.GET.get("group", "")
    counts = dict(units.order_by().values_list("competition_group").annotate(Count("pk", distinct=True)))
    if chosen:
        units = units.filter(competition_group=chosen)
    year = f"&year={programme.year}" if request.GET.get("year") else ""
    total = sum(counts.values())
    groups = [("全部", f"?group={year}", not chosen, total)]
    groups += [
        (label, f"?group={key}{year}", chosen == key, counts.get(key, 0))
        for key, label in CompetitionGroup.choices
    ]
    context = {
        "programme": programme,
        "competition": competition,
        "page": paginate(request, units),
        "groups": groups,
        "total": total,
        "has_units": total or programme.units.exclude(competition_group="").exists(),
        "today": timezone.localdate(),
    }
    return render(request, "competition/missing_list.html", context)


@require_http_methods(["GET", "POST"])
@staff_required
def entry_register(request):
    """Staff enter a work that came on paper or disc."""
    programme = required_programme(request)
    competition = required_competition(programme)
    if not programme.is_open:
        messages.error(request, f"不能登錄。{programme.year}年度已凍結，資料不能再變更。")
        return redirect(reverse("competition:entry_list") + year_query(request))
    topics = Topic.objects.filter(group__competition=competition).select_related("group")
    initial = {"unit": request.GET.get("unit", ""), "submitted_on": timezone.localdate()}
    form = RegisterForm(request.POST or None, topics=topics, programme=programme, initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            entry = actions.register(**form.cleaned_data, by=request.user, at=timezone.now())
            messages.success(request, f"已登錄 {entry.receipt}「{entry}」。")
            return redirect(entry)
    context = {
        "programme": programme,
        "competition": competition,
        "form": form,
        "units": _unit_choices(programme),
    }
    return render(request, "competition/entry_register.html", context)


def _unit_choices(programme):
    """(code, name) for the list that helps typing."""
    units = ProgrammeUnit.objects.filter(programme=programme).exclude(competition_group="")
    return units.values_list("unit__code", "name").order_by("unit__code")


@require_GET
@entries_page
def entry_detail(request, pk):
    return _show(request, visible_entry(request.user, pk))


def _show(request, entry, *, status=200, **bound):
    """One work with the forms that this person may use; `bound` holds those that were refused."""
    now = timezone.now()
    is_staff = request.user.is_staff
    _, due_at = own_due_at(entry.competition, entry.unit)
    refusal = refusal_now(request, entry)
    kept = work_files(entry, refusal, at=now)
    context = {
        "entry": entry,
        "programme": entry.competition.programme,
        "authors": entry.authors.all(),
        "materials": entry.materials.all() if entry.uses_materials else [],
        "files": kept,
        "is_waiting": any(each.is_pending for each in kept),
        "due_at": due_at,
        "is_before_deadline": now < due_at,
        "refusal": refusal,
        "can_edit": not refusal,
        "stages": stages(entry) if entry.is_unfinished else [],
        "versions": entry.versions.count(),
        "withdraw_form": bound.get("withdraw_form") or WithdrawForm(prefix="withdraw", by=request.user),
    }
    if is_staff:
        context |= {
            "is_settled": not entry.competition.programme.is_open or is_final(entry.topic.group),
            "reason_form": bound.get("reason_form") or ReasonForm(prefix="reason"),
            "conflict_form": bound.get("conflict_form") or PinConflictForm(prefix="conflict", entry=entry),
            "sheets": entry.sheets.select_related("judge__user", "entered_by"),
            "conflicts": entry.conflicts.select_related("judge__user", "created_by"),
        }
    return render(request, "competition/entry_detail.html", context, status=status)


@require_POST
@entries_page
def entry_withdraw(request, pk):
    entry = visible_entry(request.user, pk)
    form = WithdrawForm(request.POST, prefix="withdraw", by=request.user)
    if form.is_valid():
        with refusals_on(form):
            actions.withdraw(entry=entry, **form.cleaned_data, by=request.user, at=timezone.now())
            messages.success(request, f"作品「{entry}」已撤回，不再計入完成度。")
            return redirect(entry)
    return _show(request, entry, status=422, withdraw_form=form)


@require_POST
@entries_page
def entry_discard(request, pk):
    """A draft that was never handed in is no longer wanted."""
    entry = visible_entry(request.user, pk)
    with refusals_told(request, "未刪除。"):
        actions.discard_draft(entry=entry, by=request.user, at=timezone.now())
        messages.success(request, f"草稿「{entry}」已刪除。")
        return redirect(reverse("competition:entry_list") + f"?year={entry.competition.programme.year}")
    return redirect(entry)


@require_POST
@staff_required
def entry_disqualify(request, pk):
    return _decide(request, pk, actions.disqualify, "已取消資格。")


@require_POST
@staff_required
def entry_reinstate(request, pk):
    return _decide(request, pk, actions.reinstate, "已恢復參賽。")


def _decide(request, pk, action, done):
    entry = visible_entry(request.user, pk)
    form = ReasonForm(request.POST, prefix="reason")
    if form.is_valid():
        with refusals_on(form):
            action(entry=entry, **form.cleaned_data, by=request.user, at=timezone.now())
            messages.success(request, f"作品「{entry}」{done}")
            return redirect(entry)
    return _show(request, entry, status=422, reason_form=form)


@require_POST
@staff_required
def conflict_pin(request, pk):
    """Staff keep a judge away from this work."""
    entry = visible_entry(request.user, pk)
    form = PinConflictForm(request.POST, prefix="conflict", entry=entry)
    if form.is_valid():
        with refusals_on(form):
            actions.declare_conflict(entry=entry, **form.cleaned_data, by=request.user, at=timezone.now())
            messages.success(request, f"{form.cleaned_data['judge']}已列為迴避這件作品。")
            return redirect(entry)
    return _show(request, entry, status=422, conflict_form=form)


@require_POST
@staff_required
def conflict_lift(request, pk, conflict_pk):
    entry = visible_entry(request.user, pk)
    conflict = (
        entry.conflicts.filter(pk=conflict_pk).select_related("judge__user", "judge__group", "entry").first()
    )
    if conflict is None:
        raise Http404
    form = ReasonForm(request.POST, prefix="reason")
    with refusals_told(request, "未取消。"):
        if not form.is_valid():
            raise Refused("取消迴避須說明理由。")
        actions.lift_conflict(conflict=conflict, **form.cleaned_data, by=request.user, at=timezone.now())
        messages.success(request, f"已取消{conflict.judge}的迴避。")
    return redirect(entry)
