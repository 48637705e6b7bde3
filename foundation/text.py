"""Text as people and spreadsheets give it: made comparable, never made different.

NFC only: NFKC would change compatibility ideographs in names (𠮷, ‧, ʉ and ’ stay as typed).
What cannot be seen, printed or exported is refused with a sentence that says where it is:
control characters break every spreadsheet export, bidirectional overrides fake names, and
private-use characters look different on every computer.
"""

import re
import unicodedata
from datetime import date, time
from decimal import Decimal

from .errors import Refused


class TextError(Refused, ValueError):
    """The text cannot be taken. The message is Chinese and is shown as it stands."""


# Full-width forms of ASCII (！ to ～) and the ideographic space. Not NFKC: that would also read ② as 2.
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}

_LINE_BREAKS = re.compile("\r\n|[\n\r\u2028\u2029]")
_SPACES = re.compile(r"\s+")
_TRAILING_SPACES = re.compile(r"[^\S\n]+$", re.MULTILINE)

# Printable by category, yet blank to the eye (Hangul fillers, the empty Braille cell) or a sign of loss.
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_PRINTABLE_SUSPECTS = re.compile("[\u115f\u1160\u3164\uffa0\u2800\ufffd]")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BREAKS = "\t\n\r\u2028\u2029"
_SEPARATORS = re.compile("[、，,；;\n]")
# One @, a dotted host, nothing exotic: the mail system has the last word.
_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+")


def half_width(text: str) -> str:
    """Full-width digits, letters and punctuation as their ASCII forms; all else untouched."""
    return text.translate(_HALF_WIDTH)


def clean_line(value: object, *, max_length: int | None = None) -> str:
    """One line of text: NFC, ends stripped, inner white space (also U+3000) as one space."""
    text = _checked(_as_text(value))
    return _within(_SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip(), max_length)


def clean_text(value: object, *, max_length: int | None = None) -> str:
    """Several lines of text: NFC, line breaks as \\n, no spaces at line ends, no blank lines around.

    Indentation stays, and so does the joiner inside emoji (U+200D).
    """
    text = _checked(_as_text(value), allowed="\u200d")
    text = _LINE_BREAKS.sub("\n", unicodedata.normalize("NFC", text))
    return _within(_TRAILING_SPACES.sub("", text).strip("\n"), max_length)


def clean_code(value: object, *, max_length: int | None = None) -> str:
    """A code (unit, school, receipt number): full-width understood, no white space, case kept.

    A spreadsheet's number cell is read as its digits: 104650.0 is "104650".
    """
    return _within(_SPACES.sub("", half_width(clean_line(value))), max_length)


def clean_email(value: object) -> str:
    """An address in lower case, "" when there is none."""
    address = clean_code(value, max_length=254).lower()
    if address and not _EMAIL.fullmatch(address):
        raise TextError(f"「{address}」不是電子郵件地址。")
    return address


def split_names(value: object) -> list[str]:
    """The parts of "甲、乙，丙": each cleaned, empty ones dropped, order kept."""
    parts = _SEPARATORS.split(clean_text(value))
    return [name for name in map(clean_line, parts) if name]


def search_key(value: str) -> str:
    """A key only for comparing: the same for full-width, case and spacing twins of a name."""
    key = value
    # Folding case and dropping spaces can bring characters together that compose anew.
    while (folded := _SPACES.sub("", unicodedata.normalize("NFKC", key.casefold()))) != key:
        key = folded
    return key


def _as_text(value):
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        raise TextError("這一格是邏輯值（TRUE／FALSE），應為文字。")
    if isinstance(value, (int, Decimal)):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, (date, time)):
        raise TextError("這一格是日期或時間，應為文字；請把儲存格格式改為文字後重新輸入。")
    raise TextError("這一格不是文字。")


def _checked(text, *, allowed=""):
    if text.isprintable() and not _PRINTABLE_SUSPECTS.search(text):
        return text
    for position, character in enumerate(text, start=1):
        if character not in _BREAKS and character not in allowed and (problem := _problem(character)):
            raise TextError(f"第 {position} 個字{problem}（U+{ord(character):04X}）。")
    return text


def _problem(character):
    category = unicodedata.category(character)
    code = ord(character)
    if category == "Cc":
        return "是控制字元，請刪除後重新輸入"
    if category == "Cs":
        return "是損壞的字元，請重新輸入"
    if category == "Co":
        return "是造字區的字，別人的電腦看不到；請改用 Unicode 正式收錄的字，或以同音字代替並加註"
    if character in _BIDI:
        return "會改變文字方向，請刪除後重新輸入"
    if category == "Cf" or character in _BLANK_LETTERS:
        return "看不見（零寬或空白字元），請刪除後重新輸入"
    if character == "\ufffd":
        return "是轉檔時遺失的字，請補上原字"
    if code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
        return "不是文字，請刪除後重新輸入"
    return None


def _within(text, max_length):
    if max_length is not None and len(text) > max_length:
        raise TextError(f"超過 {max_length} 個字（現有 {len(text)} 個字）。")
    return text
