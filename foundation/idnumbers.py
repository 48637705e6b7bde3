"""身分證字號 and 統一證號: read as typed, checked by their check digit. Nothing here keeps or shows a number."""

import re

from .errors import Refused
from .text import clean_code

# A letter stands for two digits, by the county that first issued it (戶政 order, not the alphabet's).
_LETTERS = {letter: number for number, letter in enumerate("ABCDEFGHJKLMNPQRSTUVXYWZIO", start=10)}
_WEIGHTS = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
# Citizens and, since 110年, residents: a letter, a digit of sex or kind, eight digits.
_NUMBER = re.compile(r"[A-Z][1289][0-9]{8}")
# Residents before that: the second letter stands for the last digit of its number.
_OLD_RESIDENT = re.compile(r"[A-Z][A-D][0-9]{8}")


class IdNumberError(Refused, ValueError):
    """Not such a number. The message does not repeat what was typed."""


def clean_id_number(value: object) -> str:
    """The number in capitals; IdNumberError, without the number in it, when it cannot be one."""
    text = clean_code(value).upper()
    if _NUMBER.fullmatch(text):
        digits = text[1:]
    elif _OLD_RESIDENT.fullmatch(text):
        digits = f"{_LETTERS[text[1]] % 10}{text[2:]}"
    else:
        raise IdNumberError("身分證字號的格式不對（一個英文字母加九個數字）")
    figures = [int(figure) for figure in f"{_LETTERS[text[0]]}{digits}"]
    if sum(figure * weight for figure, weight in zip(figures, _WEIGHTS, strict=True)) % 10:
        raise IdNumberError("身分證字號的檢查碼不符")
    return text
