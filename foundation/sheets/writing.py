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
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import BinaryIO

from ..numbers import half_up, percent
from ..rocdate import TAIPEI, format_datetime, format_digits
from .ods import write_ods
from .tables import FORMATS, ILLEGAL, LINE_ENDS, OutColumn, Paper, Written, legal
from .xlsx import write_xlsx

MAX_CELL = 32_767
CUT = "…（全文過長，已截）"

_FORMULA_LIKE = re.compile("'*[=+\\-@\t\r\n]")
_FIRST_SAFE_DATE = date(1912, 1, 1)
"""Before it there is no ROC year, and spreadsheet programs disagree on days before March 1900."""


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
    text = LINE_ENDS.sub("\n", str(value))
    if ILLEGAL.search(text):
        text = legal(text)
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


def _write_csv(sink, title, columns, rows, written, notes, paper):
    """UTF-8 with its mark, without which Excel takes it for Big5. Notes have no place in it."""
    stream = io.TextIOWrapper(sink, encoding="utf-8-sig", newline="", write_through=True)
    try:
        writer = csv.writer(stream)
        writer.writerow([_csv_value(legal(column.title)) for column in columns])
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


_WRITERS = {"xlsx": write_xlsx, "ods": write_ods, "csv": _write_csv}
