"""Accounts: who may log in, by invitation."""

from django.contrib import messages
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from foundation.models import Event
from foundation.paging import paginate

from .. import actions
from ..forms.accounts import AccountForm, CuratorForm, InvitationForm, LastDayForm
from ..models import Contact, Curator, User
from ..permissions import administrator_required, staff_required
from .common import act_and_return, done_by, form_page

HATS = {"staff": "承辦人", "contact": "機關聯絡人", "curator": "策展人", "none": "沒有以上身分"}
STATES = {"active": "使用中", "invited": "尚未設定密碼", "disabled": "已停用"}
RECENT_EVENTS = 10


@require_GET
@staff_required
def account_list(request):
    chosen = {name: request.GET.get(name, "") for name in ("hat", "state", "q", "unit")}
    in_force = Contact.objects.in_force().select_related("unit").order_by("unit__code", "pk")
    accounts = _filtered(User.objects.all(), **chosen).prefetch_related(
        Prefetch("contacts", queryset=in_force, to_attr="contacts_today"),
        Prefetch("curatorships", queryset=Curator.objects.in_force(), to_attr="curatorships_today"),
    )
    context = {
        "page": paginate(request, accounts.order_by("username")),
        "chosen": chosen,
        "is_filtered": any(chosen.values()),
        "hats": HATS.items(),
        "states": STATES.items(),
    }
    return render(request, "agencies/account_list.html", context)


def _filtered(users, *, hat, state, q, unit):
    contacts = Contact.objects.in_force().filter(user=OuterRef("pk"))
    curators = Curator.objects.in_force().filter(user=OuterRef("pk"))
    if hat == "staff":
        users = users.filter(is_staff=True)
    elif hat == "contact":
        users = users.filter(Exists(contacts))
    elif hat == "curator":
        users = users.filter(Exists(curators))
    elif hat == "none":
        users = users.filter(~Exists(contacts), ~Exists(curators), is_staff=False)
    if state == "disabled":
        users = users.filter(is_active=False)
    elif state == "invited":
        users = users.filter(is_active=True, password__startswith=UNUSABLE_PASSWORD_PREFIX)
    elif state == "active":
        users = users.filter(is_active=True).exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    if q.strip():
        text = q.strip()
        users = users.filter(Q(username__icontains=text) | Q(name__icontains=text) | Q(email__icontains=text))
    if unit.strip():
        of_unit = contacts.filter(Q(unit__code__iexact=unit.strip()) | Q(unit__name__icontains=unit.strip()))
        users = users.filter(Exists(of_unit))
    return users


@require_GET
@staff_required
def account_detail(request, pk):
    account = get_object_or_404(User, pk=pk)
    context = {
        "account": account,
        "contacts": account.contacts.select_related("unit", "deputy_for__user").order_by("-starts_on", "pk"),
        "curatorships": account.curatorships.order_by("-starts_on", "pk"),
        "person": getattr(account, "person", None),
        "today": timezone.localdate(),
        "events": Event.objects.filter(target_type="agencies.user", target_id=str(account.pk)).order_by(
            "-pk"
        )[:RECENT_EVENTS],
    }
    return render(request, "agencies/account_detail.html", context)


@require_http_methods(["GET", "POST"])
@staff_required
def account_create(request):
    form = InvitationForm(request.POST or None, by=request.user)
    back = reverse("agencies:account_list")
    if request.method == "POST" and done_by(form, lambda values: _invite(request, **values)):
        messages.success(request, f"邀請信將寄到 {form.cleaned_data['email']}。")
        return redirect(back)
    return form_page(
        request,
        form,
        heading="邀請人員",
        button="寄出邀請",
        back=back,
        crumb=("帳號", back),
        sub="評審與輔導教師請在競賽與研習班頁面，或以「匯入人員」加入。",
    )


@transaction.atomic
def _invite(request, *, unit, phone, is_curator, **values):
    """The account with its first hats: all of it or nothing."""
    by, at, today = request.user, timezone.now(), timezone.localdate()
    user = actions.invite(by=by, at=at, **values)
    if unit:
        actions.add_contact(unit=unit, user=user, starts_on=today, phone=phone, by=by, at=at)
    if is_curator:
        actions.make_curator(user=user, starts_on=today, by=by, at=at)


@require_http_methods(["GET", "POST"])
@staff_required
def account_update(request, pk):
    account = get_object_or_404(User, pk=pk)
    form = AccountForm(request.POST or None, initial={"name": account.name, "email": account.email})
    return _account_page(
        request,
        account,
        form,
        lambda values: actions.change_account(user=account, by=request.user, at=timezone.now(), **values),
        done="已儲存帳號資料。",
        heading=f"帳號資料：{account}",
        button="儲存帳號資料",
    )


def _account_page(request, account, form, act, *, done, **page):
    url = reverse("agencies:account_detail", args=[account.pk])
    if request.method == "POST" and done_by(form, act):
        messages.success(request, done)
        return redirect(url)
    return form_page(request, form, back=url, crumb=(str(account), url), **page)


def _button(request, pk, action, done):
    account = get_object_or_404(User, pk=pk)
    return act_and_return(
        request,
        lambda: action(user=account, by=request.user, at=timezone.now()),
        done=done.format(account),
        back=reverse("agencies:account_detail", args=[pk]),
    )


@require_POST
@staff_required
def account_resend(request, pk):
    return _button(request, pk, actions.resend_invitation, "已重寄邀請信給{}。")


@require_POST
@staff_required
def account_disable(request, pk):
    return _button(request, pk, actions.disable_account, "已停用{}的帳號。")


@require_POST
@staff_required
def account_enable(request, pk):
    return _button(request, pk, actions.enable_account, "已啟用{}的帳號。")


@require_POST
@administrator_required
def account_grant_staff(request, pk):
    return _button(request, pk, actions.grant_staff, "已授予{}承辦人身分。")


@require_POST
@administrator_required
def account_revoke_staff(request, pk):
    return _button(request, pk, actions.revoke_staff, "已取消{}的承辦人身分。")


@require_http_methods(["GET", "POST"])
@staff_required
def curator_create(request, pk):
    account = get_object_or_404(User, pk=pk)
    form = CuratorForm(request.POST or None, initial={"starts_on": timezone.localdate()})
    return _account_page(
        request,
        account,
        form,
        lambda values: actions.make_curator(user=account, by=request.user, at=timezone.now(), **values),
        done=f"{account}已是策展人。",
        heading=f"設為策展人：{account}",
        button="設為策展人",
        sub="策展人只能整理公開展示，不能看見成績與其他資料。",
    )


@require_http_methods(["GET", "POST"])
@staff_required
def curator_end(request, pk):
    curator = get_object_or_404(Curator.objects.select_related("user"), pk=pk)
    form = LastDayForm(request.POST or None, initial={"on": timezone.localdate()})
    return _account_page(
        request,
        curator.user,
        form,
        lambda values: actions.end_curatorship(curator=curator, by=request.user, at=timezone.now(), **values),
        done="已登錄最後一天。",
        heading=f"結束策展人：{curator}",
        button="結束策展人",
    )
