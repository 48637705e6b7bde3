"""Who judges in the sample year, and how they came to it: candidates, letters, prizes. All marked 範例."""

from datetime import timedelta

from competition.actions import change_prizes, decide, issue_letter, propose, seat
from competition.models import Prize
from foundation.rocdate import taipei_date

from .accounts import JUDGES

CANDIDATES = (
    ("評審甲（範例）", "範例大學數位學習中心", "教授", "教學設計、線上課程"),
    ("林喆（範例）", "範例科技大學", "副教授", "多媒體、動畫"),
    ("吳𠮷安（範例）", "範例公務人力發展中心", "研究員", "公務訓練、評量"),
    ("陳堃（範例）", "範例數位教材公司", "製作人", "影片製作"),
)
PRIZES = {
    Prize.Place.FIRST: (True, 1000, 5),
    Prize.Place.SECOND: (True, 1000, 3),
    Prize.Place.THIRD: (True, 1000, 2),
    Prize.Place.MENTION: (False, 500, 2),
}


def set_up_judging(competition, *, by, at):
    """Prizes, and one candidate in each state: on the panels, approved, not taken, proposed."""
    rows = {
        place: {"trophy": trophy, "certificate": True, "voucher_value": value, "voucher_count": count}
        for place, (trophy, value, count) in PRIZES.items()
    }
    change_prizes(competition=competition, rows=rows, by=by, at=at)
    appointed, approved, rejected, _ = (
        propose(
            competition=competition,
            name=name,
            affiliation=affiliation,
            title=title,
            expertise=expertise,
            by=by,
            at=at,
        )
        for name, affiliation, title, expertise in CANDIDATES
    )
    basis = "簽准遴聘（範例）"
    for candidate in (appointed, approved):
        decide(candidate=candidate, is_approved=True, basis=basis, by=by, at=at + timedelta(days=1))
    decide(candidate=rejected, is_approved=False, basis="名額已滿（範例）", by=by, at=at + timedelta(days=1))
    issue_letter(
        candidate=appointed,
        number="範例字第1號",
        on=taipei_date(at) + timedelta(days=2),
        by=by,
        at=at + timedelta(days=2),
    )
    seat(
        candidate=appointed,
        groups=list(competition.groups.all()),
        username=JUDGES[0],
        by=by,
        at=at + timedelta(days=3),
    )
