"""Storing the board: at the end of a month, and for good."""

from django.db import transaction

from agencies.models import Programme
from foundation import events
from foundation.errors import Refused
from platform_updates.models import Update
from workshops.models import Session

from .board import compute_board
from .models import BoardSnapshot
from .snapshots import digest


class SnapshotRefused(Refused):
    """The board cannot be stored so."""


@transaction.atomic
def take_snapshot(*, programme, by, at):
    """Keep the board as it stands now (月底快照)."""
    # The same lock as freezing: a month's board is never taken halfway through it.
    programme = Programme.objects.select_for_update().get(pk=programme.pk)
    if programme.state == Programme.State.FROZEN:
        raise SnapshotRefused(f"{programme}已凍結，完成度不會再變動，不需另存快照。")
    snapshot = _store(programme, BoardSnapshot.Kind.MONTH, by, at)
    events.record(
        action="board.kept",
        by=by,
        target=snapshot,
        scope=programme.year,
        at=at,
        summary=f"留存{programme}各機關完成度",
        sha256=snapshot.sha256,
    )
    return snapshot


@transaction.atomic
def freeze(*, programme, by, at):
    """Close the year: store its final board and take no more changes to its facts.

    The programme's row is locked first. Every action on the year's facts holds a share of that lock
    (`Programme.require_open`), so none is half done when the board is computed.
    """
    programme = Programme.objects.select_for_update().get(pk=programme.pk)
    if programme.state != Programme.State.ACTIVE:
        raise SnapshotRefused(f"{programme}{programme.get_state_display()}，只有進行中的年度可以凍結。")
    snapshot = _store(programme, BoardSnapshot.Kind.FINAL, by, at)
    programme.state = Programme.State.FROZEN
    programme.save(update_fields=["state"])
    events.record(
        action="programme.frozen",
        by=by,
        target=programme,
        scope=programme.year,
        at=at,
        summary=f"凍結{programme}",
        sha256=snapshot.sha256,
    )
    return snapshot


def still_waiting(programme):
    """Sentences on what would never count any more once the year is frozen."""
    pending = Update.objects.of(programme).pending().count()
    sessions = Session.objects.filter(programme=programme, attendance_closed_at=None)
    unsettled = "、".join(str(session) for session in sessions.order_by("number"))
    return [
        sentence
        for sentence in (
            f"{pending} 筆資料更新還在審查中，凍結後不再採計。" if pending else "",
            f"{unsettled}還沒有結算出席，未登記的人將照已錄取計算。" if unsettled else "",
        )
        if sentence
    ]


def _store(programme, kind, by, at):
    board = compute_board(programme, at=at)
    if not board.rows:
        raise SnapshotRefused(f"{programme}還沒有列入完成度的機關，沒有可留存的完成度。")
    content = board.as_json()
    return BoardSnapshot.objects.create(
        programme=programme,
        kind=kind,
        computed_at=at,
        board=content,
        sha256=digest(content),
        created_by=by,
    )
