"""Writing a table as .xlsx, .ods or .csv, row by row: memory does not grow with the table (but for the
finished file, when no target is given).

Cells are typed, so that text which looks like a formula stays text (in a .csv, which knows no types, it is
guarded by a leading apostrophe that `read_table` takes away again). What a spreadsheet cannot hold is
replaced or cut so that one sees it, and reported in `Written.warnings` and on the sheet 說明: one poisoned
row must not stop a report, and nothing is cut silently.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import BinaryIO
from unicodedata import east_asian_width
from xml.sax.saxutils import escape, quoteattr

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from ..numbers import half_up, percent
from ..rocdate import TAIPEI, format_datetime, format_digits

FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "csv": "text/csv; charset=utf-8",
}
MAX_CELL = 32_767
CUT = "…（全文過長，已截）"
MAX_WARNINGS = 50
NOTES_SHEET = "說明"
_AUTHOR = "嘉義縣政府"

# Not allowed in XML, hence in no .xlsx or .ods; and halves of characters, which no file can hold.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n?")
_FORMULA_LIKE = re.compile("'*[=+\\-@\t\r\n]")
# Text that happens to look like the .xlsx escape of a character must not be read as one.
_XLSX_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_SHEET_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
# Real dates shown in the ROC calendar: 105/07/01.
_XLSX_DATE = "[$-404]e/mm/dd"
_XLSX_DATETIME = "[$-404]e/mm/dd hh:mm"
_FIRST_SAFE_DATE = date(1912, 1, 1)
"""Before it there is no ROC year, and spreadsheet programs disagree on days before March 1900."""


@dataclass(frozen=True)
class OutColumn:
    """A column to write: `width` in characters, `places` decimals for the kinds decimal and percent.

    `percent` takes a part of one (Fraction(643, 1000) shows 64.3%), and 100.0% is never shown unless done.
    """

    title: str
    width: float = 14
    kind: str = "text"
    places: int = 1


@dataclass(frozen=True)
class Paper:
    """A table to be printed: long text on several lines; where wanted a title, lines above and below it."""

    title: str = ""
    above: Sequence[str] = ()
    below: Sequence[str] = ()

    @property
    def lines_above(self):
        return bool(self.title) + len(self.above)


@dataclass
class Written:
    content_type: str
    extension: str
    rows: int = 0
    content: bytes | None = None
    warnings: list[str] = field(default_factory=list)
    unreported: int = 0

    def warn(self, sentence):
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(sentence)
        else:
            self.unreported += 1


def write_table(
    fmt: str,
    *,
    title: str,
    columns: Sequence[OutColumn | str],
    rows: Iterable[Sequence],
    target: BinaryIO | None = None,
    dates: str = "roc",
    notes: Sequence[str] = (),
    paper: Paper | None = None,
) -> Written:
    """Write header and rows; the file's bytes are in `content`, or went into `target`.

    `dates`: "roc" writes them as the text 105-07-01, "real" as date cells (in a .csv: ISO). `notes` and the
    warnings come on a second sheet 說明 (not in a .csv), so that the table keeps its header in the first row;
    what is made as a `paper` has its lines on the sheet itself and is not read back.
    """
    if fmt not in FORMATS:
        raise ValueError(f"unknown format {fmt!r}")
    if dates not in ("roc", "real"):
        raise ValueError(f"unknown way to write dates {dates!r}")
    columns = [OutColumn(column) if isinstance(column, str) else column for column in columns]
    written = Written(FORMATS[fmt], fmt)
    sink = target or io.BytesIO()
    cleaned = _cleaned_rows(rows, columns, written, dates)
    _WRITERS[fmt](sink, title, columns, cleaned, written, notes, paper)
    if written.unreported:
        written.warnings.append(f"另有 {written.unreported:,} 處同樣處理，未逐一列出。")
    if target is None:
        written.content = sink.getvalue()
    return written


def _cleaned_rows(rows, columns, written, dates):
    """Rows of None, bool, int, float, Decimal, str, and with dates="real" date and naive datetime."""
    for values in rows:
        written.rows += 1
        yield [_cleaned(value, column, written, dates) for value, column in zip(values, columns, strict=True)]


def _cleaned(value, column, written, dates):
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float, Decimal, Fraction)):
        return _number(value, column)
    if isinstance(value, (date, datetime)):
        return _date(value, dates)
    text = _LINE_ENDS.sub("\n", str(value))
    if _ILLEGAL.search(text):
        text = _ILLEGAL.sub("\ufffd", text)
        written.warn(f"第 {written.rows + 1:,} 列「{column.title}」有試算表不能存的字元，已改為「\ufffd」。")
    if len(text) * 2 > MAX_CELL and len(text.encode("utf-16-le")) // 2 > MAX_CELL:
        keep = text.encode("utf-16-le")[: 2 * (MAX_CELL - len(CUT))]
        text = keep.decode("utf-16-le", errors="ignore") + CUT
        written.warn(f"第 {written.rows + 1:,} 列「{column.title}」超過 {MAX_CELL:,} 個字，全文過長，已截。")
    return text


def _number(value, column):
    """Numbers a spreadsheet holds exactly (15 digits) as numbers, others as text."""
    if isinstance(value, float):
        return value if abs(value) < float("inf") else str(value)
    if column.kind == "percent":
        return Decimal(percent(value)) / 100
    if isinstance(value, Fraction):
        value = half_up(value, column.places if column.kind == "decimal" else 6)
    if isinstance(value, Decimal) and not value.is_finite():
        return str(value)
    digits = str(abs(value)) if isinstance(value, int) else "".join(map(str, value.as_tuple().digits))
    return value if len(digits) <= 15 else str(value)


def _date(value, dates):
    moment = isinstance(value, datetime)
    if moment and value.tzinfo:
        value = value.astimezone(TAIPEI).replace(tzinfo=None)
    if (value.date() if moment else value) < _FIRST_SAFE_DATE:
        return value.isoformat(*(" ", "minutes") if moment else ())
    if dates == "real":
        return value
    return format_datetime(value) if moment else format_digits(value)


def _sheet_name(title):
    return _SHEET_NAME.sub(" ", _ILLEGAL.sub(" ", title)).strip(" '")[:31].rstrip(" '") or "資料"


def _notes(notes, written):
    """Notes, then what was changed. Read after the rows: only then all warnings are known."""
    yield from (_LINE_ENDS.sub("\n", _ILLEGAL.sub("\ufffd", note)) for note in notes)
    yield from written.warnings
    if written.unreported:
        yield f"另有 {written.unreported:,} 處同樣處理，未逐一列出。"


# --- xlsx ---------------------------------------------------------------------------------------------


def _write_xlsx(sink, title, columns, rows, written, notes, paper):
    book = Workbook(write_only=True)
    book.properties.creator = _AUTHOR
    book.properties.title = _ILLEGAL.sub(" ", title)
    sheet = book.create_sheet(_sheet_name(title))
    header = 1 + paper.lines_above if paper else 1
    sheet.freeze_panes = f"A{header + 1}"
    # Printed: A4 across, as wide as one page, with lines, the header on each.
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", "9"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_options.gridLines = True
    sheet.print_title_rows = f"{header}:{header}"
    for number, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    cells = _XlsxCells(sheet, columns, is_paper=paper is not None)
    if paper:
        if paper.title:
            sheet.append([cells.header(paper.title, size=16)])
        for line in paper.above:
            sheet.append([cells.line(line)])
    sheet.append([cells.header(column.title) for column in columns])
    try:
        for number, values in enumerate(rows, start=header + 1):
            if paper:
                sheet.row_dimensions[number].height = LINE * _lines(values, columns)
            sheet.append([cells.cell(value, place) for place, value in enumerate(values)])
        for line in paper.below if paper else ():
            sheet.append([cells.line(line)])
    finally:
        sheet.close()  # also when the rows fail half way: its temporary file stays open otherwise
    lines = list(_notes(notes, written))
    if lines:
        second = book.create_sheet(NOTES_SHEET if sheet.title != NOTES_SHEET else f"{NOTES_SHEET} 2")
        second.column_dimensions["A"].width = 100
        for line in lines:
            second.append([_XlsxCells(second, ()).cell(line, 0)])
    book.save(sink)


LINE = 17  # points


def _lines(values, columns):
    """How many lines the row takes: not every program works it out when it opens the file."""
    texts = [
        (value, column.width) for value, column in zip(values, columns, strict=True) if isinstance(value, str)
    ]
    return max(
        [1, *(sum(ceil(_breadth(line) / width) for line in text.split("\n")) for text, width in texts)]
    )


def _breadth(text):
    """In the digits that a column's width counts; Chinese characters are broad."""
    return sum(2.4 if east_asian_width(character) in "WF" else 1.2 for character in text) or 1


_WRAPPED = Alignment(wrap_text=True, vertical="center")


class _XlsxCells:
    """Makes the cells of one sheet. Styled cells are made once and refilled: each is written at once."""

    def __init__(self, sheet, columns, *, is_paper=False):
        self._sheet = sheet
        self._is_paper = is_paper
        self._numbers = [self._styled(_number_format(column)) for column in columns]
        self._dates = self._prototypes(_XLSX_DATE, columns)
        self._moments = self._prototypes(_XLSX_DATETIME, columns)
        self._literals = [self._styled("@") for _ in columns] or [self._styled("@")]
        for literal in self._literals:
            literal.quotePrefix = True

    def _styled(self, number_format):
        cell = WriteOnlyCell(self._sheet)
        cell.number_format = number_format
        return cell

    def _prototypes(self, number_format, columns):
        return [self._styled(number_format) for _ in columns]

    def header(self, title, *, size=None):
        cell = WriteOnlyCell(self._sheet)
        cell.font = Font(bold=True, size=size)
        return self._text(cell, title)

    def line(self, text):
        return self._text(WriteOnlyCell(self._sheet), _ILLEGAL.sub("\ufffd", text))

    def cell(self, value, place):
        made = self._cell(value, place)
        if not self._is_paper or value is None:
            return made
        if not isinstance(made, Cell):
            made = WriteOnlyCell(self._sheet, value=made)
        made.alignment = _WRAPPED
        return made

    def _cell(self, value, place):
        if isinstance(value, str):
            if value.startswith(("=", "+", "-", "@", "\t", "#")):
                return self._text(self._literals[place], value)
            return _XLSX_ESCAPE.sub("_x005F_", value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, datetime):
            cell = self._moments[place]
        elif isinstance(value, date):
            cell = self._dates[place]
        else:
            cell = self._numbers[place]
        if cell.number_format == "General":
            return value
        number_format = cell.number_format
        cell.value = value
        cell.number_format = number_format  # openpyxl sets its own for dates
        return cell

    @staticmethod
    def _text(cell, text):
        cell.value = _XLSX_ESCAPE.sub("_x005F_", text)
        cell.data_type = "s"  # never a formula, never an error value
        return cell


def _number_format(column):
    if column.kind in ("decimal", "percent"):
        decimals = f".{'0' * column.places}" if column.places else ""
        return f"0{decimals}{'%' if column.kind == 'percent' else ''}"
    return "General"


# --- ods ----------------------------------------------------------------------------------------------

_NAMESPACES = " ".join(
    f'xmlns:{prefix}="{name}"'
    for prefix, name in {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
        "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
        "number": "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0",
        "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
        "meta": "urn:oasis:names:tc:opendocument:xmlns:meta:1.0",
        "config": "urn:oasis:names:tc:opendocument:xmlns:config:1.0",
        "dc": "http://purl.org/dc/elements/1.1/",
    }.items()
)
_SPACE_RUN = re.compile(r"^ +| +$|(?<= ) +", re.MULTILINE)
_ODS_DATES = (
    '<number:date-style style:name="ND" number:language="zh" number:country="TW">'
    '<number:year number:calendar="ROC"/><number:text>/</number:text>'
    '<number:month number:calendar="ROC" number:style="long"/><number:text>/</number:text>'
    '<number:day number:calendar="ROC" number:style="long"/>'
)

# Printed: A4 across, as wide as one page, with lines; the header rows come on each by themselves.
_ODS_PAGE = (
    '<office:automatic-styles><style:page-layout style:name="P"><style:page-layout-properties '
    'fo:page-width="29.7cm" fo:page-height="21cm" style:print-orientation="landscape" fo:margin="1.5cm" '
    'style:scale-to-X="1" style:scale-to-Y="0" '
    'style:print="objects charts drawings zero-values grid"/></style:page-layout></office:automatic-styles>'
    '<office:master-styles><style:master-page style:name="Default" style:page-layout-name="P"/></office:master-styles>'
)


_ODS_WRAPPED = (
    '<style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="middle" fo:padding="0.1cm"/>'
)
_ODS_LINES = (
    '<style:style style:name="PT" style:family="table-cell"><style:table-cell-properties '
    'style:vertical-align="middle" fo:padding="0.2cm"/><style:paragraph-properties fo:text-align="center"/>'
    '<style:text-properties fo:font-size="16pt" style:font-size-asian="16pt"/></style:style>',
    '<style:style style:name="PL" style:family="table-cell"><style:table-cell-properties '
    'fo:wrap-option="wrap" style:vertical-align="middle" fo:padding="0.1cm"/></style:style>',
)


def _write_ods(sink, title, columns, rows, written, notes, paper):
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", FORMATS["ods"], zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", _ods_manifest())
        archive.writestr("meta.xml", _ods_meta(title))
        archive.writestr("styles.xml", _ods_document("document-styles", _ODS_PAGE))
        archive.writestr("settings.xml", _ods_settings(_sheet_name(title), paper.lines_above if paper else 0))
        # A size is not known beforehand; content may pass 2 GB only where zip64 headers are allowed.
        with archive.open("content.xml", "w", force_zip64=True) as stream:
            for piece in _ods_content(title, columns, rows, written, notes, paper):
                stream.write(piece.encode())


def _ods_content(title, columns, rows, written, notes, paper):
    opening, closing = _ods_document("document-content", "\n").split("\n")
    yield opening
    yield f"<office:automatic-styles>{_ods_styles(columns, is_paper=paper is not None)}</office:automatic-styles>"
    yield "<office:body><office:spreadsheet>"
    yield f'<table:table table:style-name="ta" table:name={quoteattr(_sheet_name(title))}>'
    for place, _ in enumerate(columns):
        yield f'<table:table-column table:style-name="co{place}"/>'
    if paper:
        if paper.title:
            yield _ods_line(paper.title, "PT", len(columns))
        yield from (_ods_line(line, "PL", len(columns)) for line in paper.above)
    header = "".join(_ods_cell(_ILLEGAL.sub("\ufffd", column.title), "H") for column in columns)
    yield f"<table:table-header-rows><table:table-row>{header}</table:table-row></table:table-header-rows>"
    styles = [f"c{place}" for place, _ in enumerate(columns)]
    for values in rows:
        cells = "".join(map(_ods_cell, values, styles))
        yield f"<table:table-row>{cells}</table:table-row>"
    if paper:
        yield from (_ods_line(line, "PL", len(columns)) for line in paper.below)
    yield "</table:table>"
    lines = list(_notes(notes, written))
    if lines:
        name = NOTES_SHEET if _sheet_name(title) != NOTES_SHEET else f"{NOTES_SHEET} 2"
        yield f'<table:table table:style-name="ta" table:name="{name}"><table:table-column table:style-name="coN"/>'
        for line in lines:
            yield f"<table:table-row>{_ods_cell(line, 'T')}</table:table-row>"
        yield "</table:table>"
    yield f"</office:spreadsheet></office:body>{closing}"


def _ods_line(text, style, columns):
    """A line across the whole table."""
    shown = _ods_text(_ILLEGAL.sub("\ufffd", text))
    covered = (
        f'<table:covered-table-cell table:number-columns-repeated="{columns - 1}"/>' if columns > 1 else ""
    )
    return (
        f'<table:table-row><table:table-cell table:style-name="{style}" office:value-type="string" '
        f'table:number-columns-spanned="{columns}"><text:p>{shown}</text:p></table:table-cell>{covered}</table:table-row>'
    )


def _ods_cell(value, style):
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, bool):
        return f'<table:table-cell office:value-type="boolean" office:boolean-value="{str(value).lower()}"/>'
    if isinstance(value, datetime):
        stated = f'office:date-value="{value.isoformat(timespec="seconds")}"'
        return f'<table:table-cell table:style-name="DT" office:value-type="date" {stated}/>'
    if isinstance(value, date):
        stated = f'office:date-value="{value.isoformat()}"'
        return f'<table:table-cell table:style-name="D" office:value-type="date" {stated}/>'
    if not isinstance(value, str):
        stated = f'office:value-type="float" office:value="{value}"'
        return f'<table:table-cell table:style-name="{style}" {stated}/>'
    style = style if style == "H" else "T"
    paragraphs = "".join(f"<text:p>{_ods_text(line)}</text:p>" for line in value.split("\n"))
    return f'<table:table-cell table:style-name="{style}" office:value-type="string">{paragraphs}</table:table-cell>'


def _ods_text(line):
    """One paragraph: a reader folds plain spaces at the ends and in a row, so these are spelled out."""
    text = escape(line)
    if "  " in text or text[:1] == " " or text[-1:] == " ":
        text = _SPACE_RUN.sub(lambda run: f'<text:s text:c="{len(run.group())}"/>', text)
    return text.replace("\t", "<text:tab/>")


def _ods_styles(columns, *, is_paper):
    wrapped = _ODS_WRAPPED if is_paper else ""
    styles = [
        '<style:style style:name="ta" style:family="table" style:master-page-name="Default"/>',
        '<style:style style:name="H" style:family="table-cell">'
        f'{wrapped}<style:text-properties fo:font-weight="bold" style:font-weight-asian="bold"/></style:style>',
        '<number:text-style style:name="NT"><number:text-content/></number:text-style>',
        f'<style:style style:name="T" style:family="table-cell" style:data-style-name="NT">{wrapped}</style:style>',
        *(_ODS_LINES if is_paper else ()),
        _ODS_DATES + "</number:date-style>",
        _ODS_DATES.replace('"ND"', '"NDT"')
        + '<number:text> </number:text><number:hours number:style="long"/><number:text>:</number:text>'
        '<number:minutes number:style="long"/></number:date-style>',
        '<style:style style:name="D" style:family="table-cell" style:data-style-name="ND"/>',
        '<style:style style:name="DT" style:family="table-cell" style:data-style-name="NDT"/>',
        _ods_width("coN", 100),
    ]
    for place, column in enumerate(columns):
        styles.append(_ods_width(f"co{place}", column.width))
        data_style = ""
        if column.kind in ("decimal", "percent"):
            kind = "percentage" if column.kind == "percent" else "number"
            sign = "<number:text>%</number:text>" if column.kind == "percent" else ""
            styles.append(
                f'<number:{kind}-style style:name="N{place}"><number:number number:min-integer-digits="1" '
                f'number:decimal-places="{column.places}" number:min-decimal-places="{column.places}"/>{sign}'
                f"</number:{kind}-style>"
            )
            data_style = f' style:data-style-name="N{place}"'
        styles.append(
            f'<style:style style:name="c{place}" style:family="table-cell"{data_style}>{wrapped}</style:style>'
        )
    return "".join(styles)


def _ods_width(name, characters):
    return (
        f'<style:style style:name="{name}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{characters * 0.2:.2f}cm"/></style:style>'
    )


def _ods_document(root, body):
    return f'<office:{root} {_NAMESPACES} office:version="1.2">{body}</office:{root}>'


def _ods_manifest():
    name = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    files = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="text/xml"/>'
        for path in ("content.xml", "styles.xml", "meta.xml", "settings.xml")
    )
    return (
        f'<manifest:manifest xmlns:manifest="{name}" manifest:version="1.2">'
        f'<manifest:file-entry manifest:full-path="/" manifest:version="1.2" '
        f'manifest:media-type="{FORMATS["ods"]}"/>{files}</manifest:manifest>'
    )


def _ods_meta(title):
    stated = f"<dc:title>{escape(_ILLEGAL.sub(' ', title))}</dc:title><dc:creator>{_AUTHOR}</dc:creator>"
    return _ods_document("document-meta", f"<office:meta>{stated}</office:meta>")


def _ods_settings(sheet, lines_above):
    """The header row stays in sight."""
    split = "".join(
        f'<config:config-item config:name="{name}" config:type="{kind}">{value}</config:config-item>'
        for name, kind, value in (
            ("VerticalSplitMode", "short", 2),
            ("VerticalSplitPosition", "int", 1 + lines_above),
            ("ActiveSplitRange", "short", 2),
            ("PositionBottom", "int", 1 + lines_above),
        )
    )
    table = (
        f"<config:config-item-map-entry config:name={quoteattr(sheet)}>{split}</config:config-item-map-entry>"
    )
    view = (
        '<config:config-item-map-entry><config:config-item config:name="ViewId" config:type="string">view1'
        '</config:config-item><config:config-item-map-named config:name="Tables">'
        f"{table}</config:config-item-map-named></config:config-item-map-entry>"
    )
    views = f'<config:config-item-map-indexed config:name="Views">{view}</config:config-item-map-indexed>'
    settings = f'<config:config-item-set config:name="ooo:view-settings">{views}</config:config-item-set>'
    return _ods_document("document-settings", f"<office:settings>{settings}</office:settings>")


# --- csv ----------------------------------------------------------------------------------------------


def _write_csv(sink, title, columns, rows, written, notes, paper):
    """UTF-8 with its mark, without which Excel takes it for Big5. Notes have no place in it."""
    stream = io.TextIOWrapper(sink, encoding="utf-8-sig", newline="", write_through=True)
    try:
        writer = csv.writer(stream)
        writer.writerow([_csv_value(_ILLEGAL.sub("\ufffd", column.title)) for column in columns])
        for values in rows:
            writer.writerow(map(_csv_value, values))
    finally:
        stream.detach()


def _csv_value(value):
    if isinstance(value, str) and _FORMULA_LIKE.match(value):
        return f"'{value}"
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value


_WRITERS = {"xlsx": _write_xlsx, "ods": _write_ods, "csv": _write_csv}
