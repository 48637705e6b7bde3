"""An office worker's first hour: log in, import what the county has, read why a unit stands at 62.9 %."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from agencies.actions.programmes import activate
from chiayi_elearn.programmes import open_programme
from tests import factories as make

from ..conftest import PHONE

pytestmark = pytest.mark.django_db(transaction=True)

UNITS = Path(__file__).parents[2] / "chiayi_elearn" / "demo" / "units.csv"
UNIT = "10010140"
PASSWORD = "tian-di-0301-zhuqi"
UPDATES = "編號,機關代碼,標題,更新日期\n" + "\n".join(
    f"KM{number},{UNIT},業務經驗 {number},105年4月{number + 1}日" for number in range(14)
)
QUOTAS = f"梯次,機關代碼,名額\n2,{UNIT},２\n"
NOMINEES = f"梯次,機關代碼,姓名,職稱,電子郵件,出席\n2,{UNIT},堃峯喆,課員,,出席\n2,{UNIT},𠮷田‧ʉ,技士,,遲到\n"
TOPICS = "編號,機關代碼,主題,網址,發表日期,回覆數\n" + "\n".join(
    f"EC{number},{UNIT},論壇主題 {number},https://forum.example.test/{number},105/05/{number + 1:02d},{10 + number}"
    for number in range(5)
)


@pytest.fixture
def staff():
    user = make.make_staff(username="chen")
    user.set_password(PASSWORD)
    user.save()
    open_programme(year=105, by=user, at=make.taipei(2016, 3, 1))
    return user


def log_in(page):
    page.goto("/")
    page.get_by_label("帳號").fill("chen")
    page.get_by_label("密碼").fill(PASSWORD)
    page.get_by_role("button", name="登入").click()


def import_file(page, title, name, content):
    page.get_by_role("link", name="匯入", exact=True).first.click()
    page.get_by_role("link", name=title, exact=True).click()
    page.get_by_label("檔案").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="上傳並預覽").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("請確認")
    page.get_by_role("button", name="匯入這").click()
    expect(page.get_by_text("已匯入。")).to_be_visible()


def test_from_the_spreadsheets_to_the_reason_of_a_figure(open_page, staff, screenshot, assert_accessible):
    page = open_page()
    log_in(page)
    import_file(page, "機關與人數", "機關.csv", UNITS.read_bytes())
    activate(programme=make.the_programme(), by=staff, at=make.taipei(2016, 3, 1))
    import_file(page, "資料更新", "更新.csv", UPDATES.encode())
    # The county's older tools write Big5; 𠮷 and ʉ are only in Unicode.
    import_file(page, "研習名額", "名額.csv", QUOTAS.encode("cp950"))
    import_file(page, "薦送與出席", "名單.csv", NOMINEES.encode("utf-8-sig"))
    import_file(page, "論壇主題", "論壇.csv", TOPICS.encode())

    page.get_by_role("link", name="完成度", exact=True).click()
    expect(page.get_by_text("共 191 個機關")).to_be_visible()
    assert_accessible(page)
    screenshot(page, "board-desktop")
    page.get_by_label("機關名稱或代碼").fill("竹崎鄉")
    page.get_by_role("button", name="篩選").click()
    page.get_by_role("link", name="嘉義縣竹崎鄉公所").click()

    expect(page.locator(".hero-u .big")).to_have_text("62.9%")
    expect(page.get_by_text("（51.5 + 100.0 + 0.0 + 100.0）÷ 4")).to_be_visible()
    expect(page.get_by_text("還差 14 筆")).to_be_visible()
    assert_accessible(page)
    screenshot(page, "scorecard-desktop")
    page.get_by_role("link", name="查看已計入的 14 筆").click()
    expect(page.get_by_text("業務經驗 13")).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("path", ("/", "/imports/", "/imports/units/", "/scores/", f"/scores/{UNIT}/"))
def test_the_pages_fit_a_phone(open_page, staff, screenshot, assert_accessible, path):
    make.make_unit(programme=make.the_programme(), code=UNIT, name="嘉義縣竹崎鄉公所", headcount=68)
    make.make_unit(programme=make.the_programme(), code="104731", name="嘉義縣立豐山實驗國(中)小")
    page = open_page(staff, size=PHONE)

    page.goto(path)

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert_accessible(page)
    screenshot(page, f"phone{path.replace('/', '-')}")
