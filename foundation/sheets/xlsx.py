"""A table as .xlsx, by the write-only workbook of openpyxl."""

import re
from datetime import date, datetime
from math import ceil
from unicodedata import east_asian_width

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from .tables import AUTHOR, NOTES_SHEET, legal, note_lines, sheet_name

# Text that happens to look like the .xlsx escape of a character must not be read as one.
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
# Real dates shown in the ROC calendar: 105/07/01.
_DATE = "[$-404]e/mm/dd"
_DATETIME = "[$-404]e/mm/dd hh:mm"


def write_xlsx(sink, title, columns, rows, written, notes, paper):
    book = Workbook(write_only=True)
    book.properties.creator = AUTHOR
    book.properties.title = legal(title, " ")
    sheet = book.create_sheet(sheet_name(title))
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
    cells = _Cells(sheet, columns, is_paper=paper is not None)
    if paper:
        if paper.title:
            sheet.append([cells.header(paper.title, size=16)])
        for line in paper.above:
            sheet.append([cells.line(line)])
    sheet.append([cells.header(column.title) for column in columns])
    try:
        for number, values in enumerate(rows, start=header + 1):
            if paper:
                sheet.row_dimensions[number].height = _LINE * _lines(values, columns)
            sheet.append([cells.cell(value, place) for place, value in enumerate(values)])
        for line in paper.below if paper else ():
            sheet.append([cells.line(line)])
    finally:
        sheet.close()  # also when the rows fail half way: its temporary file stays open otherwise
    lines = list(note_lines(notes, written))
    if lines:
        second = book.create_sheet(NOTES_SHEET if sheet.title != NOTES_SHEET else f"{NOTES_SHEET} 2")
        second.column_dimensions["A"].width = 100
        for line in lines:
            second.append([_Cells(second, ()).cell(line, 0)])
    book.save(sink)


_LINE = 17  # points


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


class _Cells:
    """Makes the cells of one sheet. Styled cells are made once and refilled: each is written at once."""

    def __init__(self, sheet, columns, *, is_paper=False):
        self._sheet = sheet
        self._is_paper = is_paper
        self._numbers = [self._styled(_number_format(column)) for column in columns]
        self._dates = self._prototypes(_DATE, columns)
        self._moments = self._prototypes(_DATETIME, columns)
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
        return self._text(WriteOnlyCell(self._sheet), legal(text))

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
            return _ESCAPE.sub("_x005F_", value)
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
        cell.value = _ESCAPE.sub("_x005F_", text)
        cell.data_type = "s"  # never a formula, never an error value
        return cell


def _number_format(column):
    if column.kind in ("decimal", "percent"):
        decimals = f".{'0' * column.places}" if column.places else ""
        return f"0{decimals}{'%' if column.kind == 'percent' else ''}"
    return "General"
