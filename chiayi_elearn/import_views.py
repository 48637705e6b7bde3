"""The import pages: template, upload, preview, confirm, undo, export; the same for every kind of file."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.current import required_programme
from agencies.models import Programme
from agencies.permissions import staff_required
from foundation import importing
from foundation.http import file_response
from foundation.models import ImportBatch
from foundation.paging import paginate
from foundation.refusals import refusals_on, refusals_told
from foundation.sheets import FORMATS

from .forms import ImportForm
from .importers import IMPORTERS


@require_GET
@staff_required
def import_list(request):
    """Which files a year is filled from, and what was read in so far."""
    programme = required_programme(request)
    batches = (
        ImportBatch.objects.filter(scope=str(programme.year))
        .filter(~Q(state=ImportBatch.State.PREVIEWED) | Q(created_by=request.user))
        .exclude(state=ImportBatch.State.DISCARDED)
        .select_related("file", "created_by")
        .defer("rows")
    )
    page = paginate(request, batches, per_page=25)
    for batch in page:
        batch.title = IMPORTERS[batch.kind].title
    context = {
        "programme": programme,
        "importers": [importer(programme) for importer in IMPORTERS.values()],
        "page": page,
        "formats": list(FORMATS),
    }
    return render(request, "portal/import_list.html", context)


@require_http_methods(["GET", "POST"])
@staff_required
def import_create(request, kind):
    """Upload a file; a readable one leads to its preview, an unreadable one is refused by name of the rule."""
    programme = required_programme(request)
    importer = _importer(kind, programme)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        with refusals_on(form, "file"):
            programme.require_open()
            batch = importing.preview(
                importer,
                content=upload.read(),
                filename=upload.name,
                by=request.user,
                at=timezone.now(),
            )
            return redirect("portal:import_detail", token=batch.token)
    context = {"programme": programme, "importer": importer, "form": form, "formats": list(FORMATS)}
    return render(request, "portal/import_form.html", context)


@require_GET
@staff_required
def import_detail(request, token):
    """A preview to confirm, or what a batch did; one's own preview only."""
    batch = _batch_for(request, token)
    outcome = request.GET.get("outcome", "")
    rows = [row for row in importing.planned_rows(batch) if not outcome or row.outcome == outcome]
    context = {
        "batch": batch,
        "importer": _importer_of(batch),
        "page": paginate(request, rows),
        "outcome": outcome,
        "picks": _outcome_picks(request, batch, outcome),
        "refused": batch.counts.get(importing.REFUSED, 0),
        "writes": batch.counts.get(importing.ADDED, 0) + batch.counts.get(importing.CHANGED, 0),
    }
    return render(request, "portal/import_detail.html", context)


def _outcome_picks(request, batch, chosen):
    base = reverse("portal:import_detail", args=[batch.token])
    picks = [("全部", base, not chosen, sum(batch.counts.values()))]
    for outcome, label in importing.OUTCOMES.items():
        count = batch.counts.get(outcome, 0)
        picks.append((label, f"{base}?outcome={outcome}", chosen == outcome, count))
    return picks


@require_POST
@staff_required
def import_confirm(request, token):
    return _act(request, token, importing.confirm, "已匯入。")


@require_POST
@staff_required
def import_undo(request, token):
    return _act(request, token, importing.undo, "已復原，這一批寫入的資料都已取回。")


@require_POST
@staff_required
def import_discard(request, token):
    batch = _batch_for(request, token)
    with refusals_told(request):
        importing.discard(batch, by=request.user)
        messages.success(request, "已放棄這一批，沒有寫入任何資料。")
        return redirect(f"{reverse('portal:import_create', args=[batch.kind])}?year={batch.scope}")
    return redirect("portal:import_detail", token=batch.token)


def _act(request, token, action, done):
    batch = _batch_for(request, token)
    with refusals_told(request):
        action(batch, _importer_of(batch), by=request.user, at=timezone.now())
        messages.success(request, done)
    return redirect("portal:import_detail", token=batch.token)


@require_GET
@staff_required
def import_template(request, kind, fmt):
    """An empty file with the right header."""
    importer = _importer(kind, required_programme(request))
    written = importing.write_template(importer, _known_format(fmt))
    return file_response(written, name=f"{importer.title}範本.{fmt}")


@require_GET
@staff_required
def import_export(request, kind, fmt):
    """The stored facts, in the columns in which they are imported."""
    programme = required_programme(request)
    importer = _importer(kind, programme)
    written = importing.write_export(importer, _known_format(fmt))
    return file_response(written, name=f"{programme.year}年度{importer.title}.{fmt}")


@require_GET
@staff_required
def import_file(request, token):
    """The spreadsheet of a batch, as it came."""
    batch = _batch_for(request, token)
    return file_response(batch.file, name=batch.file.name, request=request)


def _importer(kind, programme):
    if kind not in IMPORTERS:
        raise Http404
    return IMPORTERS[kind](programme)


def _importer_of(batch):
    return _importer(batch.kind, get_object_or_404(Programme, year=int(batch.scope)))


def _batch_for(request, token):
    """Another person's preview is nobody else's business; what was applied is the office's."""
    own_or_done = ~Q(state__in=[ImportBatch.State.PREVIEWED, ImportBatch.State.DISCARDED])
    batches = ImportBatch.objects.filter(own_or_done | Q(created_by=request.user))
    return get_object_or_404(batches.select_related("file", "created_by").defer("rows"), token=token)


def _known_format(fmt):
    if fmt not in FORMATS:
        raise Http404
    return fmt
