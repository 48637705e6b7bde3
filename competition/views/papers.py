"""Certificates, receipts, engravings, the ceremony's order, and score sheets to sign: for the office."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Max
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.current import required_programme
from agencies.permissions import staff_required
from competition import actions, awards, papers, score_papers
from competition.actions.awarding import issuing_refusal
from competition.background import CERTIFICATES
from competition.certificates import print_all, wanted
from competition.forms.results import CeremonyForm
from competition.models import AwardCertificate, Ceremony, ResultSet
from competition.permissions import required_competition
from competition.results import final_results
from foundation.http import file_response
from foundation.jobs import enqueue
from foundation.models import Job
from foundation.paging import paginate
from foundation.pdf import CONTENT_TYPE as PDF_TYPE
from foundation.refusals import refusals_on, refusals_told

from .progress import back, the_group, the_standing


@require_GET
@staff_required
def paper_list(request):
    """What can be printed, and the certificates that were issued."""
    competition = required_competition(required_programme(request))
    results = list(final_results(competition))
    ceremony = Ceremony.of(competition)
    issued = (
        AwardCertificate.objects.filter(result__in=results)
        .select_related("certificate", "result__group")
        .order_by("serial")
    )
    page = paginate(request, issued)
    due = sum(len(wanted(winner, ceremony)) for winner in papers.winners(results))
    context = {
        "programme": competition.programme,
        "competition": competition,
        "ceremony": ceremony,
        "results": results,
        "open_groups": _open_groups(competition, results),
        "papers": [
            {"key": key, "title": title, "count": len(papers.lines_of(key, results, ceremony))}
            for key, title in papers.TITLES.items()
        ],
        "formats": papers.FORMATS,
        "award_formats": awards.FORMATS,
        "refusal": issuing_refusal(competition),
        "to_issue": page.paginator.count < due,
        "page": page,
        "jobs": _printed(competition),
    }
    return render(request, "competition/paper_list.html", context)


def _printed(competition):
    """The files of certificates that still hold: none from before a result was opened again."""
    opened = ResultSet.objects.filter(group__competition=competition).aggregate(at=Max("superseded_at"))["at"]
    jobs = Job.objects.filter(kind=CERTIFICATES, arguments__competition=competition.pk)
    return (jobs.filter(created_at__gt=opened) if opened else jobs).order_by("-pk")[:3]


def _open_groups(competition, results):
    final = {result.group_id for result in results}
    return [group for group in competition.groups.all() if group.pk not in final]


@require_http_methods(["GET", "POST"])
@staff_required
def ceremony_edit(request):
    competition = required_competition(required_programme(request))
    ceremony = Ceremony.of(competition)
    form = CeremonyForm(request.POST if request.method == "POST" else None, instance=ceremony)
    if form.is_valid():
        with refusals_on(form):
            actions.change_ceremony(
                competition=competition, values=form.cleaned_data, by=request.user, at=timezone.now()
            )
            messages.success(request, "頒獎設定已儲存。")
            return back(request, "competition:paper_list")
    context = {"programme": competition.programme, "competition": competition, "form": form}
    return render(request, "competition/ceremony_edit.html", context, status=422 if form.errors else 200)


@require_POST
@staff_required
def certificate_print_all(request):
    """Issue and print all certificates as one file: a job, as 200 pages take their time."""
    competition = required_competition(required_programme(request))
    if refusal := issuing_refusal(competition):
        messages.error(request, f"未排入。{refusal}")
        return back(request, "competition:paper_list")
    with transaction.atomic():
        job = enqueue(
            CERTIFICATES,
            title=f"{competition.programme.year}年度獎狀",
            by=request.user,
            at=timezone.now(),
            key=f"{CERTIFICATES}-{competition.pk}",
            competition=competition.pk,
        )
    return redirect("foundation:job_detail", pk=job.pk)


@require_GET
@staff_required
def certificate_print(request, pk):
    """One certificate, whenever it is needed again."""
    issued = AwardCertificate.objects.select_related("certificate", "result__group__competition__programme")
    award = get_object_or_404(issued, pk=pk)
    if not award.certificate.is_valid:
        raise Http404("這張獎狀已註銷，不再印出。")
    ceremony = Ceremony.of(award.result.group.competition)
    with refusals_told(request, "未產生。"):
        content = print_all([award], ceremony, progress=lambda *report: None)
        name = f"獎狀{award.serial}{award.certificate.holder}.pdf"
        return pdf_response(content, name)
    return back(request, "competition:paper_list")


def pdf_response(content, name):
    return file_response(awards.AwardFile(content=content, content_type=PDF_TYPE, name=name), name=name)


@require_GET
@staff_required
def paper_export(request, paper, fmt):
    competition = required_competition(required_programme(request))
    results = list(final_results(competition))
    if paper not in papers.TITLES or fmt not in papers.FORMATS:
        raise Http404("沒有這份文件。")
    if not papers.lines_of(paper, results, Ceremony.of(competition)):
        raise Http404(f"{papers.TITLES[paper]}還沒有內容。")
    with refusals_told(request, "未產生。"):
        written = papers.export(competition, results, paper, fmt)
        return file_response(written, name=written.name)
    return back(request, "competition:paper_list")


@require_GET
@staff_required
def score_sheet_print(request, group_pk, judge_pk, layout):
    """A judge's sheets on paper, filled in as far as they are here."""
    group = the_group(group_pk)
    standing = the_standing(group)
    judge = next((judge for judge in standing.judges if judge.pk == judge_pk), None)
    if judge is None or layout not in score_papers.LAYOUTS:
        raise Http404("沒有這份評分表。")
    if layout == score_papers.EACH and len(standing.entries) > score_papers.MOST_SINGLE:
        messages.error(request, f"未產生。作品超過 {score_papers.MOST_SINGLE} 件，請改印一張總表。")
        return back(request, "competition:progress_detail", group.pk)
    with refusals_told(request, "未產生。"):
        content = score_papers.print_sheets(standing, judge, layout)
        return pdf_response(content, f"{group}評分表{judge}.pdf")
    return back(request, "competition:progress_detail", group.pk)
