"""What comes with a session: who taught it, a handout, the codes of the passport's file, how people found it."""

from datetime import time
from random import Random

from foundation import files
from workshops.actions import add_lecturer, add_material, edit_session, give_feedback
from workshops.models import Session

ANSWERED = 0.6
LIKED = (
    "錄影之後直接剪字幕，最實用。（範例）",
    "老師走下來一個一個看，跟得上。（範例）",
    "看到別的機關怎麼做便民教材。（範例）",
    "",
)
WISHED = ("希望多一點時間實作。（範例）", "可以再開進階班。（範例）", "")


def the_day(session, *, by, at):
    """For a session that is settled: certificates were issued then; here the codes and the answers."""
    edit_session(
        session=session,
        starts_at=time(9),
        ends_at=time(16),
        course_category="範例",
        course_term=f"範例{session.number}",
        course_code=f"範例{session.programme.year}{session.number:02d}",
        by=by,
        at=at,
    )
    if not session.lecturers.exists():  # a year opened like another has that one's already
        add_lecturer(
            session=session,
            name="黃資深（範例）",
            title="課員",
            unit_name="嘉義縣竹崎鄉公所",
            topic="簡報動畫與螢幕錄影",
            by=by,
            at=at,
        )
    handout = f"{session}講義（範例）\n一、先寫腳本\n二、錄影與剪輯\n三、上字幕\n".encode()
    stored = files.store(handout, name=f"{session}講義（範例）.txt", by=by, at=at)
    add_material(session=session, title="研習講義（範例）", stored=stored, by=by, at=at)
    session = Session.objects.select_related("programme").get(pk=session.pk)
    rng = Random(session.number)
    for enrolment in session.enrolments.came().select_related("session__programme").order_by("pk"):
        if rng.random() < ANSWERED:
            give_feedback(
                enrolment=enrolment,
                scores=[rng.choice((5, 5, 5, 4, 4, 3)) for _ in range(5)],
                texts=[rng.choice(LIKED), rng.choice(WISHED)],
                at=at,
            )
