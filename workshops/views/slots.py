"""The hours that tutors offer: to find one, to publish them, and the week at a glance."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.current import required_programme
from foundation.numbers import parse_int
from foundation.paging import paginate
from foundation.refusals import refusals_on, refusals_told
from foundation.rocdate import TAIPEI, DateError, parse_date, taipei_date

from .. import actions, tutoring
from ..forms.tutoring import PublishForm, SlotFilterForm, SlotForm
from ..models import Slot, Tutor
from ..permissions import tutor_page
from .common import posted
from .tutors import own_tutor, tutoring_page


@require_GET
@tutor_page
def slot_list(request):
    """What can be booked, by field, tutor and day."""
    programme = required_programme(request)
    form = SlotFilterForm(request.GET, tutors=list(Tutor.objects.of(programme)))
    slots = form.apply(tutoring.free_slots(programme, timezone.now()))
    context = {
        "form": form,
        "page": paginate(request, slots, per_page=50),
        "is_filtered": any(request.GET.get(name) for name in form.fields),
    }
    return tutoring_page(request, "workshops/slot_list.html", context, programme=programme)


def _own(request, programme):
    """The tutor who looks; others get 403."""
    tutor = own_tutor(request, programme)
    if tutor is None:
        raise PermissionDenied("這一頁由本年度的輔導教師使用。")
    return tutor


def to_week(tutor, day):
    """The week of a slot, in its own year."""
    asked = {"year": tutor.programme.year, "week": day.isoformat()}
    return redirect(f"{reverse('workshops:tutor_week')}?{urlencode(asked)}")


@require_http_methods(["GET", "POST"])
@tutor_page
def slot_create(request):
    programme = required_programme(request)
    tutor = _own(request, programme)
    form = PublishForm(posted(request), initial={"on": _asked_day(request)})
    if form.is_valid():
        with refusals_on(form):
            slots = actions.publish_slots(
                tutor=tutor, by=request.user, at=timezone.now(), **form.cleaned_data
            )
            messages.success(request, f"已公布 {len(slots)} 個時段。")
            return to_week(tutor, slots[0].day)
    context = {"form": form, "tutor": tutor}
    return tutoring_page(request, "workshops/slot_form.html", context, programme=programme)


def _slot(request, pk):
    """A slot of the person's own that was not withdrawn."""
    slots = Slot.objects.published().select_related("tutor__programme", "tutor__user")
    return get_object_or_404(slots, pk=pk, tutor__user=request.user)


@require_http_methods(["GET", "POST"])
@tutor_page
def slot_edit(request, pk):
    slot = _slot(request, pk)
    initial = {
        "on": slot.day,
        "starts": slot.starts_at.astimezone(TAIPEI).time(),
        "ends": slot.ends_at.astimezone(TAIPEI).time(),
    }
    form = SlotForm(posted(request), initial=initial)
    if form.is_valid():
        with refusals_on(form):
            slot = actions.move_slot(slot=slot, by=request.user, at=timezone.now(), **form.cleaned_data)
            messages.success(request, f"時段已改為{slot.words}。")
            return to_week(slot.tutor, slot.day)
    context = {"form": form, "slot": slot, "tutor": slot.tutor}
    return tutoring_page(request, "workshops/slot_form.html", context, programme=slot.tutor.programme)


@require_POST
@tutor_page
def slot_withdraw(request, pk):
    slot = _slot(request, pk)
    return _withdraw(request, slot.tutor, [slot.pk], slot.day)


@require_POST
@tutor_page
def week_withdraw(request):
    """Take back every free slot of a week."""
    programme = required_programme(request)
    tutor = _own(request, programme)
    day, now = _asked_day(request), timezone.now()
    week = tutoring.week_of(tutor, day, now)
    free = [offered.slot.pk for one in week.days for offered in one.slots if offered.is_free]
    return _withdraw(request, tutor, free, day)


def _withdraw(request, tutor, pks, day):
    with refusals_told(request, "未撤回。"):
        count = actions.withdraw_slots(tutor=tutor, slots=pks, by=request.user, at=timezone.now())
        messages.success(request, f"已撤回 {count} 個時段。")
    return to_week(tutor, day)


@require_GET
@tutor_page
def tutor_week(request):
    """A tutor's week at a glance: the own one; the office looks at any."""
    programme = required_programme(request)
    own = own_tutor(request, programme)
    tutors = list(Tutor.objects.of(programme)) if request.user.is_staff else []
    tutor = _chosen(request, tutors) or own or (tutors[0] if tutors else None)
    if tutor is None and not request.user.is_staff:
        raise PermissionDenied("這一頁由本年度的輔導教師使用。")
    now = timezone.now()
    context = {
        "tutor": tutor,
        "tutors": tutors,
        "is_own": tutor is not None and tutor == own,
        "week": tutor and tutoring.week_of(tutor, _asked_day(request), now),
        "waiting": tutor and tutoring.to_note_of(tutor, now),
    }
    return tutoring_page(request, "workshops/tutor_week.html", context, programme=programme)


def _chosen(request, tutors):
    """The one of these that `?tutor=` names."""
    try:
        pk = parse_int(request.GET.get("tutor", ""))
    except ValueError:
        return None
    return next((tutor for tutor in tutors if tutor.pk == pk), None)


def _asked_day(request):
    """The day that `?week=` names; today for none and for nonsense."""
    try:
        return parse_date(request.GET.get("week", ""))
    except DateError:
        return taipei_date(timezone.now())
