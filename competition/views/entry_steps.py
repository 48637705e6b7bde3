"""A work step by step: begun, described, handed in; then its receipt and its versions."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.current import required_programme, year_query
from agencies.models import ProgrammeUnit
from competition import actions, versions
from competition.actions.entries import edit_refusal
from competition.actions.entry_files import FILES_AN_ENTRY
from competition.completeness import STEPS, steps_of
from competition.deadlines import own_deadlines, own_due_at
from competition.forms.entries import BeginForm, SubmitForm
from competition.models import Entry, Group, Topic
from competition.permissions import entries_page, required_competition, visible_entry
from competition.receipts import receipt_context, receipt_pdf
from competition.steps import WRITTEN, stages, step_url
from foundation.errors import Refused
from foundation.numbers import parse_int
from foundation.pdf import CONTENT_TYPE
from foundation.refusals import refusals_on
from foundation.rocdate import deadline_text


@require_http_methods(["GET", "POST"])
@entries_page
def entry_create(request):
    """A contact begins a work of the own unit."""
    programme = required_programme(request)
    competition = required_competition(programme)
    if request.user.is_staff:
        return redirect("competition:entry_register")
    units = (
        ProgrammeUnit.objects.visible_to(request.user)
        .filter(programme=programme)
        .exclude(competition_group="")
        .select_related("unit")
    )
    if not units:
        return render(request, "competition/entry_none.html", {"programme": programme}, status=403)
    deadlines = set(own_deadlines(competition, units).values())
    last_day, due_at = max(deadlines)
    if request.method == "GET" and (refusal := _too_late(programme, last_day, due_at)):
        messages.error(request, f"不能新增作品。{refusal}")
        return redirect(reverse("competition:entry_list") + year_query(request))
    groups = {unit.competition_group for unit in units}
    topics = Topic.objects.filter(group__competition=competition, group__key__in=groups).select_related(
        "group"
    )
    form = BeginForm(request.POST or None, topics=topics, units=units, initial={"unit": units[0]})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            entry = actions.create_draft(**form.cleaned_data, by=request.user, at=timezone.now())
            messages.success(request, f"已建立草稿「{entry}」，之後填寫的內容會自動儲存。")
            return redirect(step_url(entry, "authors"))
    context = how_to_enter(competition, groups) | {
        "programme": programme,
        "competition": competition,
        "form": form,
        "units": units,
        "steps": STEPS.values(),
        "deadline": deadline_text(last_day) if len(deadlines) == 1 else "各機關的期限不同，見作品清單",
        # What the browser kept of this form is out of date once a work was begun with it.
        "begun": Entry.objects.filter(unit__in=units).count(),
    }
    return render(request, "competition/entry_create.html", context)


def _too_late(programme, last_day, due_at):
    if not programme.is_open:
        return f"{programme.year}年度已凍結，資料不能再變更。"
    return "" if timezone.now() < due_at else f"已過繳交期限，{deadline_text(last_day)}。"


def how_to_enter(competition, groups):
    """What somebody who hands in for the first time wants to know; `groups`: keys of those the own units are in."""
    entered = Group.objects.filter(competition=competition, key__in=groups).prefetch_related("topics")
    return {"entered": entered, "most_files": FILES_AN_ENTRY}


@require_http_methods(["GET", "POST"])
@entries_page
def entry_edit(request, pk, step):
    """One page of what is said about a work."""
    entry = visible_entry(request.user, pk)
    page = _step(entry, step, request.POST or None)
    if request.method == "GET":
        if refusal := refusal_now(request, entry):
            messages.error(request, f"不能修改。{refusal}")
            return redirect(entry)
        return _show_step(request, entry, page)
    act = request.POST.get("act", "")
    is_arranging = page.arrange(act)
    if is_arranging and not entry.is_unfinished:
        return _show_step(request, entry, page)
    if not page.is_valid():
        return _show_step(request, entry, page, status=200 if is_arranging else 422)
    try:
        entry = actions.revise(
            entry=entry,
            version=entry.version if act == "overwrite" else _version(request),
            **page.changes(),
            by=request.user,
            at=timezone.now(),
        )
    except actions.EntryConflict as conflict:
        stored = WRITTEN[step](conflict.entry).stored()
        return _show_step(request, conflict.entry, page, status=409, conflict=conflict, stored=stored)
    except Refused as refusal:
        return _show_step(request, entry, page, status=422, refused=refusal)
    if is_arranging:
        return _show_step(request, entry, page)
    if not entry.is_unfinished:
        messages.success(request, "作品資料已更新。")
        return redirect(entry)
    return redirect(entry if act == "leave" else _after(entry, step))


@require_POST
@entries_page
def entry_save(request, pk, step):
    """Keep what is typed into an unfinished work; the answer goes where the saved time stands."""
    entry = visible_entry(request.user, pk)
    page = _step(entry, step, request.POST)
    context = {"entry": entry, "page": page}
    status = 200
    if not entry.is_unfinished:
        context["refused"], status = f"這件作品{entry.get_state_display()}，修改後請按「儲存修改」。", 422
    elif not page.is_valid():
        context["complaints"], status = page.complaints(), 422
    else:
        try:
            context["entry"] = actions.revise(
                entry=entry, version=_version(request), **page.changes(), by=request.user, at=timezone.now()
            )
        except actions.EntryConflict as conflict:
            context |= {"conflict": conflict, "stored": WRITTEN[step](conflict.entry).stored()}
            status = 409
        except Refused as refusal:
            context["refused"], status = refusal, 422
        else:
            context["stages"] = stages(context["entry"])
    return render(request, "competition/_entry_saved.html", context, status=status)


def _step(entry, name, data):
    if name not in WRITTEN or name not in steps_of(entry):
        raise Http404("沒有這一步。")
    return WRITTEN[name](entry, data)


def _version(request):
    """The version the person was looking at; one that is none equals no stored one."""
    try:
        return parse_int(request.POST.get("version", ""))
    except ValueError:
        return -1


def refusal_now(request, entry):
    """Why this person cannot change the work now; empty when they can."""
    if not entry.competition.programme.is_open:
        return f"{entry.competition.programme.year}年度已凍結，資料不能再變更。"
    return edit_refusal(entry, by=request.user, at=timezone.now())


def _show_step(request, entry, page, *, status=200, **told):
    context = step_context(request, entry, page.name) | {"page": page, **told}
    return render(request, "competition/entry_edit.html", context, status=status)


def step_context(request, entry, name):
    """What every step shows around itself."""
    strip = stages(entry)
    names = [stage.name for stage in strip]
    here = names.index(name)
    last_day, due_at = own_due_at(entry.competition, entry.unit)
    return {
        "entry": entry,
        "programme": entry.competition.programme,
        "step": name,
        "stages": strip,
        "before": strip[here - 1] if here else None,
        "after": strip[here + 1] if here + 1 < len(strip) else None,
        "refusal": refusal_now(request, entry),
        "due_at": due_at,
        "deadline": deadline_text(last_day),
        "is_before_deadline": timezone.now() < due_at,
    }


def _after(entry, name):
    names = list(steps_of(entry))
    following = names[names.index(name) + 1 :]
    return step_url(entry, following[0]) if following else entry.get_absolute_url()


@require_http_methods(["GET", "POST"])
@entries_page
def entry_submit(request, pk):
    """The last step: what is missing, licence and consent, the receipt."""
    entry = visible_entry(request.user, pk)
    if not entry.is_online:
        raise Http404("紙本或光碟的作品由承辦人登錄。")
    if entry.is_submitted:
        # A second click, or the page asked for again: the work is in.
        return redirect("competition:entry_receipt", pk)
    form = SubmitForm(request.POST or None, initial={"licence": entry.licence})
    told, status = {}, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                actions.submit(
                    entry=entry,
                    **form.cleaned_data,
                    version=_version(request),
                    by=request.user,
                    at=timezone.now(),
                )
            except actions.EntryConflict as conflict:
                entry, status = conflict.entry, 409
                told["refused"] = "作品在別的視窗另有更新；下面是最新的內容，請看過再送件。"
            except Refused as refusal:
                told["refused"] = refusal
            else:
                return redirect("competition:entry_receipt", pk)
    context = step_context(request, entry, "submit") | {"form": form, **_summary(entry), **told}
    return render(request, "competition/entry_submit.html", context, status=status)


def _summary(entry):
    return {
        "authors": entry.authors.all(),
        "materials": entry.materials.all() if entry.uses_materials else [],
        "files": entry.files.all(),
    }


@require_GET
@entries_page
def entry_receipt(request, pk):
    entry = _received(request, pk)
    context = receipt_context(entry) | {"programme": entry.competition.programme}
    return render(request, "competition/entry_receipt.html", context)


@require_GET
@entries_page
def entry_receipt_pdf(request, pk):
    entry = _received(request, pk)
    response = HttpResponse(receipt_pdf(entry, at=timezone.now()), content_type=CONTENT_TYPE)
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=f"收件回執 {entry.receipt}.pdf"
    )
    return response


def _received(request, pk):
    entry = visible_entry(request.user, pk)
    if not entry.receipt:
        raise Http404("這件作品還沒有送件。")
    return entry


@require_GET
@entries_page
def entry_versions(request, pk):
    """Each version since the work was handed in, and what one of them changed."""
    entry = visible_entry(request.user, pk)
    kept = list(entry.versions.select_related("saved_by"))
    if not kept:
        raise Http404("這件作品送件之後才保留版次。")
    chosen = next((one for one in kept if str(one.number) == request.GET.get("version")), kept[0])
    before = next((one for one in kept if one.number < chosen.number), None)
    context = {
        "entry": entry,
        "programme": entry.competition.programme,
        "versions": kept,
        "chosen": chosen,
        "before": before,
        "differences": versions.between(before, chosen) if before else [],
        "content": [(versions.TITLES[name], text) for name, text in chosen.content.items() if text],
    }
    return render(request, "competition/entry_versions.html", context)
