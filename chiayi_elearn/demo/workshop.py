"""The workshop of a year in progress: one session held and settled, one to come with more people than seats."""

from datetime import datetime, time, timedelta

from foundation.rocdate import TAIPEI
from workshops import proposals
from workshops.actions import (
    close_attendance,
    edit_session,
    enrol,
    publish_quotas,
    release,
    set_quotas,
    substitute,
)
from workshops.models import Session

from . import samples
from .accounts import SAMPLE_UNIT
from .files import import_rows
from .the_day import the_day


def make_workshop(programme, rng, units, keenness, people, today):
    held, coming = programme.sessions.order_by("number")
    _held(held, rng, units, keenness, people, today)
    _coming(coming, rng, people, today)


def _held(session, rng, units, keenness, people, today):
    """Quotas by file, the unused seats released, attendance settled, answers given."""
    programme, staff = session.programme, people.staff
    edit_session(
        session=session,
        held_on=today - timedelta(days=30),
        is_provisional=False,
        by=staff,
        at=_moment(today, -60),
    )
    quotas = [quota for quota in samples.quota_rows(rng, units) if quota[0] == session.number]
    import_rows("quotas", programme, quotas, by=staff, at=_moment(today, -50))
    release(session=session, by=staff, at=_moment(today, -34))
    marks = ("出席", "出席", "出席", "出席", "遲到", "請假", "")
    rows = samples.enrolment_rows(rng, quotas, keenness, attendance=marks)
    import_rows("enrolments", programme, rows, by=staff, at=_moment(today, -29))
    close_attendance(session=Session.objects.get(pk=session.pk), by=staff, at=_moment(today, -28))
    the_day(Session.objects.get(pk=session.pk), by=staff, at=_moment(today, -27))


def _coming(session, rng, people, today):
    """Quotas proposed from headcounts and published; a line of people waiting; one colleague in another's place."""
    programme, staff, contact = session.programme, people.staff, people["sample-contact"]
    edit_session(
        session=session,
        held_on=today + timedelta(days=14),
        capacity=24,
        enrolment_opens_at=_moment(today, -20),
        enrolment_closes_at=_moment(today, 7, hour=17),
        substitution_ends_at=_moment(today, 12, hour=17),
        release_at=_moment(today, 5),
        by=staff,
        at=_moment(today, -60),
    )
    session.refresh_from_db()
    proposal = proposals.make(session, total=24, minimum=1, categories=session.audience)
    seats = {row.unit: row.seats for row in proposal.rows}
    set_quotas(session=session, seats=seats, by=staff, at=_moment(today, -40))
    publish_quotas(session=session, by=staff, at=_moment(today, -39))
    # The account of a colleague and the person nominated are one.
    civil = people["sample-civil"]
    rows = [(civil.username, civil.name, civil.email, SAMPLE_UNIT, "同仁", "")]
    import_rows("people", programme, rows, by=staff, at=_moment(today, -38))
    for unit, number in seats.items():
        is_own = unit.unit.code == SAMPLE_UNIT
        nominated = [
            enrol(
                session=session,
                unit=unit,
                name=samples.person_name(rng),
                title=rng.choice(samples.JOB_TITLES),
                email=f"coming-{unit.unit.code}-{place}@example.invalid",
                by=contact if is_own else staff,
                at=_moment(today, -rng.randint(9, 15)),
            )
            for place in range(number + 1 if is_own else rng.randint(0, number))
        ]
        if is_own:
            enrol(
                session=session,
                unit=unit,
                name=civil.name,
                title="辦事員",
                email=civil.email,
                by=contact,
                at=_moment(today, -5),
            )
            substitute(
                enrolment=nominated[0],
                name="陳喆𠮷（範例）",
                title="課員",
                email=f"coming-{SAMPLE_UNIT}-instead@example.invalid",
                by=contact,
                at=_moment(today, -3),
            )


def _moment(today, days, hour=10):
    return datetime.combine(today + timedelta(days=days), time(hour), tzinfo=TAIPEI)
