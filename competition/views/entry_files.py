"""The files of a work: the step that adds them, downloads."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from competition import actions
from competition.actions.entries import edit_refusal
from competition.entry_forms import FileForm
from competition.models import EntryFile
from competition.permissions import entries_page, visible_entry
from foundation import files
from foundation.errors import Refused
from foundation.http import file_response

from .entry_steps import step_context


@require_http_methods(["GET", "POST"])
@entries_page
def entry_files(request, pk):
    """The step with the files: those of the work, and the field for another."""
    entry = visible_entry(request.user, pk)
    form = FileForm()
    status = 200
    if request.method == "POST":
        form, status = FileForm(request.POST, request.FILES), 422
        if form.is_valid():
            try:
                stored = _add_small(entry, form.cleaned_data["file"], by=request.user)
            except Refused as refusal:
                form.add_error("file", str(refusal))
            else:
                messages.success(request, f"已加入「{stored.name}」。")
                return redirect("competition:entry_files", pk)
    context = step_context(request, entry, "files")
    context |= {
        "form": form,
        "may_edit": not context["refusal"],
        "files": entry.files.select_related("stored", "added_by"),
    }
    return render(request, "competition/entry_files.html", context, status=status)


def _add_small(entry, upload, *, by):
    now = timezone.now()
    if refusal := edit_refusal(entry, by=by, at=now):
        raise Refused(refusal)
    stored = files.store(upload.file, name=upload.name, by=by, at=now)
    actions.attach(entry=entry, stored=stored, by=by, at=now)
    return stored


def _entry_file(entry, file_pk):
    return get_object_or_404(EntryFile.objects.select_related("stored", "entry"), entry=entry, pk=file_pk)


@require_GET
@entries_page
def entry_file(request, pk, file_pk):
    entry_file = _entry_file(visible_entry(request.user, pk), file_pk)
    return file_response(entry_file.stored, name=entry_file.name)


@require_POST
@entries_page
def entry_file_remove(request, pk, file_pk):
    entry = visible_entry(request.user, pk)
    entry_file = _entry_file(entry, file_pk)
    try:
        actions.detach(entry_file=entry_file, by=request.user, at=timezone.now())
    except Refused as refusal:
        messages.error(request, f"未移除。{refusal}")
    else:
        messages.success(request, f"已移除「{entry_file.name}」。")
    return redirect("competition:entry_files", pk)
