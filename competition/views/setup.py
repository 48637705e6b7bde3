"""The office's pages for the rules, the extensions, the panel and the sheets."""

from django.contrib import messages
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.current import required_programme, year_query
from agencies.models import ProgrammeUnit
from agencies.permissions import staff_required
from competition import actions, ranking
from competition.actions.locks import has_signed_sheet
from competition.eligibility import Eligibility
from competition.forms.common import LateReasonForm, ReasonForm
from competition.forms.panel import AppointForm
from competition.forms.setup import (
    CriterionFormSet,
    ExtensionForm,
    RulesForm,
    TopicFormSet,
    criterion_rows,
    prize_forms,
    topic_rows,
)
from competition.models import Entry, Extension, Group, Judge, ScoreSheet
from competition.permissions import required_competition
from competition.results import final_results
from foundation.errors import Refused
from foundation.numbers import half_up
from foundation.paging import paginate
from foundation.refusals import cleaned, refusals_on, refusals_told


def _here(request, name, *args):
    """The page again, in the year that was chosen."""
    return redirect(reverse(name, args=args) + year_query(request))


@require_http_methods(["GET", "POST"])
@staff_required
def competition_edit(request):
    """The competition's dates and rules; those of the judging lock with the first signed sheet."""
    competition = required_competition(required_programme(request))
    is_locked = has_signed_sheet(competition)
    form = RulesForm(request.POST or None, instance=competition, is_locked=is_locked)
    if request.method == "POST" and form.is_valid():
        stored = required_competition(competition.programme)  # the form has changed its own copy
        with refusals_on(form):
            actions.change_rules(
                competition=stored,
                values=form.values(),
                reason=form.cleaned_data.get("reason", ""),
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, "競賽設定已儲存。")
            return _here(request, "competition:competition_edit")
    groups = Group.objects.filter(competition=competition).annotate(
        entry_count=Count("topics__entries", distinct=True)
    )
    context = {
        "programme": competition.programme,
        "competition": competition,
        "form": form,
        "groups": groups.prefetch_related("topics"),
        "criteria": competition.criteria.all(),
        "prizes": competition.prizes.all(),
        "changes": competition.rule_changes.all(),
        "is_locked": is_locked,
    }
    return render(request, "competition/competition_edit.html", context)


@require_http_methods(["GET", "POST"])
@staff_required
def prize_edit(request):
    """What each place brings; locked like the other rules of the judging."""
    competition = required_competition(required_programme(request))
    rows = prize_forms(competition, request.POST or None)
    is_locked = has_signed_sheet(competition)
    reason_form = LateReasonForm(request.POST or None, is_locked=is_locked)
    refusal = ""
    if request.method == "POST" and all(form.is_valid() for _, form in rows) and reason_form.is_valid():
        try:
            actions.change_prizes(
                competition=competition,
                rows={place: form.cleaned_data for place, form in rows},
                **reason_form.cleaned_data,
                by=request.user,
                at=timezone.now(),
            )
        except Refused as refused:
            refusal = str(refused)
        else:
            messages.success(request, "獎項已儲存。")
            return _here(request, "competition:competition_edit")
    context = {
        "programme": competition.programme,
        "competition": competition,
        "rows": rows,
        "reason_form": reason_form,
        "refusal": refusal,
        "is_locked": is_locked,
        "decided": [result.group for result in final_results(competition)],
    }
    return render(request, "competition/prize_edit.html", context)


@require_http_methods(["GET", "POST"])
@staff_required
def criterion_edit(request):
    competition = required_competition(required_programme(request))
    initial = criterion_rows(competition)
    is_locked = has_signed_sheet(competition)
    formset = CriterionFormSet(request.POST or None, initial=initial)
    formset.known = {row["id"] for row in initial}
    if is_locked:
        formset.extra = 0
    reason_form = LateReasonForm(request.POST or None, is_locked=is_locked)
    refusal = ""
    if request.method == "POST" and formset.is_valid() and reason_form.is_valid():
        try:
            actions.change_criteria(
                competition=competition,
                rows=formset.rows(),
                **reason_form.cleaned_data,
                by=request.user,
                at=timezone.now(),
            )
        except Refused as refused:
            refusal = str(refused)
        else:
            messages.success(request, "評分項目已儲存。")
            return _here(request, "competition:competition_edit")
    context = {
        "programme": competition.programme,
        "competition": competition,
        "formset": formset,
        "reason_form": reason_form,
        "refusal": refusal,
        "is_locked": is_locked,
    }
    return render(request, "competition/criterion_edit.html", context)


@require_http_methods(["GET", "POST"])
@staff_required
def topic_edit(request, group_pk):
    group = get_object_or_404(Group.objects.select_related("competition__programme"), pk=group_pk)
    initial = topic_rows(group)
    formset = TopicFormSet(request.POST or None, initial=initial)
    formset.known = {row["id"] for row in initial}
    refusal = ""
    if request.method == "POST" and formset.is_valid():
        try:
            actions.change_topics(group=group, rows=formset.rows(), by=request.user, at=timezone.now())
        except Refused as refused:
            refusal = str(refused)
        else:
            messages.success(request, f"{group}的主題已儲存。")
            return _here(request, "competition:competition_edit")
    context = {
        "programme": group.competition.programme,
        "group": group,
        "formset": formset,
        "refusal": refusal,
    }
    return render(request, "competition/topic_edit.html", context)


@require_http_methods(["GET", "POST"])
@staff_required
def extension_list(request):
    """Later deadlines granted so far, and the form for the next."""
    competition = required_competition(required_programme(request))
    form = ExtensionForm(request.POST or None, programme=competition.programme)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            extension = actions.extend(
                competition=competition, **form.cleaned_data, by=request.user, at=timezone.now()
            )
            messages.success(request, f"{extension.unit}的繳交期限已延長。")
            return _here(request, "competition:extension_list")
    units = ProgrammeUnit.objects.filter(programme=competition.programme).exclude(competition_group="")
    extensions = competition.extensions.select_related("unit__unit", "granted_by")
    context = {
        "programme": competition.programme,
        "competition": competition,
        "form": form,
        "page": paginate(request, extensions.order_by("-granted_at", "-pk")),
        "units": units.values_list("unit__code", "name").order_by("unit__code"),
    }
    return render(request, "competition/extension_list.html", context)


@require_POST
@staff_required
def extension_revoke(request, pk):
    extension = get_object_or_404(
        Extension.objects.select_related("competition__programme", "unit__unit"), pk=pk
    )
    with refusals_told(request, "未收回。"):
        reason = cleaned(ReasonForm(request.POST))["reason"]
        actions.revoke_extension(extension=extension, reason=reason, by=request.user, at=timezone.now())
        messages.success(request, f"已收回{extension.unit}的延期。")
    return redirect(reverse("competition:extension_list") + f"?year={extension.competition.programme.year}")


@require_http_methods(["GET", "POST"])
@staff_required
def judge_list(request):
    """The panels: who judges which group, how far they are, and one more to appoint."""
    competition = required_competition(required_programme(request))
    form = AppointForm(request.POST or None, competition=competition)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        with refusals_on(form):
            judge = actions.appoint(
                group=chosen["group"],
                user=chosen["user"],
                unit=chosen["unit"].unit if chosen["unit"] else None,
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, f"{judge}已加入{judge.group}評審。")
            return _here(request, "competition:judge_list")
    units = ProgrammeUnit.objects.filter(programme=competition.programme)
    context = {
        "programme": competition.programme,
        "competition": competition,
        "form": form,
        "panels": _panels(competition),
        "units": units.values_list("unit__code", "name").order_by("unit__code"),
    }
    return render(request, "competition/judge_list.html", context)


def _panels(competition):
    """Each group with its judges and how many of the works before each are signed."""
    groups = list(competition.groups.all())
    judges = list(
        Judge.objects.filter(group__in=groups)
        .select_related("user", "unit", "group")
        .annotate(begun=Count("sheets"))
    )
    eligibility = Eligibility(judges)
    entries = list(Entry.objects.submitted().filter(topic__group__in=groups).select_related("unit", "topic"))
    signed = ScoreSheet.objects.filter(judge__in=judges).exclude(signed_at=None)
    signed = set(signed.values_list("judge", "entry"))
    for judge in judges:
        before = [
            entry
            for entry in entries
            if entry.topic.group_id == judge.group_id and not eligibility.is_elsewhere(judge, entry)
        ]
        own = [entry for entry in before if not eligibility.refusal(judge, entry)]
        judge.excused = len(before) - len(own)
        judge.to_score = len(own)
        judge.signed = sum((judge.pk, entry.pk) in signed for entry in own)
    return [
        {"group": group, "judges": [judge for judge in judges if judge.group_id == group.pk]}
        for group in groups
    ]


@require_POST
@staff_required
def judge_remove(request, pk):
    judge = get_object_or_404(Judge.objects.select_related("user", "group__competition__programme"), pk=pk)
    with refusals_told(request, "未移除。"):
        actions.dismiss(judge=judge, by=request.user, at=timezone.now())
        messages.success(request, f"{judge.user}已移出{judge.group}評審。")
    return _here(request, "competition:judge_list")


@require_GET
@staff_required
def sheet_list(request):
    """Every score sheet of the year, filtered by group, judge and state."""
    competition = required_competition(required_programme(request))
    query = {name: request.GET.get(name, "").strip() for name in ("group", "state", "q")}
    sheets = (
        ScoreSheet.objects.filter(entry__competition=competition)
        .select_related("entry__topic__group", "entry__unit__unit", "judge__user", "entered_by")
        .prefetch_related("scores")
        .order_by("entry__receipt", "judge", "pk")
    )
    if query["group"]:
        sheets = sheets.filter(judge__group__key=query["group"])
    if query["state"] in ("signed", "draft"):
        sheets = sheets.filter(signed_at__isnull=query["state"] == "draft")
    if text := query["q"]:
        sheets = sheets.filter(
            Q(entry__receipt__icontains=text)
            | Q(entry__title__icontains=text)
            | Q(entry__work_code__iexact=text)
            | Q(judge__user__name__icontains=text)
            | Q(judge__user__username__iexact=text)
        )
    page = paginate(request, sheets)
    criteria = list(competition.criteria.all())
    _add_figures(page.object_list, criteria)
    context = {
        "programme": competition.programme,
        "competition": competition,
        "criteria": criteria,
        "page": page,
        "query": query,
        "groups": Group.objects.filter(competition=competition),
    }
    return render(request, "competition/sheet_list.html", context)


def _mark(points, criterion):
    if criterion.pk not in points:
        return "—"
    return "棄權" if points[criterion.pk] is None else points[criterion.pk]


def _add_figures(sheets, criteria):
    """To each sheet its marks in the order of the criteria and with their names, its total, and why it does not count."""
    sheets = list(sheets)
    judges = {sheet.judge_id: sheet.judge for sheet in sheets}
    eligibility = Eligibility(judges.values())
    rules = [ranking.Criterion(c.pk, c.full_marks) for c in criteria]
    for sheet in sheets:
        points = {score.criterion_id: score.points for score in sheet.scores.all()}
        sheet.marks = [(c.name, _mark(points, c)) for c in criteria]
        figure = ranking.total(points, rules)
        sheet.total_text = None if figure is None else str(half_up(figure, 2))
        sheet.does_not_count = eligibility.refusal(sheet.judge, sheet.entry)
