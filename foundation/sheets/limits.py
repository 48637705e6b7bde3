"""How large a spreadsheet may be, and what is said when one cannot be taken.

The limits hold before any spreadsheet library sees the file. The largest import of the portal (20,000 rows
of 25 columns) is about 35 MB of XML: together they keep the reading under 400 MB of memory and a few seconds.
"""

from ..errors import Refused

MB = 1024 * 1024

MAX_FILE_BYTES = 10 * MB
MAX_UNPACKED_BYTES = 64 * MB
MAX_RATIO = 100
"""Unpacked to packed bytes, once more than `RATIO_FREE_BYTES` came out."""
RATIO_FREE_BYTES = 10 * MB
MAX_ENTRIES = 2_000
MAX_STYLE_BYTES = 8 * MB
MAX_SHEETS = 100

MAX_ROWS = 20_000
MAX_LEADING_ROWS = 1_000
MAX_COLUMNS = 100
MAX_CELLS = 600_000
MAX_ELEMENTS = 3_000_000
MAX_DEPTH = 64


class SheetRefused(Refused, ValueError):
    """The file cannot be taken. The message is Chinese, says where, and is shown as it stands.

    `row` is the row as the spreadsheet numbers it, `column` the header as the file has it; None where the
    problem has no place.
    """

    def __init__(self, message: str, *, row: int | None = None, column: str | None = None):
        place = (f"第 {row:,} 列" if row else "") + (f"「{column}」" if column else "")
        super().__init__(f"{place}：{message}" if place else message)
        self.row = row
        self.column = column


def damaged(detail: str = "") -> SheetRefused:
    return SheetRefused(f"檔案損壞或不完整{detail}，請用 Excel 或 LibreOffice 開啟後重新存檔。")


def column_letters(column: int) -> str:
    """1 is A, 27 is AA."""
    letters = ""
    while column:
        column, place = divmod(column - 1, 26)
        letters = chr(ord("A") + place) + letters
    return letters
