"""What a final result says, and the award list that every page and export reads from it."""

from fractions import Fraction

from foundation.numbers import six_places

from . import ranking
from .models import Author, Conflict, ResultSet

FORMAT = 1


def build_payload(standing, *, at):
    """Inputs and outcome of a group as plain JSON; `recompute` gets the same outcome from the inputs."""
    competition = standing.competition
    return {
        "format": FORMAT,
        "year": competition.programme.year,
        "competition": competition.title,
        "group": str(standing.group),
        "decided_at": at.isoformat(),
        "rules": {
            "method": standing.method,
            "minimum_sheets": competition.minimum_sheets,
            "minimum_mean": str(competition.minimum_mean),
            "mentions": competition.honourable_mentions,
            "criteria": [
                {"name": criterion.name, "full_marks": criterion.full_marks}
                for criterion in standing.criteria
            ],
        },
        "judges": [
            {"key": judge.pk, "username": judge.user.username, "name": judge.user.name}
            for judge in standing.judges
        ],
        "entries": _entries(standing),
        "sheets": _sheets(standing),
        "conflicts": _conflicts(standing),
        "settlements": [
            {
                "places": [[standing.entries[pk].receipt, place] for pk, place in sorted(places.items())],
                "reason": settlement.reason,
                "by": str(settlement.settled_by),
                "at": settlement.settled_at.isoformat(),
            }
            for places, settlement in standing.settlements.values()
            if places.keys() <= standing.entries.keys()
        ],
        "ranking": [_ranked(standing, ranked) for ranked in standing.ranking],
        "places": [
            {
                "rank": place.rank,
                "award": place.award,
                "winners": [standing.entries[ranked.entry].receipt for ranked in place.winners],
                "vacant": place.vacant,
            }
            for place in standing.places
        ],
    }


def _entries(standing):
    authors = {}
    for author in Author.objects.filter(entry__in=standing.entries):
        authors.setdefault(author.entry_id, []).append({"name": author.name, "title": author.title})
    return [
        {
            "receipt": entry.receipt,
            "work_code": entry.work_code,
            "title": entry.title,
            "topic": entry.topic.name,
            "code": entry.unit.unit.code,
            "unit": entry.unit.name,
            "authors": authors.get(entry.pk, []),
        }
        for entry in standing.entries.values()
    ]


def _sheets(standing):
    return [
        {
            "receipt": standing.entries[sheet.entry].receipt,
            "judge": sheet.judge,
            "points": [
                None if (given := sheet.points.get(criterion.pk)) is None else str(given)
                for criterion in standing.criteria
            ],
        }
        for sheet in standing.sheets
    ]


def _conflicts(standing):
    conflicts = Conflict.objects.filter(entry__in=standing.entries).order_by("pk")
    return [
        {
            "receipt": standing.entries[conflict.entry_id].receipt,
            "judge": conflict.judge_id,
            "reason": conflict.reason,
        }
        for conflict in conflicts
    ]


def _ranked(standing, ranked):
    settlement = standing.settlement_of(ranked)
    return {
        "receipt": standing.entries[ranked.entry].receipt,
        "sheets": ranked.sheets,
        "score": six_places(ranked.figure),
        "mean": six_places(ranked.mean),
        "spread": six_places(ranked.spread),
        "criterion_means": [six_places(value) for value in ranked.criterion_means],
        "rank": ranked.rank,
        "tied": ranked.tied,
        "settled": settlement.reason if settlement else "",
        "award": standing.award_of(ranked),
    }


def recompute(payload):
    """The ranking that follows from a payload's own inputs: {receipt: (score, rank, award)}."""
    rules = payload["rules"]
    criteria = [
        ranking.Criterion(position, criterion["full_marks"])
        for position, criterion in enumerate(rules["criteria"])
    ]
    sheets = [
        ranking.Sheet(
            sheet["receipt"],
            sheet["judge"],
            {
                position: None if given is None else Fraction(given)
                for position, given in enumerate(sheet["points"])
            },
        )
        for sheet in payload["sheets"]
    ]
    settlements = {}
    for settlement in payload["settlements"]:
        places = dict(settlement["places"])
        settlements[frozenset(places)] = places
    ranked = ranking.rank(
        entries=[entry["receipt"] for entry in payload["entries"]],
        sheets=sheets,
        criteria=criteria,
        method=rules["method"],
        minimum_sheets=rules["minimum_sheets"],
        panel_size=len(payload["judges"]),
        settlements=settlements,
    )
    limits = {"minimum_mean": Fraction(rules["minimum_mean"]), "mentions": rules["mentions"]}
    return {
        each.entry: (six_places(each.figure), each.rank, ranking.award_of(each, **limits)) for each in ranked
    }


def stored_outcome(payload):
    """What a payload says the ranking is, in the shape of `recompute`."""
    return {each["receipt"]: (each["score"], each["rank"], each["award"]) for each in payload["ranking"]}


def final_results(competition):
    """The result sets that hold, in the order of the groups."""
    return (
        ResultSet.objects.final()
        .filter(group__competition=competition)
        .select_related("group__competition__programme", "finalised_by", "reopen_asked_by")
        .order_by("group__key")
    )


def award_rows(result):
    """The award list of one group: a dict per place taken, vacant ones with the reason."""
    payload = result.payload
    entries = {entry["receipt"]: entry for entry in payload["entries"]}
    standing = {each["receipt"]: each for each in payload["ranking"]}
    rows = []
    for place in payload["places"]:
        if not place["winners"]:
            rows.append({**place, "entry": None, "standing": None})
        for receipt in place["winners"]:
            rows.append({**place, "entry": entries[receipt], "standing": standing[receipt]})
    return rows
