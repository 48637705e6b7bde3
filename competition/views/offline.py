"""A judge's work away from the portal: the ZIP, the sheet, and the sheet back as drafts."""

from django.contrib import messages
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from agencies.current import year_query
from competition import actions, offline
from competition.forms.sheets import OfflineForm
from foundation.errors import Refused
from foundation.http import file_response
from foundation.refusals import refusals_on

from .judging import own_panel


@require_GET
def judging_archive(request, pk):
    """The works of one panel as a ZIP, sent while it is made."""
    queue = own_panel(request, pk)
    response = StreamingHttpResponse(offline.archive(queue), content_type="application/zip")
    name = f"{queue.competition.programme.year}年度{queue.judge.group}評審作品.zip"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@require_GET
def judging_offline_sheet(request, pk, fmt):
    """The sheet to fill in without a line, with the marks given so far."""
    queue = own_panel(request, pk)
    if fmt not in offline.FORMATS:
        raise Http404("沒有這種格式。")
    name = f"{queue.competition.programme.year}年度{queue.judge.group}評分表.{fmt}"
    return file_response(offline.write_sheet(queue, fmt), name=name)


@require_http_methods(["GET", "POST"])
def judging_upload(request, pk):
    """What a filled-in sheet would change; nothing is written yet."""
    queue = own_panel(request, pk)
    if request.method == "GET":
        return _preview(request, queue, OfflineForm(), [])
    form = OfflineForm(request.POST, request.FILES)
    drafts = []
    if form.is_valid():
        upload = form.cleaned_data["file"]
        with refusals_on(form, "file"):
            drafts = offline.read_sheet(queue, upload.read(), upload.name)
    return _preview(request, queue, form, drafts, status=422 if form.errors else 200)


def _preview(request, queue, form, drafts, *, status=200):
    context = {
        "queue": queue,
        "programme": queue.competition.programme,
        "year_query": year_query(request),
        "form": form,
        "drafts": drafts,
        "changing": sum(bool(draft.changes) for draft in drafts),
        "refused": sum(bool(draft.refusal) for draft in drafts),
        "sealed": offline.seal(drafts, queue.judge),
        "refusal": queue.refusal,
    }
    return render(request, "competition/judging_upload.html", context, status=status)


@require_http_methods(["GET", "POST"])
def judging_upload_confirm(request, pk):
    """The previewed rows become drafts, all of them or none; the judge signs each work online."""
    queue = own_panel(request, pk)
    if request.method == "GET":  # who comes back to the address has no preview any more
        return redirect(reverse("competition:judging_upload", args=[pk]) + year_query(request))
    try:
        drafts = offline.unseal(request.POST.get("drafts", ""), queue)
        actions.save_drafts(judge=queue.judge, drafts=drafts, by=request.user, at=timezone.now())
    except Refused as refusal:
        form = OfflineForm()
        form.refusal = f"未儲存。{refusal}"
        return _preview(request, queue, form, [], status=422)
    messages.success(request, f"已存成 {len(drafts)} 件草稿，請逐件看過再簽名。")
    return redirect(reverse("competition:judging_list") + year_query(request))
