"""The filters that the lists of updates and topics share, read from the query string."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count, Q

from foundation.sheets import OutColumn
from foundation.text import TextError, clean_code, clean_line

from .models import Review

PORTAL, IMPORTED = "portal", "import"
SOURCES = ((PORTAL, "入口登錄"), (IMPORTED, "匯入"))
COUNTED = (("1", "列計"), ("0", "不計"))


@dataclass(frozen=True)
class Filters:
    """What was asked for; what makes no sense is as if it was not asked."""

    unit: str = ""
    review: str = ""
    counted: str = ""
    source: str = ""
    q: str = ""

    @classmethod
    def of(cls, request):
        asked = request.GET
        return cls(
            unit=_clean(clean_code, asked.get("unit")),
            review=_one_of(Review.values, asked.get("review")),
            counted=_one_of(("0", "1"), asked.get("counted")),
            source=_one_of((PORTAL, IMPORTED), asked.get("source")),
            q=_clean(clean_line, asked.get("q")),
        )

    def __bool__(self):
        return any((self.unit, self.review, self.counted, self.source, self.q))

    def apply(self, items, *, with_review=True):
        if self.unit:
            items = items.filter(unit__unit__code=self.unit)
        if self.review and with_review:
            items = items.filter(review=self.review)
        if self.counted:
            items = items.counted() if self.counted == "1" else items.not_counted()
        if self.source:
            items = items.filter(external_id="") if self.source == PORTAL else items.exclude(external_id="")
        if self.q:
            items = items.filter(
                Q(title__icontains=self.q) | Q(unit__name__icontains=self.q) | Q(external_id__iexact=self.q)
            )
        return items


def review_picks(request, items, filters):
    """(label, link, current, how many) for each state of review, within the other filters; and how many are shown."""
    counts = (
        filters.apply(items, with_review=False)
        .order_by()
        .aggregate(all=Count("pk"), **{state: Count("pk", filter=Q(review=state)) for state in Review.values})
    )
    states = [("", "全部", counts["all"])]
    states += [(state.value, state.label, counts[state]) for state in Review]
    picks = [
        (label, _link(request, review=state), filters.review == state, count)
        for state, label, count in states
    ]
    return picks, counts[filters.review or "all"]


def _link(request, **changes):
    asked = {key: value for key, value in request.GET.items() if key != "page"} | changes
    return "?" + urlencode({key: value for key, value in asked.items() if value})


def _one_of(known, value):
    return value if value in known else ""


def _clean(clean, value):
    try:
        return clean(value or "")
    except TextError:
        return ""


UPDATE_COLUMNS = (
    OutColumn("機關代碼", 14),
    OutColumn("機關名稱", 28),
    OutColumn("標題", 40),
    OutColumn("更新日期", 12, kind="date"),
    OutColumn("來源", 10),
    OutColumn("編號", 16),
    OutColumn("審查", 10),
    OutColumn("審查理由", 30),
    OutColumn("列計", 8),
    OutColumn("不計原因", 30),
)
TOPIC_COLUMNS = (
    OutColumn("機關代碼", 14),
    OutColumn("機關名稱", 28),
    OutColumn("主題", 40),
    OutColumn("網址", 40),
    OutColumn("發表日期", 12, kind="date"),
    OutColumn("回覆數", 8, kind="int"),
    OutColumn("來源", 10),
    OutColumn("編號", 16),
    OutColumn("審查", 10),
    OutColumn("審查理由", 30),
    OutColumn("列計", 8),
    OutColumn("不計原因", 30),
)


def update_rows(updates):
    for update in updates:
        yield (update.unit.code, update.unit.name, update.title, update.updated_on, *_review_cells(update))


def topic_rows(topics):
    for topic in topics:
        yield (
            topic.unit.code,
            topic.unit.name,
            topic.title,
            topic.url,
            topic.posted_on,
            topic.replies,
            *_review_cells(topic),
        )


def _review_cells(item):
    reason = item.why_not_counted
    return (
        "匯入" if item.is_imported else "入口登錄",
        item.external_id,
        item.get_review_display(),
        item.review_reason,
        "不計" if reason else "列計",
        reason,
    )
