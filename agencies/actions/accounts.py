"""Accounts: invited by mail, disabled and enabled, and the hats that stand on the account itself."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from foundation import events, outbox
from foundation.errors import Refused
from foundation.rocdate import format_date, taipei_date

from ..models import Curator, Person, User
from ..notices import tell


class AccountRefused(Refused):
    """The account cannot be made or changed so."""


_bars = []


def bars_staff(function):
    """What somebody does in a room above may forbid to be 承辦人: `function(user)` says why, or nothing."""
    _bars.append(function)
    return function


@transaction.atomic
def invite(*, username, name, email, by, at, is_staff=False):
    """A new account without a password, and the letter with the link to set one."""
    if is_staff:
        _require_administrator(by)
    if User.objects.filter(username__iexact=username).exists():
        raise AccountRefused(f"帳號「{username}」已有人使用。")
    if not email:
        raise AccountRefused("沒有電子郵件就無法邀請。")
    if User.objects.filter(email__iexact=email).exists():
        raise AccountRefused(f"電子郵件「{email}」已有帳號。")
    user = User(username=username, name=name, email=email, is_staff=is_staff)
    user.set_unusable_password()
    _save(user)
    Person.objects.filter(email__iexact=email, user=None).update(user=user)
    _record("account.invited", user, by=by, at=at, summary=f"邀請{name}（{username}）", is_staff=is_staff)
    send_invitation(user=user, by=by, at=at)
    return user


def send_invitation(*, user, by, at):
    """Queue the letter; the link in it works once and for a limited time."""
    user.invited_at = at
    user.save(update_fields=["invited_at"])
    path = reverse(
        "password_reset_confirm",
        kwargs={
            "uidb64": urlsafe_base64_encode(force_bytes(user.pk)),
            "token": default_token_generator.make_token(user),
        },
    )
    context = {
        "user": user,
        "url": f"{settings.SITE_URL.rstrip('/')}{path}",
        "expires_on": taipei_date(at + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)),
        "inviter": by.name if by else "",
        "site_url": settings.SITE_URL,
    }
    subject = render_to_string("registration/invitation_subject.txt", context)
    outbox.queue(
        key=f"invitation:{user.pk}:{at.isoformat()}",
        recipient=user.email,
        subject=" ".join(subject.split()),
        body=render_to_string("registration/invitation_email.txt", context),
        at=at,
    )


@transaction.atomic
def resend_invitation(*, user, by, at):
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        raise AccountRefused(f"{user}的帳號已停用，請先啟用。")
    if not user.is_invited_only:
        raise AccountRefused(f"{user}已設定過密碼；忘記密碼請本人從登入頁的「忘記密碼」重設。")
    if not user.email:
        raise AccountRefused(f"{user}沒有電子郵件，請先補上。")
    send_invitation(user=user, by=by, at=at)
    _record("account.invitation_resent", user, by=by, at=at, summary=f"重寄邀請給{user}")


@transaction.atomic
def change_account(*, user, name, email, by, at):
    """A person's name and address; a link already mailed to the old address stops working."""
    user = User.objects.select_for_update().get(pk=user.pk)
    _require_may_touch(user, by)
    if User.objects.filter(email__iexact=email).exclude(pk=user.pk).exists():
        raise AccountRefused(f"電子郵件「{email}」已有帳號。")
    changed = [
        title
        for title, before, after in (
            ("姓名", user.name, name),
            ("電子郵件", user.email, email),
        )
        if before != after
    ]
    if not changed:
        raise AccountRefused("沒有任何變更。")
    if user.email and user.email.lower() != email.lower():
        tell_old_address(user=user, old=user.email, new=email, at=at)
    user.name, user.email = name, email
    _save(user, update_fields=["name", "email"])
    _record("account.changed", user, by=by, at=at, summary=f"變更{user}的{'、'.join(changed)}")


def tell_old_address(*, user, old, new, at):
    """Whoever holds an account's address can reset its password, so the old address hears of a new one."""
    outbox.queue(
        key=f"account-email-changed:{user.pk}:{at.isoformat()}",
        recipient=old,
        subject="帳號的電子郵件已變更",
        body=f"{user.name}您好：\n\n您在數位學習計畫入口的電子郵件已改為 {new}。"
        "若非您的要求，請與嘉義縣政府人事處聯絡。",
        at=at,
    )


@transaction.atomic
def disable_account(*, user, by, at):
    """停用: the next click of an open session already meets the login page."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if by and user.pk == by.pk:
        raise AccountRefused("不能停用自己的帳號。")
    _require_may_touch(user, by)
    if not user.is_active:
        raise AccountRefused(f"{user}的帳號已經停用。")
    user.is_active = False
    user.save(update_fields=["is_active"])
    _record("account.disabled", user, by=by, at=at, summary=f"停用{user}的帳號")


@transaction.atomic
def enable_account(*, user, by, at):
    user = User.objects.select_for_update().get(pk=user.pk)
    _require_may_touch(user, by)
    if user.is_active:
        raise AccountRefused(f"{user}的帳號沒有停用。")
    user.is_active = True
    user.save(update_fields=["is_active"])
    _record("account.enabled", user, by=by, at=at, summary=f"啟用{user}的帳號")


@transaction.atomic
def grant_staff(*, user, by, at):
    """承辦人: sees and changes everything of every year, so only an administrator grants it."""
    _require_administrator(by)
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_staff:
        raise AccountRefused(f"{user}已是承辦人。")
    if not user.is_active:
        raise AccountRefused(f"{user}的帳號已停用，請先啟用。")
    if reason := next(filter(None, (bar(user) for bar in _bars)), ""):
        raise AccountRefused(reason)
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    _record("account.staff_granted", user, by=by, at=at, summary=f"授予{user}承辦人身分")
    tell(user=user, text="您已是本計畫的承辦人。", url="/", at=at)


@transaction.atomic
def revoke_staff(*, user, by, at):
    _require_administrator(by)
    user = User.objects.select_for_update().get(pk=user.pk)
    if by and user.pk == by.pk:
        raise AccountRefused("不能取消自己的承辦人身分。")
    if not user.is_staff:
        raise AccountRefused(f"{user}不是承辦人。")
    if user.is_superuser:
        raise AccountRefused(f"{user}是系統管理者，承辦人身分不能單獨取消。")
    user.is_staff = False
    user.save(update_fields=["is_staff"])
    _record("account.staff_revoked", user, by=by, at=at, summary=f"取消{user}的承辦人身分")
    tell(user=user, text="您的承辦人身分已取消。", url="/", at=at)


@transaction.atomic
def make_curator(*, user, starts_on, by, at, ends_on=None):
    """策展人: may arrange the public showcase."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        raise AccountRefused(f"{user}的帳號已停用，請先啟用。")
    if ends_on is not None and ends_on < starts_on:
        raise AccountRefused("結束日期不得早於開始日期。")
    if any(
        (ends_on is None or held.starts_on <= ends_on) and (held.ends_on is None or held.ends_on >= starts_on)
        for held in user.curatorships.all()
    ):
        raise AccountRefused(f"{user}在這段期間已是策展人。")
    curator = Curator.objects.create(user=user, starts_on=starts_on, ends_on=ends_on)
    _record("account.curator_made", user, by=by, at=at, summary=f"{user}自{format_date(starts_on)}起為策展人")
    tell(user=user, text=f"您自{format_date(starts_on)}起為策展人。", url="/", at=at)
    return curator


@transaction.atomic
def end_curatorship(*, curator, on, by, at):
    """The curator's last day."""
    curator = Curator.objects.select_for_update().select_related("user").get(pk=curator.pk)
    if on < curator.starts_on:
        raise AccountRefused(f"最後一天不得早於開始日期（{format_date(curator.starts_on)}）。")
    if curator.ends_on and curator.ends_on <= on:
        raise AccountRefused(f"{curator}的策展人期間到{format_date(curator.ends_on)}為止，不必再結束。")
    curator.ends_on = on
    curator.save(update_fields=["ends_on"])
    _record(
        "account.curator_ended",
        curator.user,
        by=by,
        at=at,
        summary=f"{curator}擔任策展人到{format_date(on)}為止",
    )


def _save(user, **options):
    """Somebody else may have taken the name or the address since we looked."""
    try:
        with transaction.atomic():
            user.save(**options)
    except IntegrityError:
        raise AccountRefused("這個帳號或電子郵件剛被別人使用，請重新查詢。") from None


def _require_administrator(by):
    # A command run on the server has no `by`; whoever may run it is the administrator.
    if by is not None and not by.is_superuser:
        raise AccountRefused("承辦人身分只有系統管理者可以授予或取消。")


def _require_may_touch(user, by):
    if user.is_superuser and by is not None and not by.is_superuser:
        raise AccountRefused("系統管理者的帳號只有系統管理者可以變更。")


def _record(action, user, *, by, at, summary, **data):
    events.record(action=action, by=by, target=user, at=at, summary=summary, **data)
