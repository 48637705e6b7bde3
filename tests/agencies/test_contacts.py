from datetime import date

import pytest
from django.db import IntegrityError, transaction

from agencies import actions
from agencies.models import Contact, Notice
from foundation.errors import Refused
from foundation.models import Event, Mail
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
AT = make.taipei(2016, 6, 1, 9)


@pytest.fixture
def staff():
    return make.make_staff()


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所")


def the_contact(unit, **fields):
    return make.make_contact(unit=unit, **fields).contacts.get()


def days(contact):
    contact.refresh_from_db()
    return contact.starts_on, contact.ends_on


def add(unit, user, staff, starts_on=date(2016, 6, 1), **values):
    return actions.add_contact(unit=unit.unit, user=user, starts_on=starts_on, by=staff, at=AT, **values)


def test_add_contact_tells_the_person_by_notice_and_mail(staff, unit):
    user = make.make_user(name="林堃峯")

    contact = add(unit, user, staff, phone="05-3620123")

    text = "您已是嘉義縣竹崎鄉公所的聯絡人（民國105年6月1日起）。"
    assert (contact.unit, contact.phone, contact.ends_on) == (unit.unit, "05-3620123", None)
    notice, mail = Notice.objects.get(), Mail.objects.get()
    assert (notice.user, notice.text, notice.url) == (user, text, "/agencies/10010140/")
    assert mail.recipient == user.email
    assert text in mail.body
    assert Event.objects.get(action="contact.added").data == {"unit": "10010140", "user": user.pk}


def test_a_unit_may_have_several_contacts(staff, unit):
    the_contact(unit)
    add(unit, make.make_user(), staff)
    assert Contact.objects.in_force(date(2016, 6, 1)).filter(unit=unit.unit).count() == 2


def test_a_person_may_return_after_a_time(staff, unit):
    user = make.make_contact(unit=unit, ends_on=date(2016, 5, 31))
    add(unit, user, staff)
    assert user.contacts.count() == 2


@pytest.mark.parametrize(
    ("starts_on", "ends_on"),
    (
        (date(2016, 5, 31), None),
        (date(2016, 1, 1), date(2016, 5, 1)),
        (date(2016, 1, 1), None),
        (date(2016, 5, 10), date(2016, 5, 20)),
    ),
)
def test_add_contact_refuses_overlapping_times(staff, unit, starts_on, ends_on):
    user = make.make_contact(unit=unit, starts_on=date(2016, 5, 1), ends_on=date(2016, 5, 31))
    with pytest.raises(Refused, match="期間不能重疊"):
        add(unit, user, staff, starts_on=starts_on, ends_on=ends_on)


def test_add_contact_refuses_a_disabled_account_and_days_out_of_order(staff, unit):
    with pytest.raises(Refused, match="帳號已停用"):
        add(unit, make.make_user(is_active=False), staff)
    with pytest.raises(Refused, match="結束日期不得早於開始日期"):
        add(unit, make.make_user(), staff, ends_on=date(2016, 5, 31))


@pytest.mark.parametrize("ends_on", (None, date(2016, 7, 1)))
def test_add_contact_refuses_a_closed_unit(staff, unit, ends_on):
    actions.close_unit(unit=unit.unit, on=date(2016, 7, 1), by=staff, at=AT)
    with pytest.raises(Refused, match="起裁撤"):
        add(unit, make.make_user(), staff, ends_on=ends_on)


def test_a_contact_until_the_day_before_the_closing_is_taken(staff, unit):
    actions.close_unit(unit=unit.unit, on=date(2016, 7, 1), by=staff, at=AT)
    assert add(unit, make.make_user(), staff, ends_on=date(2016, 6, 30)).ends_on == date(2016, 6, 30)


# Deputies


def deputise(contact, user, staff, starts_on=date(2016, 6, 1), ends_on=date(2016, 6, 10)):
    return actions.appoint_deputy(
        contact=contact, user=user, starts_on=starts_on, ends_on=ends_on, by=staff, at=AT
    )


def test_appoint_deputy_tells_both(staff, unit):
    contact, deputy = the_contact(unit), make.make_user(name="代理人")

    row = deputise(contact, deputy, staff)

    assert row.deputy_for == contact
    told = Notice.objects.order_by("pk").values_list("user", "text")
    assert list(told) == [
        (deputy.pk, "您在民國105年6月1日至6月10日代理測試聯絡人，擔任嘉義縣竹崎鄉公所的聯絡人。"),
        (contact.user_id, "代理人在民國105年6月1日至6月10日代理您擔任嘉義縣竹崎鄉公所的聯絡人。"),
    ]


def test_appoint_deputy_refuses(staff, unit):
    contact = the_contact(unit, starts_on=date(2016, 5, 1), ends_on=date(2016, 8, 31))
    deputy = deputise(contact, make.make_user(), staff)
    cases = (
        (deputy, make.make_user(), {}, "不能再指定代理人"),
        (contact, contact.user, {}, "代理人不能是本人"),
        (contact, make.make_user(), {"starts_on": date(2016, 4, 30)}, "代理期間須在"),
        (contact, make.make_user(), {"ends_on": date(2016, 9, 1)}, "代理期間須在"),
        (contact, deputy.user, {}, "期間不能重疊"),
    )
    for principal, user, values, words in cases:
        with pytest.raises(Refused, match=words):
            deputise(principal, user, staff, **values)


# Ending and handing over


def test_end_contact_cuts_deputies(staff, unit):
    contact = the_contact(unit)
    running = deputise(contact, make.make_user(), staff)
    later = deputise(contact, make.make_user(), staff, date(2016, 8, 1), date(2016, 8, 5))

    actions.end_contact(contact=contact, on=date(2016, 6, 5), by=staff, at=AT)

    assert days(contact)[1] == days(running)[1] == date(2016, 6, 5)
    assert not Contact.objects.filter(pk=later.pk).exists()
    assert Notice.objects.filter(user=contact.user, text__contains="到民國105年6月5日為止").exists()


def test_end_contact_refuses_before_the_start_and_after_the_end(staff, unit):
    contact = the_contact(unit, starts_on=date(2016, 5, 1), ends_on=date(2016, 5, 31))
    with pytest.raises(Refused, match="不得早於開始日期"):
        actions.end_contact(contact=contact, on=date(2016, 4, 30), by=staff, at=AT)
    with pytest.raises(Refused, match="不必再結束"):
        actions.end_contact(contact=contact, on=date(2016, 6, 30), by=staff, at=AT)


def test_remove_contact_takes_back_one_who_has_not_begun(staff, unit):
    contact = the_contact(unit, starts_on=date(2016, 7, 1))
    actions.remove_contact(contact=contact, by=staff, at=AT, today=date(2016, 6, 1))
    assert not Contact.objects.exists()
    with pytest.raises(Refused, match="已經刪除"):
        actions.remove_contact(contact=contact, by=staff, at=AT, today=date(2016, 6, 1))


def test_remove_contact_refuses_one_who_has_begun(staff, unit):
    with pytest.raises(Refused, match="請改為結束"):
        actions.remove_contact(contact=the_contact(unit), by=staff, at=AT, today=date(2016, 6, 1))


def test_hand_over_ends_one_and_starts_the_other_and_tells_both(staff, unit):
    contact, successor = the_contact(unit), make.make_user(name="接任者")

    row = actions.hand_over(contact=contact, to=successor, on=date(2016, 7, 1), by=staff, at=AT)

    assert days(contact) == (date(2015, 1, 1), date(2016, 6, 30))
    assert days(row) == (date(2016, 7, 1), None)
    assert {notice.user for notice in Notice.objects.all()} == {contact.user, successor}
    assert {mail.recipient for mail in Mail.objects.all()} == {contact.user.email, successor.email}
    assert Event.objects.get(action="contact.handed_over").summary == (
        "嘉義縣竹崎鄉公所聯絡人自民國105年7月1日起由測試聯絡人交接給接任者"
    )


def test_hand_over_to_the_deputy_ends_the_deputising(staff, unit):
    contact = the_contact(unit)
    deputy = deputise(contact, make.make_user(), staff)

    actions.hand_over(contact=contact, to=deputy.user, on=date(2016, 6, 5), by=staff, at=AT)

    periods = [days(row) for row in Contact.objects.filter(user=deputy.user).order_by("pk")]
    assert periods == [(date(2016, 6, 1), date(2016, 6, 4)), (date(2016, 6, 5), None)]


def test_hand_over_that_is_refused_changes_nothing(staff, unit):
    contact = the_contact(unit, starts_on=date(2016, 5, 1))
    deputy = deputise(contact, make.make_user(), staff)
    former = the_contact(unit, starts_on=date(2016, 1, 1), ends_on=date(2016, 2, 1))
    disabled = make.make_user(is_active=False)
    cases = (
        (deputy, make.make_user(), date(2016, 7, 1), "職務代理到期即止"),
        (contact, contact.user, date(2016, 7, 1), "不能是本人"),
        (contact, make.make_user(), date(2016, 5, 1), "交接日期須晚於"),
        (former, make.make_user(), date(2016, 7, 1), "請直接新增聯絡人"),
        (contact, disabled, date(2016, 7, 1), "帳號已停用"),
    )
    before = list(Contact.objects.order_by("pk").values())
    for principal, to, on, words in cases:
        with pytest.raises(Refused, match=words):
            actions.hand_over(contact=principal, to=to, on=on, by=staff, at=AT)
    assert list(Contact.objects.order_by("pk").values()) == before
    assert not Event.objects.filter(action="contact.handed_over").exists()


# Constraints


@pytest.mark.parametrize(
    "fields",
    (
        {"starts_on": date(2016, 6, 2), "ends_on": date(2016, 6, 1)},
        {"deputy": True, "ends_on": None},
    ),
)
def test_database_refuses_days_out_of_order_and_endless_deputies(unit, fields):
    if fields.pop("deputy", False):
        fields["deputy_for"] = the_contact(unit)
    with pytest.raises(IntegrityError), transaction.atomic():
        make.make_contact(unit=unit, **fields)


def test_database_keeps_one_endless_contact_per_person_and_unit(unit):
    user = make.make_contact(unit=unit)
    with pytest.raises(IntegrityError), transaction.atomic():
        make.make_contact(unit=unit, user=user)
