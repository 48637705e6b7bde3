"""The awards of the finished year: prizes, the judges' meeting, certificates, the winners told. All 範例."""

from datetime import date, timedelta

from competition.actions import (
    change_ceremony,
    change_prizes,
    issue_certificates,
    note_decision,
    record_meeting,
    tell_winners,
)
from competition.models import Prize
from competition.results import final_results

PRIZES = {
    Prize.Place.FIRST: (True, 1000, 6),
    Prize.Place.SECOND: (True, 1000, 4),
    Prize.Place.THIRD: (True, 500, 4),
    Prize.Place.MENTION: (False, 500, 2),
}


def set_prizes(competition, *, by, at):
    rows = {
        place: {"trophy": trophy, "certificate": True, "voucher_value": value, "voucher_count": count}
        for place, (trophy, value, count) in PRIZES.items()
    }
    change_prizes(competition=competition, rows=rows, by=by, at=at)


def hold_meetings(competition, *, by, at):
    """One for each group, in which the ties were settled."""
    for hour, group in enumerate(competition.groups.all()):
        meeting = record_meeting(
            group=group,
            values={
                "held_at": at + timedelta(hours=hour),
                "place": "人事處會議室（範例）",
                "chair": "林堃峯（範例）",
                "recorder": "王喆（範例）",
                "others": "人事處考訓科（範例）",
            },
            present=group.judges.all(),
            by=by,
            at=at,
        )
        note_decision(
            meeting=meeting,
            subject="評分說明「媒體呈現」的解釋（範例）",
            discussion="作品以手機拍攝者，是否因畫質扣分。",
            decision="以看得清楚、聽得清楚為準，不因設備扣分。",
            by=by,
            at=at,
        )


def give_awards(competition, *, by, at):
    """Papers prepared after the decision; whoever is a contact at the release is told."""
    change_ceremony(
        competition=competition,
        values={
            "magistrate": "○○○（範例）",
            "certificate_on": date(2016, 9, 1),
            "held_at": at.replace(month=9, day=1),
            "place": "主管會報（範例）",
        },
        by=by,
        at=at,
    )
    issue_certificates(competition=competition, by=by, at=at)
    for result in final_results(competition):
        tell_winners(result=result, at=result.release_at)
