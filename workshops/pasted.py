"""People from pasted lines or a spreadsheet, as rows of the nomination form: to be looked at before they are sent.

Nothing is judged here: what a cell holds is checked by the form.
"""

import re

from foundation.sheets import Column, read_table

COLUMNS = (
    Column(key="name", title="姓名"),
    Column(key="title", title="職稱", required=False),
    Column(key="email", title="電子郵件", required=False, aliases=("email", "e-mail", "信箱")),
)
_MARKS = re.compile("[,，、;；]")
_SPACES = re.compile(r"[ \u3000]+")
_HEADER = {"姓名", "name"}


def people_in_text(text):
    """(name, title, e-mail) of each line: cells stand apart by tabs, else by commas or 、, else by spaces."""
    rows = [_cells(line) for line in text.splitlines()]
    return [_person(cells) for cells in rows if cells and cells[0] not in _HEADER]


def people_in_sheet(source, filename):
    """The same of a file's rows; raises SheetRefused on one that cannot be read."""
    table = read_table(source, filename, columns=COLUMNS)
    rows = (tuple(_text(row.get(column.key)) for column in COLUMNS) for row in table)
    return [row for row in rows if any(row)]


def _cells(line):
    if "\t" in line:
        parts = line.split("\t")
    elif _MARKS.search(line):
        parts = _MARKS.split(line)
    else:
        parts = _SPACES.split(line)
    cells = [part.strip() for part in parts if part.strip()]
    # A running number in front is not a name.
    return cells[1:] if cells and cells[0].rstrip(".").isdigit() else cells


def _person(cells):
    """The cell with an @ is the address; of the others the first is the name, the rest the title."""
    email = next((cell for cell in cells if "@" in cell or "＠" in cell), "")
    name, *title = [cell for cell in cells if cell != email] or [""]
    return name, " ".join(title), email


def _text(cell):
    return "" if cell is None else str(cell)
