"""Ranks, ties, and the results: the award list for everybody once released, the rest for the office."""

from datetime import datetime, time, timedelta

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from agencies.current import required_programme, year_query
from agencies.permissions import staff_required
from competition import actions, awards
from competition.actions.results import finalising_refusals
from competition.forms.common import ReasonForm
from competition.forms.results import FinaliseForm, ReleaseForm, SettleForm
from competition.models import ResultSet
from competition.permissions import may_see_entries, required_competition
from competition.ranking import MEAN, RANK_SUM, TRIMMED
from competition.results import final_results
from competition.standings import sheet_counts, standings
from foundation.errors import Refused
from foundation.http import file_response
from foundation.numbers import half_up
from foundation.paging import paginate
from foundation.refusals import refusals_on, refusals_told

from .progress import back, group_context, the_group, the_standing

METHODS = {MEAN: "平均", TRIMMED: "去高低", RANK_SUM: "序位"}


def _visible_results(request, competition):
    """Final results: all for staff, for others those that are out."""
    if request.user.is_staff:
        return list(final_results(competition))
    return list(awards.released_results(competition, timezone.now()))


@require_GET
def result_list(request):
    """The award list; for staff also the groups whose result is still open."""
    competition = required_competition(required_programme(request))
    now = timezone.now()
    results = _visible_results(request, competition)
    context = {
        "programme": competition.programme,
        "competition": competition,
        "groups": awards.shown_groups(results),
        "waiting": [result for result in results if not result.is_released(now)],
        "formats": awards.FORMATS,
        "changes": competition.rule_changes.all(),
        "may_see_entries": may_see_entries(request.user),
    }
    if request.user.is_staff:
        final = {result.group_id for result in results}
        open_groups = [group for group in competition.groups.all() if group.pk not in final]
        context["standings"] = [
            {"standing": standing, "reasons": finalising_refusals(standing, at=now)}
            for standing in standings(competition, groups=open_groups)
        ]
        context["signed"], context["unsigned"] = sheet_counts(competition)
    return render(request, "competition/result_list.html", context)


@require_GET
@staff_required
def result_detail(request, group_pk):
    """One group: every entry ranked on the sheets as they stand, its ties, and what finalising needs."""
    return _show(request, the_group(group_pk))


def _show(request, group, *, status=200, **bound):
    standing = the_standing(group)
    ranks = _ranks(standing)
    differing = {entry for entry, given in ranks.items() if len(set(given)) > 1}
    only = request.GET.get("differ") == "1"
    shown = [each for each in standing.ranking if each.entry in differing] if only else standing.ranking
    page = paginate(request, shown)
    results = list(
        group.result_sets.select_related("finalised_by", "reopen_asked_by", "superseded_by").order_by(
            "-number"
        )
    )
    final = next((result for result in results if result.superseded_at is None), None)
    now = timezone.now()
    context = group_context(group, "ranking") | {
        "standing": standing,
        "page": page,
        "rows": _rows(standing, page, ranks, differing),
        "methods": [(short, key == standing.method) for key, short in METHODS.items()],
        "picks": _picks(request, standing, differing, only=only),
        "ties": tie_forms(standing, refused=bound.get("settle_form")),
        "reasons": [] if final else finalising_refusals(standing, at=now),
        "must_accept": bool(standing.unranked),
        "is_early": now < standing.last_due[1],
        "missing": 0 if final else standing.missing_sheets,
        "final": final,
        "is_released": final is not None and final.is_released(now),
        "results": results,
        "finalise_form": bound.get("finalise_form") or FinaliseForm(initial={"release_at": _next_morning()}),
        "release_form": bound.get("release_form")
        or ReleaseForm(initial={"release_at": final and final.release_at}),
        "reason_form": bound.get("reason_form") or ReasonForm(),
    }
    return render(request, "competition/result_detail.html", context, status=status)


def _next_morning():
    """A release time to start from: tomorrow at ten, Taipei."""
    tomorrow = timezone.localtime() + timedelta(days=1)
    return datetime.combine(tomorrow.date(), time(10), tzinfo=tomorrow.tzinfo)


def tie_forms(standing, *, refused=None):
    """The ties that wait for the chair, each with its form; a refused one keeps what was typed."""
    found = []
    for tie in standing.open_ties:
        entries = [standing.entries[ranked.entry] for ranked in tie]
        is_refused = refused is not None and {entry.pk for entry in refused.entries} == {
            entry.pk for entry in entries
        }
        form = refused if is_refused else SettleForm(entries=entries)
        found.append({"entries": entries, "rank": tie[0].rank, "form": form})
    return found


def _ranks(standing):
    """{entry: its rank by each method on the same sheets}."""
    by_method = [standing.ranks_by(method) for method in METHODS]
    return {entry: [ranks.get(entry) for ranks in by_method] for entry in standing.entries}


def _picks(request, standing, differing, *, only):
    year = year_query(request)
    differ = f"{year}&differ=1" if year else "?differ=1"
    here = reverse("competition:result_detail", args=[standing.group.pk])
    return [
        ("全部作品", here + year, not only, len(standing.entries)),
        ("各方法名次不同", here + differ, only, len(differing)),
    ]


def _rows(standing, page, ranks, differing):
    """The page's entries with their figures as shown, and their rank by each method."""
    return [
        {
            "ranked": ranked,
            "entry": standing.entries[ranked.entry],
            "award": standing.award_of(ranked),
            "figure": _shown(ranked.figure),
            "mean": _shown(ranked.mean),
            "spread": _shown(ranked.spread),
            "settlement": standing.settlement_of(ranked),
            "compared": compared_text(standing, ranked),
            "ranks": list(zip(METHODS.values(), ranks[ranked.entry], strict=True)),
            "differs": ranked.entry in differing,
        }
        for ranked in page
    ]


def compared_text(standing, ranked):
    """By which criteria's means the tie rule told it from works of the same figure."""
    return "、".join(f"{criterion.name} {_shown(mean)}" for criterion, mean in standing.compared(ranked))


def _shown(figure):
    return "—" if figure is None else str(half_up(figure, 2))


@require_POST
@staff_required
def result_settle(request, group_pk):
    group = the_group(group_pk)
    standing = the_standing(group)
    asked = {int(pk) for pk in request.POST.getlist("entry") if pk.isdigit()}
    entries = [entry for pk, entry in standing.entries.items() if pk in asked]
    if not entries:
        raise Http404
    form = SettleForm(request.POST, entries=entries)
    if form.is_valid():
        with refusals_on(form):
            actions.settle_tie(
                group=group,
                places=form.places(),
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, "同分裁定已記錄。")
            return _after_settling(request, group)
    return _show(request, group, status=422, settle_form=form)


def _after_settling(request, group):
    """Back to where the chair's decision was entered: the meeting, the list of meetings, or the ranking."""
    then = request.POST.get("then", "")
    if then.isdecimal() and group.meetings.filter(pk=then).exists():
        return back(request, "competition:meeting_detail", group.pk, then)
    return back(request, f"competition:{'meeting_list' if then else 'result_detail'}", group.pk)


@require_POST
@staff_required
def result_finalise(request, group_pk):
    group = the_group(group_pk)
    form = FinaliseForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            result = actions.finalise(group=group, **form.cleaned_data, by=request.user, at=timezone.now())
            messages.success(request, f"{result}已定案。")
            return back(request, "competition:result_detail", group.pk)
    return _show(request, group, status=422, finalise_form=form)


def _result(pk):
    results = ResultSet.objects.select_related("group__competition__programme")
    return get_object_or_404(results, pk=pk)


@require_POST
@staff_required
def result_release(request, pk):
    result = _result(pk)
    form = ReleaseForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            actions.change_release(result=result, **form.cleaned_data, by=request.user, at=timezone.now())
            messages.success(request, "公布時間已變更。")
            return back(request, "competition:result_detail", result.group_id)
    return _show(request, result.group, status=422, release_form=form)


@require_POST
@staff_required
def result_reopen(request, pk):
    """The first of two people asks for a final result to be opened again."""
    result = _result(pk)
    form = ReasonForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            actions.ask_to_reopen(result=result, **form.cleaned_data, by=request.user, at=timezone.now())
            messages.success(request, "已提出重開，須由另一位承辦人同意。")
            return back(request, "competition:result_detail", result.group_id)
    return _show(request, result.group, status=422, reason_form=form)


@require_POST
@staff_required
def result_agree(request, pk):
    """The second person agrees."""
    result = _result(pk)
    with refusals_told(request, "未重開。"):
        actions.agree_to_reopen(result=result, by=request.user, at=timezone.now())
        messages.success(request, f"{result}已重開，原結果保留。")
    return back(request, "competition:result_detail", result.group_id)


@require_POST
@staff_required
def result_keep(request, pk):
    """Nothing is opened again after all."""
    result = _result(pk)
    try:
        actions.drop_reopening(result=result, by=request.user, at=timezone.now())
    except Refused as refusal:
        messages.error(request, f"未變更。{refusal}")
    else:
        messages.success(request, f"{result}不重開，維持有效。")
    return back(request, "competition:result_detail", result.group_id)


@require_GET
def award_export(request, fmt):
    """The award list as a file, under the same release time as the page."""
    competition = required_competition(required_programme(request))
    results = _visible_results(request, competition)
    if fmt not in awards.FORMATS or not results:
        raise Http404("沒有可下載的得獎名單。")
    with refusals_told(request, "未產生。"):
        award_file = awards.export(competition, results, fmt, with_marks=request.user.is_staff)
        return file_response(award_file, name=award_file.name)
    return back(request, "competition:result_list")
