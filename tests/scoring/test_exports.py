"""The board as a file, read back by other programs; and the command that shares its code."""

import csv
import io
import json

import openpyxl
import pypdfium2
import pytest
from django.core.management import CommandError, call_command, execute_from_command_line
from django.urls import reverse
from python_calamine import CalamineWorkbook

from agencies.models import Category
from scoring.board import compute_board
from scoring.exports import FORMATS, write_board
from tests import factories as make

AT = make.taipei(2016, 6, 23, 9, 40)
pytestmark = pytest.mark.django_db

HEADER = [
    "名次", "機關代碼", "機關名稱", "類別", "整體完成度",
    "經驗傳承更新", "更新數", "單位人數", "更新率",
    "薦送研習", "薦送人數", "分配名額",
    "教材參賽", "參賽件數", "論壇主題", "主題數", "不適用原因",
]  # fmt: skip


@pytest.fixture
def board():
    """A township at 97.1 % of its updates, and a school to which two indicators do not apply."""
    township = make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所", headcount=103)
    for _ in range(40):
        make.make_update(unit=township)
    quota = make.make_quota(unit=township, seats=2)
    make.make_enrolment(session=quota.session, unit=township)
    make.make_unit(code="0104731", name="=嘉義縣立豐山實驗國(中)小", category=Category.SCHOOL)
    return compute_board(make.the_programme(), at=AT)


def written(board, fmt):
    return write_board(board, fmt).content


def test_xlsx_reads_back(board):
    book = openpyxl.load_workbook(io.BytesIO(written(board, "xlsx")))
    sheet = book.worksheets[0]

    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]

    assert rows == [
        HEADER,
        [1, "10010140", "嘉義縣竹崎鄉公所", "鄉鎮市公所", 0.368,
         0.971, 40, 103, 0.194, 0.5, 1, 2, 0, 0, 0, 0, None],
        [2, "0104731", "=嘉義縣立豐山實驗國(中)小", "學校", 0,
         "不適用", 0, None, "不適用", "不適用", 0, 0, 0, 0, 0, 0,
         "經驗傳承更新：未填單位人數、薦送研習：未分配名額"],
    ]  # fmt: skip
    assert {sheet["A2"].data_type, sheet["E2"].data_type} == {"n"}
    assert sheet["C3"].data_type != "f"
    notes = [row[0].value for row in book.worksheets[1].iter_rows()]
    assert notes[0] == "105年度各機關完成度"
    assert notes[-1].endswith("計算時間：105年6月23日 09:40（臺北時間）。")


def test_ods_reads_back(board):
    book = CalamineWorkbook.from_filelike(io.BytesIO(written(board, "ods")))

    rows = book.get_sheet_by_index(0).to_python()

    assert rows[0] == HEADER
    assert rows[1][:6] == [1, "10010140", "嘉義縣竹崎鄉公所", "鄉鎮市公所", 0.368, 0.971]
    assert rows[2][1] == "0104731"


def test_csv_reads_back(board):
    text = written(board, "csv").decode("utf-8-sig")

    rows = list(csv.reader(io.StringIO(text)))

    assert rows[0] == HEADER
    assert [row[1] for row in rows[1:]] == ["10010140", "0104731"]
    assert rows[2][5] == "不適用"


def test_json_is_the_board(board):
    assert json.loads(written(board, "json")) == board.as_json()


def test_pdf_says_the_same(board):
    document = pypdfium2.PdfDocument(written(board, "pdf"))
    text = "".join(page.get_textpage().get_text_range() for page in document)

    for expected in (
        "105年度各機關完成度",
        "嘉義縣竹崎鄉公所",
        "97.1",
        "40 筆／206",
        "未填單位人數",
        "計算時間：105年6月23日 09:40（臺北時間）",
        "第 1 頁，共 1 頁",
    ):
        assert expected in text, expected


def test_pdf_repeats_its_head_on_every_page():
    for number in range(60):
        make.make_unit(code=f"U{number:02}")
    board = compute_board(make.the_programme(), at=AT)

    document = pypdfium2.PdfDocument(written(board, "pdf"))
    pages = [page.get_textpage().get_text_range() for page in document]

    with_units = [text for text in pages if "U0" in text or "U5" in text]
    assert len(with_units) > 1
    assert all("依分配名額" in text for text in with_units)
    assert {page.get_width() > page.get_height() for page in document} == {True}


@pytest.mark.parametrize("fmt", FORMATS)
def test_export_downloads(client, board, fmt):
    client.force_login(make.make_staff())

    response = client.get(reverse("scoring:export", args=[fmt]))

    assert response.status_code == 200
    assert f"{fmt}" in response["Content-Disposition"]
    assert response.content


def test_export_keeps_the_category(client, board):
    client.force_login(make.make_staff())

    response = client.get(reverse("scoring:export", args=["json"]) + "?category=school")

    assert [unit["code"] for unit in response.json()["units"]] == ["0104731"]
    assert response.json()["units"][0]["rank"] == 1


@pytest.mark.parametrize("count", (1, 3, 30))
def test_export_query_count(client, count, django_assert_num_queries):
    for _ in range(count):
        make.make_update(unit=make.make_unit(headcount=5))
    client.force_login(make.make_staff())

    with django_assert_num_queries(5):  # session, user, programme; units, facts
        client.get(reverse("scoring:export", args=["ods"]))


def test_export_of_an_unknown_format_is_not_there(client, board):
    client.force_login(make.make_staff())

    assert client.get("/scores/export/exe/").status_code == 404


@pytest.mark.parametrize("fmt", FORMATS)
def test_command_writes_a_file(board, fmt, tmp_path):
    target = tmp_path / f"board.{fmt}"

    call_command("scoreboard", "105", format=fmt, output=target)

    assert target.stat().st_size > 100


def test_command_understands_categories_in_both_languages(board):
    codes = []
    for category in ("school", "學校"):
        out = io.StringIO()
        call_command("scoreboard", "105", format="json", category=category, stdout=out)
        codes.append([unit["code"] for unit in json.loads(out.getvalue())["units"]])

    assert codes == [["0104731"], ["0104731"]]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    (
        (["99"], "沒有99年度。"),
        (["乙"], "年度「乙」不是數字。"),
        ([], "沒有填年度。"),
        (["105", "--format", "exe"], "不認得格式「exe」"),
        (["105", "--category", "鄉"], "不認得類別「鄉」"),
        (["105", "--output", "/nowhere/board.json"], "無法寫入「/nowhere/board.json」"),
    ),
)
def test_command_refuses_in_one_line(board, arguments, reason, capsys):
    with pytest.raises(SystemExit) as stopped:
        execute_from_command_line(["manage.py", "scoreboard", *arguments])

    printed = capsys.readouterr()
    assert (stopped.value.code, printed.out) == (1, "")
    assert printed.err.count("\n") == 1
    assert reason in printed.err


def test_command_says_which_name_no_font_has():
    make.make_unit(name="測試\U0010fffd機關")

    with pytest.raises(CommandError, match="「測試\U0010fffd機關」的「\U0010fffd」（U\\+10FFFD）"):
        call_command("scoreboard", "105", format="pdf")
