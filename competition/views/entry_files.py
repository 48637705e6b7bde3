"""The files of a work: the step that adds them, replacements, downloads, and the work as judges see it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.permissions import staff_required
from competition import actions
from competition.actions.entry_files import GB
from competition.forms.entries import FileForm, ReplacementForm
from competition.judging import Work, shown_files
from competition.models import EntryFile, RemovedFile
from competition.permissions import entries_page, visible_entry
from competition.steps import stages
from foundation import files
from foundation.errors import Refused
from foundation.http import file_response
from foundation.models import FileCheck
from foundation.paging import paginate
from foundation.refusals import cleaned, refusals_told
from foundation.rocdate import format_datetime

from .entry_steps import refusal_now, step_context


@require_http_methods(["GET", "POST"])
@entries_page
def entry_files(request, pk):
    """The step with the files: those of the work, another one, or one in the place of a quarantined one."""
    entry = visible_entry(request.user, pk)
    wanted = request.POST.get("replaces") or request.GET.get("replace")
    replaced = _entry_file(entry, wanted) if wanted else None
    refused = ""
    if request.method == "POST":
        try:
            added = _add(request, entry, replaced)
        except Refused as refusal:
            refused = str(refusal)
        else:
            if not request.htmx:
                messages.success(request, f"已加入「{'」、「'.join(each.name for each in added)}」。")
                return redirect("competition:entry_files", pk)
            replaced = None
    context = _files_context(request, entry, replaced) | {"refused": refused}
    if request.htmx:
        context |= {"swap": True, "stages": stages(entry), "step": "files"}
        return render(request, "competition/_file_panel.html", context)
    context |= step_context(request, entry, "files")
    return render(request, "competition/entry_files.html", context, status=422 if refused else 200)


def _add(request, entry, replaced):
    """Every complete upload that the form names, and the small file of a browser without scripts."""
    at, tokens = timezone.now(), request.POST.getlist("upload")
    if not tokens:
        refusal = refusal_now(request, entry)
        if refusal and not (replaced and replaced.may_be_replaced(at)):
            raise Refused(refusal)  # before a byte of it is stored
        with transaction.atomic():  # refused, the file leaves no row
            return [_put(entry, replaced, stored=_small(request, at), by=request.user, at=at)]
    if replaced and len(tokens) > 1:
        raise Refused("一次更換一個檔案；請只選一個新檔案。")
    return [_put(entry, replaced, token=token, by=request.user, at=at) for token in tokens]


def _small(request, at):
    upload = cleaned(FileForm(request.POST, request.FILES))["file"]
    return files.store(upload.file, name=upload.name, by=request.user, at=at)


def _put(entry, replaced, **arguments):
    if replaced:
        return actions.replace(entry_file=replaced, **arguments)
    return actions.attach(entry=entry, **arguments)


def _files_context(request, entry, replaced):
    now = timezone.now()
    refusal = refusal_now(request, entry)
    kept = work_files(entry, refusal, at=now)
    names = {}
    for each in kept:
        each.same_as = names.get(each.sha256)
        if each.sha256:
            names.setdefault(each.sha256, each.name)
    used = EntryFile.objects.of_unit(entry.unit, entry.competition).total_size()
    return {
        "entry": entry,
        "files": kept,
        "total_size": sum(each.size for each in kept),
        "may_edit": not refusal,
        "may_add": not refusal or (replaced is not None and replaced.may_be_replaced(now)),
        "replaced": replaced,
        "is_waiting": any(each.is_pending for each in kept),
        "space_used": used,
        "space": entry.competition.unit_space_gb * GB,
        "has_removed": entry.removed_files.exists(),
        "is_staff": request.user.is_staff,
        "uploader_key": f"entry-{entry.pk}",
    }


def work_files(entry, refusal, *, at):
    """The files of a work, each with whether it may be replaced by somebody who meets this refusal (or none)."""
    kept = list(entry.files.select_related("added_by"))
    for each in kept:
        each.is_replaceable = each.may_be_replaced(at) if refusal else each.is_quarantined
    return kept


def _entry_file(entry, file_pk):
    if not str(file_pk).isdecimal():
        file_pk = 0
    return get_object_or_404(EntryFile.objects.select_related("entry"), entry=entry, pk=file_pk)


@require_GET
@entries_page
def entry_file(request, pk, file_pk):
    return _original(request, _entry_file(visible_entry(request.user, pk), file_pk))


def _original(request, file):
    if file.stored is None:
        raise PermissionDenied("這個檔案還在整理，算出雜湊之後才能下載。")
    if file.file_check and file.file_check.scan == FileCheck.Scan.INFECTED:
        raise PermissionDenied("這個檔案發現病毒，不提供下載。")
    return file_response(file.stored, name=file.name, request=request)


@require_POST
@entries_page
def entry_file_remove(request, pk, file_pk):
    entry = visible_entry(request.user, pk)
    entry_file = _entry_file(entry, file_pk)
    with refusals_told(request, "未移除。"):
        removed = actions.detach(entry_file=entry_file, by=request.user, at=timezone.now())
        messages.success(
            request,
            format_html(
                '已移除「{}」。{}<a href="{}">看移除的檔案</a>',
                removed.name,
                _what_becomes(removed),
                reverse("competition:removed_file_list", args=[pk]),
            ),
        )
    return redirect("competition:entry_files", pk)


def _what_becomes(removed):
    if removed.version:
        return f"{removed.version}列有這個檔案，原檔留存備查。"
    return f"{format_datetime(removed.released_at)} 前可以放回，之後清除。"


@require_GET
@entries_page
def removed_file_list(request, pk):
    """What was taken out of a work: what stays because a version lists it, until when the others can be put back."""
    entry = visible_entry(request.user, pk)
    context = {
        "entry": entry,
        "programme": entry.competition.programme,
        "page": paginate(request, entry.removed_files.select_related("removed_by", "version")),
        "may_edit": not refusal_now(request, entry),
    }
    return render(request, "competition/removed_file_list.html", context)


@require_GET
@entries_page
def removed_file(request, pk, file_pk):
    return _original(request, _removed_file(request, pk, file_pk))


@require_POST
@entries_page
def removed_file_put_back(request, pk, file_pk):
    removed = _removed_file(request, pk, file_pk)
    with refusals_told(request, "未放回。"):
        actions.put_back(removed_file=removed, by=request.user, at=timezone.now())
        messages.success(request, f"已放回「{removed.name}」。")
        return redirect("competition:entry_files", pk)
    return redirect("competition:removed_file_list", pk)


def _removed_file(request, pk, file_pk):
    entry = visible_entry(request.user, pk)
    return get_object_or_404(RemovedFile.objects.select_related("entry"), entry=entry, pk=file_pk)


@require_POST
@staff_required
def entry_file_extend(request, pk, file_pk):
    """Staff set until when a quarantined file may be replaced."""
    entry = visible_entry(request.user, pk)
    entry_file = _entry_file(entry, file_pk)
    with refusals_told(request, "未變更。"):
        last_day = cleaned(ReplacementForm(request.POST))["last_day"]
        actions.extend_replacement(
            entry_file=entry_file, last_day=last_day, by=request.user, at=timezone.now()
        )
        messages.success(request, f"已變更「{entry_file.name}」的補換期限，並通知聯絡人。")
    return redirect("competition:entry_files", pk)


@require_GET
@entries_page
def entry_preview(request, pk):
    """The work as judges see it: its code, its neutral copies, no unit and no authors."""
    entry = visible_entry(request.user, pk)
    shown = shown_files(entry, user=request.user, address=_preview_address)
    hidden = [each for each in entry.files.all() if not each.is_passed]
    count = str(len(shown))
    asked = request.GET.get("shown", count)  # as many as the page has that asks again
    context = {
        "entry": entry,
        "programme": entry.competition.programme,
        "work": Work(entry, None),
        "files": shown,
        "hidden": hidden,
        "is_waiting": any(each.is_pending for each in hidden),
        "shown": asked,
        "has_more": asked != count,
    }
    return render(request, "competition/entry_preview.html", context)


def _preview_address(entry_file):
    return reverse("competition:entry_preview_file", args=[entry_file.entry_id, entry_file.position])


@require_GET
@entries_page
def entry_preview_file(request, pk, position):
    """The copy of a file that judges get."""
    entry = visible_entry(request.user, pk)
    entry_file = get_object_or_404(EntryFile.objects.for_judges(entry), position=position)
    return file_response(entry_file.file_check.neutral, name=entry_file.neutral_name, request=request)
