"""誰來我「嘉」 in the sample years: tutors, their hours, consultations in every state, and a manual."""

from datetime import datetime, time, timedelta

from foundation import files
from foundation.pdf import render_pdf
from foundation.rocdate import TAIPEI, taipei_date
from workshops.actions import (
    add_manual,
    add_tutor,
    book,
    cancel_consultation,
    edit_tutor,
    note_no_show,
    note_outcome,
    publish_slots,
)
from workshops.models import Tutor

from .accounts import OTHER_UNIT, SAMPLE_UNIT

PROFILES = {
    "sample-tutor": {
        "fields": ["簡報動畫", "螢幕錄影"],
        "phone": "05-000-0000",
        "extension": "231",
        "video_id": "000 0000 0001",
        "meeting_url": "https://meet.example.invalid/sample-tutor",
        "availability": "每週三下午",
        "introduction": "做過三件簡報教材，擅長把流程畫成動畫。（範例）",
    },
    "sample-tutor2": {
        "fields": ["影片剪輯", "配音與字幕", "螢幕錄影"],
        "phone": "05-000-0000",
        "extension": "118",
        "video_id": "000 0000 0002",
        "meeting_url": "https://meet.example.invalid/sample-tutor2",
        "availability": "每週二、四上午",
        "introduction": "剪接與字幕都可以問，也可以一起看您做到一半的檔案。（範例）",
    },
}
NO_SOUND = {
    "answer_title": "簡報轉成影片後沒有聲音（範例）",
    "answer": "錄音要選「每張投影片」而不是「整份」，再匯出影片。\n已經錄好的，把聲音檔內嵌後重新匯出即可。",
}


def describe_tutors(programme, people, at):
    """What each sample tutor of the year says of themselves."""
    for tutor in Tutor.objects.serving().filter(programme=programme).select_related("user", "programme"):
        edit_tutor(tutor=tutor, by=people.staff, at=at, **PROFILES[tutor.user.username])


def make_tutoring(programme, people, at):
    """Tutors of the year that is open: last week is over, this week and the coming ones can be booked."""
    staff, today = people.staff, taipei_date(at)
    before = _moment(today - timedelta(days=21), 9)
    for username in PROFILES:
        add_tutor(programme=programme, user=people[username], by=staff, at=before)
    describe_tutors(programme, people, before)
    first, second = Tutor.objects.of(programme)
    monday = today - timedelta(days=today.weekday() + 14)
    last = monday + timedelta(weeks=6)
    hours = {"minutes": 30, "until": last, "at": before}
    wednesday = publish_slots(
        tutor=first, on=monday + timedelta(days=2), starts=time(14), ends=time(16), by=first.user, **hours
    )
    tuesday = publish_slots(
        tutor=second,
        on=monday + timedelta(days=1),
        starts=time(9),
        ends=time(10, 30),
        by=second.user,
        **hours,
    )
    publish_slots(
        tutor=second,
        on=monday + timedelta(days=3),
        starts=time(9),
        ends=time(10, 30),
        by=second.user,
        **hours,
    )
    _consultations(programme, people, wednesday, tuesday, at)
    content = render_pdf("portal/demo_manual.html", {"programme": programme}, apart=False)
    stored = files.store(content, name="ZOOM操作手冊（範例）.pdf", by=staff, at=before)
    add_manual(programme=programme, stored=stored, by=staff, at=before)


def _consultations(programme, people, wednesday, tuesday, at):
    """Solved and public, not come, cancelled, and two to come; booked the evening before each."""
    own, other = (programme.units.get(unit__code=code) for code in (SAMPLE_UNIT, OTHER_UNIT))
    civil, contact = people["sample-civil"], people["sample-contact"]
    question = "照手冊做到匯出那一步，播放時沒有聲音；試過重新錄一次，結果一樣。（範例）"

    def ask(slot, by, unit, subject, field=""):
        asked = min(slot.starts_at - timedelta(hours=20), at)
        return book(slot=slot, unit=unit, subject=subject, question=question, field=field, by=by, at=asked)

    solved = ask(wednesday[0], civil, own, "簡報轉成影片後沒有聲音（範例）", "簡報動畫")
    note_outcome(
        consultation=solved,
        outcome="solved",
        minutes=25,
        note="下次先寄檔案來，可以更快。（範例）",
        is_public=True,
        by=solved.tutor.user,
        at=solved.slot.ends_at,
        **NO_SOUND,
    )
    missed = ask(tuesday[0], contact, other, "字幕對不上聲音（範例）", "配音與字幕")
    note_no_show(consultation=missed, by=missed.tutor.user, at=missed.slot.ends_at)
    coming = [slot for slot in (*wednesday, *tuesday) if slot.starts_at > at + timedelta(days=1)]
    dropped = ask(coming[0], contact, own, "封面怎麼設計（範例）")
    cancel_consultation(consultation=dropped, reason="當天另有會議（範例）", by=contact, at=at)
    ask(coming[1], civil, own, "動畫的順序怎麼排（範例）", "簡報動畫")
    ask(coming[2], contact, own, "錄影時怎麼不錄到通知（範例）", "螢幕錄影")


def _moment(day, hour):
    return datetime.combine(day, time(hour), tzinfo=TAIPEI)
