"""`scoreboard --format json` equals an independent recomputation over random facts, in whatever order they came."""

import io
import json
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agencies.models import Category, CompetitionGroup, Headcount, Person, ProgrammeUnit, Unit
from competition.models import Entry, Extension, Topic
from platform_updates.models import ForumTopic, Review, Update
from tests import factories as make
from workshops.models import Enrolment, Session, UnitQuota

from .recomputation import TAIPEI, recompute

STARTS_ON, ENDS_ON, DUE_ON = date(2016, 3, 1), date(2016, 9, 30), date(2016, 7, 1)
AT = datetime(2016, 4, 1, tzinfo=TAIPEI)
CODES = ("10010140", "A1", "U05", "104731")
REVIEWS = st.sampled_from(Review.values)


def around(*days):
    """Days at and beside the edges, where counting goes wrong first."""
    return st.sampled_from([day + timedelta(days=move) for day in days for move in (-1, 0, 1)])


def moments():
    """Around the midnights at which a deadline passes, and around those in UTC."""
    midnights = [datetime(2016, 7, day, hour, tzinfo=TAIPEI) for day in (1, 2, 4) for hour in (0, 8)]
    moves = (timedelta(microseconds=-1), timedelta(0), timedelta(minutes=1))
    return st.sampled_from([moment + move for moment in midnights for move in moves])


@st.composite
def raw_facts(draw):
    def some(**fields):
        return st.fixed_dictionaries({"unit": st.sampled_from(codes), **fields})

    weights = st.integers(0, 100)
    programme = draw(
        st.fixed_dictionaries(
            {
                "reference_date": st.sampled_from([STARTS_ON, date(2016, 1, 1), date(2016, 6, 30)]),
                "update_multiplier": st.integers(1, 3),
                "update_target_tenthousandths": st.sampled_from([2000, 1250, 3333, 10_000]),
                "work_target": st.integers(1, 2),
                "topic_target": st.integers(1, 6),
                "reply_target": st.integers(0, 10),
                "weight_updates": weights,
                "weight_workshop": weights,
                "weight_competition": weights,
                "weight_forum": st.integers(1, 100),
            }
        )
    )
    programme |= {"starts_on": STARTS_ON, "ends_on": ENDS_ON}
    codes = draw(st.lists(st.sampled_from(CODES), min_size=1, unique=True))
    days = around(programme["reference_date"])
    units = [
        {
            "code": code,
            "name": f"機關{code}",
            "category": draw(st.sampled_from(Category.values)),
            "group": draw(st.sampled_from(["", *CompetitionGroup.values])),
            "on_board": draw(st.sampled_from([True, True, True, False])),
            "headcounts": draw(
                st.lists(st.tuples(days, st.integers(0, 9)), max_size=3, unique_by=lambda it: it[0])
            ),
        }
        for code in codes
    ]
    enrolments = draw(
        st.lists(
            some(
                session=st.sampled_from([1, 2]),
                state=st.sampled_from(["confirmed", "confirmed", "waiting", "cancelled"]),
                attendance=st.sampled_from(Enrolment.Attendance.values),
            ),
            max_size=12,
        )
    )
    for enrolment in enrolments:
        if enrolment["state"] != "confirmed":
            enrolment["attendance"] = ""
    return {
        "programme": programme,
        "units": units,
        "updates": draw(st.lists(some(on=around(STARTS_ON, ENDS_ON), review=REVIEWS), max_size=15)),
        "topics": draw(
            st.lists(
                some(on=around(STARTS_ON, ENDS_ON), review=REVIEWS, replies=st.integers(0, 12)),
                max_size=15,
            )
        ),
        "quotas": draw(
            st.dictionaries(st.tuples(st.sampled_from(codes), st.sampled_from([1, 2])), st.integers(0, 3))
        ),
        "enrolments": enrolments,
        "due_on": DUE_ON,
        "extensions": draw(
            st.lists(some(due_on=st.sampled_from([date(2016, 6, 30), date(2016, 7, 3)])), max_size=2)
        ),
        "entries": draw(
            st.lists(some(state=st.sampled_from(Entry.State.values), submitted_at=moments()), max_size=8)
        ),
    }


def store(facts, shuffled):
    """Write the raw facts down as rows, each kind in a random order."""
    rules = dict(facts["programme"])
    rules["update_target"] = Decimal(rules.pop("update_target_tenthousandths")) / 10_000
    programme = make.make_programme(**rules)
    units = {}
    for raw in shuffled(facts["units"]):
        units[raw["code"]] = ProgrammeUnit.objects.create(
            programme=programme,
            unit=Unit.objects.create(code=raw["code"], name=raw["name"]),
            name=raw["name"],
            category=raw["category"],
            competition_group=raw["group"],
            on_board=raw["on_board"],
        )
        for day, count in shuffled(raw["headcounts"]):
            Headcount.objects.create(programme_unit=units[raw["code"]], effective_on=day, count=count)
    # The same kinds of facts in another year never count for this one.
    other = make.make_unit(programme=make.make_programme(year=106), code="A1", headcount=5)
    make.make_update(unit=other)
    store_counts(facts, programme, units, shuffled)
    store_seats(facts, programme, units, shuffled)
    store_works(facts, programme, units, shuffled)


def store_counts(facts, programme, units, shuffled):
    Update.objects.bulk_create(
        Update(
            programme=programme,
            unit=units[raw["unit"]],
            title="更新",
            external_id=f"U{number}",
            updated_on=raw["on"],
            review=raw["review"],
            review_reason="理由",
            created_at=AT,
        )
        for number, raw in enumerate(shuffled(facts["updates"]))
    )
    ForumTopic.objects.bulk_create(
        ForumTopic(
            programme=programme,
            unit=units[raw["unit"]],
            title="主題",
            posted_on=raw["on"],
            replies=raw["replies"],
            review=raw["review"],
            review_reason="理由",
            created_at=AT,
        )
        for raw in shuffled(facts["topics"])
    )


def store_seats(facts, programme, units, shuffled):
    sessions = {
        number: Session.objects.create(programme=programme, number=number, held_on=date(2016, 4, 11))
        for number in shuffled([1, 2])
    }
    UnitQuota.objects.bulk_create(
        UnitQuota(session=sessions[session], unit=units[code], seats=seats)
        for (code, session), seats in shuffled(facts["quotas"].items())
    )
    people = Person.objects.bulk_create(
        Person(name="學員", email=f"p{number}@example.test") for number in range(len(facts["enrolments"]))
    )
    Enrolment.objects.bulk_create(
        Enrolment(
            session=sessions[raw["session"]],
            unit=units[raw["unit"]],
            person=person,
            state=raw["state"],
            attendance=raw["attendance"],
            created_at=AT,
            queued_at=AT if raw["state"] == "waiting" else None,
            cancelled_at=AT if raw["state"] == "cancelled" else None,
        )
        for raw, person in zip(shuffled(facts["enrolments"]), people, strict=True)
    )


def store_works(facts, programme, units, shuffled):
    competition = make.make_competition(programme=programme, due_on=facts["due_on"])
    topic = Topic.objects.filter(group__competition=competition).first()
    staff = make.make_staff()
    Extension.objects.bulk_create(
        Extension(
            competition=competition,
            unit=units[raw["unit"]],
            due_on=raw["due_on"],
            reason="理由",
            granted_by=staff,
            granted_at=AT,
        )
        for raw in shuffled(facts["extensions"])
    )
    Entry.objects.bulk_create(
        Entry(
            unit=units[raw["unit"]],
            competition=competition,
            topic=topic,
            title="作品",
            state=raw["state"],
            state_reason="理由",
            receipt="" if raw["state"] == "draft" else f"R{number}",
            submitted_at=None if raw["state"] == "draft" else raw["submitted_at"],
            created_at=AT,
        )
        for number, raw in enumerate(shuffled(facts["entries"]))
    )


def scoreboard(**options):
    out = io.StringIO()
    call_command("scoreboard", "105", format="json", stdout=out, **options)
    return json.loads(out.getvalue())


@pytest.mark.both_databases
@pytest.mark.django_db
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(facts=raw_facts(), random=st.randoms(use_true_random=False))
def test_scoreboard_equals_an_independent_recomputation(facts, random):
    def shuffled(items):
        items = list(items)
        random.shuffle(items)
        return items

    category = random.choice(Category.values)
    with transaction.atomic():
        store(facts, shuffled)
        board = scoreboard()
        of_category = scoreboard(category=category)
        transaction.set_rollback(True)

    assert board["year"] == 105
    assert board["units"] == recompute(facts)
    assert of_category["units"] == recompute(facts, category)
