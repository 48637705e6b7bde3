"""簽到表: the sheet that lies at the door, by unit, with lines for whoever is not on it."""

from foundation.pdf import CONTENT_TYPE, render_pdf
from foundation.sheets import FORMATS, OutColumn, Written, write_table

from .door import people_at
from .models import Enrolment

BLANK_LINES = 10
KINDS = ("pdf", *FORMATS)
COLUMNS = (
    OutColumn("編號", kind="int", width=6),
    OutColumn("機關", width=28),
    OutColumn("職稱", width=16),
    OutColumn("姓名", width=16),
    OutColumn("簽到", width=18),
    OutColumn("簽退", width=18),
)


def title_of(session):
    return f"{session.programme.year}年度{session.title}{session}簽到表"


def lines(session):
    """(number, unit, title, name) of the confirmed, in the order of the door."""
    confirmed = people_at(session).filter(state=Enrolment.State.CONFIRMED)
    facts = confirmed.values_list("unit__name", "person__title", "person__name")
    return [(number, *words) for number, words in enumerate(facts, start=1)]


def sheet(session, fmt):
    """The sheet as pdf or as a table; PdfRefused, naming the person, when no font has a character of a name."""
    people = lines(session)
    if fmt == "pdf":
        blank = range(len(people) + 1, len(people) + 1 + BLANK_LINES)
        context = {"session": session, "title": title_of(session), "people": people, "blank": blank}
        return Written(CONTENT_TYPE, fmt, content=render_pdf("workshops/sign_in_pdf.html", context))
    return write_table(
        fmt,
        title=title_of(session),
        columns=COLUMNS,
        rows=[(*line, None, None) for line in people],
        notes=[f"研習日期 {session.held_on_words}", f"地點 {session.place or '未定'}"],
    )
