"""A unit's contacts: added, deputised, handed over, ended."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from .. import actions
from ..actions.contacts import period
from ..forms.accounts import LastDayForm
from ..forms.contacts import ContactForm, DeputyForm, HandOverForm
from ..models import Contact, User
from ..permissions import staff_required
from .common import act_and_return, done_by, form_page
from .units import unit_url, year_unit

MOST_OFFERED = 500


def _contact(unit, pk):
    return get_object_or_404(Contact.objects.select_related("user", "unit"), pk=pk, unit=unit.unit)


def _contact_page(request, unit, form, act, *, done, **page):
    if request.method == "POST" and done_by(form, act):
        messages.success(request, done)
        return redirect(unit_url(unit))
    accounts = User.objects.filter(is_active=True).only("username", "name")[:MOST_OFFERED]
    return form_page(
        request, form, back=unit_url(unit), crumb=(unit.name, unit_url(unit)), accounts=accounts, **page
    )


@require_http_methods(["GET", "POST"])
@staff_required
def contact_create(request, code):
    unit = year_unit(request, code)
    form = ContactForm(request.POST or None, initial={"starts_on": timezone.localdate()})
    return _contact_page(
        request,
        unit,
        form,
        lambda values: actions.add_contact(unit=unit.unit, by=request.user, at=timezone.now(), **values),
        done="已新增聯絡人，並已通知本人。",
        heading=f"新增聯絡人：{unit}",
        button="新增聯絡人",
        sub="一個機關可以有多位聯絡人。",
    )


@require_http_methods(["GET", "POST"])
@staff_required
def contact_deputy(request, code, pk):
    unit = year_unit(request, code)
    contact = _contact(unit, pk)
    form = DeputyForm(request.POST or None, initial={"starts_on": timezone.localdate()})
    return _contact_page(
        request,
        unit,
        form,
        lambda values: actions.appoint_deputy(contact=contact, by=request.user, at=timezone.now(), **values),
        done="已指定職務代理人，並已通知兩人。",
        heading=f"指定{contact.user}的職務代理人",
        button="指定代理人",
        sub=f"{unit}聯絡人，{period(contact)}。代理期間兩人都可以處理本機關的事。",
    )


@require_http_methods(["GET", "POST"])
@staff_required
def contact_hand_over(request, code, pk):
    unit = year_unit(request, code)
    contact = _contact(unit, pk)
    form = HandOverForm(request.POST or None, initial={"on": timezone.localdate()})
    return _contact_page(
        request,
        unit,
        form,
        lambda values: actions.hand_over(contact=contact, by=request.user, at=timezone.now(), **values),
        done="已完成交接，並已通知兩人。",
        heading=f"交接：{contact.user}",
        button="完成交接",
        sub=f"{unit}聯絡人，{period(contact)}。",
    )


@require_http_methods(["GET", "POST"])
@staff_required
def contact_end(request, code, pk):
    unit = year_unit(request, code)
    contact = _contact(unit, pk)
    form = LastDayForm(request.POST or None, initial={"on": timezone.localdate()})
    return _contact_page(
        request,
        unit,
        form,
        lambda values: actions.end_contact(contact=contact, by=request.user, at=timezone.now(), **values),
        done="已登錄最後一天，並已通知本人。",
        heading=f"結束聯絡人：{contact.user}",
        button="結束聯絡人",
        note="代理人也到這一天為止。要由別人接任時，請用「交接」。",
    )


@require_POST
@staff_required
def contact_remove(request, code, pk):
    unit = year_unit(request, code)
    contact = _contact(unit, pk)
    return act_and_return(
        request,
        lambda: actions.remove_contact(
            contact=contact, by=request.user, at=timezone.now(), today=timezone.localdate()
        ),
        done="已取消這位聯絡人。",
        back=unit_url(unit),
    )
