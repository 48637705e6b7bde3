"""Dates as the county writes them: the ROC calendar (民國105年 = 2016), Taipei time.

Reads every form met in official papers and spreadsheets, and never guesses:

* a year of four digits, 1900 or later, is western; one to three digits are a ROC year;
* digits alone: seven are ROC yyymmdd, six ROC yymmdd (990701), eight western yyyymmdd;
* a bare ROC year of one or two digits up to 31 is refused (7/1/16 may be any of three dates),
  and so are month and day alone, and numbers that are no date.

Django's own zh-Hant input formats accept none of these, not even 2016年7月1日.
"""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .errors import Refused
from .text import half_width

TAIPEI = ZoneInfo("Asia/Taipei")
WEEKDAYS = "一二三四五六日"
_OFFSET = 1911
_EXAMPLE = "請寫成 105年7月1日、105/7/1 或 2016-07-01"

_SPACES = re.compile(r"\s+(?![0-9])|(?<![0-9])\s+")
_WRITTEN = re.compile(
    r"(?P<era>(?:中華)?民國|西元|公元)?(?P<year>[0-9]{1,4})年(?P<month>[0-9]{1,2})月(?P<day>[0-9]{1,2})日"
    r"(?:\((?:星期|週|周)?(?P<weekday>[一二三四五六日天])\))?"
)
_THIS_YEAR = re.compile(r"本\((?P<year>[0-9]{1,3})\)年(?P<month>[0-9]{1,2})月(?P<day>[0-9]{1,2})日")
_SEPARATED = re.compile(
    r"(?P<era>(?:中華)?民國)?(?P<year>[0-9]{1,4})(?P<separator>[/.-])(?P<month>[0-9]{1,2})(?P=separator)(?P<day>[0-9]{1,2})"
)
_DIGITS = re.compile(r"(?P<year>[0-9]{2,4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")


class DateError(Refused, ValueError):
    """Not a date, or not one that exists. The message is Chinese and is shown as it stands."""


def parse_date(value: object) -> date:
    """The date a person or a spreadsheet cell means; DateError when there is any doubt."""
    if isinstance(value, datetime):
        return taipei_date(value) if value.tzinfo else value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise DateError(f"「{value}」不是日期，{_EXAMPLE}。")
    return _parse_text(str(value).strip())


def _parse_text(text):
    if not text:
        raise DateError("沒有填日期。")
    shown = text if len(text) <= 40 else f"{text[:40]}…"
    written = _SPACES.sub("", half_width(text))
    for form in (_WRITTEN, _THIS_YEAR, _SEPARATED, _DIGITS):
        if found := form.fullmatch(written):
            break
    else:
        raise DateError(f"「{shown}」不是看得懂的日期，{_EXAMPLE}。")
    parts = found.groupdict()
    year = _western_year(parts, named=form in (_WRITTEN, _THIS_YEAR) or bool(parts.get("era")), shown=shown)
    try:
        parsed = date(year, int(parts["month"]), int(parts["day"]))
    except ValueError:
        raise DateError(f"「{shown}」這一天不存在。") from None
    weekday = parts.get("weekday")
    if weekday and WEEKDAYS[parsed.weekday()] != weekday.replace("天", "日"):
        raise DateError(f"「{shown}」的星期不對，那天是星期{WEEKDAYS[parsed.weekday()]}。")
    return parsed


def _western_year(parts, *, named, shown):
    """`named`: the text itself says which number is the year (民國 or 年)."""
    digits, era = parts["year"], parts.get("era")
    year = int(digits)
    if len(digits) == 4:
        if year < 1900 or era in ("民國", "中華民國"):
            raise DateError(f"「{shown}」的年份不對，{_EXAMPLE}。")
        return year
    if year == 0 or era in ("西元", "公元"):
        raise DateError(f"「{shown}」的年份不對，{_EXAMPLE}。")
    if not named and len(digits) < 3 and year <= 31:
        raise DateError(f"「{shown}」看不出哪一個是年，{_EXAMPLE}。")
    return year + _OFFSET


def roc_year(value: date) -> int:
    """2016-07-01 is in 105. Years before 1912 (民國前) do not occur here and are refused."""
    if value.year <= _OFFSET:
        raise DateError(f"西元 {value.year} 年在民國之前。")
    return value.year - _OFFSET


def taipei_date(moment: datetime) -> date:
    """The date on the wall in Taipei at that moment."""
    return moment.astimezone(TAIPEI).date()


def _as_date(value):
    return parse_date(value) if isinstance(value, datetime) else value


def format_date(value: date) -> str:
    """民國105年7月1日; an aware moment is shown by its Taipei date."""
    value = _as_date(value)
    return f"民國{roc_year(value)}年{value.month}月{value.day}日"


def format_short(value: date) -> str:
    """7月1日（五）"""
    value = _as_date(value)
    return f"{value.month}月{value.day}日（{WEEKDAYS[value.weekday()]}）"


def format_digits(value: date) -> str:
    """105-07-01, as the spreadsheets carry it: sorts as text, read back by `parse_date`."""
    value = _as_date(value)
    return f"{roc_year(value):03d}-{value.month:02d}-{value.day:02d}"


def format_datetime(value: datetime) -> str:
    """105年6月23日 09:40 in Taipei time."""
    local = value.astimezone(TAIPEI) if value.tzinfo else value
    return f"{roc_year(local)}年{local.month}月{local.day}日 {local:%H:%M}"


def format_range(start: date, end: date) -> str:
    """民國105年3月1日至9月30日; the second year only where it differs."""
    if start == end:
        return format_date(start)
    year = "" if start.year == end.year else f"{roc_year(end)}年"
    return f"{format_date(start)}至{year}{end.month}月{end.day}日"


def format_deadline(moment: datetime) -> str:
    """7月1日（五）24:00; midnight, the first moment too late, is shown as the end of the day before it."""
    local = moment.astimezone(TAIPEI)
    if (local.hour, local.minute) == (0, 0):
        return f"{format_short(local.date() - timedelta(days=1))}24:00"
    return f"{format_short(local)}{local:%H:%M}"


def deadline_text(last_day: date) -> str:
    """7月1日（五）24:00 截止（臺北時間）"""
    return f"{format_short(last_day)}24:00 截止（臺北時間）"


def start_of_day(day: date) -> datetime:
    """Midnight in Taipei at which the day begins."""
    return datetime.combine(day, time(), tzinfo=TAIPEI)


def end_of_day(last_day: date) -> datetime:
    """The first moment too late for "until that day": the next midnight in Taipei, exclusive."""
    return start_of_day(last_day + timedelta(days=1))
