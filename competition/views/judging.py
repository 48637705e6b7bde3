"""A judge's pages: the anonymised queue, the sheet, standing back, neutral downloads."""

from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.current import required_programme, year_query
from competition import actions
from competition.forms.common import ReasonForm
from competition.forms.sheets import SheetForm, differences, merged, scores_of, subtotal
from competition.judging import STATES, Queue, Work, shown_files
from competition.models import EntryFile
from competition.permissions import judgeships
from foundation.errors import Refused
from foundation.http import file_response
from foundation.paging import paginate
from foundation.refusals import refusals_on, refusals_told


def _queues(request):
    """The judge's queues of the year, one for each panel; whoever judges nothing gets 403."""
    programme = required_programme(request)
    now = timezone.now()
    queues = [Queue(judge, now) for judge in judgeships(request.user, programme)]
    if not queues:
        raise PermissionDenied("這一頁由評審使用。")
    return queues


def _work(request, code):
    """The queue and the entry of one code, where this judge may see it; 404 else."""
    for queue in _queues(request):
        if entry := queue.entry(code):
            return queue, entry
    raise Http404("沒有這件作品。")


def own_panel(request, pk):
    """The queue of one of the judge's own panels; 404 else."""
    for queue in _queues(request):
        if queue.judge.pk == pk:
            return queue
    raise Http404("沒有這個評審小組。")


def _to_list(request):
    return redirect(reverse("competition:judging_list") + year_query(request))


def _to_sheet(request, code):
    return redirect(reverse("competition:judging_sheet", args=[code]) + year_query(request))


@require_GET
def judging_list(request):
    """All works before this judge, with what is signed, begun and open."""
    return _show_list(request, _queues(request))


def _show_list(request, queues, *, resign_form=None, status=200):
    state, text = request.GET.get("state", ""), request.GET.get("q", "").strip()
    query = {"state": state if state in STATES else "", "text": text}
    for queue in queues:
        queue.page = paginate(request, queue.found(**query))
        queue.page.object_list = [Work(entry, entry.own_state) for entry in queue.page.object_list]
    competition = queues[0].competition
    context = {
        "queues": queues,
        "programme": competition.programme,
        "year_query": year_query(request),
        "competition": competition,
        "criteria": queues[0].criteria,
        "prizes": competition.prizes.all(),
        "changes": competition.rule_changes.all(),
        "query": query,
        "states": STATES.items(),
        "resign_form": resign_form or ReasonForm(prefix="resign"),
    }
    return render(request, "competition/judging_list.html", context, status=status)


@require_POST
def judging_resign(request, pk):
    """The judge leaves this panel, with a reason."""
    queue = own_panel(request, pk)
    form = ReasonForm(request.POST, prefix="resign")
    if form.is_valid():
        with refusals_on(form):
            actions.resign(judge=queue.judge, **form.cleaned_data, by=request.user, at=timezone.now())
            messages.success(request, f"已辭任{queue.judge.group}評審，人事處已收到通知。")
            return redirect(reverse("portal:home") + year_query(request))
    queues = _queues(request)
    return _show_list(request, queues, resign_form=form, status=422)


@require_http_methods(["GET", "POST"])
def judging_sheet(request, code):
    """One work and its sheet; a post saves it, saves and signs it, or settles what two windows wrote."""
    queue, entry = _work(request, code)
    sheet = queue.sheet(entry)
    if request.method == "GET":
        return _show(request, queue, entry, sheet, SheetForm(criteria=queue.criteria, sheet=sheet))
    act = request.POST.get("act")
    data = merged(request.POST, queue.criteria, sheet) if act == "merge" else request.POST
    form = SheetForm(data, criteria=queue.criteria)
    if not form.is_valid():
        return _show(request, queue, entry, sheet, form, status=422)
    try:
        _save(queue, entry, form, request.user, sign=act == "sign")
    except actions.SheetConflict as conflict:
        return _show(request, queue, entry, conflict.sheet, form, conflict=conflict, status=409)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        not_done = "未簽名" if act == "sign" else "未儲存"
        queue, entry = _work(request, code)  # as it stands now: somebody may have signed or decided meanwhile
        return _show(request, queue, entry, queue.sheet(entry), form, not_done=not_done, status=422)
    if act == "merge":
        messages.success(request, f"{code} 的評分已照您所選的儲存。")
        return _to_sheet(request, code)
    if act == "sign":
        messages.success(request, f"{code} 的評分表已簽名。")
    following = queue.next_after(code)
    return _to_sheet(request, following.code) if following else _to_list(request)


@transaction.atomic
def _save(queue, entry, form, user, *, sign=False):
    now = timezone.now()
    sheet = actions.save_sheet(
        judge=queue.judge,
        entry=entry,
        points=form.points(),
        reasons=form.reasons(),
        comment=form.cleaned_data["comment"],
        version=form.cleaned_data["version"],
        by=user,
        at=now,
    )
    if sign:
        sheet = actions.sign_sheet(judge=queue.judge, entry=entry, version=sheet.version, by=user, at=now)
    return sheet


@require_POST
def judging_save(request, code):
    """Autosave: answers with the line that says when it was saved, or why not."""
    queue, entry = _work(request, code)
    form = SheetForm(request.POST, criteria=queue.criteria)
    if not form.is_valid():
        return _saved(request, status=422, form=form)
    try:
        sheet = _save(queue, entry, form, request.user)
    except actions.SheetConflict as conflict:
        return _saved(request, status=409, **_conflict(queue, form, conflict))
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _saved(request, status=422, form=form)
    return _saved(request, sheet=sheet, subtotal=subtotal(queue.criteria, form.points()))


def _saved(request, *, status=200, **context):
    return render(request, "competition/_saved.html", context, status=status)


def _conflict(queue, form, conflict):
    """Both versions, field by field, for the judge to choose."""
    stored = conflict.sheet
    return {
        "conflict": conflict,
        "stored_version": stored.version if stored else 0,
        "differences": differences(form, stored),
    }


def _show(
    request, queue, entry, sheet, form, *, conflict=None, conflict_form=None, not_done="未儲存", status=200
):
    work = Work(entry, entry.own_state)
    is_closed = bool(queue.refusal or (sheet and sheet.is_signed))
    refused = form.non_field_errors() if is_closed and form.is_bound else []
    if is_closed:  # what stands, never what was typed and refused
        form = SheetForm(criteria=queue.criteria, sheet=sheet)
    points = {pk: score.points for pk, score in scores_of(sheet).items()}
    before, after = queue.neighbours(work.code)
    context = {
        "queue": queue,
        "programme": queue.competition.programme,
        "year_query": year_query(request),
        "work": work,
        "strip": queue.strip(work.code),
        "sheet": sheet,
        "form": form,
        "is_closed": is_closed,
        "refused": refused,
        "not_done": not_done,
        "files": shown_files(entry, user=request.user, address=partial(_file_address, request)),
        "subtotal": subtotal(queue.criteria, points),
        "before": before,
        "after": after,
        "own_near": queue.totals_near(work.code),
        "following": queue.next_after(work.code),
        "refusal": queue.refusal,
        "reason_form": conflict_form or ReasonForm(prefix="conflict"),
    }
    if conflict:
        context |= _conflict(queue, form, conflict)
    return render(request, "competition/judging_sheet.html", context, status=status)


def _file_address(request, entry_file):
    address = reverse("competition:judging_file", args=[entry_file.entry.work_code, entry_file.position])
    return address + year_query(request)


def _on_signed(request, code, action, done):
    """One of the actions on a signed sheet, then its page again with what came of it."""
    queue, entry = _work(request, code)
    version = request.POST.get("version", "")
    with refusals_told(request, "未變更。"):
        action(
            judge=queue.judge,
            entry=entry,
            version=int(version) if version.isdecimal() else 0,
            by=request.user,
            at=timezone.now(),
        )
        messages.success(request, done)
    return _to_sheet(request, code)


@require_POST
def judging_unsign(request, code):
    """The signature is taken back; the sheet is a draft again."""
    return _on_signed(request, code, actions.unsign_sheet, f"{code} 的簽名已收回，改好後請再簽名。")


@require_POST
def judging_confirm(request, code):
    """The judge confirms what staff entered from paper."""
    return _on_signed(request, code, actions.confirm_sheet, f"已確認代登的 {code} 評分表。")


@require_POST
def judging_conflict(request, code):
    """The judge stands back from this work; it leaves the queue."""
    queue, entry = _work(request, code)
    form = ReasonForm(request.POST, prefix="conflict")
    if form.is_valid():
        with refusals_on(form):
            actions.declare_conflict(
                judge=queue.judge, entry=entry, **form.cleaned_data, by=request.user, at=timezone.now()
            )
            messages.success(request, f"已聲明迴避 {code}，這件作品不再出現在您的清單。")
            return _to_list(request)
    sheet = queue.sheet(entry)
    sheet_form = SheetForm(criteria=queue.criteria, sheet=sheet)
    return _show(request, queue, entry, sheet, sheet_form, conflict_form=form, status=422)


@require_GET
def judging_file(request, code, position):
    """A file of the work under a neutral name, without the properties that name who made it."""
    _, entry = _work(request, code)
    try:
        entry_file = EntryFile.objects.for_judges(entry).get(position=position)
    except EntryFile.DoesNotExist:
        raise Http404("沒有這個檔案。") from None
    return file_response(entry_file.file_check.neutral, name=entry_file.neutral_name, request=request)
