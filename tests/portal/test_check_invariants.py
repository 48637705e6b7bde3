"""check_invariants is silent on a sound database and finds each planted breach."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from agencies.models import Programme
from competition.models import Entry, Judge, ResultSet, Score, ScoreSheet
from foundation import events, files
from foundation.models import Event, Job
from platform_updates.models import Update
from scoring.actions import freeze
from scoring.models import BoardSnapshot
from tests import factories as make
from workshops.models import Consultation, Enrolment, Slot

pytestmark = pytest.mark.django_db


def check():
    call_command("check_invariants", verbosity=0)


def test_a_sound_database_passes():
    unit = make.make_unit(headcount=10)
    session = make.make_session()
    make.make_quota(session=session, unit=unit, seats=1)
    make.make_enrolment(session=session, unit=unit)
    make.make_enrolment(session=session, unit=unit, state=Enrolment.State.WAITING)
    make.make_entry(unit=unit)
    make.make_update(unit=unit)
    events.record(action="test", by=None, target=unit, summary="測試")
    events.seal_all()

    check()


def breaks(sentence):
    with pytest.raises(CommandError, match=sentence):
        check()


def test_finds_an_altered_event():
    events.record(action="test", by=None, target=make.make_programme(), summary="測試")
    events.seal_all()
    Event.objects.update(summary="改寫")

    breaks("雜湊鏈在第 1 節不符")


def test_finds_changed_and_missing_bytes():
    stored = files.store(b"abc", name="a.txt", by=None, at=timezone.now())
    type(stored).objects.update(size=4)
    breaks("大小或 SHA-256 與登錄不符")
    type(stored).objects.update(path="no/such")
    breaks("內容不在儲存區")


def test_finds_a_job_that_never_ended():
    Job.objects.create(
        kind="x",
        title="測試工作",
        state=Job.State.RUNNING,
        attempts=Job.MAX_ATTEMPTS,
        lease_until=timezone.now() - timedelta(hours=1),
    )

    breaks("已逾租約")


def test_finds_units_in_a_circle_and_across_years():
    unit = make.make_unit(code="A1")
    below = make.make_unit(code="A2", parent=unit)
    type(unit).objects.filter(pk=unit.pk).update(parent=below)
    breaks("隸屬於自己的下級")
    other = make.make_unit(programme=make.make_programme(year=104), code="A3")
    type(unit).objects.filter(pk=unit.pk).update(parent=other)
    breaks("上級機關屬於別的年度")


@pytest.mark.parametrize(
    ("seats", "capacity", "sentence"), ((1, None, "超過名額 1 人"), (2, 1, "超過場地容量 1 人"))
)
def test_finds_too_many_people(seats, capacity, sentence):
    unit = make.make_unit()
    session = make.make_session(capacity=capacity)
    make.make_quota(session=session, unit=unit, seats=seats)
    for _ in range(2):
        make.make_enrolment(session=session, unit=unit)

    breaks(sentence)


def test_finds_somebody_waiting_beside_a_free_seat():
    unit = make.make_unit()
    session = make.make_session()
    make.make_quota(session=session, unit=unit, seats=1)
    make.make_enrolment(session=session, unit=unit, state=Enrolment.State.WAITING)

    breaks("卻仍在候補")


def test_finds_an_update_of_another_year():
    make.make_update(unit=make.make_unit())
    Update.objects.update(programme=make.make_programme(year=104))

    breaks("機關不屬於它的年度")


def a_sheet(points=Decimal("10")):
    entry = make.make_entry(unit=make.make_unit())
    user = make.make_judge()
    sheet = ScoreSheet.objects.create(entry=entry, judge=Judge.objects.get(), updated_at=timezone.now())
    for criterion in entry.competition.criteria.all():
        Score.objects.create(sheet=sheet, criterion=criterion, points=min(points, criterion.full_marks))
    ScoreSheet.objects.update(signed_at=timezone.now(), signed_by=user)
    return sheet


def test_finds_points_over_the_full_mark():
    a_sheet()
    Score.objects.filter(criterion__full_marks=10).update(points=Decimal("10.5"))

    breaks("超過配分")


def test_finds_a_signed_sheet_with_a_gap():
    a_sheet()
    Score.objects.filter(criterion__full_marks=10).delete()

    breaks("有 3 項，應有 4 項")


def test_finds_an_altered_result():
    group = make.make_competition().groups.first()
    ResultSet.objects.create(
        group=group,
        number=1,
        payload={"awards": []},
        sha256="0" * 64,
        finalised_by=make.make_staff(),
        finalised_at=timezone.now(),
        release_at=timezone.now(),
    )

    breaks("與指紋不符")


def test_finds_facts_changed_after_the_freeze():
    unit = make.make_unit(headcount=10)
    freeze(programme=Programme.objects.get(), by=make.make_staff(), at=make.taipei(2016, 10, 1))
    check()

    make.make_update(unit=unit)
    breaks("凍結時的完成度與現在的資料不符")
    BoardSnapshot.objects.update(sha256="0" * 64)
    breaks("內容與指紋不符")


def test_finds_an_entry_under_another_competition():
    entry = make.make_entry(unit=make.make_unit())
    other = make.make_competition(programme=make.make_programme(year=104))
    Entry.objects.filter(pk=entry.pk).update(competition=other)

    breaks("不屬於這一年度的競賽")


def test_finds_slots_that_overlap_and_bookings_astray():
    tutor = make.make_tutor()
    make.make_consultation(slot=make.make_slot(tutor=tutor))
    check()

    other = make.make_slot(tutor=tutor, starts_at=make.taipei(2016, 4, 13, 14, 15))
    breaks("時段105年4月13日（三）14:00–14:30與自己的另一個時段重疊")
    other.delete()
    Slot.objects.update(withdrawn_at=make.taipei(2016, 4, 1))
    breaks("的時段已經撤回")
    Slot.objects.update(withdrawn_at=None)
    Consultation.objects.update(unit=make.make_unit(programme=make.make_programme(year=106)))
    breaks("的機關與輔導教師不在同一年度")
