"""In the browser: a contact nominates, waits and substitutes; staff propose, publish, lower and release."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests import factories as make
from tests.conftest import PHONE
from workshops import actions
from workshops.models import Enrolment

pytestmark = pytest.mark.django_db(transaction=True)
State = Enrolment.State


@pytest.fixture
def unit(transactional_db):
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所", headcount=68)


@pytest.fixture
def session(unit):
    session = make.make_session(
        number=1,
        held_on=timezone.localdate() + timedelta(days=20),
        place="本府電腦教室",
        audience=["township"],
        capacity=12,
    )
    make.make_quota(session=session, unit=unit, seats=3)
    return session


PASTED = """姓名\t職稱\t電子郵件
林堃峯（範例）\t課員\tlin@example.test
陳喆𠮷（範例）\t技士\tchen@example.test
王小明（範例）\t課員\t
王小明（範例）\t課員\t
張美玲（範例）\t村幹事\t"""


def test_a_contact_pastes_five_with_a_double_waits_and_substitutes(
    open_page, assert_accessible, screenshot, session, unit
):
    contact = make.make_contact(unit=unit)
    page = open_page(contact)
    page.goto("/workshops/1/")
    page.get_by_role("link", name="一次薦送多位").click()
    page.locator("[name=pasted]").fill(PASTED)
    page.get_by_role("button", name="讀入名單，先核對").click()
    expect(page.locator(".nominee")).to_have_count(5)
    assert_accessible(page)
    screenshot(page, "nominate-filled")

    page.get_by_role("button", name="送出薦送").click()
    page.get_by_text("與第 3 位是同一人").wait_for()
    assert_accessible(page)
    screenshot(page, "nominate-double")
    assert session.enrolments.count() == 0

    for number in (3, 4):
        page.get_by_label(f"第 {number} 位的電子郵件").fill(f"ming{number}@example.test")
    page.get_by_role("button", name="送出薦送").click()
    page.get_by_text("已薦送 5 位：錄取 3 位，候補 2 位").wait_for()
    assert_accessible(page)
    screenshot(page, "session-contact")

    page.get_by_role("link", name="由別人接替林堃峯（範例）").click()
    page.get_by_label("姓名").fill("何建宏（範例）")
    page.get_by_label("職稱").fill("課長")
    screenshot(page, "substitute")
    assert_accessible(page)
    page.get_by_role("button", name="由這位同仁接替").click()
    page.get_by_text("第1梯次已由何建宏（範例）接替林堃峯（範例）（已錄取）。").wait_for()
    assert session.enrolments.waiting().count() == 2


def test_a_known_person_is_found_while_typing_and_lines_are_added(open_page, session, unit):
    make.make_person(unit=unit, name="林堃峯", title="技士", email="lin@example.test")
    page = open_page(make.make_contact(unit=unit))
    page.goto("/workshops/1/nominate/")
    assert page.locator(".nominee").count() == 3

    name = page.get_by_label("第 1 位的姓名")
    name.press_sequentially("堃")
    option = page.locator("#known-row-0 option")
    option.wait_for(state="attached")
    name.fill(option.get_attribute("value"))

    assert name.input_value() == "林堃峯"
    assert page.get_by_label("第 1 位的職稱").input_value() == "技士"
    assert page.get_by_label("第 1 位的電子郵件").input_value() == "lin@example.test"
    page.get_by_role("button", name="再加一列").click()
    expect(page.locator(".nominee")).to_have_count(2)
    assert name.input_value() == "林堃峯"


def test_nominating_on_a_phone(open_page, assert_accessible, screenshot, session, unit):
    user = make.make_user(name="王小明")
    person = make.make_person(unit=unit, name="王小明（範例）", user=user)
    contact = make.make_contact(unit=unit)
    for _ in range(3):
        make.make_enrolment(session=session, unit=unit)
    make.make_enrolment(session=session, unit=unit, person=person, state=State.WAITING)

    page = open_page(contact, size=PHONE)
    for path, picture in (("/workshops/1/nominate/", "nominate-phone"), ("/workshops/1/", "session-phone")):
        page.goto(path)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        screenshot(page, picture)
    own = open_page(user, size=PHONE)
    own.goto("/workshops/mine/")
    own.get_by_text("第 1 位，原因：本機關名額已滿。").wait_for()
    assert_accessible(own)
    screenshot(own, "mine-phone")


def test_staff_propose_edit_publish_lower_and_release(
    open_page, assert_accessible, screenshot, session, unit
):
    staff = make.make_staff()
    for number in range(5):
        other = make.make_unit(name=f"嘉義縣範例{number}鄉公所", headcount=20 + 7 * number)
    make.make_contact(unit=other)
    make.make_unit(name="嘉義縣未填鄉公所")
    for number in range(3):
        actions.enrol(
            session=session,
            unit=unit,
            name=f"學員{number}（範例）",
            title="課員",
            by=staff,
            at=make.taipei(2016, 4, 1, 9, number),
        )
    page = open_page(staff)
    page.goto("/workshops/1/quotas/")
    screenshot(page, "quota-list")
    page.get_by_role("link", name="依人數建議名額").click()
    expect(page.get_by_label("總名額")).to_have_value("12")
    page.get_by_role("button", name="算出建議名額").click()
    page.get_by_text("沒有人數而未列入的 1 個機關：嘉義縣未填鄉公所").wait_for()
    assert_accessible(page)
    page.get_by_label("嘉義縣竹崎鄉公所的名額").fill("2")
    screenshot(page, "quota-propose")
    page.get_by_role("button", name="公布名額並通知聯絡人").click()

    page.get_by_text("第1梯次調降：1 人超出").wait_for()
    assert_accessible(page)
    screenshot(page, "surplus")
    page.get_by_role("button", name="照這樣調降").click()
    page.get_by_text(re.compile(r"已儲存 6 個機關的名額。已公布，並通知 6 個機關")).wait_for()
    assert session.enrolments.waiting().get().person.name == "學員2（範例）"
    assert_accessible(page)
    screenshot(page, "session-staff")

    page.get_by_role("link", name="現在釋出").click()
    page.get_by_role("button", name="現在釋出名額").wait_for()
    assert_accessible(page)
    screenshot(page, "release")
    page.get_by_role("button", name="現在釋出名額").click()
    page.get_by_text("第1梯次未使用的名額已釋出，候補遞補 1 人。").wait_for()

    phone = open_page(staff, size=PHONE)
    phone.goto("/workshops/1/quotas/propose/?total=12&minimum=1&categories=township")
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert_accessible(phone)
    screenshot(phone, "quota-propose-phone")
