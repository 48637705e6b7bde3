"""Numbers in and out: read as people type them, rounded exactly, half up, only for display."""

import re
from decimal import Decimal
from fractions import Fraction

from .errors import Refused
from .text import half_width

# Spaces at the ends and beside sign or comma are strays; between two digits they may part two numbers.
_SPACES = re.compile(r"\s+(?![0-9])|(?<![0-9])\s+")
_SIGNED = re.compile("([-+\u2212\u2013]?)((?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\\.[0-9]+)?)")
_MAX_DIGITS = 30


class NumberError(Refused, ValueError):
    """Not a number that may stand there. The message is Chinese and is shown as it stands."""


def parse_int(value: object, *, minimum: int = 0, maximum: int | None = None, name: str = "數字") -> int:
    """A whole number: full-width digits, stray spaces and well-placed thousands commas understood."""
    number = _parse(value, name)
    if number != number.to_integral_value():
        raise NumberError(f"{name}「{_shown(value)}」須為整數。")
    return int(_bounded(number, value, minimum, maximum, name))


def parse_decimal(
    value: object,
    *,
    minimum: Decimal | int | None = Decimal(0),
    maximum: Decimal | int | None = None,
    places: int | None = None,
    name: str = "數字",
) -> Decimal:
    """A number with at most `places` decimals, exact."""
    number = _parse(value, name)
    if places is not None and number != round(number, places):
        raise NumberError(f"{name}「{_shown(value)}」最多 {places} 位小數。")
    return _bounded(number, value, minimum, maximum, name)


def _parse(value, name):
    if value is None or (isinstance(value, str) and not value.strip()):
        raise NumberError(f"沒有填{name}。")
    if isinstance(value, bool):
        raise NumberError(f"{name}「{_shown(value)}」不是數字。")
    if isinstance(value, (int, float, Decimal)):
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        if not number.is_finite() or number.adjusted() >= _MAX_DIGITS:
            raise NumberError(f"{name}「{_shown(value)}」不是數字。")
        return number
    if not isinstance(value, str):
        raise NumberError(f"{name}「{_shown(value)}」不是數字。")
    text = half_width(value).strip()
    if text.startswith("="):
        raise NumberError(f"{name}「{_shown(value)}」是公式，請改填數字。")
    found = _SIGNED.fullmatch(_SPACES.sub("", text))
    if not found or len(found[2]) > _MAX_DIGITS:
        raise NumberError(f"{name}「{_shown(value)}」不是數字。")
    number = Decimal(found[2].replace(",", ""))
    return number if found[1] in ("", "+") else -number


def _bounded(number, value, minimum, maximum, name):
    if minimum is not None and number < minimum:
        rule = "不可為負數" if minimum == 0 else f"須為 {minimum} 以上"
        raise NumberError(f"{name}「{_shown(value)}」{rule}。")
    if maximum is not None and number > maximum:
        raise NumberError(f"{name}「{_shown(value)}」不可超過 {maximum:,}。")
    return number


def _shown(value):
    text = str(value).strip()
    return text if len(text) <= 40 else f"{text[:40]}…"


def half_up(value: Fraction | Decimal | int, places: int) -> Decimal:
    """Exact rounding, halves away from zero; its text has exactly `places` decimals."""
    scaled = abs(Fraction(value)) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    sign = 1 if value < 0 and whole else 0
    return Decimal((sign, tuple(map(int, str(whole))), -places))


def six_places(value: Fraction | None) -> str | None:
    """The decimal string of the JSON outputs; None (not applicable) stays None."""
    return None if value is None else str(half_up(value, 6))


def percent(value: Fraction | Decimal | int) -> str:
    """643/1000 as "64.3". Never "100.0" unless done: 99.96 % is shown as 99.9."""
    shown = half_up(Fraction(value) * 100, 1)
    return "99.9" if value < 1 and shown >= 100 else str(shown)


_CAPITALS = "零壹貳參肆伍陸柒捌玖"
_UNITS = ("", "拾", "佰", "仟")
_GROUPS = ("", "萬", "億", "兆")


def ntd_capitals(amount: int) -> str:
    """An amount as receipts write it: 12000 is 新臺幣壹萬貳仟元整."""
    if not 0 <= amount < 10**16:
        raise NumberError("金額須在 0 元與 9,999 兆元之間。")
    words, gap = "", False
    for group in range(3, -1, -1):
        part = amount // 10 ** (4 * group) % 10000
        for place in range(3, -1, -1):
            digit = part // 10**place % 10
            if not digit:
                gap = gap or bool(words)
                continue
            words += ("零" if gap else "") + _CAPITALS[digit] + _UNITS[place]
            gap = False
        if part:
            words += _GROUPS[group]
            gap = False  # 壹拾萬伍仟: zeros that end a group are not spoken
    return f"新臺幣{words or '零'}元整"
