"""The year 105 from its opening to the freeze, with the county's real units and sample figures."""

from datetime import date, datetime, time
from pathlib import Path
from random import Random

from agencies.actions.contacts import add_contact
from agencies.actions.programmes import activate
from agencies.models import CompetitionGroup
from chiayi_elearn.importers import IMPORTERS
from chiayi_elearn.programmes import open_programme
from competition.actions import confirm_sheet, finalise, settle_tie
from competition.models import Entry, ScoreSheet
from competition.standings import standings
from foundation.rocdate import TAIPEI
from scoring.actions import freeze
from workshops.actions import close_attendance

from . import samples
from .accounts import JUDGES, OTHER_UNIT, SAMPLE_UNIT
from .files import import_rows, run_import
from .results import give_awards, hold_meetings, set_prizes
from .the_day import the_day
from .tutoring import describe_tutors

UNITS = Path(__file__).parent / "units.csv"
LATER_OR_ABSENT = ("出席",) * 12 + ("遲到", "請假", "")


def moment(day, hour=10):
    return datetime.combine(day, time(hour), tzinfo=TAIPEI)


def make_finished_year(*, people, year):
    staff, rng = people.staff, Random(year)
    opened = moment(date(2016, 3, 1), 9)
    programme = open_programme(year=year, by=staff, at=opened)
    programme.is_sample = True
    programme.save(update_fields=["is_sample"])
    importer = IMPORTERS["units"](programme)
    run_import(importer, UNITS.read_bytes(), "範例機關與人數.csv", by=staff, at=opened)
    activate(programme=programme, by=staff, at=opened)
    _give_hats(programme, people, opened)

    units = list(programme.units.with_headcount().select_related("unit", "programme"))
    keenness = {unit.code: samples.eagerness(rng, unit) for unit in units}
    _workshop(programme, rng, units, keenness, staff)
    rows = samples.update_rows(rng, units, keenness, programme.starts_on, programme.ends_on, "KM105-")
    import_rows("updates", programme, rows, by=staff, at=moment(programme.ends_on))
    rows = samples.topic_rows(rng, units, keenness, programme.starts_on, programme.ends_on, "EC105-")
    import_rows("forum_topics", programme, rows, by=staff, at=moment(programme.ends_on))
    _competition(programme, rng, units, keenness, staff)
    freeze(programme=programme, by=staff, at=moment(date(2016, 10, 3)))
    return programme


def _give_hats(programme, people, at):
    """Contacts, tutor, curator and the panel, as a people file would name them."""
    staff, day = people.staff, at.date()
    unit = programme.units.get(unit__code=SAMPLE_UNIT).unit
    other = programme.units.get(unit__code=OTHER_UNIT).unit
    add_contact(unit=unit, user=people["sample-contact"], starts_on=day, phone="05-000-0000", by=staff, at=at)
    add_contact(unit=other, user=people["sample-contact2"], starts_on=day, by=staff, at=at)
    rows = [
        (username, people[username].name, people[username].email, "", "評審", group)
        for username in JUDGES
        for group in CompetitionGroup.labels
    ]
    rows += [
        (user.username, user.name, user.email, code, role, "")
        for user, code, role in (
            (people["sample-tutor"], "", "輔導教師"),
            (people["sample-curator"], "", "策展人"),
            (people["sample-civil"], SAMPLE_UNIT, "同仁"),
        )
    ]
    import_rows("people", programme, rows, by=staff, at=at)
    describe_tutors(programme, people, at)


def _workshop(programme, rng, units, keenness, staff):
    quotas = list(samples.quota_rows(rng, units))
    import_rows("quotas", programme, quotas, by=staff, at=moment(date(2016, 3, 18)))
    rows = samples.enrolment_rows(rng, quotas, keenness, attendance=LATER_OR_ABSENT)
    import_rows("enrolments", programme, rows, by=staff, at=moment(date(2016, 4, 19)))
    for session in programme.sessions.all():
        close_attendance(session=session, by=staff, at=moment(date(2016, 4, 20)))
        the_day(session, by=staff, at=moment(date(2016, 4, 22)))


def _competition(programme, rng, units, keenness, staff):
    competition = programme.competition
    set_prizes(competition, by=staff, at=moment(date(2016, 3, 20)))
    topics = {group.key: list(group.topics.all()) for group in competition.groups.all()}
    rows, serial = [], 0
    for unit in units:
        if rng.random() < keenness[unit.code] * 0.45:
            serial += 1
            topic = rng.choice(topics[unit.competition_group])
            authors = "、".join(samples.person_name(rng) for _ in range(rng.randint(1, 3)))
            day = samples.a_day(rng, date(2016, 5, 16), competition.due_on)
            rows.append(
                (
                    f"{programme.year}-P-{serial:03d}",
                    unit.code,
                    topic.name,
                    samples.work_title(rng),
                    authors,
                    day.isoformat(),
                )
            )
    import_rows("entries", programme, rows, by=staff, at=moment(competition.due_on, 17))
    _judge(programme, rng, staff)
    for group in competition.groups.all():
        _settle(competition, group, staff)
        finalise(
            group=group,
            release_at=moment(date(2016, 8, 1)),
            accept_unranked=True,
            by=staff,
            at=moment(date(2016, 7, 25)),
        )
    hold_meetings(competition, by=staff, at=moment(date(2016, 7, 22)))
    give_awards(competition, by=staff, at=moment(date(2016, 7, 26)))


def _judge(programme, rng, staff):
    criteria = list(programme.competition.criteria.all())
    rows = []
    for entry in Entry.objects.of(programme).submitted().order_by("receipt"):
        level = min(0.98, max(0.55, rng.gauss(0.8, 0.09)))
        for judge in JUDGES:
            marks = [
                round(2 * criterion.full_marks * min(1, max(0, level + rng.gauss(0, 0.04)))) / 2
                for criterion in criteria
            ]
            rows.append((entry.receipt, judge, *marks, "內容切合業務，示範清楚。（範例）"))
    import_rows("scores", programme, rows, by=staff, at=moment(date(2016, 7, 20)))
    sheets = ScoreSheet.objects.filter(judge__group__competition=programme.competition)
    for sheet in sheets.select_related("judge__user", "judge__group", "entry").order_by("pk"):
        confirm_sheet(
            judge=sheet.judge,
            entry=sheet.entry,
            version=sheet.version,
            by=sheet.judge.user,
            at=moment(date(2016, 7, 21)),
        )


def _settle(competition, group, staff):
    """The chair settles what the tie rule leaves equal."""
    for _ in range(20):
        ties = standings(competition, groups=[group])[0].open_ties
        if not ties:
            return
        places = {ranked.entry: place for place, ranked in enumerate(ties[0], start=1)}
        settle_tie(
            group=group,
            places=places,
            reason="主席依教學設計裁定先後（範例）。",
            by=staff,
            at=moment(date(2016, 7, 22)),
        )
