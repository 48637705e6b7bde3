"""評審會議: shown to the judges, ties settled in it, attendance and decisions noted, minutes printed."""

from collections import Counter

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.permissions import staff_required
from competition import actions, progress
from competition.awards import AwardFile
from competition.forms.results import DecisionForm, MeetingForm
from competition.minutes import attendance, award_lines, items_of, print_minutes, write_minutes
from competition.models import Meeting, MeetingItem
from foundation import documents, pdf
from foundation.http import file_response
from foundation.numbers import half_up
from foundation.paging import paginate
from foundation.refusals import refusals_on, refusals_told

from .progress import back, group_context, the_group, the_standing
from .results import compared_text, tie_forms

SHOWN_BELOW_AWARDS = 5
MINUTES = {"pdf": (print_minutes, pdf.CONTENT_TYPE), "odt": (write_minutes, documents.CONTENT_TYPE)}
MEETING_FIELDS = ("held_at", "place", "chair", "recorder", "others")


def _meeting(group, pk):
    meetings = Meeting.objects.select_related("group__competition__programme", "updated_by")
    return get_object_or_404(meetings, pk=pk, group=group)


def _final(group):
    return group.result_sets.final().first()


@require_GET
@staff_required
def meeting_list(request, group_pk):
    """The meetings of a group, and the ties that wait for one."""
    group = the_group(group_pk)
    standing = the_standing(group)
    context = group_context(group, "meetings") | {
        "page": paginate(request, group.meetings.prefetch_related("present__user", "items")),
        "ties": tie_forms(standing) if _final(group) is None else [],
        "from_meeting": True,
    }
    return render(request, "competition/meeting_list.html", context)


@require_http_methods(["GET", "POST"])
@staff_required
def meeting_create(request, group_pk):
    group = the_group(group_pk)
    serving = group.judges.serving().filter(is_extra=False)
    initial = {"held_at": timezone.now(), "present": serving, "recorder": request.user.name}
    return _edit(request, group, None, initial=initial)


@require_http_methods(["GET", "POST"])
@staff_required
def meeting_edit(request, group_pk, pk):
    group = the_group(group_pk)
    meeting = _meeting(group, pk)
    initial = {name: getattr(meeting, name) for name in MEETING_FIELDS}
    return _edit(request, group, meeting, initial={**initial, "present": meeting.present.all()})


def _edit(request, group, meeting, *, initial):
    form = MeetingForm(request.POST if request.method == "POST" else None, group=group, initial=initial)
    if form.is_valid():
        values = {name: form.cleaned_data[name] for name in MEETING_FIELDS}
        with refusals_on(form):
            meeting = actions.record_meeting(
                group=group,
                meeting=meeting,
                values=values,
                present=form.cleaned_data["present"],
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, "評審會議已記錄。")
            return back(request, "competition:meeting_detail", group.pk, meeting.pk)
    context = group_context(group, "meetings") | {"meeting": meeting, "form": form}
    return render(request, "competition/meeting_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@staff_required
def meeting_detail(request, group_pk, pk):
    """One meeting: what the minutes will say, and one more decision to note."""
    group = the_group(group_pk)
    meeting = _meeting(group, pk)
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with refusals_on(form):
            actions.note_decision(meeting=meeting, **form.cleaned_data, by=request.user, at=timezone.now())
            messages.success(request, "決議已記錄。")
            return back(request, "competition:meeting_detail", group.pk, meeting.pk)
    standing = the_standing(group)
    final = _final(group)
    present, absent = attendance(meeting, standing)
    context = group_context(group, "meetings") | {
        "meeting": meeting,
        "present": present,
        "absent": absent,
        "items": items_of(meeting, standing),
        "noted": meeting.items.all(),
        "awards": list(award_lines(standing, final)),
        "final": final,
        "ties": [] if final else tie_forms(standing),
        "from_meeting": True,
        "form": form,
    }
    return render(request, "competition/meeting_detail.html", context, status=422 if form.errors else 200)


@require_POST
@staff_required
def meeting_item_strike(request, group_pk, pk, item_pk):
    group = the_group(group_pk)
    item = get_object_or_404(MeetingItem, pk=item_pk, meeting=_meeting(group, pk))
    with refusals_told(request, "未刪去。"):
        actions.strike_decision(item=item, by=request.user, at=timezone.now())
        messages.success(request, f"已刪去「{item.subject}」；原文留在稽核紀錄。")
    return back(request, "competition:meeting_detail", group.pk, pk)


@require_GET
@staff_required
def meeting_minutes(request, group_pk, pk, fmt):
    """會議紀錄, to print (pdf) or to go on editing (odt)."""
    if fmt not in MINUTES:
        raise Http404
    write, content_type = MINUTES[fmt]
    group = the_group(group_pk)
    meeting = _meeting(group, pk)
    with refusals_told(request, "未產生。"):
        content = write(meeting, the_standing(group), _final(group))
        name = f"{group.competition.programme.year}年度{group}評審會議紀錄.{fmt}"
        return file_response(AwardFile(content=content, content_type=content_type, name=name), name=name)
    return back(request, "competition:meeting_detail", group.pk, pk)


@require_GET
@staff_required
def meeting_show(request, group_pk):
    """To project: large type, works by code, no judge named unless `?judges=1` asks for it."""
    group = the_group(group_pk)
    standing = the_standing(group)
    ranked = [each for each in standing.ranking if each.rank is not None]
    places = 3 + standing.competition.honourable_mentions
    shown = [each for each in ranked if each.rank <= places + SHOWN_BELOW_AWARDS]
    with_judges = request.GET.get("judges") == "1"
    totals = progress.totals(standing, [each.entry for each in shown]) if with_judges else {}
    context = group_context(group, "meetings") | {
        "standing": standing,
        "with_judges": with_judges,
        "judges": standing.judges if with_judges else [],
        "rows": [_shown(standing, each, totals.get(each.entry, {}), with_judges) for each in shown],
        "hidden": len(ranked) - len(shown),
        "unranked": len(standing.unranked),
        "vacant": _vacancies(standing),
        "places": places,
        "here_url": request.path,
    }
    return render(request, "competition/meeting_show.html", context)


def _vacancies(standing):
    """(award, why, how many places): those vacant for the same reason together."""
    vacant = [(place.award, place.vacant) for place in standing.places if place.vacant]
    return [(*place, count) for place, count in Counter(vacant).items()]


def _shown(standing, ranked, totals, with_judges):
    judges = standing.judges if with_judges else ()
    return {
        "ranked": ranked,
        "entry": standing.entries[ranked.entry],
        "award": standing.award_of(ranked),
        "figure": half_up(ranked.figure, 2),
        "spread": half_up(ranked.spread, 2),
        "compared": compared_text(standing, ranked),
        "totals": [(judge, half_up(totals[judge.pk], 2) if judge.pk in totals else "—") for judge in judges],
    }
