"""A judge's pages: the anonymised queue, the sheet, standing back, neutral downloads."""

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
from competition.actions.locks import is_final
from competition.forms import ReasonForm
from competition.judging import Queue
from competition.models import EntryFile
from competition.permissions import judgeships
from competition.sheet_forms import SheetForm, subtotal
from foundation.errors import Refused
from foundation.http import file_response
from foundation.paging import paginate


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
        if code in queue.entries:
            return queue, queue.entries[code]
    raise Http404("沒有這件作品。")


def _to_list(request):
    return redirect(reverse("competition:judging_list") + year_query(request))


@require_GET
def judging_list(request):
    """All works before this judge, with what is signed, begun and open."""
    queues = _queues(request)
    for queue in queues:
        queue.page = paginate(request, queue.works)
    context = {"queues": queues, "programme": queues[0].competition.programme}
    return render(request, "competition/judging_list.html", context)


@require_http_methods(["GET", "POST"])
def judging_sheet(request, code):
    """One work and its sheet; a post saves it, or saves and signs it."""
    queue, entry = _work(request, code)
    sheet = queue.sheets.get(entry.pk)
    if request.method == "GET":
        return _show(request, queue, entry, sheet, SheetForm(criteria=queue.criteria, sheet=sheet))
    form = SheetForm(_posted(request), criteria=queue.criteria)
    if not form.is_valid():
        return _show(request, queue, entry, sheet, form, status=422)
    is_signing = request.POST.get("act") == "sign"
    try:
        _save(queue, entry, form, request.user, sign=is_signing)
    except actions.SheetConflict as conflict:
        return _show(request, queue, entry, conflict.sheet, form, conflict=conflict, status=409)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _show(request, queue, entry, sheet, form, status=422)
    if is_signing:
        messages.success(request, f"{code} 的評分表已簽名。")
    following = queue.next_after(code)
    if following is None:
        return _to_list(request)
    return redirect(reverse("competition:judging_sheet", args=[following.code]) + year_query(request))


def _posted(request):
    """The form as sent; who has seen both versions and keeps this one writes over the other."""
    data = request.POST.copy()
    if data.get("act") == "overwrite":
        data["version"] = data.get("stored_version", "")
    return data


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
    form = SheetForm(_posted(request), criteria=queue.criteria)
    if not form.is_valid():
        return _saved(request, queue, entry, status=422, form=form)
    try:
        sheet = _save(queue, entry, form, request.user)
    except actions.SheetConflict as conflict:
        return _saved(request, queue, entry, status=409, form=form, **_conflict(queue, conflict))
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _saved(request, queue, entry, status=422, form=form)
    return _saved(request, queue, entry, sheet=sheet, subtotal=subtotal(queue.criteria, form.points()))


def _saved(request, queue, entry, *, status=200, **context):
    context |= {"entry_code": entry.work_code, "queue": queue}
    return render(request, "competition/_saved.html", context, status=status)


def _conflict(queue, conflict):
    """Both versions, criterion by criterion, for the judge to choose."""
    stored = conflict.sheet
    points = dict(stored.scores.values_list("criterion", "points")) if stored else {}
    return {
        "conflict": conflict,
        "stored": stored,
        "stored_version": stored.version if stored else 0,
        "stored_marks": [
            (c.name, "未評" if c.pk not in points else "棄權" if points[c.pk] is None else points[c.pk])
            for c in queue.criteria
        ],
    }


def _show(request, queue, entry, sheet, form, *, conflict=None, conflict_form=None, status=200):
    work = next(work for work in queue.works if work.code == entry.work_code)
    points = dict(sheet.scores.values_list("criterion", "points")) if sheet else {}
    before, after = queue.neighbours(work.code)
    context = {
        "queue": queue,
        "programme": queue.competition.programme,
        "work": work,
        "strip": queue.strip(work.code),
        "sheet": sheet,
        "form": form,
        "files": queue.files(entry),
        "subtotal": subtotal(queue.criteria, points),
        "before": before,
        "after": after,
        "refusal": _refusal(queue),
        "reason_form": conflict_form or ReasonForm(prefix="conflict"),
    }
    if conflict:
        context |= _conflict(queue, conflict)
    return render(request, "competition/judging_sheet.html", context, status=status)


def _refusal(queue):
    """Why the sheet is read-only for everybody; a signed one says so itself."""
    if not queue.competition.programme.is_open:
        return "本年度已凍結，評分表不能再變更。"
    if is_final(queue.judge.group):
        return f"{queue.judge.group}的結果已定案，評分表不能再變更。"
    return queue.refusal


@require_POST
def judging_conflict(request, code):
    """The judge stands back from this work; it leaves the queue."""
    queue, entry = _work(request, code)
    form = ReasonForm(request.POST, prefix="conflict")
    if form.is_valid():
        try:
            actions.declare_conflict(
                judge=queue.judge, entry=entry, **form.cleaned_data, by=request.user, at=timezone.now()
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已聲明迴避 {code}，這件作品不再出現在您的清單。")
            return _to_list(request)
    sheet = queue.sheets.get(entry.pk)
    sheet_form = SheetForm(criteria=queue.criteria, sheet=sheet)
    return _show(request, queue, entry, sheet, sheet_form, conflict_form=form, status=422)


@require_GET
def judging_file(request, code, position):
    """A file of the work under a neutral name, without the properties that name who made it."""
    queue, entry = _work(request, code)
    try:
        entry_file = queue.files(entry).get(position=position)
    except EntryFile.DoesNotExist:
        raise Http404("沒有這個檔案。") from None
    return file_response(entry_file.file_check.neutral, name=entry_file.neutral_name)
