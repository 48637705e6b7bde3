"""A judge at work in the browser: keys, autosave, two windows, signing; every page of the competition by axe."""

from decimal import Decimal

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from competition import actions
from competition.models import Author, Entry, Judge, ScoreSheet
from tests import factories as make

from ..conftest import DESKTOP, PHONE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def entry():
    entry = make.make_entry(unit=make.make_unit(), title="簡易自來水報修一次看懂", work_code="AAAAAA")
    Author.objects.create(entry=entry, position=1, name="林堃峯")
    make.make_entry_file(entry=entry)
    return entry


@pytest.fixture
def judge(entry):
    return make.make_judge()


def sheet_url(entry):
    return reverse("competition:judging_sheet", args=[entry.work_code])


def stored():
    sheet = ScoreSheet.objects.get()
    return sheet.version, [str(points) for points in sheet.scores.values_list("points", flat=True)]


def kept(page):
    """What the judge's pages hold in this tab."""
    return page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('sheet:'))")


def test_a_judge_scores_by_keyboard_and_signs(open_page, assert_accessible, screenshot, entry, judge):
    page = open_page(judge, size=DESKTOP)
    page.goto(reverse("competition:judging_list"))
    page.get_by_role("link", name=entry.title).click()

    expect(page.locator("#score-sheet")).to_be_visible()
    page.wait_for_load_state()  # The keys work once the page's script has run.
    page.locator("body").press("1")
    page.keyboard.type("34.5")
    expect(page.locator("#saved")).to_contain_text("已自動儲存")
    expect(page.locator("#subtotal")).to_contain_text("34.5")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#subtotal")).to_contain_text("35.0")
    page.get_by_label("教學設計加 0.5").click()
    page.get_by_label("本項不評（棄權）：媒體呈現").check()
    page.get_by_label("媒體呈現的棄權理由").fill("光碟無法播放")
    expect(page.locator("#subtotal")).to_contain_text("媒體呈現棄權")
    expect(page.locator("#subtotal")).to_contain_text("缺創意")
    assert stored()[1] == ["35.0", "0.5", "None"]
    screenshot(page, "judging-desktop")
    assert_accessible(page)

    page.expected_statuses.add(422)
    page.get_by_role("button", name="簽名並看下一件").click()
    expect(page.get_by_text("還沒有評創意")).to_be_visible()
    page.get_by_label("創意 配分 10").fill("8")
    expect(page.locator("#saved")).to_contain_text("已自動儲存")
    page.get_by_role("button", name="簽名並看下一件").click()
    expect(page.get_by_text("AAAAAA 的評分表已簽名。")).to_be_visible()
    assert ScoreSheet.objects.get().is_signed


def test_two_windows_keep_both_versions(open_page, screenshot, entry, judge):
    first, second = open_page(judge), open_page(judge)
    first.goto(sheet_url(entry))
    second.goto(sheet_url(entry))
    first.get_by_label("內容 配分 40").fill("30")
    first.get_by_label("評語").fill("步驟清楚")
    expect(first.locator("#saved")).to_contain_text("已自動儲存")
    expect(first.locator("#id_version")).not_to_have_value("0")

    second.expected_statuses.add(409)
    second.get_by_label("內容 配分 40").fill("10")
    second.get_by_label("創意 配分 10").fill("5")
    expect(second.get_by_text("已儲存的：30.0")).to_be_visible()
    screenshot(second, "judging-two-windows")
    expect(second.get_by_label("內容 配分 40")).to_have_value("10")
    second.get_by_role("group", name="評語").get_by_label("已儲存的").check()
    second.get_by_role("button", name="照所選的儲存").click()

    expect(second.get_by_text("AAAAAA 的評分已照您所選的儲存。")).to_be_visible()
    assert stored()[1] == ["10.0", "5.0"]
    assert ScoreSheet.objects.get().comment == "步驟清楚"


def test_what_was_typed_outlives_the_session(open_page, entry, judge):
    judge.set_password("a sample password")
    judge.save()
    page = open_page(judge)
    page.goto(sheet_url(entry))
    expect(page.locator("#score-sheet")).to_be_visible()
    page.wait_for_load_state()
    Session.objects.all().delete()
    page.get_by_label("內容 配分 40").fill("33.5")
    page.get_by_label("評語").fill("導覽生動")
    expect(page.locator("#saved")).to_contain_text("登入已逾時，尚未儲存")
    assert not ScoreSheet.objects.exists()

    page.get_by_role("link", name="重新登入").click()
    page.get_by_label("帳號").fill(judge.username)
    page.get_by_label("密碼", exact=True).fill("a sample password")
    page.get_by_role("button", name="登入").click()

    expect(page.locator("#saved")).to_contain_text("已自動儲存")
    expect(page.get_by_label("內容 配分 40")).to_have_value("33.5")
    assert (stored()[1], ScoreSheet.objects.get().comment) == (["33.5"], "導覽生動")
    assert kept(page) == []


def test_somebody_else_at_the_same_tab_does_not_get_what_was_typed(
    open_page, client, live_server, entry, judge
):
    page = open_page(judge)
    page.goto(sheet_url(entry))
    page.wait_for_load_state()
    Session.objects.all().delete()
    page.get_by_label("內容 配分 40").fill("33.5")
    expect(page.locator("#saved")).to_contain_text("登入已逾時，尚未儲存")
    assert len(kept(page)) == 1
    client.force_login(make.make_judge(), backend="django.contrib.auth.backends.ModelBackend")
    cookie = client.cookies["sessionid"].value
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])

    page.goto(sheet_url(entry))

    expect(page.get_by_label("內容 配分 40")).to_have_value("")
    assert kept(page) == []


TABLET = {"width": 820, "height": 1180}


@pytest.mark.parametrize("size", [DESKTOP, TABLET, PHONE], ids=["desktop", "tablet", "phone"])
def test_three_works_one_after_the_other(open_page, assert_accessible, screenshot, entry, judge, size):
    for code, title in (("BBBBBB", "老街導覽的數位化"), ("CCCCCC", "嘉義縣立豐山實驗國(中)小的一天")):
        make.make_entry(unit=make.make_unit(), title=title, work_code=code, synopsis="從接電話到修好。" * 12)
    Entry.objects.update(synopsis="以三個常見狀況示範山區簡易自來水的報修步驟，附可列印的檢查表。")
    page = open_page(judge, size=size)
    page.goto(reverse("competition:judging_list"))
    screenshot(page, f"judging-list-{size['width']}")
    assert_accessible(page)
    page.get_by_role("link", name=entry.title).click()
    for code, mark in (("AAAAAA", "34.5"), ("BBBBBB", "30"), ("CCCCCC", "38")):
        expect(page.get_by_role("heading", name=f"{code} 評分表")).to_be_visible()
        for label, points in (
            ("內容 配分 40", mark),
            ("教學設計 配分 30", "25"),
            ("媒體呈現 配分 20", "16.5"),
        ):
            page.get_by_label(label).fill(points)
        page.get_by_label("創意 配分 10").fill("8")
        expect(page.locator("#subtotal")).not_to_contain_text("缺")
        if code == "CCCCCC":
            page.reload()
            screenshot(page, f"judging-third-{size['width']}")
            assert_accessible(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        page.get_by_role("button", name="簽名並看下一件").click()

    expect(page.get_by_text("已簽 3／3 件")).to_be_visible()
    page.get_by_role("link", name=entry.title).click()
    expect(page.get_by_role("button", name="收回簽名再改")).to_be_visible()
    screenshot(page, f"judging-signed-{size['width']}")
    assert_accessible(page)
    page.get_by_role("button", name="收回簽名再改").click()
    expect(page.get_by_text("AAAAAA 的簽名已收回")).to_be_visible()
    assert ScoreSheet.objects.filter(signed_at=None).get().entry == entry


def test_keys_lead_on(open_page, entry, judge):
    for code in ("BBBBBB", "CCCCCC"):
        make.make_entry(unit=make.make_unit(), work_code=code)
    make.make_sheet(entry=Entry.objects.get(work_code="BBBBBB"), judge=judge)
    page = open_page(judge)
    page.goto(sheet_url(entry))
    page.wait_for_load_state()

    page.locator("body").press("?")
    expect(page.locator("#keys[open]")).to_contain_text("下一件未簽名的")
    page.locator("body").press("Alt+n")
    expect(page.get_by_role("heading", name="CCCCCC 評分表")).to_be_visible()
    page.wait_for_load_state()
    page.locator("body").press("k")
    expect(page.get_by_role("heading", name="BBBBBB 評分表")).to_be_visible()


def test_enter_leads_from_mark_to_mark_and_never_signs(open_page, entry, judge):
    page = open_page(judge)
    page.goto(sheet_url(entry))
    page.wait_for_load_state()
    page.locator("body").press("1")
    for marks in ("34", "24", "16", "8"):
        page.keyboard.type(marks)
        page.keyboard.press("Enter")
    expect(page.get_by_label("評語")).to_be_focused()
    expect(page.locator("#subtotal")).to_contain_text("目前小計82")
    assert not ScoreSheet.objects.get().is_signed

    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("AAAAAA 的評分表已簽名。")).to_be_visible()


def test_a_judge_stands_back_in_the_browser(open_page, entry, judge):
    page = open_page(judge)
    page.goto(sheet_url(entry))
    page.locator("summary", has_text="聲明迴避").click()
    page.get_by_label("理由", exact=True).fill("曾指導這件作品")
    page.get_by_role("button", name="聲明迴避這件作品").click()

    expect(page.get_by_text("您已聲明迴避：AAAAAA（曾指導這件作品）")).to_be_visible()
    expect(page.get_by_text("沒有待評的作品。")).to_be_visible()


def test_a_mark_outside_the_scale_is_told_beside_the_sheet(open_page, entry, judge):
    page = open_page(judge, size=PHONE)
    page.goto(sheet_url(entry))

    page.get_by_label("創意 配分 10").fill("10.5")

    expect(page.locator("#saved")).to_have_text("未儲存。創意須在 0 至 10 分之間，以 0.5 分為單位。")
    assert not ScoreSheet.objects.exists()


def test_the_sheet_works_on_a_phone(open_page, assert_accessible, screenshot, entry, judge):
    page = open_page(judge, size=PHONE)
    page.goto(sheet_url(entry))

    page.get_by_label("內容加 0.5").click()

    expect(page.locator("#saved")).to_contain_text("已自動儲存")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    screenshot(page, "judging-phone")
    assert_accessible(page)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_offices_pages_are_accessible_and_fit(open_page, assert_accessible, entry, judge, size):
    others = [make.make_judge() for _ in range(3)]
    for other in others:
        make.make_sheet(entry=entry, judge=other, marks=(40, 30, 20, 5))
        make.make_sheet(entry=make.make_entry(unit=entry.unit), judge=other, marks=(40, 30, None, 5))
    make.make_conflict(entry=entry, judge=judge)
    make.make_entry(unit=make.make_unit(), state=Entry.State.DRAFT)
    other_group = entry.competition.groups.get(key="county_and_school")
    make.make_result(group=other_group)
    page = open_page(make.make_staff(), size=size)
    addresses = [
        *(
            reverse(f"competition:{name}")
            for name in (
                "entry_list",
                "missing_list",
                "entry_register",
                "competition_edit",
                "criterion_edit",
                "extension_list",
                "judge_list",
                "sheet_list",
                "result_list",
            )
        ),
        entry.get_absolute_url(),
        reverse("competition:entry_edit", args=[entry.pk, "work"]),
        reverse("competition:topic_edit", args=[entry.topic.group_id]),
        reverse("competition:result_detail", args=[entry.topic.group_id]),
        reverse("competition:result_detail", args=[other_group.pk]),
    ]

    for address in addresses:
        page.goto(address)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], address


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_pages_that_prepare_the_judging(open_page, assert_accessible, screenshot, entry, judge, size):
    """Candidates, prizes and the paper sheet; the last two once somebody has signed."""
    proposed, approved = (
        make.make_candidate(competition=entry.competition, name=name, state=state)
        for name, state in (("林堃峯（範例）", "proposed"), ("吳喆𠮷（範例）", "approved"))
    )
    make.make_sheet(entry=entry, judge=make.make_judge())
    page = open_page(make.make_staff(), size=size)

    for name, address in {
        "candidates": reverse("competition:candidate_list"),
        "candidate-proposed": reverse("competition:candidate_detail", args=[proposed.pk]),
        "candidate-approved": reverse("competition:candidate_detail", args=[approved.pk]),
        "prizes": reverse("competition:prize_edit"),
        "criteria-locked": reverse("competition:criterion_edit"),
        "sheet-enter": reverse("competition:sheet_enter"),
    }.items():
        page.goto(address)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], name
        screenshot(page, f"judging-{name}-{size['width']}")


def test_a_prize_stands_on_one_line(open_page, entry):
    page = open_page(make.make_staff(), size=DESKTOP)
    page.goto(reverse("competition:prize_edit"))

    first = page.get_by_role("group", name="第一名")

    value, count = (first.get_by_label(name).bounding_box() for name in ("禮券面額（元）", "禮券張數"))
    assert (value["y"], value["x"] < count["x"]) == (count["y"], True)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_sheets_that_come_from_elsewhere(open_page, assert_accessible, screenshot, entry, judge, size):
    """A sheet filled in without a line, refused and taken; and one that staff entered from paper."""
    panel = Judge.objects.get()
    page = open_page(judge, size=size)
    address = reverse("competition:judging_upload", args=[panel.pk])
    page.expected_statuses.add(422)
    page.goto(address)
    for name, content, told in (
        ("簡報.pdf", b"%PDF-1.4", "未讀取"),
        ("評分表.csv", "作品代碼,內容\nAAAAAA,34.5\n".encode(), "存成 1 件草稿"),
    ):
        page.get_by_label("填好的評分表").set_input_files({"name": name, "mimeType": "", "buffer": content})
        page.get_by_role("button", name="上傳並看變更").click()
        expect(page.locator("main")).to_contain_text(told)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        screenshot(page, f"judging-upload-{name.partition('.')[2]}-{size['width']}")
    page.get_by_role("button", name="存成 1 件草稿").click()
    expect(page.get_by_text("已存成 1 件草稿")).to_be_visible()
    assert stored() == (1, ["34.5"])
    page.goto(reverse("competition:judging_upload_confirm", args=[panel.pk]))
    expect(page.get_by_role("heading", name="上傳評分表")).to_be_visible()

    actions.enter_sheet(
        judge=panel,
        entry=entry,
        points={criterion.pk: Decimal(8) for criterion in entry.competition.criteria.all()},
        comment="",
        by=make.make_staff(),
        at=make.taipei(2016, 7, 20),
    )
    page.goto(sheet_url(entry))
    assert_accessible(page)
    screenshot(page, f"judging-countersign-{size['width']}")
    page.get_by_role("button", name="確認與紙本相符").click()
    expect(page.get_by_text("已確認代登的 AAAAAA 評分表。")).to_be_visible()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_contacts_pages_are_accessible_and_fit(open_page, assert_accessible, entry, size):
    unit = entry.unit
    draft = make.make_entry(unit=unit, state=Entry.State.DRAFT)
    make.make_extension(unit=unit, due_on=entry.competition.programme.ends_on)
    page = open_page(make.make_contact(unit=unit), size=size)

    for address in (
        reverse("competition:entry_list"),
        reverse("competition:entry_create"),
        entry.get_absolute_url(),
        draft.get_absolute_url(),
        reverse("competition:result_list"),
    ):
        page.goto(address)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], address


def test_a_judge_without_scripts_can_still_score(browser, live_server, client, entry, judge):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    client.force_login(judge, backend="django.contrib.auth.backends.ModelBackend")
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page = context.new_page()
    page.goto(sheet_url(entry))
    page.get_by_label("內容 配分 40").fill("30")
    page.get_by_role("button", name="先看下一件").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("評審作業")
    assert stored() == (1, ["30.0"])
    assert Judge.objects.get().sheets.count() == 1
    context.close()
