"""What workers do on this floor: certificates printed as one file, winners told when results are out."""

from io import BytesIO

from django.db import transaction

from foundation import files
from foundation.jobs import job
from foundation.periodic import periodic

from .actions.awarding import issue_certificates, tell_winners
from .certificates import print_all
from .models import Ceremony, Competition, ResultSet

CERTIFICATES = "competition.certificates"


@job(CERTIFICATES)
def print_certificates(progress, competition):
    """Issue what is missing, check every character, set all pages, keep the file."""
    competition = Competition.objects.select_related("programme").get(pk=competition)
    by = progress.job.created_by
    awards = list(issue_certificates(competition=competition, by=by, at=progress.at()))
    content = print_all(awards, Ceremony.of(competition), progress=progress)
    name = f"{competition.programme.year}年度獎狀{len(awards)}張.pdf"
    with transaction.atomic():
        progress.finish(files.store(BytesIO(content), name=name, by=by, at=progress.at()))


@periodic
def tell_released(*, at):
    """Tell the winners of each result whose time has come, whenever a worker first runs after it."""
    waiting = ResultSet.objects.final().released(at).filter(told_at=None)
    for result in waiting.select_related("group__competition__programme").order_by("pk"):
        tell_winners(result=result, at=at)
