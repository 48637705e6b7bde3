import csv
import io
import os
import re
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from foundation.rocdate import parse_date
from foundation.sheets import FORMATS, Column, OutColumn, Paper, read_table, write_table
from foundation.sheets.writing import CUT, MAX_CELL

# What a spreadsheet can hold: no control characters, no halves of characters.
texts = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\ufffe\uffff")
    | st.sampled_from("=+-@'\t\n\"#,; 堃𠮷ʉ’"),
    max_size=30,
).map(lambda text: "".join(sign for sign in text if sign in "\t\n" or sign >= " "))
numbers = st.integers(-(10**15) + 1, 10**15 - 1)
days = st.dates(date(1912, 1, 1), date(2900, 12, 31))


def write(fmt, rows, columns=("甲", "乙"), **options):
    return write_table(fmt, title="清冊", columns=columns, rows=rows, **options)


def read_back(fmt, written, titles=("甲", "乙")):
    table = read_table(written.content, f"a.{fmt}", columns=[Column(title, title) for title in titles])
    return [tuple(row.cells.values()) for row in table]


def blank_as_none(value):
    return None if isinstance(value, str) and not value.strip() else value


@pytest.mark.parametrize("fmt", FORMATS)
@settings(max_examples=80, deadline=None)
@given(rows=st.lists(st.tuples(texts, numbers), max_size=6))
@example(
    rows=[("=1+1", 1), ("'=1", 2), ("''+", 3), ("#N/A", 4), ("_x000D_", 5), ("  a  \n\n b\t", 6), ("-", 7)]
)
def test_text_and_numbers_come_back_as_written(fmt, rows):
    written = write(fmt, rows)

    expected = [(blank_as_none(text), str(number) if fmt == "csv" else number) for text, number in rows]
    assert read_back(fmt, written) == expected
    assert written.warnings == []
    assert written.rows == len(rows)


@pytest.mark.parametrize("dates", ("roc", "real"))
@pytest.mark.parametrize("fmt", FORMATS)
@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(days, days), min_size=1, max_size=4))
def test_dates_come_back_as_written(fmt, dates, rows):
    read = read_back(fmt, write(fmt, rows, dates=dates))

    assert [tuple(map(parse_date, values)) for values in read] == rows
    assert isinstance(read[0][0], date if dates == "real" and fmt != "csv" else str)


def test_dates_are_shown_in_the_roc_calendar():
    rows = [(date(2016, 7, 1), datetime(2016, 6, 30, 17, 5, tzinfo=UTC))]

    assert read_back("ods", write("ods", rows)) == [("105-07-01", "105年7月1日 01:05")]
    assert read_back("csv", write("csv", rows, dates="real")) == [("2016-07-01", "2016-07-01 01:05")]
    content = write("xlsx", rows, dates="real").content
    cell, moment = load_workbook(io.BytesIO(content)).active[2]
    assert (cell.number_format, moment.number_format) == ("[$-404]e/mm/dd", "[$-404]e/mm/dd hh:mm")
    assert moment.value == datetime(2016, 7, 1, 1, 5)  # noqa: DTZ001 (cells have no zone)


def test_days_before_the_calendar_are_written_as_text():
    for dates in ("roc", "real"):
        assert read_back("xlsx", write("xlsx", [(date(1899, 1, 2), None)], dates=dates)) == [
            ("1899-01-02", None)
        ]


@pytest.mark.parametrize("fmt", ("xlsx", "ods"))
def test_no_cell_is_a_formula(fmt):
    poison = [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "#N/A",
        "=cmd|' /C calc'!A0",
        '=HYPERLINK("http://x","y")',
    ]
    written = write(fmt, [(text, text) for text in poison], columns=["=1", "乙"])
    with zipfile.ZipFile(io.BytesIO(written.content)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}

    assert "<f>" not in parts.get("xl/worksheets/sheet1.xml", "")
    assert "formula" not in parts.get("content.xml", "")
    assert [values[0] for values in read_back(fmt, written, ["=1", "乙"])] == poison
    if fmt == "xlsx":
        cells = [row[0] for row in load_workbook(io.BytesIO(written.content)).active.iter_rows(min_row=2)]
        assert {cell.data_type for cell in cells} == {"s"}
        assert all(cell.quotePrefix for cell in cells)


def test_a_csv_guards_text_that_would_be_computed():
    poison = ["=1+1", "+886", "-", "@x", "\tx", "'=1", "\n=1"]
    content = write("csv", [(text, -5) for text in poison]).content

    assert content.startswith(b"\xef\xbb\xbf")
    cells = [row[0] for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))]
    assert cells == ["甲", *(f"'{text}" for text in poison)]
    assert b",-5\r\n" in content


def test_codes_keep_their_zeros():
    for fmt in FORMATS:
        assert read_back(fmt, write(fmt, [("0012", "1050701")])) == [("0012", "1050701")]


@pytest.mark.parametrize("fmt", FORMATS)
def test_what_a_spreadsheet_cannot_hold_is_replaced_and_told(fmt):
    rows = [
        ("好", "壞\x0b\x00\ud842\uffff字"),
        ("長" * (MAX_CELL + 1), None),
        ("𠮷" * 20_000, None),
        ("剛" * MAX_CELL, None),
    ]
    written = write(fmt, rows)

    read = read_back(fmt, written)
    assert read[0] == ("好", "壞\ufffd\ufffd\ufffd\ufffd字")
    assert read[1] == ("長" * (MAX_CELL - len(CUT)) + CUT, None)
    assert read[2][0].endswith(f"𠮷{CUT}")
    assert len(read[2][0].encode("utf-16-le")) // 2 <= MAX_CELL
    assert read[3] == ("剛" * MAX_CELL, None)
    assert written.warnings == [
        "第 2 列「乙」有試算表不能存的字元，已改為「\ufffd」。",
        "第 3 列「甲」超過 32,767 個字，全文過長，已截。",
        "第 4 列「甲」超過 32,767 個字，全文過長，已截。",
    ]


@pytest.mark.parametrize("fmt", ("xlsx", "ods"))
def test_notes_and_warnings_stand_on_their_own_sheet(fmt):
    written = write(fmt, [("壞\x0b", 1)], notes=["資料期間：105年3月至9月", "公式 =\x00"])

    with_notes = read_table(written.content, f"a.{fmt}", columns=[Column("note", "資料期間：105年3月至9月")])
    assert with_notes.sheet == "說明"
    assert [row["note"] for row in with_notes] == ["公式 =\ufffd", *written.warnings]
    assert read_table(written.content, f"a.{fmt}", columns=[Column("甲", "甲")]).header_row == 1


def test_a_list_is_printed_across_as_wide_as_a_page_with_its_header():
    sheet = load_workbook(io.BytesIO(write("xlsx", [("甲", 1)]).content)).active
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToHeight) == (True, 0)
    assert (sheet.print_title_rows, sheet.print_options.gridLines) == ("$1:$1", True)

    archive = zipfile.ZipFile(io.BytesIO(write("ods", [("甲", 1)]).content))
    styles, content = (archive.read(name).decode() for name in ("styles.xml", "content.xml"))
    for setting in ('print-orientation="landscape"', 'scale-to-X="1"', 'scale-to-Y="0"', "grid"):
        assert setting in styles
    assert 'style:master-page-name="Default"' in content


PAPER = Paper("禮券印領清冊", above=("受領事由：得獎禮券",), below=("合計：新臺幣壹萬元整", "承辦人："))
LINES = ["禮券印領清冊", "受領事由：得獎禮券", "甲", "乙", "共同作者", "合計：新臺幣壹萬元整", "承辦人："]


def test_a_paper_has_its_lines_around_the_table_and_its_words_wrapped():
    sheet = load_workbook(io.BytesIO(write("xlsx", [("共同作者", 1)], paper=PAPER).content)).active

    assert [sheet.row_dimensions[row].height for row in (4, 5)] == [17, None]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert [cell.value for cell in cells if cell.value != 1] == LINES
    assert (sheet["A4"].alignment.wrap_text, sheet.freeze_panes, sheet.print_title_rows) == (
        True,
        "A4",
        "$3:$3",
    )

    with zipfile.ZipFile(io.BytesIO(write("ods", [("共同作者", 1)], paper=PAPER).content)) as archive:
        content = archive.read("content.xml").decode()
    assert re.findall("<text:p>([^<]+)</text:p>", content) == LINES
    assert content.count('fo:wrap-option="wrap"') > content.count('style:name="PL"')


def test_endless_warnings_are_summed_up():
    written = write("csv", [("\x0b", "\x0b")] * 40)

    assert len(written.warnings) == 51
    assert written.warnings[-1] == "另有 30 處同樣處理，未逐一列出。"


@pytest.mark.parametrize("fmt", ("xlsx", "ods"))
def test_numbers_are_typed_and_exact(fmt):
    columns = [
        OutColumn("率", kind="percent"),
        OutColumn("分", kind="decimal", places=2),
        OutColumn("數", kind="int"),
    ]
    rows = [
        (Fraction(643, 1000), Fraction(2, 3), 5),
        (Fraction(99999, 100000), Decimal("80.50"), 10**20),
        (1, 3, True),
        (None, "不適用", float("nan")),
    ]
    read = read_back(fmt, write(fmt, rows, columns=columns), ("率", "分", "數"))

    assert read == [
        (0.643, 0.67, 5),
        (0.999, 80.5, str(10**20)),
        (1, 3, True),
        (None, "不適用", "nan"),
    ]


def test_the_xlsx_shows_numbers_as_asked():
    columns = [OutColumn("率", kind="percent", width=9), OutColumn("分", kind="decimal", places=2)]
    sheet = load_workbook(io.BytesIO(write("xlsx", [(Fraction(1, 3), 2)], columns=columns).content)).active

    assert [cell.number_format for cell in sheet[2]] == ["0.0%", "0.00"]
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    assert sheet.column_dimensions["A"].width == 9
    assert sheet.title == "清冊"


def test_the_ods_is_complete_and_well_formed():
    written = write("ods", [("a & <b>", date(2016, 7, 1))], dates="real", notes=["x"])
    with zipfile.ZipFile(io.BytesIO(written.content)) as archive:
        first = archive.infolist()[0]
        roots = {
            name: fromstring(archive.read(name)).tag for name in archive.namelist() if name.endswith(".xml")
        }

    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    assert set(roots) == {"META-INF/manifest.xml", "content.xml", "meta.xml", "styles.xml", "settings.xml"}


@pytest.mark.parametrize("title", ("105年度[機關]:*?/\\組", "'長'" * 20, "\x00", ""))
@pytest.mark.parametrize("fmt", ("xlsx", "ods"))
def test_any_title_makes_a_sheet_name(fmt, title):
    written = write_table(fmt, title=title, columns=["甲"], rows=[["x"]])
    table = read_table(written.content, f"a.{fmt}", columns=[Column("甲", "甲")])

    assert 1 <= len(table.sheet) <= 31


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_target_is_written_to_and_left_open(fmt):
    target = io.BytesIO()
    written = write(fmt, iter([("甲", 1)]), target=target)

    assert written.content is None
    written.content = target.getvalue()
    assert len(read_back(fmt, written)) == 1
    assert (written.content_type, written.extension) == (FORMATS[fmt], fmt)


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_row_of_the_wrong_length_is_a_mistake(fmt):
    with pytest.raises(ValueError, match="zip"):
        write(fmt, [("只有一格",)])


def test_unknown_formats_are_a_mistake():
    with pytest.raises(ValueError, match="pdf"):
        write("pdf", [])
    with pytest.raises(ValueError, match="julian"):
        write("csv", [], dates="julian")


@pytest.mark.parametrize("fmt", FORMATS)
def test_memory_does_not_grow_with_the_rows(fmt, tmp_path):
    program = (
        "import re, sys\n"
        "from foundation.sheets import write_table\n"
        "def peak():\n"
        "    return int(re.search(r'VmHWM:\\s+([0-9]+) kB', open('/proc/self/status').read())[1])\n"
        "def rows(count):\n"
        "    return (['民政處%d' % number, number, '文字' * 20] for number in range(count))\n"
        "def write(count):\n"
        "    with open(sys.argv[2], 'wb') as target:\n"
        "        write_table(sys.argv[1], title='x', columns=['甲', '乙', '丙'], rows=rows(count), target=target)\n"
        "    return peak()\n"
        "print(write(100), write(15_000))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, fmt, str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONUTF8": "1"},
    )
    few, many = map(int, done.stdout.split())

    assert many - few < 8 * 1024
