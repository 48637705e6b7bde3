"""A year that is open today, in the middle of everything: dates lie around today."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from random import Random

from agencies.actions.contacts import appoint_deputy
from agencies.actions.programmes import activate, change_programme
from chiayi_elearn.programmes import open_programme
from competition.actions import (
    appoint,
    change_rules,
    declare_conflict,
    save_sheet,
    sign_sheet,
)
from competition.models import Entry
from foundation.rocdate import TAIPEI, taipei_date
from platform_updates.actions import appeal, publish, register_topic, review_many, revise
from platform_updates.models import Review, Update

from . import samples
from .accounts import SAMPLE_UNIT
from .files import import_rows
from .judging import set_up_judging
from .tutoring import make_tutoring
from .works import make_works
from .workshop import make_workshop

BEFORE_TODAY, AFTER_TODAY = 120, 90


def make_current_year(*, people, year, like, at):
    staff, rng, today = people.staff, Random(year), taipei_date(at)
    first = today - timedelta(days=BEFORE_TODAY)
    opened = _moment(first)
    programme = open_programme(year=year, like=like, by=staff, at=opened)
    change_programme(
        programme=programme,
        by=staff,
        at=opened,
        title=f"嘉義縣政府{year}年度數位學習計畫（範例）",
        starts_on=first,
        ends_on=today + timedelta(days=AFTER_TODAY),
    )
    programme.refresh_from_db()
    programme.is_sample = True
    programme.save(update_fields=["is_sample"])
    change_rules(
        competition=programme.competition,
        values={
            "title": f"{year}年度自製數位教材競賽（範例）",
            "due_on": today + timedelta(days=8),
            "judging_starts_on": today - timedelta(days=3),
            "judging_ends_on": today + timedelta(days=30),
        },
        by=staff,
        at=opened,
    )
    set_up_judging(programme.competition, by=staff, at=opened)
    _headcounts(programme, rng, like, staff, opened)
    activate(programme=programme, by=staff, at=opened)
    appoint_deputy(
        contact=people["sample-contact"].contacts.get(),
        user=people["sample-deputy"],
        starts_on=today - timedelta(days=7),
        ends_on=today + timedelta(days=60),
        by=staff,
        at=_moment(today - timedelta(days=8)),
    )
    make_tutoring(programme, people, at)

    units = list(programme.units.with_headcount().select_related("unit", "programme"))
    keenness = {unit.code: samples.eagerness(rng, unit) * 0.7 for unit in units}
    make_workshop(programme, rng, units, keenness, people, today)
    yesterday = today - timedelta(days=1)
    rows = samples.update_rows(rng, units, keenness, first, yesterday, f"KM{year}-")
    import_rows("updates", programme, rows, by=staff, at=_moment(today, 8))
    rows = samples.topic_rows(rng, units, keenness, first, yesterday, f"EC{year}-")
    import_rows("forum_topics", programme, rows, by=staff, at=_moment(today, 8))
    unit = next(unit for unit in units if unit.code == SAMPLE_UNIT)
    _records(unit, people, at)
    _entries(programme, rng, units, keenness, people, at)
    return programme


def _moment(day, hour=10):
    return datetime.combine(day, time(hour), tzinfo=TAIPEI)


def _headcounts(programme, rng, like, staff, at):
    """A little more or fewer people than the year before; two units have not reported yet."""
    before = {
        unit.code: unit.headcount
        for unit in programme.units.model.objects.filter(programme__year=like)
        .with_headcount()
        .select_related("unit")
    }
    rows = [
        (
            unit.code,
            unit.name,
            unit.get_category_display(),
            "",
            "" if before[unit.code] is None else max(1, before[unit.code] + rng.randint(-2, 2)),
        )
        for unit in programme.units.select_related("unit")
    ]
    import_rows("units", programme, rows, by=staff, at=at)


def _records(unit, people, at):
    """Records of one unit in every state: accepted, waiting, rejected with an appeal."""
    contact, staff = people["sample-contact"], people.staff
    texts = {
        "title": "簡易自來水報修一次看懂（範例）",
        "legal_basis": "自來水法（範例）",
        "body": "接到報修電話後，先問明位置與管線編號，再通知維護廠商，並於當日回報處理情形。",
        "common_mistakes": "未留下報修人電話，事後無法回復。",
        "author": contact.name,
    }
    day = timedelta(days=1)
    record = publish(
        unit=unit, position="建設課課員", business="other", texts=texts, by=contact, at=at - 20 * day
    )
    revise(
        record=record,
        based_on=1,
        texts=texts | {"body": texts["body"] + "\n逾三日未修復者，改由課長協調。"},
        is_substantive=True,
        by=contact,
        at=at - 6 * day,
    )
    review_many(
        items=list(Update.objects.filter(record=record, updated_on=taipei_date(at - 20 * day))),
        decision=Review.ACCEPTED,
        by=staff,
        at=at - 15 * day,
    )
    rejected = publish(
        unit=unit,
        position="民政課課員",
        business="other",
        texts=texts | {"title": "里長聯誼會會議紀錄（範例）", "body": "會議紀錄全文。"},
        by=contact,
        at=at - 10 * day,
    )
    update = Update.objects.get(record=rejected)
    review_many(
        items=[update],
        decision=Review.REJECTED,
        reason="會議紀錄不屬經驗內容，請補充處理方法。",
        by=staff,
        at=at - 5 * day,
    )
    appeal(item=update, text="已補上協調經過與處理方法，請再審查。（範例）", by=contact, at=at - 2 * day)
    register_topic(
        unit=unit,
        title="老街導覽的數位化（範例）",
        url="https://forum.example.invalid/topics/contact-1",
        posted_on=taipei_date(at - 4 * day),
        replies=8,
        by=contact,
        at=at - 3 * day,
    )


def _entries(programme, rng, units, keenness, people, at):
    """Works in every state, and judges who have begun."""
    for group in programme.competition.groups.all():
        for judge in people.judges[1:]:  # the first came by way of the candidates
            appoint(group=group, user=judge, by=people.staff, at=at - timedelta(days=30))
    make_works(programme, rng, units, keenness, people, at)
    _judging(programme, rng, people, at)


def _judging(programme, rng, people, at):
    """One judge has signed most, one has drafts, one has begun nothing and stands back from one work."""
    criteria = list(programme.competition.criteria.all())
    for group in programme.competition.groups.all():
        entries = list(
            Entry.objects.of(programme).submitted().filter(topic__group=group).order_by("work_code")
        )
        first, second, third = group.judges.order_by("user__username")
        for position, entry in enumerate(entries):
            if position < len(entries) - 2:
                sheet = save_sheet(
                    judge=first,
                    entry=entry,
                    points=_marks(rng, criteria),
                    comment="示範清楚。（範例）",
                    version=0,
                    by=first.user,
                    at=at,
                )
                sign_sheet(judge=first, entry=entry, version=sheet.version, by=first.user, at=at)
            if position < len(entries) // 2:
                save_sheet(
                    judge=second,
                    entry=entry,
                    points=_marks(rng, criteria[:2]),
                    comment="",
                    version=0,
                    by=second.user,
                    at=at,
                )
        if entries:
            declare_conflict(
                judge=third, entry=entries[0], reason="曾指導這件作品（範例）", by=third.user, at=at
            )


def _marks(rng, criteria):
    return {
        criterion.pk: Decimal(round(2 * criterion.full_marks * rng.uniform(0.65, 0.97))) / 2
        for criterion in criteria
    }
