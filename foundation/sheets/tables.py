"""What the writers of .xlsx, .ods and .csv have in common: columns, the paper it is printed on, what is told."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "csv": "text/csv; charset=utf-8",
}
AUTHOR = "嘉義縣政府"
NOTES_SHEET = "說明"
MAX_WARNINGS = 50

# Not allowed in XML, hence in no .xlsx or .ods; and halves of characters, which no file can hold.
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LINE_ENDS = re.compile("\r\n?")
_SHEET_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


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


def legal(text, instead="\ufffd"):
    """Text without what no spreadsheet can hold, to be seen in its place."""
    return ILLEGAL.sub(instead, text)


def sheet_name(title):
    return _SHEET_NAME.sub(" ", legal(title, " ")).strip(" '")[:31].rstrip(" '") or "資料"


def note_lines(notes, written):
    """Notes, then what was changed. Read after the rows: only then all warnings are known."""
    yield from (LINE_ENDS.sub("\n", legal(note)) for note in notes)
    yield from written.warnings
    if written.unreported:
        yield f"另有 {written.unreported:,} 處同樣處理，未逐一列出。"
