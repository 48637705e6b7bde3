"""研習時數證明: what is certified of somebody who came, and the paper that says so."""

from django.conf import settings

from foundation import certificates
from foundation.models import Certificate
from foundation.pdf import PdfRefused, render_pdf
from foundation.qr import qr_svg
from foundation.rocdate import format_date

KIND = "hours"
TITLE = "研習時數證明"
COURSE, DAY, PLACE, UNIT, JOB, HOURS = "研習", "日期", "地點", "機關", "職稱", "時數"


def key_of(enrolment):
    return f"{_prefix(enrolment.session_id)}{enrolment.pk}"


def _prefix(session):
    return f"hours-{session}-"


def statement(enrolment):
    """What `certificates.issue_many` is to state of somebody who came."""
    session, person = enrolment.session, enrolment.person
    return {
        "kind": KIND,
        "key": key_of(enrolment),
        "title": TITLE,
        "holder": person.name,
        "facts": [
            [COURSE, f"{session.programme.year}年度{session.title}{session}"],
            [DAY, format_date(session.held_on)],
            [PLACE, session.place or "—"],
            [UNIT, enrolment.unit.name],
            [JOB, person.title or "—"],
            [HOURS, f"{session.hours.normalize():f} 小時"],
        ],
    }


def issued(session):
    """The valid certificates of a session by their keys."""
    valid = Certificate.objects.filter(key__startswith=_prefix(session.pk), revoked_at=None)
    return {certificate.key: certificate for certificate in valid}


def certificate_of(enrolment):
    return Certificate.objects.filter(key=key_of(enrolment)).first()


class Paper:
    """A certificate as it is printed: what was stated, whatever the rows say today."""

    def __init__(self, certificate):
        self.certificate = certificate
        facts = dict(certificate.facts)
        self.course, self.day, self.hours = facts[COURSE], facts[DAY], facts[HOURS]
        self.unit = facts[UNIT]
        self.place = "" if facts[PLACE] == "—" else facts[PLACE]
        self.job = "" if facts[JOB] == "—" else facts[JOB]
        self.qr = qr_svg(certificates.address(certificate), label="驗證這張證明的網址")

    @property
    def words(self):
        """All of the paper's own words, to find who has the characters that no font has."""
        return f"{self.certificate.holder}{self.unit}{self.job}{self.course}{self.place}"


def print_papers(papers, *, apart=True):
    """One PDF, a page each; raises PdfRefused when the fonts lack a character."""
    context = {"papers": papers, "title": TITLE, "site": settings.SITE_URL}
    return render_pdf("workshops/hours_pdf.html", context, apart=apart)


def print_what_can_be(papers):
    """(the PDF or None, the papers left out because no font has a character of theirs)."""
    left_out = []
    while papers:
        try:
            return print_papers(papers), left_out
        except PdfRefused as refusal:
            unprintable = [paper for paper in papers if refusal.missing & set(paper.words)]
            if not unprintable:
                raise
            left_out += unprintable
            papers = [paper for paper in papers if paper not in unprintable]
    return None, left_out
