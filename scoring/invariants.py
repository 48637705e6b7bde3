"""What must always hold of stored boards: unchanged, and still what the facts say."""

from .board import compute_board
from .models import BoardSnapshot
from .snapshots import digest


def breaches():
    """Each breach as a Chinese sentence."""
    for snapshot in BoardSnapshot.objects.select_related("programme"):
        if digest(snapshot.board) != snapshot.sha256:
            yield f"完成度：{snapshot}（{snapshot.pk}）的內容與指紋不符。"
        elif snapshot.kind == BoardSnapshot.Kind.FINAL:
            now = compute_board(snapshot.programme, at=snapshot.computed_at).as_json()
            if now["units"] != snapshot.board["units"]:
                yield f"完成度：{snapshot.programme}凍結時的完成度與現在的資料不符。"
