"""The walk: four people take the programme from nomination to the award list, each in the own browser."""

from datetime import timedelta
from io import BytesIO

import openpyxl
import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import expect

from agencies.models import CompetitionGroup
from competition.models import Judge
from scoring.board import compute_board
from tests import factories as make

from ..conftest import PHONE

pytestmark = pytest.mark.django_db(transaction=True)
CODE = "10010140"


@pytest.fixture
def year():
    """A year open today: entries until tomorrow, judging from today on."""
    today = timezone.localdate()
    programme = make.make_programme(
        year=today.year - 1911,
        starts_on=today - timedelta(days=30),
        ends_on=today + timedelta(days=60),
        topic_target=1,
    )
    make.make_competition(
        programme=programme,
        due_on=today + timedelta(days=1),
        judging_starts_on=today,
        minimum_sheets=1,
    )
    session = make.make_session(programme=programme, held_on=today + timedelta(days=7))
    unit = make.make_unit(programme=programme, code=CODE, name="嘉義縣竹崎鄉公所", headcount=2)
    make.make_quota(session=session, unit=unit, seats=1)
    other = make.make_unit(programme=programme, code="10010130", name="嘉義縣中埔鄉公所", headcount=9)
    make.make_entry(unit=other, title="別的機關的作品", submitted_at=timezone.now())
    return programme


def overall(programme):
    board = compute_board(programme, at=timezone.now())
    return {row.code: [one.amount for one in row.completion.indicators] for row in board.rows}


def nominate(page, name):
    page.get_by_label("姓名").fill(name)
    page.get_by_label("職稱").fill("課員")
    page.get_by_role("button", name="送出薦送").click()


def test_from_nomination_to_the_award_list(open_page, year, screenshot, assert_accessible):
    contact_user = make.make_contact(unit=year.units.get(unit__code=CODE))
    judge_user = make.make_judge(programme=year, group=CompetitionGroup.AGENCY)
    before = overall(year)
    assert before == {CODE: [0, 0, 0, 0], "10010130": [0, 0, 1, 0]}

    # The contact nominates two for one seat; the second waits, and moves up when the first withdraws.
    contact = open_page(contact_user)
    contact.goto("/")
    screenshot(contact, "walk-1-contact-home")
    contact.get_by_role("link", name="研習班", exact=True).click()
    contact.get_by_role("link", name="第1梯次").first.click()
    nominate(contact, "堃峯喆")
    expect(contact.get_by_text("已錄取").first).to_be_visible()
    nominate(contact, "𠮷田")
    expect(contact.get_by_text("候補第 1 位").first).to_be_visible()
    expect(contact.get_by_text("本機關名額已滿").first).to_be_visible()
    assert_accessible(contact)
    screenshot(contact, "walk-2-nominated")
    contact.get_by_role("row", name="堃峯喆").get_by_role("link", name="取消").click()
    contact.get_by_role("button", name="取消").click()
    expect(contact.get_by_role("row", name="𠮷田").get_by_text("已錄取")).to_be_visible()

    # Publishes a record and registers a forum topic.
    contact.goto("/experience/records/new/")
    contact.get_by_label("職務").fill("建設課課員")
    contact.get_by_label("業務類別").select_option(label="其他")
    contact.get_by_label("標題").fill("自來水報修一次看懂")
    contact.get_by_label("作業流程與經驗內容").fill("先問明位置，再通知廠商，當日回報。")
    contact.get_by_label("提供者").fill("林堃峯")
    contact.get_by_role("button", name="發布這筆紀錄").click()
    expect(contact.get_by_role("heading", level=1)).to_contain_text("自來水報修一次看懂")
    screenshot(contact, "walk-3-record")
    contact.goto("/experience/topics/new/")
    contact.get_by_label("主題", exact=True).fill("老街導覽的數位化")
    contact.get_by_label("網址").fill("https://forum.example.test/1")
    contact.get_by_label("發表日期").fill(f"{year.year}/{timezone.localdate():%m/%d}")
    contact.get_by_label("回覆").fill("12")
    contact.get_by_role("button", name="登錄這個主題").click()
    expect(contact.get_by_text("老街導覽的數位化").first).to_be_visible()

    # Hands in a work with its file.
    contact.goto("/competition/entries/new/")
    contact.get_by_label("作品名稱").fill("報修教材")
    contact.get_by_label("限定主題").select_option(label="為民服務")
    contact.get_by_label("內容簡介").fill("報修的三個步驟。")
    contact.get_by_role("button", name="建立草稿並填作者").click()
    contact.get_by_label("姓名").fill("林堃峯")
    contact.get_by_label("職稱").fill("課員")
    contact.get_by_role("button", name="下一步：檔案").click()
    contact.locator("[data-drop]:not([hidden]) [data-choose]").set_input_files(
        {"name": "竹崎鄉公所教材.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 test"}
    )
    expect(contact.locator("#files .nm").get_by_text("竹崎鄉公所教材.pdf")).to_be_visible()
    contact.get_by_role("link", name="下一步：製作與素材").click()
    contact.get_by_label("製作方式與工具").fill("簡報錄製")
    contact.get_by_label("沒有使用").check()
    contact.get_by_role("button", name="下一步：授權與送件").click()
    contact.get_by_label("本府無償利用").first.check()
    contact.get_by_label("作品為本機關同仁自製").check()
    contact.get_by_role("button", name="完成送件").click()
    expect(contact.get_by_role("heading", name="收件編號")).to_be_visible()
    assert_accessible(contact)
    screenshot(contact, "walk-4-entry")

    # Staff accept the update.
    staff = open_page(make.make_staff())
    staff.goto("/")
    screenshot(staff, "walk-5-staff-home")
    staff.get_by_role("link", name="待審更新").click()
    staff.get_by_role("link", name="自來水報修一次看懂").click()
    staff.get_by_role("button", name="採計這一筆").click()
    expect(staff.get_by_text("已採計").first).to_be_visible()

    # The judge sees a work without its unit or author, scores it and signs.
    judge = open_page(judge_user)
    judge.goto("/")
    judge.get_by_role("link", name="開始評分").click()
    judge.get_by_role("link", name="報修教材").click()
    expect(judge.get_by_label("內容 配分")).to_be_visible()
    content = judge.content()
    assert "竹崎" not in content and "林堃峯" not in content
    for name, points in (("內容", "38"), ("教學設計", "27.5"), ("媒體呈現", "18"), ("創意", "9")):
        judge.get_by_label(f"{name} 配分").fill(points)
    expect(judge.get_by_text("已自動儲存")).to_be_visible()
    screenshot(judge, "walk-6-judging")
    judge.get_by_role("button", name="簽名並看下一件").click()
    judge.goto("/competition/judging/")
    expect(judge.get_by_role("row", name="報修教材").get_by_text("已簽名")).to_be_visible()

    # Staff finalise, at once released, and export the award list.
    group = Judge.objects.get().group
    staff.goto(f"/competition/results/{group.pk}/")
    for acceptance in staff.locator("input[type=checkbox]").all():
        acceptance.check()
    staff.get_by_role("button", name="定案").click()
    expect(staff.get_by_text("92.50").first).to_be_visible()
    screenshot(staff, "walk-7-result")
    staff.goto("/competition/results/")
    with staff.expect_download() as download:
        staff.get_by_role("link", name="XLSX").click()
    sheet = openpyxl.load_workbook(BytesIO(download.value.path().read_bytes())).active
    cells = [cell for row in sheet.iter_rows(values_only=True) for cell in row]
    assert "報修教材" in cells and "嘉義縣竹崎鄉公所" in cells

    # The board moved by exactly what they did.
    assert overall(year) == {CODE: [1, 1, 1, 1], "10010130": [0, 0, 1, 0]}
    call_command("check_invariants", verbosity=0)
    contact.goto("/")
    screenshot(contact, "walk-8-contact-home")


@pytest.mark.parametrize(
    "path", ("/", "/workshops/1/", "/experience/records/new/", "/competition/entries/new/", "/search/?q=竹")
)
def test_the_contacts_pages_fit_a_phone(open_page, year, screenshot, assert_accessible, path):
    page = open_page(make.make_contact(unit=year.units.get(unit__code=CODE)), size=PHONE)

    page.goto(path)

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert_accessible(page)
