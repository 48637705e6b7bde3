"""The office while the judging runs: how far it is, where judges disagree, what missing sheets would change."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.current import year_query
from agencies.permissions import staff_required
from competition import actions, progress
from competition.forms.common import ReasonForm
from competition.forms.panel import ExtraJudgeForm, RemindForm, ThresholdForm
from competition.models import Ceremony, Entry, ExtraReview, Group
from competition.ranking import RANK_SUM
from competition.standings import standings
from foundation.numbers import half_up
from foundation.paging import paginate
from foundation.refusals import refusals_on, refusals_told

ASSESSED_AT_ONCE = 20


def the_group(pk):
    return get_object_or_404(Group.objects.select_related("competition__programme"), pk=pk)


def back(request, name, *args):
    return redirect(reverse(name, args=args) + year_query(request))


def group_context(group, here):
    """What every page of one group's judging shows."""
    return {
        "programme": group.competition.programme,
        "competition": group.competition,
        "group": group,
        "here": here,
    }


def the_standing(group):
    return standings(group.competition, groups=[group])[0]


@require_GET
@staff_required
def progress_detail(request, group_pk):
    """Every work and judge of a group as a table, and who can be reminded."""
    group = the_group(group_pk)
    standing = the_standing(group)
    sheets = progress.Progress(standing)
    page = paginate(request, list(standing.entries.values()))
    lines = sheets.by_judge()
    waiting, today = [line for line in lines if line["unsigned"]], timezone.localdate()
    context = group_context(group, "progress") | {
        "standing": standing,
        "lines": lines,
        "waiting": waiting,
        "can_remind": any(line["reminded_on"] != today for line in waiting),
        "signed": sum(line["signed"] for line in lines),
        "to_score": sum(line["to_score"] for line in lines),
        "page": page,
        "rows": [{"entry": entry, "cells": sheets.row(entry)} for entry in page],
        "refusal": group.competition.judging_refusal(timezone.now()),
        "today": today,
    }
    return render(request, "competition/progress_detail.html", context)


@require_POST
@staff_required
def judge_remind(request, group_pk):
    group = the_group(group_pk)
    form = RemindForm(request.POST, group=group)
    chosen = form.cleaned_data["judge"] if form.is_valid() else ()
    with refusals_told(request, "未提醒。"):
        told = actions.remind_judges(group=group, judges=chosen, by=request.user, at=timezone.now())
        messages.success(request, f"已提醒 {len(told)} 位評審：{'、'.join(map(str, told))}。")
    return back(request, "competition:progress_detail", group.pk)


@require_GET
@staff_required
def dispute_list(request, group_pk):
    """The works by how far their judges are apart."""
    return _disputes(request, the_group(group_pk))


def _disputes(request, group, *, form=None, status=200):
    standing = the_standing(group)
    threshold = Ceremony.of(group.competition).disputed_from
    ordered = progress.disputes(standing)
    page = paginate(request, ordered)
    totals = progress.totals(standing, [each.entry for each in page])
    reviews = ExtraReview.objects.filter(entry__in=list(totals)).select_related("judge__user")
    context = group_context(group, "disputes") | {
        "standing": standing,
        "threshold": threshold,
        "is_final": group.result_sets.final().exists(),
        "disputed": sum(each.spread >= threshold for each in ordered),
        "page": page,
        "rows": [_dispute(standing, each, totals[each.entry], threshold, reviews) for each in page],
        "form": form or ThresholdForm(initial={"points": threshold}),
    }
    return render(request, "competition/dispute_list.html", context, status=status)


def _dispute(standing, ranked, totals, threshold, reviews):
    return {
        "entry": standing.entries[ranked.entry],
        "ranked": ranked,
        "award": standing.award_of(ranked),
        "spread": str(half_up(ranked.spread, 2)),
        "is_disputed": ranked.spread >= threshold,
        "totals": [
            (judge, str(half_up(totals[judge.pk], 2))) for judge in standing.judges if judge.pk in totals
        ],
        "reviews": [review for review in reviews if review.entry_id == ranked.entry],
    }


@require_POST
@staff_required
def dispute_threshold(request, group_pk):
    group = the_group(group_pk)
    form = ThresholdForm(request.POST)
    if not form.is_valid():
        return _disputes(request, group, form=form, status=422)
    actions.set_dispute_threshold(
        competition=group.competition, **form.cleaned_data, by=request.user, at=timezone.now()
    )
    messages.success(request, f"歧異門檻已改為 {form.cleaned_data['points']} 分。")
    return back(request, "competition:dispute_list", group.pk)


def _entry(standing, pk):
    if pk not in standing.entries:
        raise Http404("這一組沒有這件作品。")
    return Entry.objects.select_related("competition__programme", "unit__unit").get(pk=pk)


@require_http_methods(["GET", "POST"])
@staff_required
def extra_review_create(request, group_pk, entry_pk):
    """One more judge for a disputed work."""
    group = the_group(group_pk)
    standing = the_standing(group)
    entry = _entry(standing, entry_pk)
    form = ExtraJudgeForm(request.POST if request.method == "POST" else None, group=group)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        with refusals_on(form):
            review = actions.assign_extra_judge(
                entry=entry,
                user=chosen["user"],
                reason=chosen["reason"],
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, f"已請{review.judge}加評「{entry}」。")
            return back(request, "competition:dispute_list", group.pk)
    totals = progress.totals(standing, [entry.pk])[entry.pk]
    context = group_context(group, "disputes") | {
        "entry": entry,
        "totals": [(judge, half_up(totals[judge.pk], 2)) for judge in standing.judges if judge.pk in totals],
        "reviews": entry.extra_reviews.select_related("judge__user", "assigned_by"),
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "competition/extra_review_create.html", context, status=status)


@require_POST
@staff_required
def extra_review_withdraw(request, group_pk, pk):
    group = the_group(group_pk)
    reviews = ExtraReview.objects.select_related("entry__competition__programme", "judge__user")
    review = get_object_or_404(reviews, pk=pk, judge__group=group)
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    with refusals_told(request, "未收回。"):
        actions.withdraw_extra_judge(review=review, reason=reason, by=request.user, at=timezone.now())
        messages.success(request, f"已收回{review.judge}的加評。")
    return back(request, "competition:extra_review_create", group.pk, review.entry_id)


@require_GET
@staff_required
def missing_sheet_list(request, group_pk):
    """For each work with sheets missing: its rank if they came in at 0, and at full marks."""
    group = the_group(group_pk)
    standing = the_standing(group)
    sheets = progress.Progress(standing)
    ordered = [standing.entries[ranked.entry] for ranked in standing.ranking]
    incomplete = [(entry, judges) for entry in ordered if (judges := sheets.missing(entry))]
    page = paginate(request, incomplete, per_page=ASSESSED_AT_ONCE)
    context = group_context(group, "missing") | {
        "standing": standing,
        "page": page,
        "rows": [progress.what_if(standing, entry, judges) for entry, judges in page],
        "may_change": progress.may_change(standing, {entry.pk: judges for entry, judges in incomplete}),
        "is_rank_sum": standing.method == RANK_SUM,
    }
    return render(request, "competition/missing_sheet_list.html", context)
