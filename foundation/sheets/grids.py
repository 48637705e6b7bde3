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
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})", re.IGNORECASE)
_CELL_VALUES = ("value-type", "value", "date-value", "time-value", "boolean-value", "string-value")


@dataclass
class Extent:
    """What the walk over one sheet's XML found; rows and columns counted from 1."""

    max_rows: int
    last_row: int = 0
    cells: int = 0
    filled_rows: int = 0
    first_mark: dict[int, tuple[int, str]] = field(default_factory=dict)
    """By column: the topmost formula or error value met, as (row, FORMULA or ERROR)."""
    merged: str = ""

    def filled(self, row, column, *, rows=1, columns=1):
        """One cell with content, or one repeated over several rows and columns."""
        last_row, last_column = row + rows - 1, column + columns - 1
        if row > self.last_row:
            self.filled_rows += rows
        if last_row > self.max_rows + limits.MAX_LEADING_ROWS or last_column > limits.MAX_COLUMNS:
            if self.filled_rows > self.max_rows:
                raise too_many_rows(self.max_rows)
            raise SheetRefused(
                f"{column_letters(last_column)}{last_row} 這一格有內容，離表格太遠（最多 {self.max_rows:,} 列、"
                f"{limits.MAX_COLUMNS} 欄）；請清除表格以外的內容後重新存檔。"
            )
        self.last_row = max(self.last_row, last_row)
        self.cells += rows * columns
        if self.cells > limits.MAX_CELLS:
            raise SheetRefused(f"有內容的儲存格超過 {limits.MAX_CELLS:,} 個，請分成幾個檔案。")

    def mark(self, row, column, kind):
        if column not in self.first_mark or row < self.first_mark[column][0]:
            self.first_mark[column] = (row, kind)


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


class _Walk:
    """Base of the two walks: an expat parser that refuses document types, depth and masses of elements."""

    def __init__(self):
        self.depth = self.elements = 0
        self.parser = expat.ParserCreate("UTF-8")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype

    def run(self, content):
        try:
            self.parser.Parse(content, True)
        except expat.ExpatError:
            raise damaged() from None

    def _start(self, name, attributes):
        self.depth += 1
        self.elements += 1
        if self.depth > limits.MAX_DEPTH or self.elements > limits.MAX_ELEMENTS:
            raise SheetRefused("檔案內的 XML 結構過於龐大，可能有害，不予讀取。")
        self.start(name.rpartition(":")[2], attributes)

    def _end(self, name):
        self.depth -= 1
        self.end(name)

    @staticmethod
    def _refuse_doctype(*_):
        raise SheetRefused("檔案內含文件類型宣告（DTD），可能有害，不予讀取。")


# --- xlsx ---------------------------------------------------------------------------------------------


class _XlsxWalk(_Walk):
    def __init__(self, max_rows):
        super().__init__()
        self.extent = Extent(max_rows)
        self.row = self.column = 0
        self.is_error = False

    def start(self, name, attributes):
        if name == "c":
            if reference := attributes.get("r"):
                self.row, self.column = _place(reference)
            else:
                self.column += 1
            self.is_error = attributes.get("t") == "e"
        elif name in ("v", "is", "f"):
            if name == "f":
                self.extent.mark(self.row, self.column, FORMULA)
            elif self.is_error:
                self.extent.mark(self.row, self.column, ERROR)
            self.extent.filled(self.row, self.column)
        elif name == "row":
            number = attributes.get("r", "")
            self.row = int(number) if number.isdecimal() else self.row + 1
            self.column = 0
        elif name == "mergeCell" and not self.extent.merged:
            self.extent.merged = attributes.get("ref", "")[:20]

    def end(self, name):
        pass


def _place(reference):
    found = _REFERENCE.fullmatch(reference)
    if not found:
        raise damaged()
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), column


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
        walk = _XlsxWalk(max_rows)
        try:
            walk.run(content)
        except SheetRefused as refusal:
            yield refusal
            continue
        parts = {**_xlsx_frame(name, is_1904=is_1904), **common, "xl/worksheets/sheet1.xml": content}
        yield Grid(name, walk.extent, pack(parts))


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
            path = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
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
    name: str
    style: str
    start: int
    extent: Extent
    end: int = 0
    refusal: SheetRefused | None = None


class _OdsWalk(_Walk):
    """Walks content.xml once and notes every table, and where in the bytes it stands."""

    def __init__(self, max_rows):
        super().__init__()
        self.max_rows = max_rows
        self.tables = []
        self.hidden_styles = set()
        self.path = []
        self.body_start = self.body_end = None
        self.style = ""
        self.row = self.column = self.row_repeat = self.column_repeat = 0

    def start(self, name, attributes):
        path = self.path
        path.append(name)
        if len(path) == 4 and path[2] == "spreadsheet" and self.body_start is None:
            self.body_start = self.parser.CurrentByteIndex
        in_table = len(path) > 4 and path[3] == "table"
        if name == "table" and len(path) == 4 and path[2] == "spreadsheet":
            values = {key.rpartition(":")[2]: value for key, value in attributes.items()}
            self.tables.append(
                _OdsTable(
                    values.get("name", ""),
                    values.get("style-name", ""),
                    self.parser.CurrentByteIndex,
                    Extent(self.max_rows),
                )
            )
            self.row = 0
        elif name == "table" and in_table:
            raise SheetRefused("表格裡還有表格，不予讀取。")
        elif in_table and name == "table-row":
            self.row_repeat = _repeat(attributes, "number-rows-repeated")
            self.row += 1
            self.column = 0
        elif in_table and name in ("table-cell", "covered-table-cell"):
            self._cell(attributes)
        elif name == "style":
            self.style = next((value for key, value in attributes.items() if key.endswith(":name")), "")
        elif name == "table-properties":
            if any(key.endswith(":display") and value == "false" for key, value in attributes.items()):
                self.hidden_styles.add(self.style)

    def _cell(self, attributes):
        self.column += 1
        self.column_repeat = 1
        if not attributes:
            return
        values = {key.rpartition(":")[2]: value for key, value in attributes.items() if key != "calcext:value-type"}
        self.column_repeat = _repeat(attributes, "number-columns-repeated")
        table = self.tables[-1]
        if table.refusal:
            return
        for spanned in ("number-columns-spanned", "number-rows-spanned"):
            if values.get(spanned, "1") != "1" and not table.extent.merged:
                table.extent.merged = f"{column_letters(min(self.column, 1000))}{self.row}"
        if "formula" in values:
            table.extent.mark(self.row, self.column, FORMULA)
        if "error" in (attributes.get("calcext:value-type"), values.get("value-type")):
            table.extent.mark(self.row, self.column, ERROR)
        if "formula" in values or any(kind in values for kind in _CELL_VALUES):
            try:
                table.extent.filled(self.row, self.column, rows=self.row_repeat, columns=self.column_repeat)
            except SheetRefused as refusal:
                table.refusal = refusal

    def end(self, name):
        path = self.path
        closed = path.pop()
        if closed in ("table-cell", "covered-table-cell"):
            self.column += self.column_repeat - 1
        elif closed == "table-row":
            self.row += self.row_repeat - 1
        elif closed == "table" and len(path) == 3 and path[2] == "spreadsheet":
            self.tables[-1].end = self.parser.CurrentByteIndex
        elif closed == "spreadsheet" and len(path) == 2:
            self.body_end = self.parser.CurrentByteIndex


def _repeat(attributes, name):
    text = next((value for key, value in attributes.items() if key.endswith(name)), "1")
    if not text.isdecimal() or not 1 <= len(text) <= 7 or int(text) == 0:
        raise damaged()
    return int(text)


def ods_grids(package: Package, *, max_rows: int) -> Iterator[Grid | SheetRefused]:
    """Visible sheets first, in the document's order; a sheet beyond the limits comes as its refusal."""
    if "mimetype" not in package or package.read("mimetype", most=200).strip() != _ODS.encode():
        raise wrong_kind("ods")
    if "META-INF/manifest.xml" in package and b"encryption-data" in package.read("META-INF/manifest.xml"):
        raise SheetRefused("檔案加了密碼，請移除密碼後再匯入。")
    content = package.read_xml("content.xml")
    walk = _OdsWalk(max_rows)
    walk.run(content)
    if len(walk.tables) > limits.MAX_SHEETS:
        raise SheetRefused(f"工作表超過 {limits.MAX_SHEETS} 張，請只留下要匯入的那一張。")
    for table in sorted(walk.tables, key=lambda table: table.style in walk.hidden_styles):
        if table.refusal:
            yield table.refusal
        elif table.extent.cells:
            yield Grid(table.name, table.extent, pack(_ods_parts(content, walk, table)))


def _ods_parts(content, walk, table):
    """The document with this one table in it."""
    rows = content[table.start : content.index(b">", table.end) + 1]
    # The library drops these two; in a name or a title they part words.
    rows = rows.replace(b"<text:tab/>", b"&#9;").replace(b"<text:line-break/>", b"&#10;")
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS}"/></manifest:manifest>'
    )
    return {
        "mimetype": _ODS.encode(),
        "META-INF/manifest.xml": manifest.encode(),
        "content.xml": content[: walk.body_start] + rows + content[walk.body_end :],
    }


def wrong_kind(kind):
    return SheetRefused(f"檔案內容不是 .{kind} 試算表，請用 Excel 或 LibreOffice 另存為 .{kind} 後再匯入。")
