"""What must always hold of stored boards."""

from agencies.models import Programme

from . import snapshots
from .board import compute_board
from .models import BoardSnapshot


def breaches():
    """Each breach as a Chinese sentence."""
    for snapshot in BoardSnapshot.objects.select_related("programme").order_by("pk"):
        if snapshots.digest(snapshot.board) != snapshot.sha256:
            yield f"完成度：{snapshot}（{snapshot.pk}）的內容與指紋不符。"
    for programme in Programme.objects.filter(state=Programme.State.FROZEN).order_by("year"):
        final = snapshots.final(programme)
        if final is None:
            yield f"完成度：{programme}已凍結，卻沒有凍結時的完成度。"
        elif not snapshots.agrees(final, compute_board(programme, at=final.computed_at)):
            yield f"完成度：{programme}凍結時的完成度與現在的資料不符。"
    for final in BoardSnapshot.objects.filter(kind=BoardSnapshot.Kind.FINAL).exclude(
        programme__state=Programme.State.FROZEN
    ):
        yield f"完成度：{final.programme}有凍結時的完成度，年度卻沒有凍結。"
