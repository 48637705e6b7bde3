"""One unit's scorecard: the four plots in words, what is still to be had, and whom to ask."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from agencies.models import Contact, Headcount
from competition.models import Entry
from foundation.numbers import half_up, percent
from foundation.rocdate import end_of_day, format_range, format_short, taipei_date
from foundation.templatetags.portal import roc_deadline

from . import rules
from .board import Board, BoardRow
from .details import load_details
from .lines import TITLES, percent_shown, target_percent
from .rules import Indicator

SOON = timedelta(days=14)
NUMERALS = ("零", "一", "兩", "三", "四")
ICONS = {
    rules.UPDATES: "square-plus",
    rules.WORKSHOP: "presentation",
    rules.COMPETITION: "file-upload",
    rules.FORUM: "square-plus",
}
SETTLED = "本項不會再變動。"


@dataclass
class Way:
    """A link to where something is done."""

    url: str
    label: str
    icon: str = ""


@dataclass
class Plot:
    """One of the four: status, figure, formula, what is missing, and the ways on."""

    key: str
    title: str
    value: Fraction | None
    status: tuple[str, str, str]
    formula: list[SafeString]
    sentences: list[SafeString]
    figure: str = ""
    actual: str = ""
    weight: int = 0
    act: Way | None = None
    records: Way | None = None
    deadline: str = ""


@dataclass
class Todo:
    """Something the unit can still do, and what the overall completion gains by it."""

    label: str
    url: str
    icon: str
    gain: str
    until: str
    exact_gain: Fraction


@dataclass
class Deadline:
    """The moment, exclusive, at which an indicator stops growing; None: nobody has set one."""

    moment: datetime | None
    at: datetime

    @property
    def is_over(self):
        return self.moment is not None and self.moment <= self.at

    @property
    def days_left(self):
        """Today's evening is 0 days away."""
        return (taipei_date(self.moment - timedelta(microseconds=1)) - taipei_date(self.at)).days

    @property
    def left(self):
        if self.moment is None:
            return ""
        days = self.days_left
        if days * timedelta(days=1) > SOON:
            return f"{format_short(taipei_date(self.moment - timedelta(microseconds=1))).split('（')[0]}前"
        return f"剩 {days} 天" if days else "今天截止"


class Scorecard:
    """Everything that the page of one unit shows."""

    def __init__(self, *, board: Board, row: BoardRow, unit, is_staff=False, query=""):
        self.board, self.row, self.unit, self.query = board, row, unit, query
        self.programme, self.at, self.is_staff = board.programme, board.at, is_staff
        self.completion, self.facts = row.completion, row.facts
        self.details = load_details(self.programme, unit)
        self.ends = Deadline(self.programme.ends_at, self.at)
        self.plots = [self._updates(), self._workshop(), self._competition(), self._forum()]
        self.todos = self._todos()

    # Hero ---------------------------------------------------------------------------------------

    @property
    def figure(self):
        return percent_shown(self.row.overall)

    @property
    def tian(self):
        return [one.completion for one in self.completion.indicators]

    @property
    def county_rank(self):
        return self.row.rank, len(self.board.rows)

    @property
    def category_rank(self):
        inside = self.board.within(self.row.category)
        return inside.row_of(self.row.code).rank, len(inside.rows)

    @property
    def formula(self):
        """（77.2 + 80.0 + 0.0 + 100.0）÷ 4，各項權重 25."""
        counted = [one for one in self.completion.indicators if one.enters_mean]
        if not counted:
            return "沒有適用的項目，不計算整體完成度。"
        left_out = [TITLES[one.key] for one in self.completion.indicators if not one.enters_mean]
        weights = {one.weight for one in counted}
        if len(weights) == 1:
            sum_of = " + ".join(percent(one.completion) for one in counted)
            text = f"（{sum_of}）÷ {len(counted)}，各項權重 {weights.pop()}"
        else:
            sum_of = " + ".join(f"{percent(one.completion)} × {one.weight}" for one in counted)
            text = f"（{sum_of}）÷ {self.completion.total_weight}"
        return f"{text}；{'、'.join(left_out)}不列入平均" if left_out else text

    @property
    def todo_title(self):
        if self.todos:
            return f"還可以做的{NUMERALS[len(self.todos)]}件事"
        if self.completion.is_done:
            return "適用的項目都已達成"
        return "沒有可以再做的事"

    @property
    def todo_empty(self):
        if self.completion.is_done:
            return "不必再做什麼；超過目標的部分照實列出，計入平均時以 100% 為上限。"
        if not self.programme.is_open:
            return "本年度已凍結，各項不會再變動。"
        pending = self.details.updates["pending"]
        if pending and not self.completion.updates.is_done:
            return f"各項都已截止；{pending} 筆審查中的更新，通過後仍會計入。"
        return "各項都已截止，不會再變動。"

    def _todos(self):
        if not self.programme.is_open:
            return []
        found = []
        for plot, one in zip(self.plots, self.completion.indicators, strict=True):
            gain = self.completion.gain(one)
            if gain and plot.status[0] in ("due", "plain") and plot.status[1] != "已截止":
                found.append(
                    Todo(
                        label=self._todo_label(one),
                        url=f"{plot.act.url}{self.query}" if plot.act else "",
                        icon=ICONS[one.key],
                        gain=f"整體 +{half_up(gain * 100, 1)}",
                        until=self._deadline_of(one.key).left,
                        exact_gain=gain,
                    )
                )
        return sorted(found, key=lambda todo: -todo.exact_gain)

    def _todo_label(self, one):
        if one.key == rules.UPDATES:
            return f"再新增 {one.missing} 筆經驗紀錄"
        if one.key == rules.WORKSHOP:
            return f"再薦送 {one.missing} 人參加研習"
        if one.key == rules.COMPETITION:
            return "完成競賽送件" if one.missing == 1 else f"再送 {one.missing} 件作品參賽"
        return f"再有 {one.missing} 題論壇主題，各滿 {self.programme.reply_target} 篇回覆"

    # The four plots -----------------------------------------------------------------------------

    def _plot(self, one: Indicator, *, formula, sentences, act=None, remedy=None, records):
        """`act` is what the unit can do, `remedy` what the office can do where the indicator does not apply."""
        deadline = self._deadline_of(one.key)
        is_settled = one.is_done or not one.is_applicable or deadline.is_over
        if not one.is_applicable:
            act = remedy if self.is_staff else None
        elif is_settled:
            act = None
        base = reverse("scoring:records", args=[self.row.code, one.key])
        return Plot(
            key=one.key,
            title=TITLES[one.key],
            value=one.completion,
            weight=one.weight,
            status=self._status(one, deadline),
            figure=percent_shown(one.completion),
            actual=f"實際 {percent(one.actual)}%" if one.is_over else "",
            formula=formula,
            sentences=[sentence for sentence in sentences if sentence],
            act=act if self.programme.is_open else None,
            records=Way(f"{base}{self.query}", records),
            deadline=""
            if is_settled or deadline.moment is None
            else f"{roc_deadline(deadline.moment)} 截止，臺北時間",
        )

    def _status(self, one, deadline):
        """(kind, word, icon) of the chip."""
        if not one.is_applicable:
            return "na", "不適用", ""
        if one.is_done:
            return "ok", "已達成", ""
        if deadline.is_over or not self.programme.is_open:
            return "plain", "已截止", "lock"
        if deadline.moment and deadline.moment - self.at <= SOON:
            days = deadline.days_left
            return "due", f"{days} 天後截止" if days else "今天截止", ""
        return "plain", "進行中", ""

    def _deadline_of(self, key):
        if key == rules.WORKSHOP:
            return self._workshop_deadline
        if key == rules.COMPETITION:
            due_on = self.details.due_on
            return Deadline(end_of_day(due_on) if due_on else self.programme.ends_at, self.at)
        return self.ends

    @property
    def _workshop_deadline(self):
        """When the last session in which seats are unfilled takes no more names."""
        moments = [self._closes_at(quota.session) for quota in self._short()]
        return Deadline(max(moments, default=None), self.at)

    def _short(self):
        """The quotas not filled."""
        sent = {session.number: session for session in self.facts.sessions}
        return [quota for quota in self.details.quotas if sent[quota.session.number].sent < quota.seats]

    def _closes_at(self, session):
        ends = [end_of_day(session.held_on), session.enrolment_closes_at, session.attendance_closed_at]
        return min(moment for moment in ends if moment)

    def _updates(self):
        one, facts, programme = self.completion.updates, self.facts, self.programme
        counts = self.details.updates
        sentences = []
        if not one.is_applicable:
            formula = [format_html("更新 <b>{}</b> 筆；{}", facts.updates, one.why_not)]
            day = format_short(programme.headcount_date).split("（")[0]
            sentences.append(f"{one.why_not}（人數基準日 {day}），本項不列入平均。")
        else:
            rate = rules.update_rate(facts, self.board.rules)
            target = target_percent(self.board.rules)
            formula = [
                format_html(
                    "更新 <b>{}</b> 筆 ÷（{} × 人數 <b>{}</b>）= <b>{}%</b>",
                    facts.updates,
                    programme.update_multiplier,
                    facts.headcount,
                    percent(rate),
                ),
                format_html("{}% ÷ 目標 {}% = <b>{}%</b>", percent(rate), target, percent(one.actual)),
            ]
            sentences.append(self._reached(one, "筆", f"滿 {one.needed} 筆即達 {target}%。"))
        sentences += [
            f"{counts['pending']} 筆審查中，尚未計入。" if counts["pending"] else "",
            f"{counts['rejected']} 筆未通過審查。" if counts["rejected"] else "",
            f"{counts['outside']} 筆日期在計畫期間外，不計。" if counts["outside"] else "",
            self._closing(one, nothing_waits=not counts["pending"]),
        ]
        return self._plot(
            one,
            formula=self._capped(one, formula),
            sentences=sentences,
            act=Way(reverse("platform_updates:record_create"), "新增經驗紀錄", "plus"),
            remedy=Way(reverse("agencies:unit_detail", args=[self.row.code]), "填寫單位人數"),
            records=f"查看已計入的 {facts.updates} 筆",
        )

    def _workshop(self):
        one, sessions = self.completion.workshop, self.facts.sessions
        if not one.is_applicable:
            formula = [SafeString("薦送研習依分配名額計算")]
            sentences = [f"{one.why_not}，本項不列入平均。"]
        else:
            formula = [
                format_html_join(
                    "，",
                    "第{}梯次 送 <b>{}</b>／名額 {}{}",
                    (
                        (s.number, s.sent, s.seats, f"（計 {s.counted}）" if s.sent > s.seats else "")
                        for s in sessions
                    ),
                ),
                format_html(
                    "（{}）÷（{}）= <b>{}%</b>",
                    " + ".join(str(s.counted) for s in sessions),
                    " + ".join(str(s.seats) for s in sessions),
                    percent(one.completion),
                ),
            ]
            sentences = [self._of_session(quota) for quota in self._short()]
            if one.is_done:
                sentences.append("已超過分配名額。" if one.is_over else "已依分配名額送滿。")
            elif self._workshop_deadline.is_over:
                sentences.append(f"各梯次皆已結束或截止報名，{SETTLED}")
        return self._plot(
            one,
            formula=self._capped(one, formula),
            sentences=sentences,
            act=self._way_to_nominate(),
            remedy=Way(reverse("workshops:session_list"), "分配名額"),
            records="查看薦送名單",
        )

    def _way_to_nominate(self):
        """The page of the first session that still takes names."""
        for quota in self._short():
            if quota.session.is_enrolment_open(self.at) and self._closes_at(quota.session) > self.at:
                number = quota.session.number
                return Way(reverse("workshops:session_detail", args=[number]), f"薦送第{number}梯次", "plus")
        return None

    def _of_session(self, quota):
        number = quota.session.number
        people = self.details.people.get(number, Counter())
        short = quota.seats - next(s.sent for s in self.facts.sessions if s.number == number)
        why = "、".join(
            f"{people[key]} 人{label}"
            for key, label in (("absent", "缺席"), ("excused", "請假"), ("waiting", "候補"))
            if people[key]
        )
        missing = format_html("第{}梯次還差 <b>{} 人</b>{}。", number, short, f"（{why}）" if why else "")
        closes_at = self._closes_at(quota.session)
        if closes_at <= self.at:
            return missing
        return format_html("{}{} 截止。", missing, roc_deadline(closes_at))

    def _competition(self):
        one, target = self.completion.competition, self.board.rules.work_target
        if not one.is_applicable:
            formula = [SafeString("期限內送件件數 ÷ 目標件數")]
            sentences = ["未列入機關組或本府暨學校組，本項不列入平均。"]
        else:
            formula = [
                format_html(
                    "期限內送件 <b>{}</b> 件 ÷ 目標 {} 件 = <b>{}%</b>",
                    self.facts.works,
                    target,
                    percent(one.actual),
                ),
                SafeString("紙本與光碟作品同樣計入；草稿、已撤回與取消資格者不計"),
            ]
            sentences = [self._reached(one, "件", "")]
        states = Counter(entry.state for entry in self.details.entries)
        late = sum(entry.state == Entry.State.SUBMITTED and entry.is_late for entry in self.details.entries)
        drafts = [entry for entry in self.details.entries if entry.state == Entry.State.DRAFT]
        if drafts and not one.is_done:
            titles = "〉〈".join(draft.title for draft in drafts)
            sentences.append(f"草稿〈{titles}〉尚未送件。")
        sentences += [
            f"{late} 件逾期送件，不計。" if late else "",
            f"{states['withdrawn']} 件已撤回。" if states["withdrawn"] else "",
            f"{states['disqualified']} 件取消資格。" if states["disqualified"] else "",
            self._closing(one),
        ]
        return self._plot(
            one,
            formula=self._capped(one, formula),
            sentences=sentences,
            act=self._way_to_submit(drafts),
            remedy=Way(reverse("agencies:unit_detail", args=[self.row.code]), "設定競賽組別"),
            records=f"查看 {len(self.details.entries)} 件作品",
        )

    @staticmethod
    def _way_to_submit(drafts):
        if drafts:
            return Way(reverse("competition:entry_detail", args=[drafts[0].pk]), "繼續完成送件")
        return Way(reverse("competition:entry_create"), "新增參賽作品", "plus")

    def _forum(self):
        one, programme = self.completion.forum, self.programme
        formula = [
            format_html(
                "回覆滿 {} 篇的主題 <b>{}</b> 題 ÷ 目標 {} 題 = <b>{}%</b>",
                programme.reply_target,
                self.facts.topics,
                self.board.rules.topic_target,
                percent(one.actual),
            )
        ]
        few = self.details.topics
        replies = "、".join(f"{count} 篇" for count in few[:5]) + ("…" if len(few) > 5 else "")
        sentences = [
            self._reached(one, "題", ""),
            f"另有 {len(few)} 題回覆未滿 {programme.reply_target} 篇（{replies}）。" if few else "",
            self._closing(one, nothing_waits=not few),
        ]
        return self._plot(
            one,
            formula=self._capped(one, formula),
            sentences=sentences,
            act=Way(reverse("platform_updates:topic_create"), "登錄論壇主題", "plus"),
            records=f"查看已計入的 {self.facts.topics} 題",
        )

    def _reached(self, one, counter, threshold):
        if one.is_over:
            return "已超過目標。"
        if one.is_done:
            return "已達目標。"
        if threshold:
            return format_html("還差 <b>{} {}</b>：{}", one.missing, counter, threshold)
        return format_html("還差 <b>{} {}</b>。", one.missing, counter)

    def _closing(self, one, *, nothing_waits=True):
        """Said plainly when nothing more can come."""
        if one.is_done or not one.is_applicable:
            return ""
        if not self.programme.is_open:
            return f"本年度已凍結，{SETTLED}"
        if not self._deadline_of(one.key).is_over:
            return ""
        return f"已截止，{SETTLED}" if nothing_waits else "已截止，不再新增。"

    def _capped(self, one, formula):
        return [*formula, SafeString("計入平均時以 100% 為上限")] if one.is_over else formula

    # Aside --------------------------------------------------------------------------------------

    @property
    def period(self):
        return format_range(self.programme.starts_on, self.programme.ends_on).removeprefix("民國")

    def headcount_since(self):
        """The day from which the headcount in force has held."""
        return (
            Headcount.objects.filter(
                programme_unit=self.unit, effective_on__lte=self.programme.headcount_date
            )
            .order_by("-effective_on")
            .values_list("effective_on", flat=True)
            .first()
        )

    def people(self):
        """(contacts, deputies) in force today, as names."""
        contacts = (
            Contact.objects.in_force(taipei_date(self.at))
            .filter(unit=self.unit.unit_id)
            .select_related("user")
            .order_by("starts_on", "pk")
        )
        names, deputies = [], []
        for contact in contacts:
            (deputies if contact.deputy_for_id else names).append(contact.user.name)
        return names, deputies
