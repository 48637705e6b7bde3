"""The board, a scorecard and the records behind a figure: for everybody, on every screen, by keyboard."""

import pytest
from playwright.sync_api import expect

from scoring import actions
from tests import factories as make
from tests.conftest import DESKTOP, PHONE

pytestmark = pytest.mark.django_db(transaction=True)
CODE = "10010140"


@pytest.fixture
def staff():
    """Staff of a year with a unit in every state, and two months kept."""
    user = make.make_staff()
    unit = make.make_unit(code=CODE, name="嘉義縣竹崎鄉公所", headcount=68)
    for _ in range(3):
        make.make_update(unit=unit)
    quota = make.make_quota(unit=unit)
    make.make_enrolment(session=quota.session, unit=unit)
    for _ in range(6):
        make.make_forum_topic(unit=unit)
    make.make_entry(unit=unit)
    make.make_unit(code="104731", name="嘉義縣立豐山實驗國(中)小", category="school")
    for month in (4, 5):
        actions.take_snapshot(programme=unit.programme, by=user, at=make.taipei(2016, month, 28))
    return user


@pytest.mark.parametrize("size", (DESKTOP, PHONE), ids=("desktop", "phone"))
@pytest.mark.parametrize(
    "path",
    (
        "/scores/",
        f"/scores/{CODE}/",
        "/scores/104731/",
        f"/scores/{CODE}/workshop/",
        "/scores/board/freeze/",
        "/scores/board/snapshot/",
    ),
)
def test_accessible_and_never_wider_than_the_screen(open_page, assert_accessible, staff, path, size):
    page = open_page(staff, size=size)

    page.goto(path)

    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_from_the_board_to_the_rows_behind_a_figure_by_keyboard(open_page, staff):
    page = open_page(staff)
    page.goto("/scores/")

    page.get_by_label("機關名稱或代碼").press_sequentially("竹崎")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=*")
    assert page.locator("tbody tr").count() == 1
    page.get_by_role("link", name="嘉義縣竹崎鄉公所").press("Enter")
    page.wait_for_url(f"**/scores/{CODE}/")
    page.get_by_role("link", name="查看已計入的 3 筆").press("Enter")
    page.wait_for_url(f"**/scores/{CODE}/updates/")

    assert page.locator("tbody tr").count() == 3
    assert page.get_by_text("計入 3 筆").is_visible()


def test_the_print_button_shows_itself_where_it_works(open_page, staff):
    page = open_page(staff)
    page.goto(f"/scores/{CODE}/")
    page.evaluate("window.print = () => { document.title = '列印' }")

    page.get_by_role("button", name="列印").click()

    expect(page).to_have_title("列印")


def test_board_stays_a_table_on_phones(open_page, staff):
    page = open_page(staff, size=PHONE)
    page.goto("/scores/")

    table = page.get_by_role("table")

    assert table.get_by_role("row").count() == 3
    assert table.get_by_role("cell", name="嘉義縣竹崎鄉公所").count() == 1
