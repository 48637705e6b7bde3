"""Storing the board: for a month, and for good."""

import hashlib
import json

import pytest
from django.db import IntegrityError, transaction

from agencies.models import Programme
from foundation.errors import Refused
from foundation.models import Event
from scoring import actions, snapshots
from scoring.board import compute_board
from scoring.invariants import breaches
from scoring.models import BoardSnapshot
from tests import factories as make

AT = make.taipei(2016, 10, 3, 9)
pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def programme():
    unit = make.make_unit(code="10010140", headcount=10)
    make.make_update(unit=unit)
    return unit.programme


def test_freeze_stores_the_board_and_closes_the_year(programme):
    staff = make.make_staff()

    snapshot = actions.freeze(programme=programme, by=staff, at=AT)

    programme.refresh_from_db()
    assert programme.state == Programme.State.FROZEN
    assert (snapshot.kind, snapshot.computed_at, snapshot.created_by) == (
        BoardSnapshot.Kind.FINAL,
        AT,
        staff,
    )
    assert snapshot.board == compute_board(programme, at=AT).as_json()


def test_the_hash_can_be_checked_by_anybody(programme):
    snapshot = actions.freeze(programme=programme, by=make.make_staff(), at=AT)
    snapshot.refresh_from_db()

    text = json.dumps(snapshot.board, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    assert hashlib.sha256(text.encode()).hexdigest() == snapshot.sha256


def test_freeze_writes_its_event(programme):
    staff = make.make_staff()

    snapshot = actions.freeze(programme=programme, by=staff, at=AT)

    event = Event.objects.get(action="programme.frozen")
    assert (event.actor, event.scope, event.summary, event.data) == (
        staff,
        "105",
        "凍結105年度",
        {"sha256": snapshot.sha256},
    )


def test_a_frozen_year_takes_no_more_changes(programme):
    actions.freeze(programme=programme, by=make.make_staff(), at=AT)

    with pytest.raises(Refused, match="105年度已凍結"):
        programme.require_open()


@pytest.mark.parametrize(
    ("state", "reason"), ((Programme.State.DRAFT, "籌備中"), (Programme.State.FROZEN, "已凍結"))
)
def test_only_a_year_in_progress_can_be_frozen(programme, state, reason):
    Programme.objects.update(state=state)

    with pytest.raises(actions.SnapshotRefused, match=f"105年度{reason}，只有進行中的年度可以凍結"):
        actions.freeze(programme=programme, by=make.make_staff(), at=AT)

    assert not BoardSnapshot.objects.exists()


def test_a_year_without_units_is_not_frozen():
    programme = make.make_programme()

    with pytest.raises(actions.SnapshotRefused, match="還沒有列入完成度的機關"):
        actions.freeze(programme=programme, by=make.make_staff(), at=AT)

    programme.refresh_from_db()
    assert programme.state == Programme.State.ACTIVE


def test_one_final_board_a_year(programme):
    actions.freeze(programme=programme, by=None, at=AT)

    with pytest.raises(IntegrityError), transaction.atomic():
        BoardSnapshot.objects.create(
            programme=programme, kind=BoardSnapshot.Kind.FINAL, computed_at=AT, board={}, sha256="x"
        )


def test_take_snapshot(programme):
    snapshot = actions.take_snapshot(programme=programme, by=make.make_staff(), at=AT)

    programme.refresh_from_db()
    assert (snapshot.kind, programme.state) == (BoardSnapshot.Kind.MONTH, Programme.State.ACTIVE)
    assert Event.objects.filter(action="board.kept").count() == 1


def test_take_snapshot_refuses_a_frozen_year(programme):
    actions.freeze(programme=programme, by=make.make_staff(), at=AT)

    with pytest.raises(actions.SnapshotRefused, match="不需另存快照"):
        actions.take_snapshot(programme=programme, by=make.make_staff(), at=AT)


def test_monthly_takes_the_last_of_each_month(programme):
    unit = programme.units.get()
    for month, day in ((4, 1), (4, 30), (5, 31)):
        make.make_forum_topic(unit=unit)
        actions.take_snapshot(programme=programme, by=None, at=make.taipei(2016, month, day, 9))

    months = snapshots.monthly(programme)

    assert [(day.month, day.day) for day, _ in months] == [(4, 30), (5, 31)]
    first, second = (figures["10010140"] for _, figures in months)
    assert first < second


def test_breaches_are_found(programme):
    snapshot = actions.freeze(programme=programme, by=None, at=AT)
    assert list(breaches()) == []

    make.make_forum_topic(unit=programme.units.get())
    assert list(breaches()) == ["完成度：105年度凍結時的完成度與現在的資料不符。"]

    BoardSnapshot.objects.filter(pk=snapshot.pk).update(sha256="0" * 64)
    assert next(iter(breaches())) == f"完成度：105年度 年度凍結（{snapshot.pk}）的內容與指紋不符。"

    Programme.objects.update(state=Programme.State.ACTIVE)
    assert list(breaches())[1:] == ["完成度：105年度有凍結時的完成度，年度卻沒有凍結。"]

    Programme.objects.update(state=Programme.State.FROZEN)
    BoardSnapshot.objects.all().delete()
    assert list(breaches()) == ["完成度：105年度已凍結，卻沒有凍結時的完成度。"]
