"""Units, contacts, accounts and years in a real browser: accessible, on a phone too, by the words on the buttons."""

from datetime import date

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from agencies import actions, notices
from agencies.models import Programme
from tests import factories as make

from ..conftest import DESKTOP, PHONE

pytestmark = pytest.mark.django_db(transaction=True)
AT = make.taipei(2016, 3, 15, 9)


@pytest.fixture
def staff():
    return make.make_administrator(name="範例承辦人", username="office")


@pytest.fixture
def unit(staff):
    programme = make.make_programme(year=105)
    unit = make.make_unit(programme=programme, code="10010140", name="嘉義縣竹崎鄉公所", headcount=68)
    make.make_unit(programme=programme, code="104731", name="嘉義縣立豐山實驗國(中)小", category="school")
    gone = make.make_unit(programme=programme, code="G1", name="已併入的機關")
    actions.merge_unit(unit=gone.unit, into=unit.unit, on=date(2016, 7, 1), by=staff, at=AT)
    make.make_contact(unit=unit, user=make.make_user(username="lin", name="林堃峯"))
    make.make_person(unit=unit, name="林堃峯")
    return unit


@pytest.mark.parametrize("size", (DESKTOP, PHONE), ids=("desktop", "phone"))
def test_every_page_is_accessible_and_fits(open_page, assert_accessible, staff, unit, size):
    notices.tell(user=staff, text="請補件", url="/agencies/", at=AT)
    Programme.objects.filter(year=105).update(legal_basis="一、依據")
    code, contact = unit.unit.code, unit.unit.contacts.get()
    addresses = [
        reverse("agencies:unit_list"),
        reverse("agencies:unit_list") + "?q=沒有這個",
        reverse("agencies:unit_detail", args=[code]),
        reverse("agencies:unit_detail", args=["G1"]),
        reverse("agencies:unit_update", args=[code]),
        reverse("agencies:unit_merge", args=[code]),
        reverse("agencies:contact_hand_over", args=[code, contact.pk]),
        reverse("agencies:programme_list"),
        reverse("agencies:programme_detail", args=[105]),
        reverse("portal:programme_open"),
        reverse("portal:programme_edit", args=[105]),
        reverse("agencies:person_list"),
        reverse("agencies:account_list"),
        reverse("agencies:account_create"),
        reverse("agencies:account_detail", args=[contact.user_id]),
        reverse("agencies:notice_list"),
    ]
    page = open_page(staff, size=size)
    for address in addresses:
        page.goto(address)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_contact_is_invited_then_hands_over(open_page, staff, unit):
    page = open_page(staff)
    page.goto(reverse("agencies:account_list"))
    page.get_by_role("link", name="邀請人員").click()
    page.get_by_label("姓名").fill("陳美惠")
    page.get_by_label("電子郵件").fill("chen@example.test")
    page.get_by_role("button", name="寄出邀請").click()
    expect(page.get_by_text("邀請信將寄到 chen@example.test")).to_be_visible()
    expect(page.get_by_text("尚未設定密碼").last).to_be_visible()

    page.goto(reverse("agencies:unit_detail", args=[unit.unit.code]))
    page.get_by_role("link", name="交接").click()
    page.get_by_label("接任的人").fill("chen@example.test")
    page.get_by_role("button", name="完成交接").click()

    expect(page.get_by_text("已完成交接，並已通知兩人。")).to_be_visible()
    expect(page.get_by_role("row", name="陳美惠")).to_contain_text("現任")
    expect(page.get_by_role("row", name="林堃峯")).to_contain_text("已結束")


def test_refused_form_keeps_what_was_typed(open_page, staff, unit):
    page = open_page(staff)
    page.goto(reverse("agencies:unit_rename", args=[unit.unit.code]))
    page.get_by_label("新名稱").fill("嘉義縣立豐山實驗國(中)小")
    page.get_by_role("button", name="更名").click()
    expect(page.get_by_role("alert")).to_contain_text("同一年度的機關名稱不能相同")
    expect(page.get_by_label("新名稱")).to_have_value("嘉義縣立豐山實驗國(中)小")


def test_next_year_is_opened_and_says_what_is_missing(open_page, staff, unit, screenshot):
    page = open_page(staff)
    page.goto(reverse("agencies:programme_list"))
    page.get_by_role("link", name="開辦新年度").click()
    page.get_by_role("button", name="開辦新年度").click()
    expect(page.get_by_text("已開辦106年度")).to_be_visible()
    expect(page.get_by_text("2 個機關沒有單位人數")).to_be_visible()
    screenshot(page, "programme-106")
