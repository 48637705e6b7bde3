"""Colleagues known to the portal (同仁), with or without an account."""

from django.contrib import messages
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from foundation.paging import paginate

from .. import actions
from ..forms.accounts import PersonForm
from ..models import Person, Unit
from ..permissions import staff_required
from .common import done_by, form_page


@require_GET
@staff_required
def person_list(request):
    q, code = request.GET.get("q", "").strip(), request.GET.get("unit", "").strip()
    people = Person.objects.all()
    if code:
        people = people.filter(unit__code=code)
    if q:
        people = people.filter(Q(name__icontains=q) | Q(email__icontains=q) | Q(unit__name__icontains=q))
    context = {
        "page": paginate(request, people.order_by("unit__code", "name", "pk"), dress=_with_unit_and_account),
        "q": q,
        "code": code,
        "unit": Unit.objects.filter(code=code).first() if code else None,
    }
    return render(request, "agencies/person_list.html", context)


def _with_unit_and_account(people):
    shown = ("name", "title", "email", "unit__code", "unit__name", "user__username")
    return people.select_related("unit", "user").only(*shown)


@require_http_methods(["GET", "POST"])
@staff_required
def person_create(request):
    unit = Unit.objects.filter(code=request.GET.get("unit", "")).first()
    form = PersonForm(request.POST or None, initial={"unit": unit})
    back = _list_url(unit)
    if request.method == "POST" and done_by(form, lambda values: _add(request, values)):
        messages.success(request, f"已新增{form.cleaned_data['name']}。")
        return redirect(_list_url(form.cleaned_data["unit"]))
    return form_page(request, form, heading="新增同仁", button="新增同仁", back=back, crumb=("同仁", back))


def _add(request, values):
    actions.add_person(by=request.user, at=timezone.now(), **values)


@require_http_methods(["GET", "POST"])
@staff_required
def person_update(request, pk):
    person = get_object_or_404(Person.objects.select_related("unit"), pk=pk)
    form = PersonForm(
        request.POST or None,
        initial={"name": person.name, "title": person.title, "email": person.email, "unit": person.unit_id},
    )
    if person.unit and person.unit.closed_on:
        # Who belongs to a closed unit may stay there.
        field = form.fields["unit"]
        field.queryset = Unit.objects.filter(Q(closed_on=None) | Q(pk=person.unit_id)).order_by("code")
    back = _list_url(person.unit)
    if request.method == "POST" and done_by(form, lambda values: _change(request, person, values)):
        messages.success(request, "已儲存同仁資料。")
        return redirect(_list_url(form.cleaned_data["unit"]))
    return form_page(
        request, form, heading=f"同仁：{person}", button="儲存同仁資料", back=back, crumb=("同仁", back)
    )


def _change(request, person, values):
    actions.change_person(person=person, by=request.user, at=timezone.now(), **values)


def _list_url(unit):
    url = reverse("agencies:person_list")
    return f"{url}?unit={unit.code}" if unit else url
