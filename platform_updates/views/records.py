"""Pages of the experience records: list, read, write, compare."""

from django.contrib import messages
from django.db.models import F, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from agencies.current import required_programme
from foundation.http import file_response
from foundation.paging import paginate
from foundation.refusals import refusals_on
from foundation.templatetags.portal import piece, roc_dt, row_url
from platform_updates import actions, differences
from platform_updates.forms import RecordForm, RevisionForm
from platform_updates.lists import Filters
from platform_updates.models import Attachment, Record
from platform_updates.permissions import can_act_for, office_or_contact_required


@require_GET
@office_or_contact_required
def record_list(request):
    programme = required_programme(request)
    filters = Filters.of(request)
    business = request.GET.get("business", "")
    records = Record.objects.of(programme).visible_to(request.user).with_latest("title", "saved_at")
    if filters.unit:
        records = records.filter(unit__unit__code=filters.unit)
    if business in Record.Business.values:
        records = records.filter(business=business)
    if filters.q:
        records = records.filter(
            Q(title__icontains=filters.q)
            | Q(position__icontains=filters.q)
            | Q(unit__name__icontains=filters.q)
        )
    records = records.order_by("-saved_at", "-pk")
    page = paginate(request, records, dress=_with_what_is_listed)
    context = {
        "programme": programme,
        "page": page,
        "rows": [_row(record) for record in page.object_list],
        "filters": filters,
        "business": business,
        "businesses": Record.Business.choices,
    }
    return render(request, "platform_updates/record_list.html", context)


def _with_what_is_listed(records):
    names = {"unit_name": F("unit__name"), "unit_code": F("unit__unit__code")}
    return records.with_latest().annotate(**names).only("position", "business")


def _row(record):
    """What the table prints of a record, worked out here as there are a hundred of them."""
    return {
        "url": row_url("platform_updates:record_detail", record.pk),
        "title": record.title,
        "author": record.author,
        "unit": piece("components/two_lines.html", first=record.unit_name, second=record.unit_code),
        "position": record.position,
        "business": Record.Business(record.business).label,
        "version": f"第 {record.number} 版",
        "saved_at": roc_dt(record.saved_at),
    }


@require_http_methods(["GET", "POST"])
@office_or_contact_required
def record_create(request):
    programme = required_programme(request)
    form = RecordForm(request.POST or None, request.FILES or None, programme=programme, by=request.user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with refusals_on(form):
            record = actions.publish(
                unit=data["unit"],
                position=data["position"],
                business=data["business"],
                texts=form.texts,
                uploads=data["files"],
                by=request.user,
                at=timezone.now(),
            )
            _say(request, record.updates.get())
            return redirect("platform_updates:record_detail", pk=record.pk)
    context = {"programme": programme, "form": form}
    return render(request, "platform_updates/record_form.html", context)


@require_GET
def record_detail(request, pk):
    record = _record_for(request, pk)
    versions = list(record.versions.select_related("saved_by").order_by("-number"))
    version = versions[0]
    context = {
        "programme": record.unit.programme,
        "record": record,
        "version": version,
        "attachments": version.attachments.select_related("file"),
        "versions": versions,
        "updates": record.updates.select_related("programme").order_by("-updated_on", "-pk"),
        "may_change": record.unit.programme.is_open and can_act_for(request.user, record.unit),
    }
    return render(request, "platform_updates/record_detail.html", context)


@require_http_methods(["GET", "POST"])
def record_revise(request, pk):
    record = _record_for(request, pk)
    latest = record.latest()
    form = RevisionForm(request.POST or None, request.FILES or None, latest=latest)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with refusals_on(form):
            version, update = actions.revise(
                record=record,
                based_on=data["based_on"],
                texts=form.texts,
                kept=form.kept_files,
                uploads=data["files"],
                is_substantive=data["is_substantive"],
                by=request.user,
                at=timezone.now(),
            )
            if update:
                _say(request, update)
            elif version.is_substantive:
                messages.success(
                    request, f"第 {version.number} 版已儲存；這筆紀錄今天已計一次更新，不再另計。"
                )
            else:
                messages.success(request, f"第 {version.number} 版已儲存；文字修正不計更新。")
            return redirect("platform_updates:record_detail", pk=record.pk)
    context = {
        "programme": record.unit.programme,
        "record": record,
        "latest": latest,
        "form": form,
    }
    return render(request, "platform_updates/record_form.html", context)


@require_GET
def record_version(request, pk, number):
    """One version beside the one before it, or beside the one that ?against= names."""
    record = _record_for(request, pk)
    versions = {
        version.number: version
        for version in record.versions.select_related("saved_by").prefetch_related("attachments__file")
    }
    if number not in versions:
        raise Http404("沒有這一版。")
    version = versions[number]
    before = versions.get(_number(request.GET.get("against")), versions.get(number - 1))
    context = {
        "programme": record.unit.programme,
        "record": record,
        "version": version,
        "before": before,
        "versions": list(versions.values()),
        "differences": differences.between(before, version) if before else [],
    }
    return render(request, "platform_updates/record_version.html", context)


@require_GET
def record_file(request, pk, attachment_pk):
    record = _record_for(request, pk)
    attachment = get_object_or_404(
        Attachment.objects.select_related("file"), pk=attachment_pk, version__record=record
    )
    return file_response(attachment.file, name=attachment.file.name, request=request)


def _record_for(request, pk):
    records = Record.objects.visible_to(request.user)
    return get_object_or_404(records.select_related("unit__programme", "unit__unit", "created_by"), pk=pk)


def _number(text):
    return int(text) if text and text.isdecimal() and len(text) < 6 else None


def _say(request, update):
    if update.programme.covers(update.updated_on):
        messages.success(request, "已儲存，計一次資料更新；人事處審查通過後列計。")
    else:
        messages.warning(request, f"已儲存，但這次更新不計：{update.why_not_counted}。")
