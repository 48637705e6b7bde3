"""誰來我「嘉」: the tutors, how to reach them, and what the office sends out about them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.current import required_programme, year_query
from agencies.models import Programme
from agencies.permissions import staff_required
from foundation import documents, files
from foundation.http import file_response
from foundation.paging import paginate
from foundation.pdf import CONTENT_TYPE as PDF
from foundation.pdf import PdfRefused, render_pdf
from foundation.refusals import refusals_on, refusals_told
from foundation.rocdate import format_date, taipei_date
from foundation.sheets import FORMATS, OutColumn

from .. import actions, letters, permissions, tutoring
from ..forms.tutoring import ManualForm, NewTutorForm, ReasonForm, TutorForm
from ..models import Expertise, Manual, Tutor
from ..permissions import tutor_page
from .common import download, page_in_section, posted

SHEET_COLUMNS = (
    "姓名",
    OutColumn("專長", width=32),
    OutColumn("電話", width=16),
    OutColumn("分機", width=8),
    OutColumn("電子郵件", width=28),
    OutColumn("ZOOM 會議號碼", width=18),
    OutColumn("方便時段", width=24),
    OutColumn("簡介", width=40),
)


def tutoring_page(request, template, context, *, programme):
    """A page of the tutors' section: its menu depends on who looks."""
    context = {
        "sees_sessions": permissions.can_see_sessions(request.user),
        "own_tutor": own_tutor(request, programme),
        **context,
    }
    return page_in_section(request, template, context, programme=programme)


def own_tutor(request, programme):
    """The row of who looks, when a tutor of that year; None for others. Asked once a request."""
    if not hasattr(request, "_own_tutor"):
        mine = Tutor.objects.of(programme).filter(user=request.user)
        request._own_tutor = mine.first()
    return request._own_tutor


def to_tutors(request):
    return redirect(f"{reverse('workshops:tutor_list')}{year_query(request)}")


def _asked(request, programme):
    """The tutors that the query string asks for."""
    words, field = (request.GET.get(name, "").strip() for name in ("q", "field"))
    return Tutor.objects.of(programme).matching(words, field=field)


@require_GET
@tutor_page
def tutor_list(request):
    """Who helps, with what, how to reach them, and when they can be booked next."""
    programme, now = required_programme(request), timezone.now()
    fields = Expertise.objects.filter(tutor__programme=programme, tutor__left_at=None)
    context = {
        "page": paginate(request, tutoring.with_next_slot(_asked(request, programme), now)),
        "q": request.GET.get("q", ""),
        "field": request.GET.get("field", ""),
        "fields": fields.order_by("name").values_list("name", flat=True).distinct(),
        "manuals": programme.manuals.select_related("stored"),
        "manual_form": ManualForm(),
        "formats": list(FORMATS),
    }
    return tutoring_page(request, "workshops/tutor_list.html", context, programme=programme)


# The contact sheet ------------------------------------------------------------------------------------


@require_GET
@tutor_page
def tutor_export(request, fmt):
    """聯絡方式表 as a spreadsheet."""
    programme = required_programme(request)
    rows = (
        (
            tutor.user.name,
            tutor.fields,
            tutor.phone,
            tutor.extension,
            tutor.user.email,
            tutor.video_id,
            tutor.availability,
            tutor.introduction,
        )
        for tutor in _asked(request, programme)
    )
    return download(fmt, f"{programme.year}年度輔導教師聯絡方式表", SHEET_COLUMNS, rows)


@require_GET
@tutor_page
def tutor_sheet(request):
    """聯絡方式表 on paper, to go with the letter."""
    programme = required_programme(request)
    context = {
        "programme": programme,
        "tutors": Tutor.objects.of(programme),
        "on": format_date(taipei_date(timezone.now())),
    }
    try:
        content = render_pdf("workshops/tutor_sheet_pdf.html", context)
    except PdfRefused as refusal:
        messages.error(request, f"未產生 PDF。{refusal}")
        return to_tutors(request)
    return _attachment(content, PDF, f"{programme.year}年度輔導教師聯絡方式表.pdf")


@require_GET
@staff_required
def tutor_letter(request):
    """The letter to the units, to copy or to take along."""
    programme = required_programme(request)
    paragraphs = _letter(programme)
    context = {"text": "\n".join(paragraph.plain for paragraph in paragraphs)}
    return tutoring_page(request, "workshops/tutor_letter.html", context, programme=programme)


@require_GET
@staff_required
def tutor_letter_file(request):
    programme = required_programme(request)
    title = f"{programme.year}年度輔導教師聯絡方式函稿"
    content = documents.write_odt(title=title, paragraphs=_letter(programme))
    return _attachment(content, documents.CONTENT_TYPE, f"{title}.odt")


def _letter(programme):
    tutors, manuals = Tutor.objects.of(programme), programme.manuals.select_related("stored")
    return letters.notice_to_units(programme, tutors=tutors, manuals=manuals)


def _attachment(content, content_type, name):
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["Cache-Control"] = "private, no-store"
    return response


# Who is on the list -----------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@staff_required
def tutor_create(request):
    programme = required_programme(request)
    form = NewTutorForm(posted(request))
    if form.is_valid():
        with refusals_on(form, "user"):
            tutor = actions.add_tutor(
                programme=programme, user=form.cleaned_data["user"], by=request.user, at=timezone.now()
            )
            messages.success(request, f"{tutor}已加入輔導教師名單，請補上專長與聯絡方式。")
            return redirect(f"{reverse('workshops:tutor_edit', args=[tutor.pk])}{year_query(request)}")
    return tutoring_page(request, "workshops/tutor_new.html", {"form": form}, programme=programme)


def _tutor(request, pk):
    """A tutor whom this person may edit: the office every one, a tutor the own row."""
    tutor = get_object_or_404(
        Tutor.objects.serving().select_related("user", "programme").prefetch_related("expertises"), pk=pk
    )
    if request.user.is_staff or tutor.user_id == request.user.pk:
        return tutor
    raise PermissionDenied("輔導教師的資料由本人或承辦人修改。")


@require_http_methods(["GET", "POST"])
@tutor_page
def tutor_edit(request, pk):
    tutor = _tutor(request, pk)
    form = TutorForm(posted(request), tutor=tutor)
    if form.is_valid():
        with refusals_on(form):
            actions.edit_tutor(tutor=tutor, by=request.user, at=timezone.now(), **form.facts())
            messages.success(request, f"已儲存{tutor}的資料。")
            return _to_year(tutor.programme)
    context = {"form": form, "tutor": tutor}
    return tutoring_page(request, "workshops/tutor_form.html", context, programme=tutor.programme)


@require_http_methods(["GET", "POST"])
@staff_required
def tutor_remove(request, pk):
    """Asks, with the consequence; posting takes the tutor off the list."""
    tutor = _tutor(request, pk)
    form = ReasonForm(posted(request))
    if form.is_valid():
        with refusals_on(form):
            cancelled = actions.remove_tutor(
                tutor=tutor, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now()
            )
            also = f"，並取消 {cancelled} 筆預約、通知雙方" if cancelled else ""
            messages.success(request, f"{tutor}已移出輔導教師名單{also}。")
            return _to_year(tutor.programme)
    coming = tutoring.coming_of(tutor, timezone.now())
    context = {"form": form, "tutor": tutor, "coming": coming}
    return tutoring_page(request, "workshops/tutor_remove.html", context, programme=tutor.programme)


def _to_year(programme):
    """The list of the row's own year, whichever the address named."""
    default = Programme.objects.default() == programme
    return redirect(reverse("workshops:tutor_list") + ("" if default else f"?year={programme.year}"))


# The video tool's manual ------------------------------------------------------------------------------


@require_POST
@staff_required
def manual_add(request):
    programme, now = required_programme(request), timezone.now()
    form = ManualForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, f"未加入手冊。{' '.join(form.errors['files'])}")
        return to_tutors(request)
    with refusals_told(request, "未加入手冊。"):
        for upload in form.cleaned_data["files"]:
            stored = files.store(upload.file, name=upload.name, by=request.user, at=now)
            actions.add_manual(programme=programme, stored=stored, by=request.user, at=now)
        messages.success(request, f"已加入 {len(form.cleaned_data['files'])} 個檔案。")
    return to_tutors(request)


@require_GET
@tutor_page
def manual_file(request, pk):
    manual = get_object_or_404(Manual.objects.select_related("stored"), pk=pk)
    return file_response(manual.stored, name=manual.stored.name, request=request)


@require_POST
@staff_required
def manual_remove(request, pk):
    manual = get_object_or_404(Manual.objects.select_related("stored", "programme"), pk=pk)
    with refusals_told(request, "未移除。"):
        actions.remove_manual(manual=manual, by=request.user, at=timezone.now())
        messages.success(request, f"已移除「{manual}」。")
    return _to_year(manual.programme)


# What the help came to --------------------------------------------------------------------------------

OVERVIEWS = {
    "tutor": ("輔導教師", tutoring.help_by_tutor),
    "unit": ("機關", tutoring.help_by_unit),
}


def _overview(request, programme):
    """(key, what a row is, the rows) that `?by=` asks for."""
    by = request.GET.get("by") or "tutor"
    if by not in OVERVIEWS:
        raise Http404("只能依輔導教師或機關統計。")
    what, rows = OVERVIEWS[by]
    return by, what, list(rows(programme))


@require_GET
@staff_required
def tutoring_overview(request):
    """How much was offered, booked, done and missed, by tutor or by unit."""
    programme = required_programme(request)
    by, what, rows = _overview(request, programme)
    context = {
        "by": by,
        "what": what,
        "rows": rows,
        "total": tutoring.help_in_all(rows),
        "choices": [(key, label) for key, (label, _) in OVERVIEWS.items()],
        "formats": list(FORMATS),
    }
    return tutoring_page(request, "workshops/tutoring_overview.html", context, programme=programme)


@require_GET
@staff_required
def tutoring_overview_export(request, fmt):
    programme = required_programme(request)
    by, what, rows = _overview(request, programme)
    counts = ("已預約", "已完成", "其中已解決", "未到", "已取消", "輔導分鐘數")
    offered = ["公布時段"] if by == "tutor" else []
    columns = [OutColumn(what, width=28), *(OutColumn(title, kind="int") for title in [*offered, *counts])]
    cells = (
        (
            row.name,
            *([row.offered] if offered else []),
            row.booked,
            row.done,
            row.solved,
            row.no_show,
            row.cancelled,
            row.minutes,
        )
        for row in rows
    )
    return download(fmt, f"{programme.year}年度遠距教學輔導統計（依{what}）", columns, cells)
