"""Does a stored result follow from its own inputs? Recomputed from the payload alone.

Written apart from `ranking`, and reading nothing else: an error in one of the two shows as a difference.
"""

from bisect import bisect_left, bisect_right
from fractions import Fraction

from foundation.numbers import six_places

PLACES = ("第一名", "第二名", "第三名")
MENTION = "佳作"
LABELS = {
    "sheets": "評分表數",
    "score": "成績",
    "mean": "平均",
    "spread": "差距",
    "criterion_means": "各項平均",
    "rank": "名次",
    "tied": "並列",
    "award": "獎項",
}


def differences(payload):
    """Where the stored outcome is not what its inputs give, in words; empty when all of it follows."""
    expected = _outcome(payload)
    stored = {line["receipt"]: line for line in payload["ranking"]}
    found = [
        f"{receipt}的名次{'缺漏' if receipt in expected else '不在作品之中'}。"
        for receipt in sorted(expected.keys() ^ stored.keys())
    ]
    for receipt in sorted(expected.keys() & stored.keys()):
        found += [
            f"{receipt}的{LABELS[key]}應為 {value}，所存為 {stored[receipt][key]}。"
            for key, value in expected[receipt].items()
            if stored[receipt][key] != value
        ]
    places = _places(payload, expected)
    if places != [(place["rank"], place["award"], place["winners"]) for place in payload["places"]]:
        found.append("獎項名單與名次不符。")
    return found


def _outcome(payload):
    """{receipt: what its line of the ranking must say}."""
    rules = payload["rules"]
    lines = _lines(payload)
    rankable = {
        receipt: line
        for receipt, line in lines.items()
        if len(line["totals"]) >= max(rules["minimum_sheets"], 1)
    }
    figures = _figures(rankable, rules["method"], sum(not judge.get("extra") for judge in payload["judges"]))
    order = _ranks(rankable, figures, payload)
    return {
        receipt: _stated(receipt, line, figures, order, rules) if receipt in rankable else _unranked(line)
        for receipt, line in lines.items()
    }


def _lines(payload):
    """{receipt: its complete sheets: marks and totals by judge}."""
    full = sum(criterion["full_marks"] for criterion in payload["rules"]["criteria"])
    lines = {entry["receipt"]: {"marks": {}, "totals": {}} for entry in payload["entries"]}
    for sheet in payload["sheets"]:
        if sheet["points"] and None not in sheet["points"]:
            marks = [Fraction(given) for given in sheet["points"]]
            lines[sheet["receipt"]]["marks"][sheet["judge"]] = marks
            lines[sheet["receipt"]]["totals"][sheet["judge"]] = sum(marks) * 100 / full
    return lines


def _mean(values):
    values = list(values)
    return sum(values, Fraction(0)) / len(values)


def _figures(lines, method, panel_size):
    """{receipt: the method's figure, the greater the better}; a rank sum is negated."""
    if method == "rank_sum":
        sums = _rank_sums(lines, panel_size)
        return {receipt: -figure for receipt, figure in sums.items()}
    figures = {}
    for receipt, line in lines.items():
        totals = sorted(line["totals"].values())
        cut = method == "trimmed" and len(totals) >= 5
        figures[receipt] = _mean(totals[1:-1] if cut else totals)
    return figures


def _rank_sums(lines, panel_size):
    of_judge = {}
    for line in lines.values():
        for judge, total in line["totals"].items():
            of_judge.setdefault(judge, []).append(total)
    for totals in of_judge.values():
        totals.sort()
    ranks = {}
    for receipt, line in lines.items():
        ranks[receipt] = [_shared_rank(of_judge[judge], total) for judge, total in line["totals"].items()]
    even = len({len(given) for given in ranks.values()}) < 2
    return {
        receipt: sum(given, Fraction(0)) if even else _mean(given) * panel_size
        for receipt, given in ranks.items()
    }


def _shared_rank(ascending, total):
    """One more than those above, and half a place for each other equal one."""
    above = len(ascending) - bisect_right(ascending, total)
    equal = bisect_right(ascending, total) - bisect_left(ascending, total)
    return above + 1 + Fraction(equal - 1, 2)


def _ranks(lines, figures, payload):
    """{receipt: (rank, tied, is open)} after the tie rule and the chair's settlements."""
    criteria = payload["rules"]["criteria"]
    falling = sorted(range(len(criteria)), key=lambda n: (-criteria[n]["full_marks"], n))
    keys = {
        receipt: (figures[receipt], *(_mean(marks[n] for marks in line["marks"].values()) for n in falling))
        for receipt, line in lines.items()
    }
    ascending = sorted(keys.values())
    settled = {frozenset(dict(each["places"])): dict(each["places"]) for each in payload["settlements"]}
    equals = {}
    for receipt, key in keys.items():
        equals.setdefault(key, []).append(receipt)
    order = {}
    for key, receipts in equals.items():
        first = len(ascending) - bisect_right(ascending, key) + 1
        chosen = settled.get(frozenset(receipts)) if len(receipts) > 1 else None
        for receipt in receipts:
            if chosen is None:
                order[receipt] = (first, len(receipts) > 1, len(receipts) > 1)
                continue
            before = sum(place < chosen[receipt] for place in chosen.values())
            shared = sum(place == chosen[receipt] for place in chosen.values()) > 1
            order[receipt] = (first + before, shared, False)
    return order


def _unranked(line):
    return {
        "sheets": len(line["totals"]),
        "score": None,
        "mean": None,
        "spread": None,
        "criterion_means": [],
        "rank": None,
        "tied": False,
        "award": None,
    }


def _stated(receipt, line, figures, order, rules):
    totals = line["totals"].values()
    rank, tied, is_open = order[receipt]
    mean = _mean(totals)
    award = _award(rank, rules["mentions"])
    if is_open or mean < Fraction(rules["minimum_mean"]):
        award = None
    return {
        "sheets": len(line["totals"]),
        "score": six_places(abs(figures[receipt])),
        "mean": six_places(mean),
        "spread": six_places(max(totals) - min(totals)),
        "criterion_means": [
            six_places(_mean(column)) for column in zip(*line["marks"].values(), strict=True)
        ],
        "rank": rank,
        "tied": tied,
        "award": award,
    }


def _award(rank, mentions):
    if rank <= len(PLACES):
        return PLACES[rank - 1]
    return MENTION if rank <= len(PLACES) + mentions else None


def _places(payload, expected):
    """(rank, award, winners) of each award place that is not taken up by a shared rank above."""
    rules = payload["rules"]
    at, found, taken_to, is_low = {}, [], 0, False
    for line in payload["ranking"]:
        if line["receipt"] in expected and expected[line["receipt"]]["rank"]:
            at.setdefault(expected[line["receipt"]]["rank"], []).append(line["receipt"])
    for rank in range(1, len(PLACES) + rules["mentions"] + 1):
        here = at.get(rank, [])
        if here:
            taken_to, is_low = rank + len(here) - 1, expected[here[0]]["award"] is None
        elif rank <= taken_to and not is_low:
            continue
        winners = [receipt for receipt in here if expected[receipt]["award"]]
        found.append((rank, _award(rank, rules["mentions"]), winners))
    return found
