"""Papers that take long: every certificate of a session in one file."""

from io import BytesIO

from foundation import files, jobs
from foundation.errors import Refused
from foundation.jobs import job

from . import hours
from .models import Session

CERTIFICATES = "workshops.hours_certificates"


def ask_for_certificates(session, *, by, at):
    """Queue the file; asked for twice, it is made once."""
    return jobs.enqueue(
        CERTIFICATES,
        title=f"{session.programme.year}年度{session}{hours.TITLE}",
        key=f"hours-certificates-{session.pk}",
        by=by,
        at=at,
        session=session.pk,
    )


@job(CERTIFICATES)
def make_certificates(progress, *, session):
    """One PDF of all; whose name no font can print is named in the job's message and left out."""
    session = Session.objects.select_related("programme").get(pk=session)
    enrolments = session.enrolments.came().order_by("unit__unit__code", "unit", "pk")
    issued = hours.issued(session)
    found = [issued.get(hours.key_of(enrolment)) for enrolment in enrolments]
    papers = [hours.Paper(certificate) for certificate in found if certificate]
    if not papers:
        raise Refused(f"{session}還沒有核發時數證明；結算出席後才有。")
    progress(1, 3, f"排版 {len(papers)} 張證明")
    content, left_out = hours.print_what_can_be(papers)
    if content is None:
        raise Refused(f"字型缺字，一張也無法印出：{_names(left_out)}。請安裝全字庫正楷體後再試。")
    progress(2, 3, "存檔")
    name = f"{session.programme.year}年度{session}{hours.TITLE}.pdf"
    stored = files.store(BytesIO(content), name=name, by=progress.job.created_by, at=progress.at())
    told = f"共 {len(papers) - len(left_out)} 張。"
    if left_out:
        told += f"字型缺字，未印出：{_names(left_out)}。請安裝全字庫正楷體後再製作。"
    progress(3, 3, told)
    return stored


def _names(papers):
    return "、".join(f"{paper.unit}{paper.certificate.holder}" for paper in papers)
