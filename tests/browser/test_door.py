"""The office worker at the door with a phone, and a second one with another."""

from datetime import time, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests import factories as make
from workshops.models import Enrolment

from ..conftest import PHONE

pytestmark = pytest.mark.django_db(transaction=True)
State = Enrolment.State


@pytest.fixture
def session():
    """Today's session: two units, one of them with a long name, one colleague in line."""
    today = timezone.localdate()
    programme = make.make_programme(
        year=today.year - 1911, starts_on=today - timedelta(days=30), ends_on=today + timedelta(days=60)
    )
    session = make.make_session(programme=programme, held_on=today, capacity=4)
    office = make.make_unit(programme=programme, code="10010140", name="嘉義縣竹崎鄉公所")
    school = make.make_unit(programme=programme, code="104731", name="嘉義縣立豐山實驗國(中)小")
    for unit in (office, school):
        make.make_quota(session=session, unit=unit, seats=2)
    for unit, name, title, state in (
        (office, "林堃峯", "課員", State.CONFIRMED),
        (office, "𠮷田喆", "里幹事", State.CONFIRMED),
        (office, "王小明", "課員", State.WAITING),
        (school, "陳怡君", "教師兼資訊組組長", State.CONFIRMED),
    ):
        person = make.make_person(unit=unit, name=name, title=title, email="")
        make.make_enrolment(session=session, unit=unit, person=person, state=state)
    return session


def marks_of(page, name):
    return page.get_by_role("group", name=f"{name}的出席")


def test_two_phones_at_the_door(open_page, session, screenshot, assert_accessible):
    one, two = (open_page(make.make_staff(), size=PHONE) for _ in range(2))
    for phone in (one, two):
        phone.goto(f"/workshops/{session.number}/door/")
    expect(one.locator("#counts")).to_contain_text("到 0／應到 3")
    assert_accessible(one)

    # One tap, the row says so and the counts follow.
    marks_of(one, "林堃峯").get_by_role("button", name="出席").click()
    expect(marks_of(one, "林堃峯").get_by_role("button", name="出席")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(one.locator("#counts")).to_contain_text("到 1／應到 3")

    # The other phone still shows 未登記: it is told, nothing is overwritten, and it may insist.
    two.expected_statuses.add(409)
    marks_of(two, "林堃峯").get_by_role("button", name="缺席").click()
    row = two.locator("li", has_text="林堃峯")
    expect(row.get_by_role("alert")).to_contain_text("未登記「缺席」。別人剛登記為「出席」")
    screenshot(two, "door-conflict-phone")
    assert_accessible(two)
    marks_of(two, "林堃峯").get_by_role("button", name="遲到").click()
    expect(marks_of(two, "林堃峯").get_by_role("button", name="遲到")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(row.get_by_role("alert")).to_have_count(0)

    # Search while typing; somebody who waits walks in; somebody who is on no list, too.
    one.get_by_label("姓名、職稱或機關").press_sequentially("王小")
    expect(one.locator(".door-row")).to_have_count(1)
    one.get_by_role("button", name="王小明現場報到").click()
    expect(one.locator(".note").first).to_contain_text("王小明已現場報到，名額或場地已滿")
    one.get_by_label("姓名、職稱或機關").press_sequentially("侯大維")
    one.locator(".blank").get_by_role("link", name="登記現場報到").click()
    expect(one.get_by_label("姓名")).to_have_value("侯大維")
    one.get_by_label("職稱").fill("教師")
    one.get_by_label("機關").select_option(label="104731　嘉義縣立豐山實驗國(中)小")
    screenshot(one, "door-walk-in-phone")
    assert_accessible(one)
    one.get_by_role("button", name="登記現場報到").click()
    expect(one.locator(".door-row", has_text="侯大維").get_by_role("button", name="現場報到")).to_be_visible()
    expect(one.locator("#counts")).to_contain_text("到 3／應到 3")
    screenshot(one, "door-phone")

    # Every target is 44 px high.
    heights = one.locator(".door-list button, .door-list .pick a, .door-foot a").evaluate_all(
        "found => found.map(e => e.getBoundingClientRect().height)"
    )
    assert min(heights) >= 44
    marks = session.enrolments.order_by("pk").values_list("person__name", "attendance")
    assert list(marks) == [
        ("林堃峯", "late"), ("𠮷田喆", ""), ("王小明", "walk_in"), ("陳怡君", ""), ("侯大維", "walk_in"),
    ]  # fmt: skip


def test_a_tap_without_a_connection_says_so(browser, live_server, client, session):
    # A window of its own: htmx writes a lost connection on the console, which other windows may not have.
    context = browser.new_context(base_url=live_server.url, viewport=PHONE)
    client.force_login(make.make_staff())
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"/workshops/{session.number}/door/")
    context.set_offline(True)

    marks_of(page, "林堃峯").get_by_role("button", name="出席").click()
    expect(page.locator("li", has_text="林堃峯").get_by_role("alert")).to_contain_text("未登記：連線中斷")

    context.set_offline(False)
    marks_of(page, "林堃峯").get_by_role("button", name="出席").click()
    expect(page.locator("#counts")).to_contain_text("到 1／應到 3")
    context.close()


def test_a_participant_checks_in_by_the_code_on_the_screen(
    open_page, session, screenshot, assert_accessible, live_server, settings
):
    settings.SITE_URL = live_server.url
    now = timezone.localtime()
    session.starts_at, session.check_in_from, session.check_in_until = now.time(), time(0), time(23, 59, 59)
    session.save()
    screen = open_page(make.make_staff())
    screen.goto(f"/workshops/{session.number}/door/code/")
    expect(screen.locator(".count")).to_contain_text("到 0／應到 3")
    assert_accessible(screen)
    screenshot(screen, "door-code")

    # Somebody without an account types the code, then says who they are.
    phone = open_page(size=PHONE)
    phone.goto("/workshops/check-in/")
    phone.get_by_label("代碼").fill(screen.locator(".code").inner_text())
    assert_accessible(phone)
    phone.get_by_role("button", name="用這個代碼報到").click()
    phone.get_by_label("機關").select_option(label="10010140　嘉義縣竹崎鄉公所")
    phone.get_by_label("姓名").fill("沒有這人")
    phone.get_by_role("button", name="報到").click()
    expect(phone.get_by_role("alert")).to_contain_text("名單上沒有這個機關與姓名")
    expect(phone.get_by_label("姓名")).to_have_value("沒有這人")
    assert_accessible(phone)
    screenshot(phone, "check-in-refused-phone")
    phone.get_by_label("姓名").fill("𠮷田喆")
    phone.get_by_role("button", name="報到").click()
    expect(phone.get_by_role("heading", name="𠮷田喆，已報到")).to_be_visible()
    screenshot(phone, "check-in-phone")
    assert session.enrolments.get(person__name="𠮷田喆").attendance == "present"

    # The screen asks for the next code by itself.
    code = screen.locator(".code").inner_text()
    expect(screen.locator(".code")).not_to_have_text(code, timeout=25_000)
    expect(screen.locator(".count")).to_contain_text("到 1／應到 3")
