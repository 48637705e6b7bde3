"""A contact hands in a work of four large files over a bad line, with two tabs, and gets the receipt."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import expect

from competition.models import Entry
from foundation.models import FileCheck, Mail
from tests import factories as make
from tests.foundation import materials
from tests.foundation.hostile import make_zip

from ..conftest import PHONE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def unit():
    today = timezone.localdate()
    programme = make.make_programme(
        year=today.year - 1911, starts_on=today - timedelta(days=30), ends_on=today + timedelta(days=60)
    )
    make.make_competition(programme=programme, due_on=today + timedelta(days=8))
    return make.make_unit(programme=programme, code="10010140", name="嘉義縣竹崎鄉公所")


@pytest.fixture
def contact(unit):
    return make.make_contact(unit=unit, user=make.make_user(name="林堃峯（範例）"))


def begun(page, title="簡易自來水報修一次看懂"):
    page.goto("/competition/entries/new/")
    page.get_by_label("作品名稱").fill(title)
    page.get_by_label("內容簡介").fill("從接電話到修好的每一步。")
    page.get_by_role("button", name="建立草稿並填作者").click()
    expect(page.get_by_role("heading", name="作者")).to_be_visible()


def saved(page):
    expect(page.locator("#saved")).to_contain_text(re.compile(r"已於 \d\d:\d\d 自動儲存"))


def fill_rows(page):
    page.get_by_label("姓名").fill("林堃峯")
    page.get_by_label("職稱").fill("課員")
    page.get_by_label("貢獻比例").fill("60")
    page.get_by_role("button", name="加一位作者").click()
    second = page.get_by_role("group", name="作者 2")
    second.get_by_label("姓名").fill("𠮷喆")
    second.get_by_label("職稱").fill("技士")
    second.get_by_label("貢獻比例").fill("40")


def hand_over(page, *files):
    kinds = {"pptx": "application/octet-stream", "mp4": "video/mp4"}
    page.locator("[data-drop]:not([hidden]) [data-choose]").set_input_files(
        [
            {
                "name": name,
                "mimeType": kinds.get(name.rpartition(".")[2], "application/pdf"),
                "buffer": content,
            }
            for name, content in files
        ]
    )


def test_from_the_first_page_to_the_receipt_over_a_bad_line(
    open_page, contact, screenshot, assert_accessible
):
    page = open_page(contact)
    page.expected_statuses = {503}  # two uploads may meet at the database
    begun(page)
    fill_rows(page)
    saved(page)
    assert_accessible(page)
    screenshot(page, "entry-2-authors")
    page.get_by_role("button", name="下一步：檔案").click()

    hand_over(
        page,
        ("報修流程說明.pptx", make_zip(materials.pptx_parts())),
        ("教學設計單.pdf", materials.pdf()),
        ("互動教材_SCORM.zip", make_zip(materials.scorm_parts())),
    )
    for name in ("報修流程說明.pptx", "教學設計單.pdf", "互動教材_SCORM.zip"):
        expect(page.locator("#files .nm").get_by_text(name)).to_be_visible()
    page.context.set_offline(True)
    hand_over(page, ("竹崎簡易水_報修一次看懂_完成版.mp4", materials.video()))
    expect(page.locator("[data-files]").get_by_text("竹崎簡易水").first).to_be_visible()
    screenshot(page, "entry-3-line-lost")
    page.context.set_offline(False)
    expect(page.locator("#files .nm").get_by_text("竹崎簡易水")).to_be_visible()
    assert_accessible(page)
    screenshot(page, "entry-3-files-waiting")

    call_command("run_worker", "--once")
    page.reload()
    expect(page.locator("#files .st-ok")).to_have_count(4)
    screenshot(page, "entry-3-files-checked")

    page.get_by_role("link", name="下一步：製作與素材").click()
    page.get_by_label("製作方式與工具").fill("以 PowerPoint 製作動畫，錄製旁白後輸出為 MP4。")
    page.get_by_label("有使用，列在下面").check()
    page.get_by_label("素材名稱").fill("背景音樂「Morning」")
    page.get_by_label("來源").fill("音樂網站 https://music.example.test/")
    page.get_by_label("授權").fill("CC BY 4.0")
    saved(page)
    assert_accessible(page)
    screenshot(page, "entry-4-making")
    page.get_by_role("button", name="下一步：授權與送件").click()
    page.get_by_label("創用 CC 姓名標示").first.check()
    page.get_by_label("作品為本機關同仁自製").check()
    assert_accessible(page)
    screenshot(page, "entry-5-submit")
    page.get_by_role("button", name="完成送件").dblclick()

    expect(page.get_by_role("heading", name="收件編號")).to_be_visible()
    assert_accessible(page)
    screenshot(page, "entry-6-receipt")
    entry = Entry.objects.get()
    assert [file.sha256 in page.content() for file in entry.files.all()] == [True] * 4
    assert [row[0] for row in entry.author_rows()] == ["林堃峯", "𠮷喆"]
    assert (entry.versions.count(), Mail.objects.count()) == (1, 1)
    page.goto(f"/competition/entries/{entry.pk}/preview/")
    assert_accessible(page)
    screenshot(page, "entry-7-preview")
    page.goto(entry.get_absolute_url())
    assert_accessible(page)
    screenshot(page, "entry-8-detail")


def test_two_tabs_and_a_session_that_ends_lose_nothing(open_page, contact, screenshot, assert_accessible):
    first = open_page(contact)
    begun(first)
    entry = Entry.objects.get()
    edit = f"/competition/entries/{entry.pk}/edit/work/"
    first.goto(edit)
    second = open_page(contact)
    second.expected_statuses = {409}
    second.goto(edit)
    first.get_by_label("作品名稱").fill("甲視窗的名稱")
    saved(first)
    second.get_by_label("作品名稱").fill("乙視窗的名稱")
    expect(second.get_by_text("甲視窗的名稱")).to_be_visible()
    assert_accessible(second)
    screenshot(second, "entry-conflict")
    second.get_by_role("button", name="保留表單的內容").click()
    expect(second.get_by_role("heading", name="作者")).to_be_visible()
    entry.refresh_from_db()
    assert entry.title == "乙視窗的名稱"

    # The session ends while somebody writes; after the login the form has what was typed.
    second.goto(edit)
    Session.objects.all().delete()
    second.get_by_label("內容簡介").fill("登入過期時打的字。")
    expect(second.get_by_role("link", name="重新登入")).to_be_visible()
    contact.set_password("correct horse battery")
    contact.save()
    second.get_by_role("link", name="重新登入").click()
    second.get_by_label("帳號").fill(contact.username)
    second.get_by_label("密碼", exact=True).fill("correct horse battery")
    second.get_by_role("button", name="登入").click()
    expect(second.get_by_label("內容簡介")).to_have_value("登入過期時打的字。")
    saved(second)
    entry.refresh_from_db()
    assert entry.synopsis == "登入過期時打的字。"


def test_a_quarantined_file_is_replaced(open_page, unit, contact, screenshot, assert_accessible):
    entry = make.make_whole_draft(unit=unit, by=contact, title="嘉義縣立豐山實驗國(中)小的長作品名稱" * 3)
    stored = entry.files.get().stored
    FileCheck.objects.filter(stored=stored).update(
        state="quarantined", reason="內容是執行檔，不是簡報。請重新匯出簡報再上傳。", kind="", neutral=None
    )
    page = open_page(contact, size=PHONE)
    page.goto(f"/competition/entries/{entry.pk}/files/")
    expect(page.get_by_text("已隔離").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    screenshot(page, "entry-quarantined-phone")
    page.locator("#files").get_by_role("link", name="更換").click()
    hand_over(page, ("報修流程說明.pptx", make_zip(materials.pptx_parts())))

    expect(page.locator("#files .nm").get_by_text("報修流程說明.pptx")).to_be_visible()
    expect(page.locator("#files .up-no")).to_have_count(0)
    assert [one.name for one in entry.files.all()] == ["報修流程說明.pptx"]
    assert_accessible(page)


@pytest.mark.parametrize(
    "step", ["edit/work", "edit/authors", "files", "edit/making", "submit", "preview", ""]
)
def test_the_steps_fit_a_phone(open_page, unit, contact, screenshot, assert_accessible, step):
    entry = make.make_whole_draft(unit=unit, by=contact)
    entry.materials.create(position=1, name="音樂", source="網站", licence="CC BY")
    page = open_page(contact, size=PHONE)

    page.goto(f"/competition/entries/{entry.pk}/{step}/".replace("//", "/"))

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert_accessible(page)
    screenshot(page, f"entry-phone-{step.replace('/', '-') or 'detail'}")


def test_staff_see_the_list_and_whom_to_remind(open_page, unit, contact, screenshot, assert_accessible):
    make.make_entry_file(entry=make.make_entry(unit=unit, title="有隔離的作品"), state="quarantined")
    make.make_whole_draft(unit=unit, by=contact, title="草稿中的作品")
    other = make.make_unit(programme=unit.programme, code="10010130", name="嘉義縣中埔鄉公所")
    make.make_contact(unit=other)
    page = open_page(make.make_staff())

    page.goto("/competition/")
    assert_accessible(page)
    screenshot(page, "entry-list-staff")
    page.goto("/competition/missing/")
    assert_accessible(page)
    screenshot(page, "entry-missing")
    page.get_by_role("button", name="提醒所選機關").click()
    expect(page.get_by_text("已提醒")).to_have_count(2)
