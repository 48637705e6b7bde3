"""The sheets of an .xlsx or .ods as plain rows of values.

Each sheet is first walked as XML, within limits, for what the fast library would not tell or would choke on:
how far its content reaches, formulas, error values, merged cells. Only then calamine reads the values, from
a fresh package that holds nothing but this one sheet.
"""

import io
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from python_calamine import CalamineWorkbook

from . import limits
from .limits import SheetRefused, column_letters, damaged
from .packages import Package, pack

FORMULA, ERROR = "formula", "error"

_XLSX_MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_XLSX_MACROS = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_COLUMN = re.compile(r"[A-Za-z]{1,3}")


@dataclass
class Extent:
    """What the walk over one sheet's XML found; rows and columns counted from 1."""

    cells: int = 0
    first_mark: dict[int, tuple[int, str]] = field(default_factory=dict)
    """By column: the topmost formula or error value met, as (row, FORMULA or ERROR)."""
    merged: str = ""

    def mark(self, row, column, kind):
        if column not in self.first_mark or row < self.first_mark[column][0]:
            self.first_mark[column] = (row, kind)


def _far_cell(row, column, *, filled_rows, max_rows):
    if filled_rows > max_rows:
        return too_many_rows(max_rows)
    return SheetRefused(
        f"{column_letters(column)}{row} 這一格有內容，離表格太遠（最多 {max_rows:,} 列、"
        f"{limits.MAX_COLUMNS} 欄）；請清除表格以外的內容後重新存檔。"
    )


def _too_many_cells():
    return SheetRefused(f"有內容的儲存格超過 {limits.MAX_CELLS:,} 個，請分成幾個檔案。")


def too_many_rows(max_rows):
    return SheetRefused(f"資料超過 {max_rows:,} 列，請分成幾個檔案。")


@dataclass
class Grid:
    """One sheet: its rows as lists of values from column A on, and what was found beside the values."""

    name: str
    extent: Extent
    package: io.BytesIO

    def rows(self) -> Iterator[tuple[int, list]]:
        """Row number as the spreadsheet shows it, and the values; empty cells are None."""
        try:
            sheet = CalamineWorkbook.from_filelike(self.package).get_sheet_by_index(0)
            if sheet.start is None:
                return
            margin = [None] * sheet.start[1]
            for number, values in enumerate(sheet.iter_rows(), start=1):
                yield number, margin + [None if value == "" else value for value in values]
        except Exception:
            raise damaged() from None
        except BaseException as problem:
            # A panic inside the library; anything else that is no Exception (an interrupt) goes on its way.
            if type(problem).__name__ == "PanicException":
                raise damaged() from None
            raise


def _parser(start, ended):
    """An expat parser that calls `start(name, attributes)`; `ended` collects the names closed, to tell depth.

    An append runs in C: a Python function for every closing tag would double the time.
    """
    parser = expat.ParserCreate("UTF-8")
    parser.StartElementHandler = start
    parser.EndElementHandler = ended.append
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _parse(parser, content):
    try:
        parser.Parse(content, True)
    except expat.ExpatError:
        raise damaged() from None


def _refuse_doctype(*_):
    raise SheetRefused("檔案內含文件類型宣告（DTD），可能有害，不予讀取。")


def _monstrous():
    return SheetRefused("檔案內的 XML 結構過於龐大，可能有害，不予讀取。")


# --- xlsx ---------------------------------------------------------------------------------------------


def _xlsx_extent(content, max_rows):
    """Walk one worksheet; any prefix may stand before the names, as for the library."""
    extent = Extent()
    ended, columns = [], {}
    most_rows, most_columns = max_rows + limits.MAX_LEADING_ROWS, limits.MAX_COLUMNS
    row = column = started = last_row = filled_rows = cells = 0
    is_error = False

    def start(name, attributes):
        nonlocal row, column, started, last_row, filled_rows, cells, is_error
        started += 1
        if started - len(ended) > limits.MAX_DEPTH or started > limits.MAX_ELEMENTS:
            raise _monstrous()
        if ":" in name:
            name = name.rpartition(":")[2]
        if name == "c":
            if reference := attributes.get("r"):
                letters = reference.rstrip("0123456789")
                column = columns.get(letters) or columns.setdefault(letters, _column_number(letters))
                digits = reference[len(letters) :]
                if not 1 <= len(digits) <= 7:
                    raise damaged()
                row = int(digits)
            else:
                column += 1
            is_error = attributes.get("t") == "e"
        elif name == "v" or name == "is" or name == "f":
            if name == "f":
                extent.mark(row, column, FORMULA)
            elif is_error:
                extent.mark(row, column, ERROR)
            if row != last_row:
                last_row = row
                filled_rows += 1
            if row > most_rows or column > most_columns:
                raise _far_cell(row, column, filled_rows=filled_rows, max_rows=max_rows)
            cells += 1
            if cells > limits.MAX_CELLS:
                raise _too_many_cells()
        elif name == "row":
            number = attributes.get("r", "")
            row = int(number) if number.isdecimal() and len(number) <= 7 else row + 1
            column = 0
        elif name == "mergeCell" and not extent.merged:
            extent.merged = attributes.get("ref", "")[:20]

    _parse(_parser(start, ended), content)
    extent.cells = cells
    return extent


def _column_number(letters):
    if not _COLUMN.fullmatch(letters):
        raise damaged()
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return column


def xlsx_grids(package: Package, *, max_rows: int) -> Iterator[Grid | SheetRefused]:
    """Visible sheets first, in the workbook's order; a sheet beyond the limits comes as its refusal."""
    _check_xlsx_kind(package)
    workbook_path, sheets, is_1904 = _workbook(package)
    shared = _related(package, workbook_path, "sharedStrings")
    styles = _related(package, workbook_path, "styles")
    common = {}
    if shared:
        common["xl/sharedStrings.xml"] = package.read_xml(shared)
        if common["xl/sharedStrings.xml"].count(b"si>") > 2 * limits.MAX_CELLS:
            raise SheetRefused(f"不同的文字超過 {limits.MAX_CELLS:,} 個，請分成幾個檔案。")
    if styles:
        common["xl/styles.xml"] = package.read_xml(styles, most=limits.MAX_STYLE_BYTES)
    for name, path in sheets:
        content = package.read_xml(path)
        try:
            extent = _xlsx_extent(content, max_rows)
        except SheetRefused as refusal:
            yield refusal
            continue
        parts = {**_xlsx_frame(name, is_1904=is_1904), **common, "xl/worksheets/sheet1.xml": content}
        yield Grid(name, extent, pack(parts))


def _check_xlsx_kind(package):
    if "EncryptedPackage" in package:
        raise SheetRefused("檔案加了密碼，請移除密碼後再匯入。")
    if "[Content_Types].xml" not in package:
        raise wrong_kind("xlsx")
    kinds = {element.get("ContentType") for element in _parsed(package, "[Content_Types].xml").iter()}
    if _XLSX_MACROS in kinds:
        raise SheetRefused("這是含巨集的活頁簿（.xlsm），請另存為 .xlsx 後再匯入。")
    if _XLSX_MAIN not in kinds:
        raise wrong_kind("xlsx")


def _workbook(package):
    """Where the workbook is, its sheets as (name, path), visible ones first, and its date system."""
    path = _related(package, "", "officeDocument")
    if not path:
        raise damaged()
    targets = dict(_relations(package, path, "worksheet"))
    sheets, is_1904 = [], False
    for element in _parsed(package, path).iter():
        local = _local(element.tag)
        if local == "workbookPr":
            is_1904 = element.get("date1904") in ("1", "true")
        elif local == "sheet":
            relation = next((value for key, value in element.items() if _local(key) == "id"), None)
            if relation in targets:  # chart sheets have no cells
                hidden = element.get("state", "visible") != "visible"
                sheets.append((hidden, element.get("name", ""), targets[relation]))
    if len(sheets) > limits.MAX_SHEETS:
        raise SheetRefused(f"工作表超過 {limits.MAX_SHEETS} 張，請只留下要匯入的那一張。")
    sheets.sort(key=lambda sheet: sheet[0])
    return path, [(name, target) for _, name, target in sheets], is_1904


def _relations(package, source, kind):
    """(id, member path) of a part's relationships of one kind."""
    folder, name = posixpath.split(source)
    relations = posixpath.join(folder, "_rels", f"{name}.rels")
    if relations not in package:
        return
    for element in _parsed(package, relations).iter():
        external = element.get("TargetMode") == "External"
        if not external and element.get("Type", "").rpartition("/")[2] == kind:
            target = element.get("Target", "")
            path = (
                target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            )
            yield element.get("Id"), path


def _related(package, source, kind):
    return next((path for _, path in _relations(package, source, kind)), None)


def _parsed(package, path):
    try:
        return fromstring(package.read_xml(path, most=limits.MAX_STYLE_BYTES), forbid_dtd=True)
    except (ParseError, DefusedXmlException):
        raise damaged() from None


def _local(name):
    return name.rpartition("}")[2]


def _xlsx_frame(name, *, is_1904):
    """A workbook of one sheet, as plain as the format allows."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    sheet_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
    frame = {
        "[Content_Types].xml": f'<Types xmlns="{types}">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_XLSX_MAIN}"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{sheet_type}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="rId1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><workbookPr date1904="{int(is_1904)}"/>'
        f'<sheets><sheet name={quoteattr(name)} sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}">'
        f'<Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{office}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId3" Type="{office}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    }
    return {path: content.encode() for path, content in frame.items()}


# --- ods ----------------------------------------------------------------------------------------------


@dataclass
class _OdsTable:
    """A table of content.xml and where in its bytes it stands."""

    name: str
    style: str
    start: int
    end: int = 0
    extent: Extent = field(default_factory=Extent)
    refusal: SheetRefused | None = None


def _ods_tables(content, max_rows):
    """Walk content.xml once, by the prefixes every program writes and the library expects.

    Gives its tables, the styles that hide one, and where in the bytes the first part of the body stands.
    """
    ended, tables, hidden_styles = [], [], set()
    most_rows, most_columns = max_rows + limits.MAX_LEADING_ROWS, limits.MAX_COLUMNS
    table = body_start = None
    trunk = [""] * 4
    style = ""
    started = row = last_row = row_repeat = last_column = filled_rows = 0
    is_filled_row = False

    def start(name, attributes):
        nonlocal started, row, last_row, row_repeat, last_column, is_filled_row
        started += 1
        depth = started - len(ended)
        if depth > limits.MAX_DEPTH or started > limits.MAX_ELEMENTS:
            raise _monstrous()
        if table is None or depth <= 4:
            outside(name, attributes, depth)
        elif name == "table:table-cell" or name == "table:covered-table-cell":
            column = last_column + 1
            last_column = column
            if "table:number-columns-repeated" in attributes:
                last_column = column - 1 + _repeat(attributes, "table:number-columns-repeated")
            if attributes:
                cell(column, attributes)
        elif name == "table:table-row":
            row = last_row + 1
            row_repeat = _repeat(attributes, "table:number-rows-repeated")
            is_filled_row = False
            last_row += row_repeat
            last_column = 0
        elif name == "table:table":
            raise SheetRefused("表格裡還有表格，不予讀取。")

    def cell(column, attributes):
        nonlocal filled_rows, is_filled_row
        extent = table.extent
        if "table:number-columns-spanned" in attributes or "table:number-rows-spanned" in attributes:
            extent.merged = extent.merged or f"{column_letters(min(column, 10_000))}{row}"
        if "table:formula" in attributes:
            extent.mark(row, column, FORMULA)
        elif attributes.get("calcext:value-type") == "error":
            extent.mark(row, column, ERROR)
        elif "office:value-type" not in attributes and not any(map(_is_value, attributes)):
            return
        if not is_filled_row:
            is_filled_row = True
            filled_rows += row_repeat
        extent.cells += row_repeat * (last_column - column + 1)
        if last_row > most_rows or last_column > most_columns:
            table.refusal = table.refusal or _far_cell(
                last_row, last_column, filled_rows=filled_rows, max_rows=max_rows
            )
        elif extent.cells > limits.MAX_CELLS:
            table.refusal = table.refusal or _too_many_cells()

    def outside(name, attributes, depth):
        nonlocal table, body_start, style, last_row, filled_rows
        table = None
        if depth < 4:
            trunk[depth] = name
            if name == "style:style":
                style = attributes.get("style:name", "")
        elif depth == 4 and trunk[3] == "office:spreadsheet":
            position = parser.CurrentByteIndex
            body_start = position if body_start is None else body_start
            if tables and not tables[-1].end:
                tables[-1].end = position
            if name == "table:table":
                title, look = attributes.get("table:name", ""), attributes.get("table:style-name", "")
                table = _OdsTable(title, look, position)
                tables.append(table)
                last_row = filled_rows = 0
        elif name == "style:table-properties" and attributes.get("table:display") == "false":
            hidden_styles.add(style)

    parser = _parser(start, ended)
    _parse(parser, content)
    if tables and not tables[-1].end:
        tables[-1].end = content.rfind(b"</office:spreadsheet")
    return tables, hidden_styles, body_start


def _is_value(name):
    return name.startswith("office:")


def _repeat(attributes, name):
    text = attributes.get(name, "1")
    if not text.isdecimal() or len(text) > 7 or int(text) == 0:
        raise damaged()
    return int(text)


def ods_grids(package: Package, *, max_rows: int) -> Iterator[Grid | SheetRefused]:
    """Visible sheets first, in the document's order; a sheet beyond the limits comes as its refusal."""
    if "mimetype" not in package or package.read("mimetype", most=200).strip() != _ODS.encode():
        raise wrong_kind("ods")
    if "META-INF/manifest.xml" in package and b"encryption-data" in package.read("META-INF/manifest.xml"):
        raise SheetRefused("檔案加了密碼，請移除密碼後再匯入。")
    content = package.read_xml("content.xml")
    tables, hidden_styles, body_start = _ods_tables(content, max_rows)
    if len(tables) > limits.MAX_SHEETS:
        raise SheetRefused(f"工作表超過 {limits.MAX_SHEETS} 張，請只留下要匯入的那一張。")
    for table in sorted(tables, key=lambda table: table.style in hidden_styles):
        if table.refusal:
            yield table.refusal
        elif table.extent.cells:
            yield Grid(table.name, table.extent, pack(_ods_parts(content, body_start, table)))


def _ods_parts(content, body_start, table):
    """The document with this one table in it."""
    rows = content[table.start : table.end]
    # The library drops these two; in a name or a title they part words.
    rows = rows.replace(b"<text:tab/>", b"&#9;").replace(b"<text:line-break/>", b"&#10;")
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS}"/></manifest:manifest>'
    )
    return {
        "mimetype": _ODS.encode(),
        "META-INF/manifest.xml": manifest.encode(),
        "content.xml": content[:body_start] + rows + content[content.rfind(b"</office:spreadsheet") :],
    }


def wrong_kind(kind):
    return SheetRefused(f"檔案內容不是 .{kind} 試算表，請用 Excel 或 LibreOffice 另存為 .{kind} 後再匯入。")
