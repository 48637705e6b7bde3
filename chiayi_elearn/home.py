"""The home page: for each hat the next thing to do, by when, and the link that does it."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from django.db.models import CharField, Count, Min, Q, Value
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from agencies.current import chosen_programme, year_query
from agencies.models import Category
from competition import judging
from competition.models import Entry, Judge
from competition.standings import sheet_counts
from foundation.rocdate import format_short, taipei_date
from platform_updates.models import Appeal, ForumTopic, Review, Update
from scoring import rules
from scoring.board import compute_board
from scoring.lines import TITLES, percent_shown
from scoring.scorecard import Scorecard
from workshops.models import Consultation, Enrolment, Slot, Tutor

LAGGING_BELOW = Fraction(3, 10)
LAGGING_SHOWN = 6
CONSULTATIONS_SHOWN = 5


@dataclass
class Task:
    """Something to do; `day` is the last day for it, None when nobody waits for a date."""

    title: str
    detail: str
    url: str
    act: str
    day: date | None = None
    today: date | None = None

    @property
    def when(self):
        if self.day is None:
            return "待辦"
        days = (self.day - self.today).days
        near = {0: "今天", 1: "明天"}
        return near.get(days) or format_short(self.day).partition("（")[0]

    @property
    def weekday(self):
        """The rest of the date, where the first line does not already say it."""
        if self.day is None:
            return ""
        short = format_short(self.day)
        return short if self.when in ("今天", "明天") else f"週{short[-2]}"

    @property
    def is_now(self):
        return self.day is not None and self.day <= self.today


@dataclass
class Queue:
    """Work that waits, with how long the oldest has waited."""

    title: str
    count: int
    under: str
    url: str


@require_safe
def home(request):
    """What this person does next. Staff see the county, contacts their units, others what is theirs."""
    programme, at = chosen_programme(request), timezone.now()
    context = {"programme": programme, "today": taipei_date(at)}
    if programme is None:
        return render(request, "portal/home_empty.html", context)
    query = year_query(request)
    if request.user.is_staff:
        context |= _for_staff(programme, at, query)
        return render(request, "portal/home_staff.html", context)
    context |= {
        "scorecards": _scorecards(request.user, programme, at, query),
        "tasks": _in_order(_own_tasks(request.user, programme, at, query)),
        "enrolments": _own_enrolments(request.user, programme),
        "notices": request.user.notices.all()[:5],
        "query": query,
    }
    return render(request, "portal/home.html", context)


def _in_order(tasks):
    """What has a date first, the nearest first."""
    return sorted(tasks, key=lambda task: (task.day is None, task.day or date.max))


# Staff ----------------------------------------------------------------------------------------------


def _for_staff(programme, at, query):
    board = compute_board(programme, at=at)
    today = taipei_date(at)
    queues = _queues(programme, at, query)
    tasks = _in_order(_staff_tasks(programme, board, today, query)) if programme.is_open else []
    week = [task for task in tasks if task.day and task.day <= today + timedelta(days=7)]
    lagging = [
        row
        for row in reversed(board.rows)
        if row.overall is not None
        and row.overall < LAGGING_BELOW
        and row.category not in (Category.SCHOOL, Category.OTHER)
    ]
    return {
        "board": board,
        "mean": percent_shown(board.mean),
        "means": _means(board),
        "queues": queues,
        "tasks": tasks,
        "due_this_week": len(week),
        "due_today": sum(task.is_now for task in week),
        "lagging": [_lagging_row(row, query) for row in lagging[:LAGGING_SHOWN]],
        "lagging_count": len(lagging),
        "query": query,
    }


def _means(board):
    """Per indicator: title, mean over the units it applies to, how many are done, how many it applies to."""
    for key, title in TITLES.items():
        ones = [one for row in board.rows for one in row.completion.indicators if one.key == key]
        applicable = [one for one in ones if one.is_applicable]
        mean = rules.mean(one.completion for one in applicable)
        done = sum(one.is_done for one in applicable)
        yield {"title": title, "mean": mean, "done": done, "all": len(applicable)}


def _lagging_row(row, query):
    missing = [one for one in row.completion.indicators if one.is_applicable and not one.is_done]
    return {
        "row": row,
        "url": reverse("scoring:scorecard", args=[row.code]) + query,
        "tian": [one.completion for one in row.completion.indicators],
        "overall": percent_shown(row.overall),
        "missing": "、".join(f"{TITLES[one.key]} {one.missing} {_counted_in(one.key)}" for one in missing),
    }


def _counted_in(key):
    """What one of an indicator is counted in."""
    return {rules.UPDATES: "筆", rules.WORKSHOP: "人", rules.COMPETITION: "件", rules.FORUM: "題"}[key]


def _queues(programme, at, query):
    """What waits for the office, counted in one query."""
    joined = query.replace("?", "&")
    pending = Q(review=Review.PENDING)
    about_year = Q(update__programme=programme) | Q(topic__programme=programme)
    lists = (
        (
            "待審更新",
            Update.objects.of(programme).filter(pending),
            "created_at",
            f"{reverse('platform_updates:update_list')}?review={Review.PENDING}{joined}",
        ),
        (
            "待審論壇主題",
            ForumTopic.objects.of(programme).filter(pending),
            "created_at",
            f"{reverse('platform_updates:topic_list')}?review={Review.PENDING}{joined}",
        ),
        (
            "待答申復",
            Appeal.objects.waiting().filter(about_year),
            "created_at",
            f"{reverse('platform_updates:appeal_list')}{query}",
        ),
        (
            "研習候補",
            Enrolment.objects.waiting().filter(session__programme=programme),
            "queued_at",
            f"{reverse('workshops:enrolment_list')}?state={Enrolment.State.WAITING}{joined}",
        ),
    )
    first, *others = (_waiting(title, rows, moment) for title, rows, moment, _ in lists)
    found = {title: (count, oldest) for title, count, oldest in first.union(*others, all=True)}
    return [_queue(title, *found.get(title, (0, None)), at, url) for title, _, _, url in lists]


def _waiting(title, rows, moment):
    titled = rows.order_by().annotate(queue=Value(title, output_field=CharField())).values("queue")
    return titled.annotate(count=Count("pk"), oldest=Min(moment)).values_list("queue", "count", "oldest")


def _queue(title, count, oldest, at, url):
    return Queue(title, count, f"最久 {(at - oldest).days} 天" if count else "全部處理完", url)


def _staff_tasks(programme, board, today, query):
    without = sum(1 for row in board.rows if row.facts.headcount is None)
    if not board.rows:
        yield Task(
            "匯入機關與人數",
            "本年度還沒有任何機關；其他檔案要先有機關才能匯入。",
            reverse("portal:import_create", args=["units"]) + query,
            "匯入機關",
            today,
            today,
        )
    elif without:
        yield Task(
            f"補 {without} 個機關的單位人數",
            "未填人數的機關，「經驗傳承更新」暫列不適用。",
            reverse("portal:import_create", args=["units"]) + query,
            "匯入人數",
        )
    for session in programme.sessions.filter(attendance_closed_at=None).order_by("number"):
        yield _session_task(session, today, query)
    competition = getattr(programme, "competition", None)
    if competition and competition.due_on >= today:
        counts = Entry.objects.of(programme).aggregate(
            sent=Count("pk", filter=Q(state=Entry.State.SUBMITTED)),
            drafts=Count("pk", filter=Q(state=Entry.State.DRAFT)),
        )
        yield Task(
            "競賽繳交截止",
            f"當日 24:00，臺北時間；已送 {counts['sent']} 件，草稿 {counts['drafts']} 件",
            reverse("competition:entry_list") + query,
            "查看送件",
            competition.due_on,
            today,
        )
    if competition and competition.judging_ends_on and competition.judging_ends_on >= today:
        signed, unsigned = sheet_counts(competition)
        yield Task(
            "評審截止",
            f"當日 24:00，臺北時間；評分表已簽名 {signed} 張，評分中 {unsigned} 張",
            reverse("competition:result_list") + query,
            "看評審與定案",
            competition.judging_ends_on,
            today,
        )
    if programme.ends_on >= today:
        yield Task(
            "計畫期間結束",
            "之後的更新與論壇主題不再計入；核對無誤後可凍結年度。",
            reverse("scoring:board") + query,
            "查看完成度",
            programme.ends_on,
            today,
        )


def _session_task(session, today, query):
    url = reverse("workshops:session_detail", args=[session.number]) + query
    if session.held_on < today:
        return Task(
            f"結算{session}出席", "研習已結束；結算後未登記的人記為缺席。", url, "登記出席", today, today
        )
    return Task(f"{session}研習", session.place or session.title, url, "查看名單", session.held_on, today)


# Everyone else --------------------------------------------------------------------------------------


def _scorecards(user, programme, at, query):
    """The scorecards of the units this person stands for; one board serves them all."""
    units = list(programme.units.visible_to(user).on_board().select_related("unit").order_by("unit__code"))
    if not units:
        return []
    board = compute_board(programme, at=at)
    return [Scorecard(board=board, row=board.row_of(unit.code), unit=unit, query=query) for unit in units]


def _own_tasks(user, programme, at, query):
    today = taipei_date(at)
    judgeships = Judge.objects.serving().filter(user=user, group__competition__programme=programme)
    for judge in judgeships.select_related("group__competition").order_by("group"):
        queue = judging.Queue(judge, at)
        if not queue.is_final:
            yield _judging_task(queue, today, query)
    yield from _tutoring_tasks(user, programme, at, today, query)


def _tutoring_tasks(user, programme, at, today, query):
    """What a tutor takes next and has not noted yet, and what this person has booked."""
    mine = Consultation.objects.of_person(user).booked().filter(slot__tutor__programme=programme)
    coming = mine.filter(slot__ends_at__gt=at).with_facts().order_by("slot__starts_at")
    for consultation in coming[:CONSULTATIONS_SHOWN]:
        is_tutor = consultation.tutor.user_id == user.pk
        other = consultation.asker if is_tutor else consultation.tutor
        yield Task(
            f"{'輔導' if is_tutor else '請教'}{other}：{consultation.subject}",
            f"{consultation.slot.words}，{consultation.get_way_display()}",
            reverse("workshops:consultation_detail", args=[consultation.pk]),
            "看這筆預約",
            consultation.slot.day,
            today,
        )
    week = reverse("workshops:tutor_week") + query
    for tutor in Tutor.objects.serving().filter(user=user, programme=programme):
        to_note = mine.filter(slot__tutor=tutor).to_note(at).count()
        if to_note:
            yield Task(
                f"登錄 {to_note} 筆輔導的結果", "解決了沒有、花了多久；有用的解法可以公開。", week, "登錄結果"
            )
        free = Slot.objects.free(at).filter(tutor=tutor).count()
        yield Task(
            "您是本年度的輔導教師",
            f"還有 {free} 個時段可以預約。" if free else "目前沒有可以預約的時段。",
            week,
            "看我的一週" if free else "公布時段",
        )


def _judging_task(queue, today, query):
    total, signed = len(queue.works), queue.signed
    refusal = queue.refusal or ("" if total else "還沒有要評的作品。")
    if refusal or signed == total:
        label = "查看作品"
    else:
        label = "繼續評分" if signed or queue.following.state != judging.OPEN else "開始評分"
    return Task(
        f"評{queue.judge.group}的作品",
        refusal or f"已簽名 {signed}／{total} 件。",
        reverse("competition:judging_list") + query,
        label,
        queue.competition.judging_ends_on,
        today,
    )


def _own_enrolments(user, programme):
    """Sessions this person was nominated for, as a participant."""
    return (
        Enrolment.objects.active()
        .filter(person__user=user, session__programme=programme)
        .select_related("session", "unit")
        .order_by("session__number")
    )
