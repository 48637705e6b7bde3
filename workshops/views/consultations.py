"""Consultations: book one, look after it, note what came of it, and find what helped others."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.current import required_programme
from foundation import calendars
from foundation.paging import paginate
from foundation.refusals import refusals_on

from .. import actions, tutoring
from ..calendars import consultation_item
from ..forms.tutoring import NO_SHOW, BookForm, LinkForm, OutcomeForm, ReasonForm, RescheduleForm
from ..models import Consultation, Slot
from ..permissions import tutor_page
from .common import posted
from .tutors import tutoring_page

SLOTS_TO_CHOOSE = 60


@require_http_methods(["GET", "POST"])
@tutor_page
def consultation_book(request, pk):
    """Take the slot; when somebody was quicker, what was typed is kept and the page says where to go on."""
    slots = Slot.objects.select_related("tutor__programme", "tutor__user")
    slot = get_object_or_404(slots.prefetch_related("tutor__expertises"), pk=pk)
    programme = slot.tutor.programme
    units = tutoring.units_to_ask_for(request.user, programme)
    form = BookForm(posted(request), units=units, tutor=slot.tutor)
    if form.is_valid():
        with refusals_on(form):
            consultation = actions.book(slot=slot, by=request.user, at=timezone.now(), **form.cleaned_data)
            messages.success(request, f"已預約{slot.words}，通知與行事曆邀請已寄給您和{slot.tutor}。")
            return _to(consultation)
    context = {"form": form, "slot": slot, "tutor": slot.tutor}
    return tutoring_page(request, "workshops/consultation_book.html", context, programme=programme)


@require_GET
@tutor_page
def consultation_list(request):
    """What this person asked in the year, the coming ones first."""
    programme = required_programme(request)
    mine = Consultation.objects.filter(asker=request.user, slot__tutor__programme=programme)
    rows = list(mine.with_facts().order_by("-slot__starts_at", "pk"))
    now = timezone.now()
    coming = [one for one in reversed(rows) if one.state == "booked" and one.slot.ends_at > now]
    context = {
        "coming": coming,
        "past": [one for one in rows if one not in coming],
        "most": actions.MOST_OPEN,
    }
    return tutoring_page(request, "workshops/consultation_list.html", context, programme=programme)


def _consultation(request, pk):
    return get_object_or_404(Consultation.objects.visible_to(request.user).with_facts(), pk=pk)


def _to(consultation):
    return redirect("workshops:consultation_detail", consultation.pk)


def _require_tutor(request, consultation):
    if consultation.tutor.user_id != request.user.pk:
        raise PermissionDenied("會議連結與輔導結果由輔導教師登錄。")


def _show(request, consultation, *, status=200, **forms):
    now = timezone.now()
    is_tutor = consultation.tutor.user_id == request.user.pk
    context = {
        "consultation": consultation,
        "tutor": consultation.tutor,
        "is_tutor": is_tutor,
        "is_party": consultation.concerns(request.user),
        "is_changeable": consultation.is_changeable(now),
        "is_notable": is_tutor and consultation.is_notable(now),
        "outcome_form": OutcomeForm(consultation=consultation),
        "link_form": LinkForm(initial={"meeting_url": consultation.meeting_url}),
        **forms,
    }
    response = tutoring_page(
        request,
        "workshops/consultation_detail.html",
        context,
        programme=consultation.tutor.programme,
    )
    response.status_code = status
    return response


@require_GET
@tutor_page
def consultation_detail(request, pk):
    """For the two; the office sees when, who and what came of it, not what they tell each other."""
    return _show(request, _consultation(request, pk))


@require_GET
@tutor_page
def consultation_calendar(request, pk):
    """The entry as a file; of a cancelled one, what takes it out of the calendar again."""
    consultation = get_object_or_404(Consultation.objects.of_person(request.user).with_facts(), pk=pk)
    cancelled = consultation.state == Consultation.State.CANCELLED
    return calendars.download(
        [consultation_item(consultation)],
        at=timezone.now(),
        method=calendars.CANCEL if cancelled else calendars.PUBLISH,
        name=f"輔導-{consultation.slot.day.isoformat()}.ics",
    )


@require_http_methods(["GET", "POST"])
@tutor_page
def consultation_reschedule(request, pk):
    consultation = _consultation(request, pk)
    now = timezone.now()
    free = Slot.objects.free(now).filter(tutor=consultation.tutor).order_by("starts_at")
    form = RescheduleForm(posted(request), slots=free[:SLOTS_TO_CHOOSE])
    if form.is_valid():
        with refusals_on(form):
            moved = actions.reschedule(
                consultation=consultation, slot=form.cleaned_data["slot"], by=request.user, at=now
            )
            messages.success(request, f"已改到{moved.slot.words}，雙方都會收到通知。")
            return _to(moved)
    return _change_page(request, "workshops/consultation_reschedule.html", consultation, form)


@require_http_methods(["GET", "POST"])
@tutor_page
def consultation_cancel(request, pk):
    consultation = _consultation(request, pk)
    form = ReasonForm(posted(request))
    if form.is_valid():
        with refusals_on(form):
            actions.cancel_consultation(
                consultation=consultation,
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, "已取消這筆預約，雙方都會收到通知。")
            return _to(consultation)
    return _change_page(request, "workshops/consultation_cancel.html", consultation, form)


def _change_page(request, template, consultation, form):
    tutor = consultation.tutor
    context = {
        "form": form,
        "consultation": consultation,
        "tutor": tutor,
        "is_changeable": consultation.is_changeable(timezone.now()),
    }
    return tutoring_page(request, template, context, programme=tutor.programme)


@require_POST
@tutor_page
def consultation_link(request, pk):
    consultation = _consultation(request, pk)
    _require_tutor(request, consultation)
    form = LinkForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            actions.change_link(
                consultation=consultation, by=request.user, at=timezone.now(), **form.cleaned_data
            )
            messages.success(request, "已更新會議連結，雙方都會收到通知。")
            return _to(consultation)
    return _show(request, consultation, status=422, link_form=form)


@require_POST
@tutor_page
def consultation_note(request, pk):
    consultation = _consultation(request, pk)
    _require_tutor(request, consultation)
    form = OutcomeForm(request.POST, consultation=consultation)
    if form.is_valid():
        with refusals_on(form):
            _note(consultation, dict(form.cleaned_data), by=request.user)
            messages.success(request, "已登錄輔導結果。")
            return _to(consultation)
    return _show(request, consultation, status=422, outcome_form=form)


def _note(consultation, facts, *, by):
    result, at = facts.pop("result"), timezone.now()
    if result == NO_SHOW:
        actions.note_no_show(consultation=consultation, note=facts["note"], by=by, at=at)
    else:
        actions.note_outcome(consultation=consultation, outcome=result, by=by, at=at, **facts)


@require_GET
@tutor_page
def answer_list(request):
    """What helped, of all years: by words over title, answer and field. Nobody who asked is named."""
    programme = required_programme(request)
    answers = Consultation.objects.published().select_related("slot__tutor__user", "slot__tutor__programme")
    words = request.GET.get("q", "").split()
    for word in words:
        answers = answers.filter(
            Q(answer_title__icontains=word) | Q(answer__icontains=word) | Q(field__icontains=word)
        )
    context = {
        "page": paginate(request, answers.order_by("-published_at", "-pk"), per_page=20),
        "q": request.GET.get("q", ""),
    }
    return tutoring_page(request, "workshops/answer_list.html", context, programme=programme)
