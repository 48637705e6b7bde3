"""誰來我「嘉」 in the browser: a tutor publishes a week, a colleague books, the tutor notes, another finds the answer."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from foundation import calendars
from foundation.rocdate import TAIPEI
from tests import factories as make
from workshops.models import Consultation, Slot

from ..conftest import DESKTOP, PHONE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def year():
    today = timezone.localdate()
    return make.make_programme(
        year=today.year - 1911,
        starts_on=today - timedelta(days=60),
        ends_on=today + timedelta(days=60),
    )


@pytest.fixture
def unit(year):
    return make.make_unit(programme=year, code="10010140", name="嘉義縣竹崎鄉公所")


@pytest.fixture
def tutor(year):
    return make.make_tutor(
        programme=year,
        user=make.make_user(name="黃資深"),
        fields="簡報動畫、螢幕錄影",
        phone="05-3620123",
        extension="231",
        video_id="123 456 7890",
        meeting_url="https://meet.example.test/huang",
        availability="每週三下午",
        introduction="做過三件簡報教材，擅長把流程畫成動畫。",
    )


def next_monday():
    today = timezone.localdate()
    return today + timedelta(days=7 - today.weekday())


def roc(day):
    return f"{day.year - 1911}/{day.month:02d}/{day.day:02d}"


def at(day, hour, minute=0):
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=TAIPEI)


def to(name, *args):
    return reverse(f"workshops:{name}", args=args)


def test_from_a_published_week_to_a_found_answer(open_page, assert_accessible, screenshot, unit, tutor):
    wednesday = next_monday() + timedelta(days=2)
    asker = make.make_contact(unit=unit, user=make.make_user(name="林堃峯"))

    # The tutor offers a Wednesday afternoon.
    page = open_page(tutor)
    page.goto("/")
    page.get_by_role("link", name="公布時段").click()
    page.get_by_role("link", name="公布時段").click()
    page.get_by_label("日期").fill(roc(wednesday))
    page.get_by_label("開始").fill("14:00")
    page.get_by_label("結束").fill("16:00")
    page.get_by_role("button", name="公布時段").click()
    expect(page.get_by_text("已公布 4 個時段")).to_be_visible()
    expect(page.get_by_text("可預約", exact=True)).to_have_count(4)
    assert_accessible(page)
    screenshot(page, "tutoring-1-week")

    # A colleague finds the field without pressing a button, and books.
    colleague = open_page(asker)
    colleague.goto(to("slot_list"))
    with colleague.expect_response(lambda response: "field=" in response.url):
        colleague.get_by_label("專長").select_option("螢幕錄影")
    expect(colleague.get_by_role("link", name="預約黃資深")).to_have_count(4)
    screenshot(colleague, "tutoring-2-find")
    colleague.get_by_role("link", name="預約黃資深").first.click()
    colleague.get_by_label("主題").fill("簡報轉成影片後沒有聲音")
    colleague.get_by_label("問題").fill("照手冊做到匯出那一步，播放時沒有聲音。")
    colleague.get_by_role("button", name="預約這個時段").click()
    expect(colleague.get_by_text("通知與行事曆邀請已寄給您和黃資深")).to_be_visible()
    expect(colleague.get_by_role("link", name="https://meet.example.test/huang")).to_be_visible()
    assert_accessible(colleague)
    screenshot(colleague, "tutoring-3-booked")

    # It takes place (the slot is moved into the past), and the tutor notes what came of it.
    past = timezone.now() - timedelta(hours=1)
    slot = Consultation.objects.get().slot
    Slot.objects.filter(pk=slot.pk).update(starts_at=past, ends_at=past + timedelta(minutes=30))
    page.expected_statuses = {422}
    page.goto("/")
    page.get_by_role("link", name="登錄結果").click()
    page.get_by_role("link", name="登錄結果").click()
    page.get_by_label("已解決", exact=True).check()
    page.get_by_label("輔導分鐘數").fill("25")
    page.get_by_label("怎麼解決的").fill("林堃峯的錄音要內嵌")
    page.get_by_label("公開", exact=True).check()
    page.get_by_role("button", name="儲存結果").click()
    expect(page.get_by_text("不得出現提問者的姓名「林堃峯」")).to_be_visible()
    page.get_by_label("怎麼解決的").fill("錄音要選「每張投影片」，再匯出影片。")
    page.get_by_role("button", name="儲存結果").click()
    expect(page.get_by_text("已登錄輔導結果")).to_be_visible()
    assert_accessible(page)
    screenshot(page, "tutoring-4-noted")

    # Somebody else has the same trouble.
    other = open_page(make.make_user(name="吳𠮷安"), size=PHONE)
    other.goto(to("answer_list"))
    other.get_by_label("標題、內容或專長").fill("沒有聲音 匯出")
    other.get_by_role("button", name="搜尋").click()
    other.get_by_text("簡報轉成影片後沒有聲音").click()
    expect(other.get_by_text("錄音要選「每張投影片」，再匯出影片。")).to_be_visible()
    expect(other.get_by_text("林堃峯")).to_have_count(0)
    assert_accessible(other)
    screenshot(other, "tutoring-5-answer-phone")


def test_move_cancel_and_withdraw_by_keyboard(open_page, unit, tutor):
    monday = next_monday()
    asker = make.make_user(name="林堃峯")
    slots = [make.make_slot(tutor=tutor, starts_at=at(monday, 9 + n)) for n in range(3)]
    make.make_consultation(slot=slots[0], asker=asker, unit=unit, subject="動畫順序")
    page = open_page(asker)
    page.goto(to("consultation_list"))
    page.get_by_role("link", name="動畫順序").press("Enter")
    page.get_by_role("link", name="改期").press("Enter")
    page.get_by_label("10:00–10:30").press("Space")
    page.get_by_role("button", name="改到所選的時段").press("Enter")
    expect(page.get_by_text("10:00–10:30，雙方都會收到通知")).to_be_visible()
    page.get_by_role("link", name="取消預約").press("Enter")
    page.get_by_label("理由").fill("當天另有會議")
    page.get_by_role("button", name="取消這筆預約").press("Enter")
    expect(page.get_by_text("取消：當天另有會議")).to_be_visible()

    own = open_page(tutor)
    own.goto(f"{to('tutor_week')}?week={monday}")
    own.get_by_role("button", name=f"撤回{slots[0].words}").press("Enter")
    expect(own.get_by_text("已撤回 1 個時段")).to_be_visible()
    own.get_by_role("button", name="撤回這一週還沒有人預約的 2 個時段").press("Enter")
    expect(own.get_by_text("已撤回 2 個時段")).to_be_visible()


@pytest.mark.parametrize("size", (DESKTOP, PHONE), ids=("desktop", "phone"))
def test_every_page_is_accessible_and_fits(open_page, assert_accessible, screenshot, year, unit, tutor, size):
    staff, monday = make.make_staff(), next_monday()
    long_name = make.make_user(name="歐陽堃峯喆𠮷", email="a.very.long.address.indeed@agency.example.test")
    make.make_tutor(programme=year, user=long_name, fields="影片剪輯、配音與字幕、互動式測驗、SCORM 打包")
    asker = make.make_contact(unit=unit, user=make.make_user(name="林堃峯"))
    for day in range(5):
        for hour in (9, 10):
            make.make_slot(tutor=tutor, starts_at=at(monday + timedelta(days=day), hour))
    slot = Slot.objects.order_by("starts_at").first()
    consultation = make.make_consultation(slot=slot, asker=asker, unit=unit, subject="簡報轉成影片後沒有聲音")
    make.make_consultation(
        slot=make.make_slot(tutor=tutor, starts_at=timezone.now() - timedelta(days=1)), asker=asker, unit=unit
    )
    make.make_manual(programme=year)
    make.make_session(programme=year, held_on=monday, place="本府電腦教室")
    calendars.renew_feed(user=tutor, at=timezone.now())
    tutorship = slot.tutor
    week = f"{to('tutor_week')}?week={monday}"
    pages = {
        tutor: [
            week,
            to("slot_create"),
            to("slot_edit", Slot.objects.order_by("starts_at").last().pk),
            to("tutor_edit", tutorship.pk),
            to("consultation_detail", consultation.pk),
            to("consultation_reschedule", consultation.pk),
            to("consultation_cancel", consultation.pk),
            reverse("portal:calendar"),
            reverse("portal:home"),
        ],
        staff: [
            to("tutor_list"),
            to("tutor_list") + "?q=沒有這個",
            to("tutor_letter"),
            to("tutor_create"),
            to("tutor_remove", tutorship.pk),
            to("tutoring_overview"),
            to("tutoring_overview") + "?by=unit",
            to("consultation_detail", consultation.pk),
            f"{week}&tutor={tutorship.pk}",
        ],
        asker: [
            to("slot_list"),
            to("slot_list") + "?on=x",
            to("consultation_list"),
            to("consultation_book", Slot.objects.order_by("starts_at").last().pk),
            to("answer_list"),
        ],
    }
    for user, addresses in pages.items():
        page = open_page(user, size=size)
        for address in addresses:
            page.goto(address)
            assert_accessible(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
            name = address.strip("/").replace("/", "-").replace("?", "-").replace("&", "-")
            screenshot(page, f"tutoring-{'phone' if size == PHONE else 'wide'}-{name or 'home'}"[:90])
