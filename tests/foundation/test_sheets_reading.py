import csv
import io
import os
import random
import subprocess
import sys
import time
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.sheets import Column, SheetRefused, limits, read_table
from foundation.text import TextError, clean_line

from .hostile import (
    make_ods,
    make_xlsx,
    make_zip,
    ods_cell,
    ods_parts,
    ods_table,
    overlapping_zip,
    sheet_data,
    xlsx_parts,
)

COLUMNS = (
    Column("code", "機關代碼"),
    Column("name", "機關名稱"),
    Column("headcount", "單位人數", required=False),
)
HEADER = ["機關代碼", "機關名稱", "單位人數"]
ROWS = [HEADER, ["U01", "民政處", 30], ["U02", "地政處", None]]
READ = [
    (2, {"code": "U01", "name": "民政處", "headcount": 30}),
    (3, {"code": "U02", "name": "地政處", "headcount": None}),
]


def make_csv(rows, *, encoding="utf-8-sig", delimiter=","):
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    return stream.getvalue().encode(encoding)


def read(content, filename="名冊.xlsx", **options):
    return read_table(content, filename, **{"columns": COLUMNS, **options})


def as_pairs(table):
    return [(row.number, row.cells) for row in table]


def refusal_of(content, filename="名冊.xlsx", **options):
    with pytest.raises(SheetRefused) as refusal:
        read(content, filename, **options)
    assert str(refusal.value).endswith("。")
    return refusal.value


# --- what is understood ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "filename"),
    (
        (make_xlsx(sheet_data(ROWS)), "名冊.xlsx"),
        (make_xlsx(sheet_data(ROWS)), "名冊.XLSX"),
        (make_ods(ods_table(ROWS)), "名冊.ods"),
    ),
)
def test_a_table_is_read_with_its_row_numbers_and_types(content, filename):
    table = read(content, filename)

    assert as_pairs(table) == READ
    assert (table.sheet, table.header_row, table.ignored, table.warnings) == ("工作表1", 1, [], [])
    assert table.rows[0]["headcount"] == 30
    assert type(table.rows[0]["headcount"]) is int


@pytest.mark.parametrize("encoding", ("utf-8", "utf-8-sig", "cp950"))
@pytest.mark.parametrize("delimiter", (",", ";", "\t"))
def test_a_csv_is_read_as_text(encoding, delimiter):
    table = read(make_csv(ROWS, encoding=encoding, delimiter=delimiter), "名冊.csv")

    assert as_pairs(table) == [
        (2, {"code": "U01", "name": "民政處", "headcount": "30"}),
        (3, {"code": "U02", "name": "地政處", "headcount": None}),
    ]


def test_sources_are_paths_bytes_and_files(tmp_path):
    content = make_xlsx(sheet_data(ROWS))
    path = tmp_path / "名冊.xlsx"
    path.write_bytes(content)

    assert as_pairs(read(path)) == as_pairs(read(str(path))) == as_pairs(read(io.BytesIO(content))) == READ


@pytest.mark.parametrize(
    "header",
    (
        ["code", "name", "headcount"],
        ["*機關代碼", "＊ 機關名稱", "單位 人數"],
        [" 機關　代碼\n", "機關名稱", "ＨＥＡＤＣＯＵＮＴ"],
        ["機關代碼（code）", "機關名稱(name)", "單位人數"],
    ),
)
def test_headers_match_whatever_their_width_case_and_spaces(header):
    assert as_pairs(read(make_csv([header, *ROWS[1:]]), "a.csv"))[0][1]["code"] == "U01"


def test_column_order_and_unknown_columns():
    table = read(make_xlsx(sheet_data([["備註", "機關名稱", "機關代碼"], ["x", "民政處", "U01"]])))

    assert as_pairs(table) == [(2, {"name": "民政處", "code": "U01", "headcount": None})]
    assert (table.ignored, table.missing) == (["備註"], ["單位人數"])


def test_extra_columns_are_read_under_their_own_header():
    rows = [["收件編號", "內容", "教學 設計"], ["C001", 38.5, None]]
    table = read(make_xlsx(sheet_data(rows)), columns=[Column("receipt", "收件編號")], extra_columns=True)

    assert as_pairs(table) == [(2, {"receipt": "C001", "內容": 38.5, "教學 設計": None})]
    assert table.extra == ["內容", "教學 設計"]
    doubled = make_xlsx(sheet_data([["收件編號", "內容", "內 容"], ["C001", 1, 2]]))
    refusal = refusal_of(doubled, columns=[Column("receipt", "收件編號")], extra_columns=True)
    assert str(refusal) == "第 1 列：標題重複，B 欄與 C 欄都是「內 容」。"


def test_empty_rows_are_skipped_and_rows_keep_their_number():
    rows = [
        [],
        [None, None],
        HEADER,
        [],
        ["U01", "民政處", 30],
        ["　", None],
        ["U02", "地政處", None],
        [],
        [],
    ]

    expected = [(5, READ[0][1]), (7, READ[1][1])]
    assert as_pairs(read(make_xlsx(sheet_data(rows)))) == expected
    assert as_pairs(read(make_ods(ods_table(rows)), "a.ods")) == expected


def test_a_table_need_not_start_in_column_a():
    rows = [[None, None, *values] for values in ROWS]

    assert as_pairs(read(make_xlsx(sheet_data(rows)))) == READ
    assert as_pairs(read(make_ods(ods_table(rows)), "a.ods")) == READ


def test_ods_repeats_rows_and_cells_as_libreoffice_writes_them():
    twice = '<table:table-cell office:value-type="string" table:number-columns-repeated="2"><text:p>同</text:p></table:table-cell>'
    tail = '<table:table-cell table:number-columns-repeated="16382"/>'
    more = (
        f'<table:table-row table:number-rows-repeated="2">{twice}{tail}</table:table-row>'
        f'<table:table-row table:number-rows-repeated="1048573">'
        '<table:table-cell table:style-name="ce1" table:number-columns-repeated="16384"/></table:table-row>'
    )
    table = read(make_ods(ods_table([HEADER], more=more)), "a.ods")

    assert [(row.number, row["code"], row["name"]) for row in table] == [(2, "同", "同"), (3, "同", "同")]


def test_styled_but_empty_cells_far_away_are_no_content():
    more = '<row r="1048576"><c r="XFD1048576" s="0"/></row>'

    assert as_pairs(read(make_xlsx(sheet_data(ROWS, more=more)))) == READ


def test_dates_moments_and_truth_values_keep_their_type():
    columns = [Column("date", "日期"), Column("at", "時間"), Column("yes", "是否")]
    cells = (
        '<table:table-cell office:value-type="date" office:date-value="2016-07-01"/>',
        '<table:table-cell office:value-type="date" office:date-value="2016-07-01T09:30:00"/>',
        '<table:table-cell office:value-type="boolean" office:boolean-value="true"/>',
    )
    table = read(make_ods(ods_table([["日期", "時間", "是否"], cells])), "a.ods", columns=columns)

    assert table.rows[0].cells == {"date": date(2016, 7, 1), "at": datetime(2016, 7, 1, 9, 30), "yes": True}  # noqa: DTZ001


def test_words_parted_by_a_tab_or_a_line_break_stay_parted():
    cell = (
        '<table:table-cell office:value-type="string"><text:p>王<text:tab/>小<text:s text:c="2"/>明<text:line-break/>乙'
        "</text:p></table:table-cell>"
    )
    table = read(make_ods(ods_table([HEADER, ["U01", cell]])), "a.ods")

    assert table.rows[0]["name"] == "王\t小  明\n乙"


@pytest.mark.parametrize("kind", ("xlsx", "ods"))
def test_the_first_visible_sheet_with_the_header_is_taken(kind):
    note, wrong = [["填表說明"]], [HEADER, ["U99", "隱藏"]]
    if kind == "xlsx":
        sheets = map(sheet_data, (wrong, note, ROWS))
        content = make_xlsx(*sheets, states=("hidden", "visible", "visible"))
    else:
        hiding = '<style:style style:name="ta2"><style:table-properties table:display="false"/></style:style>'
        tables = (
            ods_table(wrong, name="工作表1", style="ta2"),
            ods_table(note, name="工作表2"),
            ods_table(ROWS, name="工作表3"),
        )
        content = make_ods(*tables, styles=hiding)
    table = read(content, f"a.{kind}")

    assert table.sheet == "工作表3"
    assert as_pairs(table) == READ


def test_merged_cells_are_not_guessed_but_told():
    content = make_xlsx(sheet_data(ROWS, after='<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>'))

    assert read(content).warnings == ["合併儲存格（A2:A3）只有左上角那一格有值，其餘視為空白。"]


def test_a_question_mark_in_a_cp950_file_is_told():
    """堃 and 喆 are not in CP950: a spreadsheet program saves them as "?" without a word."""
    for rare in "堃峯喆瑨煊双粦":
        with pytest.raises(UnicodeEncodeError):
            rare.encode("cp950")
    content = make_csv([HEADER[:2], ["U01", "陳堃"]], encoding="utf-8")
    lossy = content.decode().encode("cp950", errors="replace")

    assert read(content, "a.csv").rows[0]["name"] == "陳堃"
    assert read(content, "a.csv").warnings == []
    assert read(lossy, "a.csv").warnings == [
        "第 2 列「機關名稱」有「?」，可能是存成 Big5 時遺失的字，請核對；有罕用字時請另存為「CSV UTF-8」。"
    ]


def test_guarded_text_of_a_csv_is_text_again():
    table = read("機關代碼,機關名稱\r\n'=1,''=2\r\n'05,'\r\n".encode(), "a.csv")

    assert [tuple(row.cells.values())[:2] for row in table] == [("=1", "'=2"), ("'05", "'")]


# --- what is refused, with its place -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "filename", "sentence"),
    (
        (b"", "a.xlsx", "檔案是空的"),
        (b"\xef\xbb\xbf\r\n", "a.csv", "檔案是空的"),
        (make_csv(ROWS), "a.xls", "不收舊版 Excel"),
        (make_csv(ROWS), "a.txt", "只收 .xlsx、.ods、.csv"),
        (make_csv(ROWS), "xlsx", "只收 .xlsx、.ods、.csv"),
        (b"<!DOCTYPE html><html><table><tr><td>1</td></tr></table></html>", "a.xlsx", "檔案內容不是 .xlsx"),
        (b"<html><table></table></html>", "a.csv", "不是 CSV 文字檔"),
        (b"MZ\x90\x00\x03\x00\x00\x00" + bytes(200), "a.ods", "檔案內容不是 .ods"),
        (b"MZ\x90\x00\x03\x00\x00\x00" + bytes(200), "a.csv", "檔案內容不是 .csv"),
        (b"%PDF-1.7\n", "a.csv", "檔案內容不是 .csv"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "a.xlsx", "舊版 Excel（.xls）或加了密碼"),
        (make_xlsx(sheet_data(ROWS)), "a.ods", "檔案內容不是 .ods"),
        (make_ods(ods_table(ROWS)), "a.xlsx", "檔案內容不是 .xlsx"),
        (make_xlsx(sheet_data(ROWS)), "a.csv", "檔案內容不是 .csv"),
        (make_zip({"word/document.xml": "<x/>"}), "a.xlsx", "檔案內容不是 .xlsx"),
        (
            make_zip({"[Content_Types].xml": "<Types/>", "word/document.xml": "<x/>"}),
            "a.xlsx",
            "檔案內容不是",
        ),
        ("機關代碼,機關名稱\n".encode("utf-16"), "a.csv", "UTF-16"),
        (make_xlsx("<sheetData/>"), "a.xlsx", "檔案裡沒有資料"),
        (make_ods(ods_table([])), "a.ods", "檔案裡沒有資料"),
        (b",,\r\n,,\r\n", "a.csv", "檔案裡沒有資料"),
        (make_xlsx(sheet_data(ROWS))[:-40], "a.xlsx", "檔案損壞"),
        (b"PK\x03\x04" + bytes(100), "a.ods", "檔案損壞"),
        (make_xlsx("<sheetData><row>"), "a.xlsx", "檔案損壞"),
        (make_xlsx('<sheetData><row><c r="1A"><v>1</v></c></row></sheetData>'), "a.xlsx", "檔案損壞"),
    ),
)
def test_wrong_files_are_refused(content, filename, sentence):
    assert sentence in str(refusal_of(content, filename))


def test_macros_are_refused():
    parts = xlsx_parts(sheet_data(ROWS))
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )

    assert "含巨集" in str(refusal_of(make_zip(parts)))


@pytest.mark.parametrize("kind", ("xlsx", "ods", "csv"))
def test_header_problems_name_the_columns(kind):
    def content(rows):
        if kind == "csv":
            return make_csv(rows)
        return make_xlsx(sheet_data(rows)) if kind == "xlsx" else make_ods(ods_table(rows))

    missing = refusal_of(content([["單位人數", "備註"], [3, "x"]]), f"a.{kind}")
    assert str(missing) == "第 1 列：缺少欄位「機關代碼」、「機關名稱」；第一個有內容的列應是標題列。"
    doubled = refusal_of(content([["機關代碼", "機關名稱", "code"], ["U01", "民政處", "U02"]]), f"a.{kind}")
    assert str(doubled) == "第 1 列：標題重複，A 欄與 C 欄都是「機關代碼」。"
    assert (doubled.row, doubled.column) == (1, None)


def test_formulas_in_wanted_columns_are_refused_with_their_place():
    formula = '<c t="str"><f>CONCATENATE("U","01")</f><v>U01</v></c>'
    refusal = refusal_of(make_xlsx(sheet_data([*ROWS, [formula, "甲"]])))
    assert str(refusal) == "第 4 列「機關代碼」：是公式，請改為「貼上值」後再匯入。"
    assert (refusal.row, refusal.column) == (4, "機關代碼")

    cell = '<table:table-cell table:formula="of:=1+1" office:value-type="float" office:value="2"/>'
    refusal = refusal_of(make_ods(ods_table([*ROWS, ["U03", "甲", cell]])), "a.ods")
    assert (refusal.row, refusal.column) == (4, "單位人數")

    refusal = refusal_of(make_csv([*ROWS, ["U03", '=HYPERLINK("http://x")', 1]]), "a.csv")
    assert (refusal.row, refusal.column) == (4, "機關名稱")


def test_formulas_elsewhere_do_not_matter():
    rows = [["機關代碼", "機關名稱", "合計"], ["U01", "民政處", "<c><f>1+1</f><v>2</v></c>"]]

    assert [row["code"] for row in read(make_xlsx(sheet_data(rows)))] == ["U01"]
    assert [row["code"] for row in read(make_csv([rows[0], ["U01", "民政處", "=1+1"]]), "a.csv")] == ["U01"]


def test_text_that_looks_like_a_formula_is_text_in_typed_files():
    assert read(make_xlsx(sheet_data([HEADER, ["=1+1", "@x"]]))).rows[0]["code"] == "=1+1"
    assert read(make_ods(ods_table([HEADER, ["=1+1", "@x"]])), "a.ods").rows[0]["code"] == "=1+1"


def test_error_values_are_refused_with_their_place():
    refusal = refusal_of(make_xlsx(sheet_data([*ROWS, ["U03", "甲", '<c t="e"><v>#N/A</v></c>']])))
    assert str(refusal) == "第 4 列「單位人數」：是錯誤值（如 #N/A），請改填內容。"
    cell = '<table:table-cell office:value-type="string" calcext:value-type="error"><text:p>#N/A</text:p></table:table-cell>'
    refusal = refusal_of(make_ods(ods_table([*ROWS, [cell, "甲"]])), "a.ods")
    assert (refusal.row, refusal.column) == (4, "機關代碼")


def test_a_csv_row_with_more_fields_than_the_header_is_refused():
    refusal = refusal_of("機關代碼,機關名稱\nU01,民政處\nU02,地,政處\n".encode(), "a.csv")

    assert str(refusal) == "第 3 列：有 3 欄，標題列只有 2 欄；欄位可能因逗號移位。"
    assert len(read("機關代碼,機關名稱\nU01,民政處,,\n".encode(), "a.csv")) == 1


@pytest.mark.parametrize(
    ("content", "row", "column"),
    (
        ("機關代碼,機關名稱\r\nU01,民政處\r\nU02,地政".encode() + b"\xff\r\n", 3, "B 欄"),
        ("機關代碼,機關名稱\r\nU01,民政處\r\n".encode("cp950") + b"\xff\x81,x\r\n", 3, "A 欄"),
        (b"\xef\xbb\xbf" + "機關代碼,機關名稱\r\n".encode() + b"U01,\xa5\xc1\r\n", 2, "B 欄"),
        ("機關代碼,機關名稱\r\nU01,王".encode() + b"\xed\xa0\x80\r\n", 2, "B 欄"),
    ),
)
def test_undecodable_text_is_refused_with_its_place(content, row, column):
    refusal = refusal_of(content, "a.csv")

    assert "無法以" in str(refusal)
    assert (refusal.row, refusal.column) == (row, column)


@pytest.mark.parametrize(
    "content", ('機關代碼,機關名稱\nU01,"民政處\nU02,地政處\n', '機關代碼,機關名稱\nU01,"民"政處\n')
)
def test_unpaired_quotes_are_refused(content):
    refusal = refusal_of(content.encode(), "a.csv")

    assert refusal.row == 2
    assert "引號沒有成對" in str(refusal)


@pytest.mark.parametrize("kind", ("xlsx", "ods", "csv"))
def test_too_many_rows(kind):
    rows = [HEADER, *([f"U{number}", "甲", 1] for number in range(51))]
    content = {"xlsx": make_xlsx(sheet_data(rows)), "ods": make_ods(ods_table(rows)), "csv": make_csv(rows)}[
        kind
    ]

    assert len(read(content, f"a.{kind}", max_rows=51)) == 51
    assert str(refusal_of(content, f"a.{kind}", max_rows=50)) == "資料超過 50 列，請分成幾個檔案。"


def test_content_without_a_header_is_told():
    table = read(make_xlsx(sheet_data([HEADER, ["U01", "民政處", 3, "旁註"]])))

    assert table.warnings == ["有的欄沒有標題卻有內容，未讀取。"]


# --- hostile files -----------------------------------------------------------------------------------

ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha" * 10}">' for n in range(10))


def far_xlsx():
    return make_xlsx(sheet_data(ROWS, more='<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))


def far_ods(columns="number-columns-repeated", rows="number-rows-repeated"):
    gap = '<table:table-row table:number-rows-repeated="1048570"><table:table-cell/></table:table-row>'
    return make_ods(ods_table(ROWS, more=gap + f"<table:table-row>{ods_cell('x')}</table:table-row>"))


def wide_ods():
    cell = (
        '<table:table-cell table:number-columns-repeated="16384" office:value-type="float" office:value="1">'
        "<text:p>1</text:p></table:table-cell>"
    )
    return make_ods(ods_table(ROWS, more=f"<table:table-row>{cell}</table:table-row>"))


def endless_ods():
    row = f'<table:table-row table:number-rows-repeated="1048000">{ods_cell("U9")}{ods_cell("x")}</table:table-row>'
    return make_ods(ods_table(ROWS, more=row))


def zeros_xlsx():
    return make_zip(xlsx_parts(sheet_data(ROWS)) | {"xl/media/image1.bin": bytes(100_000_000)})


def spaces_in_sheet_xlsx():
    return make_xlsx(sheet_data(ROWS) + " " * (100 * limits.MB))


def million_rows_xlsx():
    rows = "".join(f"<row><c><v>{number}</v></c><c><v>1</v></c></row>" for number in range(1_000_000))
    return make_xlsx(f"<sheetData>{rows}</sheetData>")


def bomb_xlsx(part="xl/worksheets/sheet1.xml"):
    parts = xlsx_parts(sheet_data([HEADER, ["&e9;", "甲"]]))
    parts[part] = f"<!DOCTYPE x [{ENTITIES}]>{parts[part]}"
    return make_zip(parts)


def bomb_ods():
    parts = ods_parts(ods_table([HEADER, ["&e9;", "甲"]]))
    parts["content.xml"] = parts["content.xml"].replace("?>", f"?><!DOCTYPE x [{ENTITIES}]>", 1)
    return make_zip(parts)


def utf16_bomb_xlsx():
    parts = xlsx_parts(sheet_data([HEADER]))
    parts["xl/worksheets/sheet1.xml"] = f"<!DOCTYPE x [{ENTITIES}]><worksheet/>".encode("utf-16")
    return make_zip(parts)


def declared_utf7_xlsx():
    parts = xlsx_parts(sheet_data([HEADER]))
    parts["xl/workbook.xml"] = '<?xml version="1.0" encoding="utf-7"?>' + parts["xl/workbook.xml"]
    return make_zip(parts)


def padded(inside):
    """Noise beside the sheet keeps the ratio of unpacked to packed harmless."""
    return make_zip(xlsx_parts(inside) | {"xl/media/noise": random.Random(105).randbytes(700_000)})


def deep_xlsx():
    return padded(sheet_data(ROWS) + "<a>" * 1_000_000 + "</a>" * 1_000_000)


def repeated_cells_xlsx():
    return padded(sheet_data(ROWS, more='<row r="9">' + '<c r="A9"><v>1</v></c>' * 610_000 + "</row>"))


def endless_elements_xlsx():
    return padded(sheet_data(ROWS, more="<row>" + "<c/>" * 3_100_000 + "</row>"))


def many_entries_xlsx():
    return make_zip(xlsx_parts(sheet_data(ROWS)) | {f"xl/media/{n}": "" for n in range(2_100)})


def overlapping_xlsx():
    return overlapping_zip(xlsx_parts(sheet_data(ROWS)), 500)


def lying_size_xlsx():
    """The directory says ten bytes; unpacked it is 20 MB."""
    content = bytearray(make_zip(xlsx_parts(sheet_data(ROWS)) | {"xl/media/z": bytes(20_000_000)}))
    entry = content.rindex(b"xl/media/z") - 46
    content[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    return bytes(content)


def encrypted_zip_xlsx():
    content = bytearray(make_xlsx(sheet_data(ROWS)))
    entry = content.index(b"PK\x01\x02")
    content[entry + 8] |= 1
    return bytes(content)


def encrypted_ods():
    parts = ods_parts(ods_table(ROWS))
    parts["META-INF/manifest.xml"] = parts["META-INF/manifest.xml"].replace(
        "/></manifest", "><manifest:encryption-data/></manifest:file-entry></manifest"
    )
    return make_zip(parts)


def doubled_member_xlsx():
    target = io.BytesIO(make_xlsx(sheet_data(ROWS)))
    with zipfile.ZipFile(target, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return target.getvalue()


def nested_tables_ods():
    inner = f"<table:table-cell>{ods_table([['x']])}</table:table-cell>"
    return make_ods(ods_table([HEADER, [inner]]))


def zero_repeats_ods():
    cell = '<table:table-cell table:number-columns-repeated="0" office:value-type="float" office:value="1"/>'
    return make_ods(ods_table([HEADER, [cell]]))


def shared_index_xlsx():
    """A text by number that is not in the (missing) list of texts."""
    return make_xlsx(sheet_data([HEADER, ['<c t="s"><v>99999</v></c>', "甲"]]))


HOSTILE = {
    far_xlsx: "XFD1048576 這一格有內容，離表格太遠",
    far_ods: "A1048574 這一格有內容，離表格太遠",
    wide_ods: "XFD4 這一格有內容，離表格太遠",
    endless_ods: "資料超過 20,000 列",
    zeros_xlsx: "解壓縮後太大",
    spaces_in_sheet_xlsx: "解壓縮後太大",
    million_rows_xlsx: "資料超過 20,000 列",
    bomb_xlsx: "實體宣告",
    bomb_ods: "實體宣告",
    utf16_bomb_xlsx: "不是 UTF-8",
    declared_utf7_xlsx: "不是 UTF-8",
    deep_xlsx: "XML 結構過於龐大",
    endless_elements_xlsx: "XML 結構過於龐大",
    repeated_cells_xlsx: "有內容的儲存格超過",
    many_entries_xlsx: "項目超過 2,000 個",
    overlapping_xlsx: "互相重疊",
    lying_size_xlsx: "檔案損壞",
    encrypted_zip_xlsx: "加了密碼",
    encrypted_ods: "加了密碼",
    doubled_member_xlsx: "同名的項目",
    nested_tables_ods: "表格裡還有表格",
    zero_repeats_ods: "檔案損壞",
    shared_index_xlsx: "檔案損壞",
}


@pytest.mark.parametrize("make", HOSTILE, ids=lambda make: make.__name__)
def test_hostile_files_are_refused_quickly(make):
    content = make()
    kind = make.__name__.rpartition("_")[2]
    assert len(content) < limits.MAX_FILE_BYTES

    began = time.process_time()
    refusal = refusal_of(content, f"a.{kind}")

    assert HOSTILE[make] in str(refusal)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "part", ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels")
)
def test_entities_are_refused_in_every_part(part):
    assert "實體宣告" in str(refusal_of(bomb_xlsx(part)))


def test_a_file_over_the_limit_is_not_read_on():
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size=-1):
            assert size > 0
            self.given += size
            return bytes(size)

    source = Endless()
    assert str(refusal_of(source)) == "檔案超過 10 MB。"
    assert source.given == limits.MAX_FILE_BYTES + 1
    assert str(refusal_of(bytes(limits.MAX_FILE_BYTES + 1))) == "檔案超過 10 MB。"


def memory_of(content, kind, titles, folder):
    """Rows read (or the refusal), and the most memory the reading process ever held, in MB."""
    path = folder / f"a.{kind}"
    path.write_bytes(content)
    program = (
        "import re, sys\n"
        "from foundation.sheets import Column, SheetRefused, read_table\n"
        "try:\n"
        "    columns = [Column(title, title) for title in sys.argv[2].split()]\n"
        "    print(len(read_table(sys.argv[1], sys.argv[1], columns=columns)))\n"
        "except SheetRefused as refusal:\n"
        "    print(refusal)\n"
        "print(re.search(r'VmHWM:\\s+([0-9]+) kB', open('/proc/self/status').read())[1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path), " ".join(titles)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONUTF8": "1"},
    )
    outcome, kilobytes = done.stdout.splitlines()
    return outcome, int(kilobytes) // 1024


@pytest.mark.parametrize("make", (far_xlsx, zeros_xlsx, million_rows_xlsx, repeated_cells_xlsx, endless_ods))
def test_hostile_files_take_little_memory(make, tmp_path):
    outcome, megabytes = memory_of(make(), make.__name__.rpartition("_")[2], HEADER[:2], tmp_path)

    assert outcome.endswith("。")
    assert megabytes < 400


def test_the_largest_import_fits(tmp_path):
    """20,000 rows of 25 columns."""
    titles = [f"欄{number}" for number in range(25)]
    head = "".join(f'<c t="inlineStr"><is><t>{title}</t></is></c>' for title in titles)
    lines = "".join(
        "<row>" + f'<c t="inlineStr"><is><t>民政處{number:x}</t></is></c>' * 25 + "</row>"
        for number in range(20_000)
    )

    outcome, megabytes = memory_of(
        padded(f"<sheetData><row>{head}</row>{lines}</sheetData>"), "xlsx", titles, tmp_path
    )

    assert outcome == "20000"
    assert megabytes < 400


def test_what_the_parser_declares_cannot_hide_a_second_workbook():
    """Two directories in one file: whichever a reader believes, it gets the checked one."""
    good, other = make_xlsx(sheet_data(ROWS)), make_xlsx(sheet_data([HEADER, ["U99", "別的"]]))
    try:
        assert as_pairs(read(other + good)) == READ
    except SheetRefused as refusal:
        assert str(refusal).endswith("。")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(("a.csv", "a.xlsx", "a.ods")), st.booleans())
def test_any_bytes_are_read_or_refused(noise, filename, zipped):
    content = b"PK\x03\x04" + noise if zipped else noise
    try:
        read(content, filename)
    except SheetRefused as refusal:
        assert str(refusal).endswith("。")


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(("xlsx", "ods")))
def test_damaged_files_are_read_or_refused(data, kind):
    content = bytearray(make_xlsx(sheet_data(ROWS)) if kind == "xlsx" else make_ods(ods_table(ROWS)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        read(bytes(content), f"a.{kind}")
    except SheetRefused as refusal:
        assert str(refusal).endswith("。")


def test_escaped_control_characters_reach_the_cleaner_that_refuses_them():
    table = read(make_xlsx(sheet_data([HEADER, ["U01", "民_x000B_政"]])))

    with pytest.raises(TextError, match="控制字元"):
        clean_line(table.rows[0]["name"])
