"""The office's pages for the people who judge: candidates, letters of appointment, the panels."""

from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.current import required_programme, year_query
from agencies.models import ProgrammeUnit
from agencies.permissions import staff_required
from competition import actions
from competition.forms.common import ReasonForm
from competition.forms.panel import DecideForm, LetterForm, MoveJudgeForm, ProposeForm, SeatForm
from competition.forms.sheets import PaperSheetForm, SheetForm
from competition.models import Candidate, Judge
from competition.permissions import required_competition
from foundation.http import file_response
from foundation.paging import paginate
from foundation.pdf import CONTENT_TYPE, render_pdf
from foundation.refusals import refusals_on, refusals_told


def _units(programme):
    """Suggestions for a field that takes a unit."""
    units = ProgrammeUnit.objects.filter(programme=programme)
    return units.values_list("unit__code", "name").order_by("unit__code")


def _to(request, name, *args):
    return redirect(reverse(name, args=args) + year_query(request))


@require_http_methods(["GET", "POST"])
@staff_required
def candidate_list(request):
    """Who was proposed, how it was decided, and one more to propose."""
    competition = required_competition(required_programme(request))
    form = ProposeForm(request.POST or None, programme=competition.programme)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            candidate = actions.propose(
                competition=competition, **form.values(), by=request.user, at=timezone.now()
            )
            messages.success(request, f"已推薦{candidate}。")
            return _to(request, "competition:candidate_detail", candidate.pk)
    candidates = competition.candidates.select_related("user").order_by("state", "name", "pk")
    context = {
        "programme": competition.programme,
        "year_query": year_query(request),
        "competition": competition,
        "page": paginate(request, candidates),
        "form": form,
        "units": _units(competition.programme),
    }
    return render(request, "competition/candidate_list.html", context)


def _candidate(pk):
    candidates = Candidate.objects.select_related(
        "competition__programme", "user", "unit", "proposed_by", "decided_by"
    )
    return get_object_or_404(candidates, pk=pk)


@require_GET
@staff_required
def candidate_detail(request, pk):
    return _show(request, _candidate(pk))


def _show(request, candidate, *, status=200, **bound):
    competition = candidate.competition
    judges = Judge.objects.filter(group__competition=competition, user=candidate.user_id or 0)
    context = {
        "programme": competition.programme,
        "year_query": year_query(request),
        "competition": competition,
        "candidate": candidate,
        "judges": judges.select_related("group").order_by("group__key"),
        "decide_form": DecideForm(),
        "letter_form": LetterForm(
            initial={"number": candidate.letter_number, "on": candidate.letter_on or timezone.localdate()}
        ),
        "seat_form": SeatForm(candidate=candidate),
        **bound,
    }
    return render(request, "competition/candidate_detail.html", context, status=status)


def _act(request, pk, action, form, *, name, done):
    """One step with a candidate: clean, act, say what came of it."""
    candidate = _candidate(pk)
    form = form(request.POST, candidate=candidate) if form is SeatForm else form(request.POST)
    if form.is_valid():
        with refusals_on(form):
            action(candidate=candidate, **form.values(), by=request.user, at=timezone.now())
            messages.success(request, done.format(candidate))
            return _to(request, "competition:candidate_detail", pk)
    return _show(request, candidate, status=422, **{name: form})


@require_POST
@staff_required
def candidate_decide(request, pk):
    return _act(request, pk, actions.decide, DecideForm, name="decide_form", done="已登錄{}的遴選結果。")


@require_POST
@staff_required
def candidate_letter(request, pk):
    done = "{}的聘函字號已登錄，可以列印。"
    return _act(request, pk, actions.issue_letter, LetterForm, name="letter_form", done=done)


@require_POST
@staff_required
def candidate_seat(request, pk):
    done = "{}已加入評審名單，通知已寄出。"
    return _act(request, pk, actions.seat, SeatForm, name="seat_form", done=done)


@require_POST
@staff_required
def candidate_drop(request, pk):
    candidate = _candidate(pk)
    with refusals_told(request, "未移除。"):
        actions.drop_candidate(candidate=candidate, by=request.user, at=timezone.now())
        messages.success(request, f"已移除人選{candidate}。")
        return _to(request, "competition:candidate_list")
    return _to(request, "competition:candidate_detail", pk)


@require_GET
@staff_required
def candidate_paper(request, pk):
    """The letter of appointment (聘函), to be sealed and sent."""
    candidate = _candidate(pk)
    if not candidate.letter_number:
        messages.error(request, "還沒有聘函字號，無法列印。")
        return _to(request, "competition:candidate_detail", pk)
    competition = candidate.competition
    ceremony = getattr(competition, "ceremony", None)
    context = {
        "candidate": candidate,
        "competition": competition,
        "magistrate": ceremony.magistrate if ceremony else "",
    }
    with refusals_told(request):
        content = render_pdf("competition/appointment_pdf.html", context)
        return file_response(
            Paper(content), name=f"{competition.programme.year}年度評審聘函_{candidate.name}.pdf"
        )
    return _to(request, "competition:candidate_detail", pk)


class Paper:
    """A PDF as `file_response` takes it."""

    content_type = CONTENT_TYPE

    def __init__(self, content):
        self.content = content


def _judge(pk):
    return get_object_or_404(
        Judge.objects.select_related("user", "unit", "group__competition__programme"), pk=pk
    )


@require_http_methods(["GET", "POST"])
@staff_required
def judge_edit(request, pk):
    """Where a judge serves; leaving and coming back."""
    judge = _judge(pk)
    form = MoveJudgeForm(request.POST or None, judge=judge)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.move_judge(judge=judge, unit=form.chosen(), by=request.user, at=timezone.now())
            messages.success(request, f"{judge}的服務機關已更新；該機關的作品不再由這位評審評分。")
            return _to(request, "competition:judge_list")
    return _show_judge(request, judge, form=form)


def _show_judge(request, judge, *, form=None, reason_form=None, status=200):
    programme = judge.group.competition.programme
    context = {
        "programme": programme,
        "year_query": year_query(request),
        "judge": judge,
        "form": form or MoveJudgeForm(judge=judge),
        "reason_form": reason_form or ReasonForm(prefix="reason"),
        "units": _units(programme),
    }
    return render(request, "competition/judge_edit.html", context, status=status)


@require_POST
@staff_required
def judge_resign(request, pk):
    """Staff note that a judge declines."""
    return _with_reason(request, pk, actions.resign, "已登錄{}辭任。")


@require_POST
@staff_required
def judge_recall(request, pk):
    return _with_reason(request, pk, actions.recall, "已恢復{}為評審。")


def _with_reason(request, pk, action, done):
    judge = _judge(pk)
    form = ReasonForm(request.POST, prefix="reason")
    if form.is_valid():
        with refusals_on(form):
            action(judge=judge, **form.cleaned_data, by=request.user, at=timezone.now())
            messages.success(request, done.format(judge))
            return _to(request, "competition:judge_list")
    return _show_judge(request, judge, reason_form=form, status=422)


@require_http_methods(["GET", "POST"])
@staff_required
def sheet_enter(request):
    """A paper sheet, entered by staff and named so; the judge confirms it."""
    competition = required_competition(required_programme(request))
    criteria = list(competition.criteria.all())
    chosen = {"judge": request.GET.get("judge", ""), "work": request.GET.get("work", "")}
    form = PaperSheetForm(request.POST or None, competition=competition, initial=chosen)
    marks = SheetForm({**request.POST.dict(), "version": 0} if request.POST else None, criteria=criteria)
    if request.method == "POST" and all([form.is_valid(), marks.is_valid()]):
        judge, entry = form.cleaned_data["judge"], form.cleaned_data["work"]
        with refusals_on(form):
            actions.enter_sheet(
                judge=judge,
                entry=entry,
                points=marks.points(),
                comment=marks.cleaned_data["comment"],
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, f"已代登{judge}對 {entry.receipt} 的評分表，並請評審確認。")
            query = urlencode(
                {"judge": judge.pk, **({"year": request.GET["year"]} if "year" in request.GET else {})}
            )
            return redirect(f"{reverse('competition:sheet_enter')}?{query}")
    context = {
        "programme": competition.programme,
        "year_query": year_query(request),
        "competition": competition,
        "form": form,
        "marks": marks,
    }
    return render(request, "competition/sheet_enter.html", context)
