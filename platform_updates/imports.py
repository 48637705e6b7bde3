"""The files that bring in what the county's outside platforms counted (design §4)."""

from urllib.parse import urlsplit

from agencies.imports import ProgrammeImporter, clean_unit_code
from foundation.importing import Change, ImportField, RowRefused
from foundation.numbers import parse_int
from foundation.rocdate import format_range, parse_date
from foundation.text import clean_code, clean_line

from .models import ForumTopic, Review, Update

LARGEST_REPLIES = 1_000_000
LONGEST_URL = 500


def clean_external_id(value):
    return clean_code(value, max_length=100)


def clean_title(value):
    return clean_line(value, max_length=200)


def clean_url(value):
    """An address on the web; the office opens it to review."""
    url = clean_line(value, max_length=LONGEST_URL)
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or " " in url or parts.scheme.lower() not in ("http", "https"):
        raise ValueError(f"「{url}」不是 http:// 或 https:// 開頭的網址。")
    return url


def clean_replies(value):
    return parse_int(value, maximum=LARGEST_REPLIES, name="回覆數")


class ExternalImporter(ProgrammeImporter):
    """Rows known by the number that the outside platform gave them; each counts once.

    What comes in was accepted there, so new rows are accepted. A later file may correct a row, but
    neither undoes a review nor moves a number to another unit.
    """

    model = None
    facts = {}  # column: field of the row

    def key(self, row):
        return row["external_id"]

    def load(self, rows):
        self.load_units()
        stored = self.model.objects.of(self.programme).exclude(external_id="")
        self.stored = {item.external_id: item for item in stored.select_related("unit__unit")}

    def plan(self, row):
        unit = self.unit_of(row)
        self._require_in_period(row)
        label = f"{row['external_id']} {row['title']}"
        wanted = {name: row[key] for key, name in self.facts.items()}
        item = self.stored.get(row["external_id"])
        if item is None and (entered := self.entered_here(row)):
            return self._take_over(row, unit, entered, Change(label, updates=[(entered, wanted)]))
        if item is None:
            return Change(label, is_new=True, creates=[self._new(row, unit, wanted)])
        if item.unit_id != unit.pk:
            raise RowRefused(
                f"編號「{row['external_id']}」已登錄為「{item.unit.code} {item.unit}」的資料，同一編號只計一次。",
                "external_id",
            )
        return Change(label, updates=[(item, wanted)])

    def entered_here(self, row):
        """The stored row without a number that this row means, if it can be known."""
        return None

    def _take_over(self, row, unit, item, change):
        """What a unit entered on a page and the platform lists too is one thing: it gets the number."""
        if item.unit_id != unit.pk:
            raise RowRefused(f"這個網址已由{item.unit}登錄為「{item.title}」；同一主題只計一次。", "url")
        number = {"external_id": row["external_id"]}
        if item.review == Review.PENDING:
            number["review"] = Review.ACCEPTED
        change.updates.append((item, number))
        change.notes.append("機關先前已在入口登錄這個網址，併為同一筆。")
        return change

    def _new(self, row, unit, wanted):
        return self.model(
            programme=self.programme,
            unit=unit,
            external_id=row["external_id"],
            review=Review.ACCEPTED,
            created_by=self.by,
            created_at=self.at,
            **wanted,
        )

    def _require_in_period(self, row):
        programme = self.programme
        if not programme.covers(row["date"]):
            period = format_range(programme.starts_on, programme.ends_on)
            raise RowRefused(f"不在計畫期間（{period}）內，不能採計。", "date")

    def export_rows(self):
        """The rows that came by file; what was entered here has no number and is in the list's own export."""
        items = self.model.objects.of(self.programme).exclude(external_id="")
        items = items.select_related("unit__unit").order_by("unit__unit__code", "external_id", "pk")
        for item in items.iterator(chunk_size=2000):
            facts = [getattr(item, name) for name in self.facts.values()]
            yield (item.external_id, item.unit.code, *facts)


class UpdateImporter(ExternalImporter):
    kind = "updates"
    title = "資料更新"
    help = "每列一次資料更新，匯入即採計；同一編號只計一次，再次匯入可更正標題與日期。日期須在計畫期間內。"
    model = Update
    fields = (
        ImportField("external_id", "編號", clean_external_id, sample="U-0001"),
        ImportField("unit", "機關代碼", clean_unit_code, sample="10010140"),
        ImportField("title", "標題", clean_title, width=40, sample="生育補助申請流程"),
        ImportField("date", "更新日期", parse_date, width=14, kind="date", sample="105/04/01"),
    )
    facts = {"title": "title", "date": "updated_on"}


class ForumTopicImporter(ExternalImporter):
    kind = "forum_topics"
    title = "論壇主題"
    help = "每列一個主題，匯入即採計；同一編號只計一次，再次匯入可更新回覆數。發表日期須在計畫期間內。"
    model = ForumTopic
    fields = (
        ImportField("external_id", "編號", clean_external_id, sample="F-0001"),
        ImportField("unit", "機關代碼", clean_unit_code, sample="10010140"),
        ImportField("title", "主題", clean_title, width=40, sample="差勤系統常見問題"),
        ImportField("url", "網址", clean_url, width=40, sample="https://forum.example.test/1"),
        ImportField("date", "發表日期", parse_date, width=14, kind="date", sample="105/04/01"),
        ImportField("replies", "回覆數", clean_replies, width=10, kind="int", sample="10"),
    )
    facts = {"title": "title", "url": "url", "date": "posted_on", "replies": "replies"}

    def load(self, rows):
        super().load(rows)
        entered = ForumTopic.objects.of(self.programme).filter(external_id="").select_related("unit__unit")
        self.by_url = {topic.url: topic for topic in entered.order_by("-pk")}

    def entered_here(self, row):
        # Each takes one number: of several rows with one address the first means it.
        return self.by_url.pop(row["url"], None)
