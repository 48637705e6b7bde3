"""What a final result says, and the award list that every page and export reads from it."""

from foundation.numbers import six_places

from .models import Author, Conflict, ResultSet, ScoreSheet
from .prizes import prizes_of
from .standings import points_of

FORMAT = 2
OWN_UNIT = "服務於作品的機關"


def build_payload(standing, *, at):
    """Inputs and outcome of a group as plain JSON; `verification` gets the same outcome from the inputs."""
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
            {
                "key": judge.pk,
                "username": judge.user.username,
                "name": judge.user.name,
                "extra": judge.is_extra,
            }
            for judge in standing.judges
        ],
        "prizes": _prizes(competition),
        "rule_changes": [
            {"text": change.text, "reason": change.reason, "at": change.changed_at.isoformat()}
            for change in competition.rule_changes.all()
        ],
        "entries": _entries(standing),
        "sheets": _sheets(standing),
        "uncounted_sheets": _uncounted(standing),
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


def _prizes(competition):
    return [
        {
            "award": award,
            "trophy": prize.trophy,
            "certificate": prize.certificate,
            "voucher_value": prize.voucher_value,
            "voucher_count": prize.voucher_count,
        }
        for award, prize in prizes_of(competition).items()
    ]


def _sheets(standing):
    """The sheets that the ranking counts, with when each was signed and by whose hand it was entered."""
    signed = {
        (entry, judge): (at, is_proxy)
        for entry, judge, at, is_proxy in ScoreSheet.objects.filter(entry__in=standing.entries).values_list(
            "entry", "judge", "signed_at", "is_proxy"
        )
    }
    return [
        {**_sheet(standing, entry, judge, marks), **_signature(signed[entry, judge])}
        for entry, judge, marks in standing.sheets_for(standing.method)
    ]


def _signature(stated):
    at, is_proxy = stated
    return {"signed_at": at.isoformat(), "proxy": is_proxy}


def _sheet(standing, entry, judge, marks):
    return {
        "receipt": standing.entries[entry].receipt,
        "judge": judge,
        "points": [None if given is None else str(given) for given in points_of(marks)],
    }


def _uncounted(standing):
    """Signed sheets that stay on record and do not count, with the reason."""
    return [
        {**_sheet(standing, entry, judge, marks), "why": why}
        for entry, judge, marks, why in sorted(standing.uncounted)
    ]


def _conflicts(standing):
    """Declared and pinned ones, and those that follow from where a judge serves."""
    found = [
        {
            "receipt": standing.entries[conflict.entry_id].receipt,
            "judge": conflict.judge_id,
            "reason": conflict.reason,
        }
        for conflict in Conflict.objects.filter(entry__in=standing.entries).order_by("pk")
    ]
    return found + [
        {"receipt": entry.receipt, "judge": judge.pk, "reason": OWN_UNIT}
        for judge in standing.judges
        for entry in standing.entries.values()
        if standing.eligibility.is_own_unit(judge, entry)
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
