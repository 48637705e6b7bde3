from datetime import date
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from agencies import actions
from agencies.models import Curator, FormerPassword, Person, User
from foundation.errors import Refused
from foundation.models import Event, Mail
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
AT = make.taipei(2016, 6, 1, 9)
NEW_PASSWORD = "鳳梨田與吳郭魚88"


@pytest.fixture
def staff():
    return make.make_staff()


@pytest.fixture
def administrator():
    return make.make_administrator()


def invite(by, **values):
    defaults = {"username": "lin", "name": "林堃峯", "email": "lin@example.test"}
    return actions.invite(by=by, at=timezone.now(), **{**defaults, **values})


def link_in(mail):
    """The path of the link that the letter holds."""
    line = next(line for line in mail.body.splitlines() if "/accounts/reset/" in line)
    return urlsplit(line.strip()).path


# Inviting


def test_invited_person_sets_a_password_by_the_link_once(client, staff):
    user = invite(staff)
    assert not user.has_usable_password()
    path = link_in(Mail.objects.get(recipient="lin@example.test"))

    page = client.get(path, follow=True)
    client.post(page.redirect_chain[-1][0], {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})

    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)
    assert "new_password1" not in client.get(path, follow=True).content.decode()


def test_invite_links_a_person_known_by_the_address(staff):
    person = make.make_person(email="lin@example.test")
    user = invite(staff)
    person.refresh_from_db()
    assert person.user == user


@pytest.mark.parametrize(
    ("values", "words"),
    (
        ({"username": "CHEN"}, "帳號「CHEN」已有人使用"),
        ({"email": "Chen@example.test"}, "已有帳號"),
        ({"email": ""}, "沒有電子郵件"),
        ({"is_staff": True}, "只有系統管理者"),
    ),
)
def test_invite_refuses(staff, values, words):
    make.make_user(username="chen", email="chen@example.test")
    with pytest.raises(Refused, match=words):
        invite(staff, **values)
    assert not Mail.objects.exists()


def test_administrator_invites_staff(administrator):
    assert invite(administrator, is_staff=True).is_staff


def test_resend_queues_a_second_letter(staff):
    user = invite(staff)
    actions.resend_invitation(user=user, by=staff, at=timezone.now())
    assert Mail.objects.filter(recipient=user.email).count() == 2


@pytest.mark.parametrize(
    ("fields", "password", "words"),
    (
        ({}, NEW_PASSWORD, "已設定過密碼"),
        ({"is_active": False}, None, "帳號已停用"),
        ({"email": ""}, None, "沒有電子郵件"),
    ),
)
def test_resend_refuses(staff, fields, password, words):
    user = make.make_user(**fields)
    if password:
        user.set_password(password)
        user.save()
    with pytest.raises(Refused, match=words):
        actions.resend_invitation(user=user, by=staff, at=AT)


def test_forgotten_password_also_helps_who_lost_the_invitation(client, staff):
    invite(staff)
    Mail.objects.all().delete()

    client.post(reverse("password_reset"), {"email": "LIN@example.test"}, HTTP_HOST="localhost")

    assert link_in(Mail.objects.get()).startswith("/accounts/reset/")


def test_forgotten_password_of_nobody_or_a_disabled_account_sends_nothing(client):
    make.make_user(email="gone@example.test", is_active=False)
    for email in ("gone@example.test", "nobody@example.test"):
        response = client.post(reverse("password_reset"), {"email": email})
        assert response.status_code == 302
    assert not Mail.objects.exists()


# Changing, disabling, enabling


def test_change_account_tells_the_old_address(staff):
    user = make.make_user(name="林堃峯", email="old@example.test")
    actions.change_account(user=user, name="林堃峰", email="new@example.test", by=staff, at=AT)
    user.refresh_from_db()
    assert (user.name, user.email) == ("林堃峰", "new@example.test")
    assert Mail.objects.get().recipient == "old@example.test"


def test_change_account_refuses(staff, administrator):
    user, other = make.make_user(), make.make_user(email="chen@example.test")
    cases = (
        (user, user.name, "CHEN@example.test", "已有帳號"),
        (user, user.name, user.email, "沒有任何變更"),
        (administrator, "別人", other.email, "只有系統管理者可以變更"),
    )
    for account, name, email, words in cases:
        with pytest.raises(Refused, match=words):
            actions.change_account(user=account, name=name, email=email, by=staff, at=AT)


def test_disabling_ends_an_open_session(client, staff):
    user = make.make_user()
    client.force_login(user)
    assert client.get(reverse("agencies:notice_list")).status_code == 200

    actions.disable_account(user=user, by=staff, at=AT)

    assert client.get(reverse("agencies:notice_list")).status_code == 302
    actions.enable_account(user=user, by=staff, at=AT)
    user.refresh_from_db()
    assert user.is_active
    actions_done = list(Event.objects.order_by("pk").values_list("action", flat=True))
    assert actions_done == ["account.disabled", "account.enabled"]


def test_disable_and_enable_refuse(staff, administrator):
    gone = make.make_user(is_active=False)
    cases = (
        (actions.disable_account, staff, "不能停用自己的帳號"),
        (actions.disable_account, gone, "已經停用"),
        (actions.disable_account, administrator, "只有系統管理者可以變更"),
        (actions.enable_account, make.make_user(), "沒有停用"),
    )
    for action, user, words in cases:
        with pytest.raises(Refused, match=words):
            action(user=user, by=staff, at=AT)


# Staff and curators


def test_administrator_grants_and_revokes_staff(administrator):
    user = make.make_user()
    actions.grant_staff(user=user, by=administrator, at=AT)
    user.refresh_from_db()
    assert user.is_staff
    actions.revoke_staff(user=user, by=administrator, at=AT)
    user.refresh_from_db()
    assert not user.is_staff


def test_grant_and_revoke_refuse(staff, administrator):
    civil = make.make_user()
    cases = (
        (actions.grant_staff, civil, staff, "只有系統管理者"),
        (actions.grant_staff, staff, administrator, "已是承辦人"),
        (actions.grant_staff, make.make_user(is_active=False), administrator, "帳號已停用"),
        (actions.revoke_staff, staff, staff, "只有系統管理者"),
        (actions.revoke_staff, administrator, administrator, "不能取消自己"),
        (actions.revoke_staff, civil, administrator, "不是承辦人"),
        (actions.revoke_staff, make.make_administrator(), administrator, "不能單獨取消"),
    )
    for action, user, by, words in cases:
        with pytest.raises(Refused, match=words):
            action(user=user, by=by, at=AT)


def test_curator_from_a_day_until_another(staff):
    user = make.make_user()
    curator = actions.make_curator(user=user, starts_on=date(2016, 6, 1), by=staff, at=AT)
    actions.end_curatorship(curator=curator, on=date(2016, 6, 30), by=staff, at=AT)
    assert list(Curator.objects.in_force(date(2016, 6, 30))) == [curator]
    assert list(Curator.objects.in_force(date(2016, 7, 1))) == []


def test_curator_refusals(staff):
    user = make.make_user()
    curator = actions.make_curator(
        user=user, starts_on=date(2016, 6, 1), ends_on=date(2016, 6, 30), by=staff, at=AT
    )
    with pytest.raises(Refused, match="已是策展人"):
        actions.make_curator(user=user, starts_on=date(2016, 6, 30), by=staff, at=AT)
    with pytest.raises(Refused, match="帳號已停用"):
        actions.make_curator(
            user=make.make_user(is_active=False), starts_on=date(2016, 6, 1), by=staff, at=AT
        )
    with pytest.raises(Refused, match="結束日期不得早於"):
        actions.make_curator(user=user, starts_on=date(2016, 8, 2), ends_on=date(2016, 8, 1), by=staff, at=AT)
    with pytest.raises(Refused, match="不得早於開始日期"):
        actions.end_curatorship(curator=curator, on=date(2016, 5, 31), by=staff, at=AT)
    with pytest.raises(Refused, match="不必再結束"):
        actions.end_curatorship(curator=curator, on=date(2016, 7, 1), by=staff, at=AT)


# Passwords


def test_new_password_is_none_of_the_last_three():
    user = make.make_user()
    used = [f"{NEW_PASSWORD}第{number}次" for number in range(1, 5)]
    for password in used:
        user.set_password(password)
        user.save()

    for password in used[1:]:
        with pytest.raises(ValidationError, match="最近三次"):
            validate_password(password, user)
    validate_password(used[0], user)
    assert FormerPassword.objects.filter(user=user).count() == 3


def test_former_passwords_are_kept_as_hashes():
    user = make.make_user()
    user.set_password(NEW_PASSWORD)
    user.save()
    assert NEW_PASSWORD not in FormerPassword.objects.get().password


# People


def test_add_and_change_person(staff):
    old, new = make.make_unit(), make.make_unit()
    person = actions.add_person(name="林堃峯", title="科員", email="", unit=old.unit, by=staff, at=AT)
    enrolment = make.make_enrolment(session=make.make_session(), unit=old, person=person)

    actions.change_person(
        person=person,
        name="林堃峯",
        title="課長",
        email="lin@example.test",
        unit=new.unit,
        by=staff,
        at=AT,
    )

    person.refresh_from_db()
    enrolment.refresh_from_db()
    assert (person.title, person.unit, enrolment.unit) == ("課長", new.unit, old)
    assert Event.objects.get(action="person.changed").summary == "變更同仁林堃峯的資料"


def test_person_refusals(staff):
    unit = make.make_unit()
    twin = make.make_person(unit=unit, name="林堃峯", title="科員", email="")
    make.make_person(unit=unit, email="taken@example.test")
    cases = (("林堃峯", "科員", "", "同名同職稱"), ("別人", "", "Taken@example.test", "另一位同仁"))
    for name, title, email, words in cases:
        with pytest.raises(Refused, match=words):
            actions.add_person(name=name, title=title, email=email, unit=unit.unit, by=staff, at=AT)
    with pytest.raises(Refused, match="沒有任何變更"):
        actions.change_person(
            person=twin, name="林堃峯", title="科員", email="", unit=unit.unit, by=staff, at=AT
        )


# Constraints


def test_database_refuses_doubles_ignoring_case():
    make.make_user(username="lin", email="lin@example.test")
    make.make_person(email="lin@example.test")
    for broken in (
        lambda: make.make_user(username="LIN"),
        lambda: make.make_user(email="LIN@example.test"),
        lambda: make.make_person(email="Lin@Example.test"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            broken()


def test_database_refuses_nameless_people_and_twins_without_address():
    unit = make.make_unit()
    make.make_person(unit=unit, name="林堃峯", title="科員", email="")
    for fields in ({"name": ""}, {"name": "林堃峯", "title": "科員", "email": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            make.make_person(unit=unit, **fields)


@pytest.mark.parametrize("count", (1, 2))
def test_database_keeps_curators_in_order(count):
    user = make.make_user()
    if count == 2:
        Curator.objects.create(user=user, starts_on=date(2016, 1, 1))
        fields = {"starts_on": date(2016, 2, 1)}
    else:
        fields = {"starts_on": date(2016, 2, 1), "ends_on": date(2016, 1, 1)}
    with pytest.raises(IntegrityError), transaction.atomic():
        Curator.objects.create(user=user, **fields)


def test_accounts_and_people_print_their_names():
    assert str(User(username="lin")) == "lin"
    assert str(User(username="lin", name="林堃峯")) == str(Person(name="林堃峯")) == "林堃峯"
