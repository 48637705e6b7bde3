"""The whole competition in the browser: set up, a judge appointed, three judges, a tie, a vacancy, the release."""

from io import BytesIO

import openpyxl
import pytest
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import expect

from competition.models import Author, Candidate, Entry, ScoreSheet
from tests import factories as make

pytestmark = pytest.mark.django_db(transaction=True)
JUDGING, MEETING, AFTER = make.taipei(2016, 7, 5, 9), make.taipei(2016, 7, 25, 14), make.taipei(2016, 8, 2, 9)
WORKS = {
    "AAAAAA": ("老街導覽的數位化", "曾堃峯喆", (38, 29, 19, 9)),
    "BBBBBB": ("簡易自來水報修一次看懂", "王𠮷", (36, 27, 18, 9)),
    "CCCCCC": ("新進同仁公文入門", "李三", (36, 27, 18, 9)),
    "DDDDDD": ("人事服務一點通", "吳五", (20, 15, 10, 5)),
}
CRITERIA = ("內容 配分 40", "教學設計 配分 30", "媒體呈現 配分 20", "創意 配分 10")
TITLES = {code: title for code, (title, _, _) in WORKS.items()}


def url(name, *args):
    return reverse(f"competition:{name}", args=args)


@pytest.fixture
def competition():
    competition = make.make_competition(programme=make.make_programme(year=105))
    for number, (code, (title, author, _)) in enumerate(WORKS.items(), start=1):
        unit = make.make_unit(name=f"嘉義縣測試鄉公所{number}")
        entry = make.make_entry(unit=unit, receipt=f"105-A-000{number}", title=title, work_code=code)
        Author.objects.create(entry=entry, position=1, name=author, title="課員")
    return competition


def score_all(page):
    """Every work that is not signed, one after the other, as the button leads."""
    page.goto(url("judging_list"))
    page.get_by_role("link", name=TITLES["AAAAAA"]).click()
    for code, (_, author, marks) in WORKS.items():
        expect(page.get_by_role("heading", name=f"{code} 評分表")).to_be_visible()
        assert author not in page.content()
        for label, points in zip(CRITERIA, marks, strict=True):
            page.get_by_label(label).fill(str(points))
        page.get_by_role("button", name="簽名並看下一件").click()
    expect(page.get_by_text("已簽 4／4 件")).to_be_visible()


def test_from_the_rules_to_the_award_list(open_page, screenshot, competition, time_machine):
    accounts = [
        make.make_user(username=f"judge{n}", name=f"評審{letter}") for n, letter in enumerate("甲乙丙")
    ]
    group = competition.groups.get(key="agency")
    contact = open_page(make.make_contact(unit=Entry.objects.first().unit))
    office = make.make_staff(name="林承辦")
    staff = open_page(office)

    # The rules, chosen before anybody judges.
    time_machine.move_to(JUDGING)
    staff.goto(url("competition_edit"))
    staff.get_by_label("得獎最低平均").fill("70")
    staff.get_by_label("佳作名額").fill("1")
    staff.get_by_role("button", name="儲存設定").click()
    expect(staff.get_by_text("競賽設定已儲存。")).to_be_visible()
    staff.goto(url("prize_edit"))
    first = staff.get_by_role("group", name="第一名")
    first.get_by_label("獎盃").check()
    first.get_by_label("禮券面額（元）").fill("1000")
    first.get_by_label("禮券張數").fill("6")
    staff.get_by_role("button", name="儲存獎項").click()
    expect(staff.get_by_text("獎盃、獎狀、禮券 1,000 元 × 6 張")).to_be_visible()

    # One judge from candidate to the panel, the others straight onto it.
    staff.goto(url("candidate_list"))
    staff.get_by_label("姓名").fill("評審甲")
    staff.get_by_label("服務單位").fill("範例大學")
    staff.get_by_role("button", name="推薦人選").click()
    staff.get_by_label("核定").check()
    staff.get_by_label("依據").fill("105年6月1日簽准")
    staff.get_by_role("button", name="登錄遴選結果").click()
    staff.get_by_label("聘函字號").fill("府人考字第1050000001號")
    staff.get_by_role("button", name="登錄聘函字號").click()
    expect(staff.get_by_role("link", name="列印聘函 PDF")).to_be_visible()
    letter = staff.request.get(staff.get_by_role("link", name="列印聘函 PDF").get_attribute("href"))
    assert letter.body().startswith(b"%PDF")
    staff.get_by_label("機關組").check()
    staff.get_by_label("登入帳號").fill("judge0")
    staff.get_by_role("button", name="加入評審名單並通知").click()
    expect(staff.get_by_text("已加入名單")).to_be_visible()
    assert Candidate.objects.get().user == accounts[0]
    for account in accounts[1:]:
        staff.goto(url("judge_list"))
        staff.get_by_label("帳號").fill(account.username)
        staff.get_by_role("button", name="加入評審名單").click()
        expect(staff.get_by_text(f"{account.name}已加入機關組評審。")).to_be_visible()

    for account in accounts:
        score_all(open_page(account))
    assert ScoreSheet.objects.exclude(signed_at=None).count() == 12

    # The meeting settles the tie; the last place is vacant.
    time_machine.move_to(MEETING)
    staff.goto(url("meeting_list", group.pk))
    staff.get_by_role("link", name="記錄一場評審會議").click()
    staff.get_by_label("日期", exact=True).fill("105/7/25")
    staff.get_by_label("時間", exact=True).last.fill("14:00")
    staff.get_by_label("地點").fill("人事處會議室")
    staff.get_by_label("主席").fill("林堃峯")
    staff.get_by_role("button", name="記錄這場會議").click()
    expect(staff.get_by_role("heading", name="第 2 名同分，由主席裁定")).to_be_visible()
    staff.get_by_role("spinbutton").nth(0).fill("2")
    staff.get_by_role("spinbutton").nth(1).fill("1")
    staff.get_by_label("裁定理由").fill("教學設計較完整")
    staff.get_by_role("button", name="記錄主席裁定").click()
    expect(staff.get_by_text("主席裁定CCCCCC為第 2 名、BBBBBB為第 3 名。")).to_be_visible()
    screenshot(staff, "competition-meeting")

    staff.get_by_role("link", name="名次與定案").click()
    staff.get_by_label("日期", exact=True).fill("105/8/1")
    staff.get_by_role("button", name="將機關組結果定案").click()
    expect(staff.get_by_text("已定案，尚未公布。")).to_be_visible()
    contact.goto(url("result_list"))
    assert not any(title in contact.content() for title in TITLES.values())
    assert contact.request.get(url("award_export", "xlsx")).status == 404

    # The time has come: everybody sees the same.
    time_machine.move_to(AFTER)
    contact.reload()
    expect(contact.get_by_text("作品平均未達得獎最低平均。")).to_be_visible()
    screenshot(contact, "competition-released")
    with contact.expect_download() as download:
        contact.get_by_role("link", name="XLSX").click()
    sheet = openpyxl.load_workbook(BytesIO(download.value.path().read_bytes())).active
    head, *rows = sheet.iter_rows(values_only=True)
    shown = [dict(zip(head, row, strict=True)) for row in rows]
    assert [(row["獎項"], row["作品名稱"]) for row in shown] == [
        ("第一名", TITLES["AAAAAA"]),
        ("第二名", TITLES["CCCCCC"]),
        ("第三名", TITLES["BBBBBB"]),
        ("佳作", None),
    ]
    assert shown[2]["作者"] == "王𠮷"
    call_command("verify_results", "105")
    call_command("check_invariants", verbosity=0)
