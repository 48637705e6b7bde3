"""The section as a browser shows it: usable by everybody, and no page breaks its own rules."""

import pytest

from platform_updates.models import Review
from tests import factories as make

from ..conftest import DESKTOP, PHONE

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def section():
    """One of everything; the addresses of its pages by who opens them."""
    unit = make.make_unit(name="嘉義縣立豐山實驗國(中)小", headcount=20)
    contact = make.make_contact(unit=unit)
    record = make.make_record(unit=unit, by=contact)
    make.make_version(record=record, number=2, body="第一步\n第三步", by=contact)
    rejected = make.make_update(unit=unit, review=Review.REJECTED, review_reason="標題不清楚")
    topic = make.make_forum_topic(unit=unit, replies=4, url="https://forum.example.test/1")
    appeal = make.make_appeal(item=make.make_forum_topic(unit=unit, review=Review.REJECTED), by=contact)
    return {
        contact: [
            "/experience/",
            "/experience/records/",
            "/experience/records/new/",
            f"/experience/records/{record.pk}/",
            f"/experience/records/{record.pk}/revise/",
            f"/experience/records/{record.pk}/versions/2/",
            f"/experience/updates/{rejected.pk}/",
            f"/experience/updates/{rejected.pk}/appeal/",
            "/experience/topics/new/",
            f"/experience/topics/{topic.pk}/",
        ],
        make.make_staff(): [
            "/experience/",
            "/experience/topics/",
            f"/experience/topics/{topic.pk}/review/",
            "/experience/appeals/",
            f"/experience/appeals/{appeal.pk}/",
        ],
    }


@pytest.mark.parametrize("size", (DESKTOP, PHONE), ids=("desktop", "phone"))
def test_pages_are_accessible_and_fit_the_window(open_page, assert_accessible, section, size):
    for user, addresses in section.items():
        page = open_page(user, size=size)
        for address in addresses:
            page.goto(address)
            assert_accessible(page)
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= size["width"], f"{address} is {width} wide"


def test_a_contact_appeals_and_the_office_grants_it(open_page):
    unit = make.make_unit()
    update = make.make_update(unit=unit, review=Review.REJECTED, title="生育補助", review_reason="標題不清楚")
    contact = open_page(make.make_contact(unit=unit))
    contact.goto(f"/experience/updates/{update.pk}/")
    contact.get_by_role("link", name="提出申復").click()
    contact.get_by_label("申復理由").fill("標題已改正。")
    contact.get_by_role("button", name="送出申復").click()
    contact.get_by_text("等候答復").wait_for()

    office = open_page(make.make_staff())
    office.goto("/experience/")
    office.get_by_role("link", name="前往答復").click()
    office.get_by_role("link", name="答復", exact=True).click()
    office.get_by_label("改予採計").check()
    office.get_by_label("答復內容").fill("已確認。")
    office.get_by_role("button", name="送出答復").click()
    office.get_by_role("heading", name="申復全部處理完").wait_for()

    update.refresh_from_db()
    assert update.is_counted
    contact.goto("/agencies/notices/")
    contact.get_by_text("審查結果：已採計").first.wait_for()
