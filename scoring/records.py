"""The rows behind each number: what was counted, and what was not and why."""

from collections import Counter
from typing import NamedTuple

from django.db.models import Count
from django.urls import reverse

from competition.models import Entry
from foundation.rocdate import format_date, format_range, format_short
from platform_updates.models import ForumTopic, Update
from workshops.models import Enrolment, UnitQuota

from . import rules


class Record(NamedTuple):
    """One row of a list: `why_not` is empty when it was counted."""

    when: str
    title: str
    under: str
    state: str
    why_not: str
    url: str = ""


class Records:
    """All records of one unit for one indicator: `rows` to page through, and how many of them count.

    `shown(row)` makes a Record of one row of the page; it runs no query.
    """

    when_title = "日期"
    title_title = "標題"
    state_title = "審查"
    counter = "筆"
    empty = ""

    def __init__(self, programme, unit):
        self.programme, self.unit = programme, unit

    @property
    def scope(self):
        """Within what it must fall to be counted."""
        return f"期間 {format_range(self.programme.starts_on, self.programme.ends_on).removeprefix('民國')}"

    def on_page(self, page):
        return [self.shown(row) for row in page.object_list]


class UpdateRecords(Records):
    empty = "本機關在本年度還沒有資料更新。"

    @property
    def rows(self):
        return Update.objects.of(self.programme).filter(unit=self.unit).order_by("-updated_on", "-pk")

    def counted(self):
        return self.rows.counted().count()

    def shown(self, update):
        update.programme = self.programme  # the reason asks for its period
        return Record(
            when=_date(update.updated_on),
            title=update.title,
            under=f"編號 {update.external_id}" if update.external_id else "本平台經驗紀錄",
            state=_review(update),
            why_not=update.why_not_counted,
            url=reverse("platform_updates:update_detail", args=[update.pk]),
        )


class TopicRecords(Records):
    counter = "題"
    state_title = "回覆"
    title_title = "主題"
    empty = "本機關在本年度還沒有論壇主題。"

    @property
    def rows(self):
        return ForumTopic.objects.of(self.programme).filter(unit=self.unit).order_by("-posted_on", "-pk")

    def counted(self):
        return self.rows.counted().count()

    def shown(self, topic):
        topic.programme = self.programme
        return Record(
            when=_date(topic.posted_on),
            title=topic.title,
            under=f"編號 {topic.external_id}" if topic.external_id else "",
            state=f"{topic.replies} 篇",
            why_not=topic.why_not_counted,
            url=reverse("platform_updates:topic_detail", args=[topic.pk]),
        )


class EntryRecords(Records):
    when_title = "送件時間"
    title_title = "作品"
    state_title = "狀態"
    counter = "件"
    empty = "本機關在本年度還沒有參賽作品。"

    @property
    def rows(self):
        entries = Entry.objects.filter(unit=self.unit, competition__programme=self.programme)
        return entries.with_due().order_by("-submitted_at", "-pk")

    @property
    def scope(self):
        return "須在繳交期限內送件，且未撤回、未取消資格"

    def counted(self):
        return self.rows.submitted().filter(is_late=False).count()

    def shown(self, entry):
        return Record(
            when=entry.arrived or "尚未送件",
            title=str(entry),
            under=f"收件編號 {entry.receipt}" if entry.receipt else "",
            state=entry.get_state_display(),
            why_not=self._why_not(entry),
            url=reverse("competition:entry_detail", args=[entry.pk]),
        )

    def _why_not(self, entry):
        if entry.state == Entry.State.DRAFT:
            return "草稿，尚未送件"
        if entry.state == Entry.State.WITHDRAWN:
            return "已撤回"
        if entry.state == Entry.State.DISQUALIFIED:
            return f"取消資格：{entry.state_reason}"
        if entry.is_late:
            return f"逾期送件（期限 {format_short(entry.own_due_on)}24:00）"
        return ""


class EnrolmentRecords(Records):
    when_title = "梯次"
    title_title = "同仁"
    state_title = "狀態"
    counter = "人"
    empty = "本機關在本年度還沒有薦送同仁參加研習。"

    def __init__(self, programme, unit):
        super().__init__(programme, unit)
        quotas = UnitQuota.objects.filter(session__programme=programme, unit=unit)
        quotas = list(
            quotas.order_by("session__number").values_list("session_id", "session__number", "seats")
        )
        self.seats = {session: seats for session, _, seats in quotas}
        self.numbers = {session: number for session, number, _ in quotas}
        self.sent = Counter(
            dict(
                Enrolment.objects.sent()
                .filter(session__programme=programme, unit=unit)
                .order_by()
                .values_list("session_id")
                .annotate(Count("pk"))
            )
        )
        self._beyond = None

    @property
    def rows(self):
        return (
            Enrolment.objects.filter(session__programme=self.programme, unit=self.unit)
            .select_related("session", "person")
            .order_by("session__number", "created_at", "pk")
        )

    @property
    def scope(self):
        if not self.seats:
            return "本年度未分配名額"
        return "，".join(
            f"第{self.numbers[session]}梯次名額 {seats} 人、送 {self.sent[session]} 人"
            for session, seats in self.seats.items()
        )

    def counted(self):
        return sum(min(self.sent[session], seats) for session, seats in self.seats.items())

    def on_page(self, page):
        # Who came first counts: those beyond the seats are the last of their session, on whatever page.
        self._beyond = self._beyond_the_seats()
        return super().on_page(page)

    def _beyond_the_seats(self):
        seated, beyond = Counter(), set()
        if all(self.sent[session] <= seats for session, seats in self.seats.items()):
            return beyond
        ordered = self.rows.sent().values_list("pk", "session_id")
        for pk, session in ordered:
            seated[session] += 1
            if seated[session] > self.seats.get(session, 0):
                beyond.add(pk)
        return beyond

    def shown(self, enrolment):
        return Record(
            when=f"{enrolment.session} {format_short(enrolment.session.held_on)}",
            title=enrolment.person.name,
            under=enrolment.person.title,
            state=self._state(enrolment),
            why_not=self._why_not(enrolment),
        )

    def _state(self, enrolment):
        if enrolment.attendance:
            return f"{enrolment.get_state_display()}，{enrolment.get_attendance_display()}"
        return enrolment.get_state_display()

    def _why_not(self, enrolment):
        if enrolment.state != Enrolment.State.CONFIRMED:
            return enrolment.get_state_display()
        if enrolment.attendance in Enrolment.NOT_SENT:
            return enrolment.get_attendance_display()
        if enrolment.session_id not in self.seats:
            return "本梯次未分配名額"
        if enrolment.pk in self._beyond:
            return f"超過分配名額 {self.seats[enrolment.session_id]} 人"
        return ""


BEHIND = {
    rules.UPDATES: UpdateRecords,
    rules.WORKSHOP: EnrolmentRecords,
    rules.COMPETITION: EntryRecords,
    rules.FORUM: TopicRecords,
}


def _date(day):
    return format_date(day).removeprefix("民國")


def _review(row):
    if row.is_rejected:
        return f"{row.get_review_display()}：{row.review_reason}"
    return row.get_review_display()
