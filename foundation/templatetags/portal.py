"""What every page needs to show a date, a figure, a status or a small drawing.

The drawings keep their markup in templates/components/; their geometry is worked out here. Those that stand
in every row of a long table are rendered once for each set of arguments.
"""

import re
from fractions import Fraction
from functools import lru_cache, wraps
from typing import NamedTuple
from urllib.parse import urlencode

from django import template
from django.core.paginator import Paginator
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString

from foundation import numbers, rocdate
from foundation.inspection.limits import TABLE

register = template.Library()

NOT_APPLICABLE = "不適用"
STATUS_ICONS = {
    "ok": "circle-check",
    "due": "clock-exclamation",
    "no": "circle-x",
    "wait": "hourglass",
    "na": "ban",
    "plain": "circle-half-2",
}
NOTE_ICONS = {"": "info-circle", "due": "clock-exclamation", "ok": "circle-check", "no": "circle-x"}
INDICATOR_NAMES = ("經驗傳承更新", "薦送研習", "教材參賽", "論壇主題")
PLOT_SIDE = 17.5
PLOT_CORNERS = ((1.0, 1.0), (21.5, 1.0), (1.0, 21.5), (21.5, 21.5))
BAR_WIDTH = 200


CODES = re.compile(r"[0-9A-Za-z]+(?:-[0-9A-Za-z]+)+")


@register.filter
def whole_codes(text):
    """The text with its receipt and other numbers each on one line: a hyphen is no place to break them."""
    return SafeString(CODES.sub(r'<span class="nb">\g<0></span>', escape(text)))


# Dates and figures --------------------------------------------------------------------------


def _for_each_value(show):
    """Empty for what is not given; the words for a value are put together once, as tables repeat it."""
    once = lru_cache(maxsize=4096)(show)

    @wraps(show)
    def shown(value):
        return "" if value in (None, "") else once(value)

    return shown


@register.filter
@_for_each_value
def roc(value):
    """民國105年7月1日, for the first date on a page."""
    return rocdate.format_date(value)


@register.filter
@_for_each_value
def roc_plain(value):
    """105年7月1日, for tables."""
    return rocdate.format_date(value).removeprefix("民國")


@register.filter
@_for_each_value
def roc_short(value):
    """7月1日（五）."""
    return rocdate.format_short(value)


@register.filter
@_for_each_value
def roc_dt(value):
    """105年6月23日 09:40, Taipei time."""
    return rocdate.format_datetime(value)


@register.filter
@_for_each_value
def roc_moment(value):
    """4月13日（三）14:00, Taipei time."""
    return f"{rocdate.format_short(value)}{value.astimezone(rocdate.TAIPEI):%H:%M}"


@register.filter
def roc_deadline(moment):
    """7月1日（五）24:00."""
    return "" if moment in (None, "") else rocdate.format_deadline(moment)


@register.simple_tag
def roc_range(start, end):
    """105年3月1日至9月30日."""
    return rocdate.format_range(start, end).removeprefix("民國")


def _ratio(value):
    """An exact figure as a cheap key: (numerator, denominator), or None for 不適用."""
    return None if value is None else value.as_integer_ratio()


@lru_cache(maxsize=16_384)
def _percent(numerator, denominator):
    return numbers.percent(Fraction(numerator, denominator))


@register.filter
def percent(value):
    """64.3 for a fraction; 不適用 for None."""
    return NOT_APPLICABLE if value is None else _percent(*value.as_integer_ratio())


@register.filter
def percentage(value):
    """64.3% for a fraction; 不適用 for None."""
    return NOT_APPLICABLE if value is None else f"{percent(value)}%"


@register.filter
def grouped(value):
    """3,000."""
    return "" if value in (None, "") else f"{value:,}"


@register.filter
def heat_class(value):
    """The step of the board's scale, chosen on the exact value and not on the rounded one."""
    if value is None:
        return "cna"
    part, whole = value.as_integer_ratio()
    if part <= 0:
        return "c0"
    if part >= whole:
        return "c4"
    return "c1" if 10 * part < 4 * whole else "c2" if 10 * part < 7 * whole else "c3"


# Components ---------------------------------------------------------------------------------


def draw(component, **inputs):
    """A component's markup, without the line ends around it that would show between words."""
    return SafeString(render_to_string(f"components/{component}.html", inputs).strip())


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name, label=""):
    return draw("icon", href=f"{static('icons.svg')}#{name}", label=label)


@register.simple_tag
@lru_cache(maxsize=2048)
def status(kind, text, icon=""):
    return draw("status", kind=kind, text=text, icon=icon or STATUS_ICONS[kind])


@register.simple_tag
@lru_cache(maxsize=1)
def sample():
    return draw("sample")


@register.simple_tag
def bar(value):
    """A progress bar; the figure stands beside it, so it is hidden from screen readers."""
    return _bar(_ratio(value))


@lru_cache(maxsize=8192)
def _bar(ratio):
    if ratio is None:
        return draw("bar", fill=None, done=False)
    value = Fraction(*ratio)
    return draw("bar", fill=f"{float(_capped(value)) * BAR_WIDTH:.1f}", done=value >= 1)


@register.simple_tag
def tian(updates, workshop, competition, forum, size=""):
    """田: four plots that fill from below, in the places the scorecard gives the four indicators."""
    return _tian(_ratio(updates), _ratio(workshop), _ratio(competition), _ratio(forum), size)


@lru_cache(maxsize=8192)
def _tian(*inputs):
    *ratios, size = inputs
    values = [None if ratio is None else Fraction(*ratio) for ratio in ratios]
    plots = [_plot(*corner, value) for corner, value in zip(PLOT_CORNERS, values, strict=True)]
    label = "、".join(
        f"{name} {percentage(value)}" for name, value in zip(INDICATOR_NAMES, values, strict=True)
    )
    return draw("tian", plots=plots, label=label, size=size)


def _capped(value):
    return min(max(value, 0), 1)


class _Plot(NamedTuple):
    """One plot of the 田. `kind`: n (不適用), d (達成) or f (filling); `top` and `height` are the fill's."""

    x: float
    y: float
    top: float
    height: float
    kind: str

    @property
    def tick(self):
        return f"M{self.x + 5:.1f} {self.y + 9.5:.1f}l3 3l5.5-6.5"

    @property
    def hatching(self):
        """Fallow land: three slanting lines inside the plot."""
        half = PLOT_SIDE / 2
        right, low = self.x + PLOT_SIDE, self.y + PLOT_SIDE
        return (
            f"M{self.x:.2f} {self.y + half:.2f}L{self.x + half:.2f} {self.y:.2f}"
            f"M{self.x:.2f} {low:.2f}L{right:.2f} {self.y:.2f}"
            f"M{self.x + half:.2f} {low:.2f}L{right:.2f} {self.y + half:.2f}"
        )


def _plot(x, y, value):
    if value is None:
        return _Plot(x, y, y, 0.0, "n")
    height = round(PLOT_SIDE * float(_capped(value)), 1)
    return _Plot(x, y, round(y + PLOT_SIDE - height, 1), height, "d" if value >= 1 else "f")


@register.inclusion_tag("components/spark.html")
def spark(values, wide=False):
    """Completion over the weeks, oldest first; weeks without a figure are passed over."""
    known = [value for value in values if value is not None]
    if not known:
        return {"points": []}
    left, span, bottom, rise = (0, 288, 86, 80) if wide else (2, 72, 20, 18)
    step = span / max(len(known) - 1, 1)
    points = [
        (f"{left + step * n:.1f}", f"{bottom - rise * float(_capped(value)):.1f}")
        for n, value in enumerate(known)
    ]
    label = f"近 {len(known)} 週由 {percentage(known[0])} 到 {percentage(known[-1])}"
    return {"points": points, "last": points[-1], "label": label, "wide": wide}


@register.simple_tag(takes_context=True)
def stay_in_year(context, programme):
    """The frame and its links stay in the year of what the page shows, whatever the address says."""
    if programme and "request" in context:
        context["request"].shown_programme = programme
    return ""


@register.simple_tag(takes_context=True)
def sort_link(context, key, label, css="", default=""):
    """A column head that sorts: up first, then down."""
    chosen = context["request"].GET.get("sort") or default
    query = _query(context["request"], sort=f"-{key}" if chosen == key else key)
    order = {key: "ascending", f"-{key}": "descending"}.get(chosen, "")
    return _sort_link(label=label, css=css, order=order, query=query)


@lru_cache(maxsize=1024, typed=True)
def _sort_link(**inputs):
    return draw("sort_link", **inputs)


def _query(request, **changes):
    """The query string with changes, of the first page."""
    asked = dict(request.GET.lists()) | changes
    asked.pop("page", None)
    return urlencode(asked, doseq=True)


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context, page, counter="筆", noun=""):
    """第 1–100 個，共 191 個機關, and the links to the other pages with the query string kept."""
    query = _query(context["request"])
    numbers_shown = page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    return {
        "page": page,
        "counter": counter,
        "noun": noun,
        "numbers": list(numbers_shown),
        "gap": Paginator.ELLIPSIS,
        "kept": f"{query}&" if query else "",
    }


# Rows of long lists -------------------------------------------------------------------------


@register.simple_tag
def row_url(name, key):
    """`{% url name key %}` in the rows of a list: the address is worked out once, then only the key is put in."""
    before, after = _around_key(name)
    return f"{before}{key}{after}"


@lru_cache(maxsize=256)
def _around_key(name):
    # A number suits every converter; the keys put in its place are numbers, or codes that need no quoting.
    mark = 9_000_000_001
    before, _, after = reverse(name, args=[mark]).partition(str(mark))
    return before, after


@register.simple_tag
def piece(template, **inputs):
    """`{% include template with … only %}` in the rows of a list: drawn once for each set of inputs.

    The inputs are plain values (words, numbers, dates, no rows of the database).
    """
    return _piece(template, **inputs)


# Typed: text that was marked as safe and the same text that was not are different inputs.
@lru_cache(maxsize=4096, typed=True)
def _piece(template, **inputs):
    return SafeString(render_to_string(template, inputs).strip())


# Notes and forms ----------------------------------------------------------------------------


@register.simple_tag
def file_limits():
    """The kinds of file that may be uploaded, each with its endings and its largest size."""
    return TABLE


@register.filter
def accepted_endings(limits):
    """.mp4,.webm,… as a file input takes them."""
    return ",".join(ending for limit in limits for ending in limit.endings)


@register.filter
def note_icon(kind):
    return NOTE_ICONS[kind or ""]


@register.filter
def note_kind(level_tag):
    """The note that carries a message of django.contrib.messages."""
    return {"success": "ok", "warning": "due", "error": "no"}.get(level_tag, "")
