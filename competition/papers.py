"""What the office prints of the final results: receipts for vouchers, engravings, the ceremony's order.

Each is read from the stored results, which hold the prizes as they were when the result was decided.
"""

from dataclasses import dataclass
from itertools import groupby

from foundation.numbers import ntd_capitals
from foundation.pdf import CONTENT_TYPE as PDF_TYPE
from foundation.pdf import render_pdf
from foundation.rocdate import format_datetime
from foundation.sheets import OutColumn, Paper, write_table

from .awards import AwardFile
from .models import Ceremony
from .results import award_rows

VOUCHERS, TROPHIES, ORDER = "vouchers", "trophies", "order"
TITLES = {VOUCHERS: "禮券印領清冊", TROPHIES: "獎盃刻字清單", ORDER: "頒獎順序"}
FORMATS = ("pdf", "ods")
ISSUER = "嘉義縣政府"
BLANK = "　" * 12


@dataclass(frozen=True)
class Winner:
    """A winning work with what its place brings."""

    result: object
    group: str
    award: str
    rank: int
    tied: bool
    entry: dict
    prize: dict

    @property
    def authors(self):
        return self.entry["authors"]

    @property
    def names(self):
        return "、".join(author["name"] for author in self.authors)

    @property
    def first(self):
        """Who signs for the work; a work without a named author is the unit's."""
        return self.authors[0] if self.authors else {"name": "", "title": ""}

    @property
    def voucher_total(self):
        return self.prize["voucher_value"] * self.prize["voucher_count"]

    @property
    def vouchers(self):
        return f"{self.prize['voucher_value']:,} 元 × {self.prize['voucher_count']} 張"

    @property
    def shared(self):
        """Who else has a part in it."""
        if len(self.authors) < 2:
            return ""
        others = "、".join(author["name"] for author in self.authors[1:])
        return f"共同作者：{others}；由代表人簽領後均分。"


NOTHING = {"trophy": False, "certificate": True, "voucher_value": 0, "voucher_count": 0}


def winners(results):
    """The winning works in the order of the award list."""
    found = []
    for result in results:
        prizes = {prize["award"]: prize for prize in result.payload.get("prizes", ())}
        for row in award_rows(result):
            if row["entry"] is not None:
                found.append(
                    Winner(
                        result=result,
                        group=result.payload["group"],
                        award=row["award"],
                        rank=row["rank"],
                        tied=row["standing"]["tied"],
                        entry=row["entry"],
                        prize=prizes.get(row["award"], NOTHING),
                    )
                )
    return found


def with_vouchers(results):
    return [winner for winner in winners(results) if winner.voucher_total]


def with_trophies(results):
    return [winner for winner in winners(results) if winner.prize["trophy"]]


def running_order(results, ceremony):
    """The ceremony from the last award to the first, group by group: (number, winner, who presents)."""
    ordered = []
    for _, group in groupby(winners(results), key=lambda winner: winner.group):
        ordered += reversed(list(group))
    return [
        (number, winner, ceremony.presenter_of(winner.rank)) for number, winner in enumerate(ordered, start=1)
    ]


def lines_of(paper, results, ceremony):
    """What a paper lists."""
    if paper == ORDER:
        return running_order(results, ceremony)
    return with_vouchers(results) if paper == VOUCHERS else with_trophies(results)


def export(competition, results, paper, fmt):
    """A paper as PDF or as a spreadsheet; raises PdfRefused when a name cannot be printed."""
    ceremony = Ceremony.of(competition)
    lines = lines_of(paper, results, ceremony)
    name = f"{competition.programme.year}年度{TITLES[paper]}.{fmt}"
    if fmt == "pdf":
        context = {
            "competition": competition,
            "ceremony": ceremony,
            "title": TITLES[paper],
            "issuer": ISSUER,
            "purpose": voucher_purpose(competition, ceremony),
            "lines": [(w, engraving(w, competition)) for w in lines] if paper == TROPHIES else lines,
            **(_voucher_totals(lines) | {"widths": _WIDTHS} if paper == VOUCHERS else {}),
        }
        content = render_pdf(f"competition/{paper}_pdf.html", context)
        return AwardFile(content=content, content_type=PDF_TYPE, name=name)
    written = write_table(
        fmt,
        title=TITLES[paper],
        columns=_COLUMNS[paper],
        rows=_ROWS[paper](lines, competition),
        paper=_paper(paper, lines, competition, ceremony),
    )
    return AwardFile(content=written.content, content_type=written.content_type, name=name)


def voucher_purpose(competition, ceremony):
    return ceremony.voucher_purpose or f"{competition.title}得獎禮券"


def _voucher_totals(lines):
    total = sum(winner.voucher_total for winner in lines)
    return {
        "total": total,
        "capitals": ntd_capitals(total),
        "count": sum(winner.prize["voucher_count"] for winner in lines),
    }


# Of the printed receipt's columns, in mm: together an A4 sheet across, less its margins.
_WIDTHS = (10, 22, 36, 30, 24, 24, 18, 20, 17, 24, 14, 14, 24)

_COLUMNS = {
    # 政府支出憑證處理要點: one reason, many payees. The identity number is filled in by hand, never kept.
    VOUCHERS: (
        OutColumn("編號", width=5, kind="int"),
        OutColumn("組別", width=9),
        OutColumn("獎項", width=7),
        OutColumn("作品名稱", width=17),
        OutColumn("服務機關（單位）", width=15),
        OutColumn("職稱", width=8),
        OutColumn("姓名", width=9),
        OutColumn("身分證字號", width=12),
        OutColumn("禮券面額 × 張數", width=10),
        OutColumn("禮券序號", width=9),
        OutColumn("金額", width=7, kind="int"),
        OutColumn("簽名或蓋章", width=10),
        OutColumn("領取日期", width=7),
        OutColumn("代領人", width=7),
        OutColumn("備註", width=13),
    ),
    TROPHIES: (
        OutColumn("編號", width=6, kind="int"),
        OutColumn("第一行", width=44),
        OutColumn("第二行", width=24),
        OutColumn("第三行", width=40),
        OutColumn("第四行", width=40),
        OutColumn("數量", width=6, kind="int"),
    ),
    ORDER: (
        OutColumn("順序", width=6, kind="int"),
        OutColumn("組別", width=14),
        OutColumn("獎項", width=10),
        OutColumn("服務機關（單位）", width=28),
        OutColumn("得獎人", width=30),
        OutColumn("作品名稱", width=36),
        OutColumn("頒獎人", width=14),
    ),
}


def engraving(winner, competition):
    """The lines on a trophy."""
    return (
        f"嘉義縣政府{competition.full_title}",
        f"{winner.group}　{winner.award}",
        winner.entry["title"],
        " ".join(filter(None, (winner.entry["unit"], winner.names))),
    )


def _voucher_rows(lines, competition):
    for number, winner in enumerate(lines, start=1):
        yield (
            number,
            winner.group,
            winner.award,
            winner.entry["title"],
            winner.entry["unit"],
            winner.first["title"],
            winner.first["name"],
            None,
            winner.vouchers,
            None,
            winner.voucher_total,
            None,
            None,
            None,
            winner.shared,
        )
    totals = _voucher_totals(lines)
    written = {1: "合計", 8: f"{totals['count']} 張", 10: totals["total"], 14: totals["capitals"]}
    yield tuple(written.get(place) for place in range(len(_COLUMNS[VOUCHERS])))


def _trophy_rows(lines, competition):
    for number, winner in enumerate(lines, start=1):
        yield (number, *engraving(winner, competition), 1)


def _order_rows(lines, competition):
    for number, winner, presenter in lines:
        yield (
            number,
            winner.group,
            winner.award,
            winner.entry["unit"],
            winner.names,
            winner.entry["title"],
            presenter,
        )


_ROWS = {VOUCHERS: _voucher_rows, TROPHIES: _trophy_rows, ORDER: _order_rows}


def _paper(paper, lines, competition, ceremony):
    """What stands on the sheet above and below the table."""
    if paper == TROPHIES:
        return Paper(
            f"{ISSUER}　{competition.programme.year}年度{TITLES[paper]}",
            above=(f"{competition.title}，共 {len(lines)} 座。請依原字刻製，不得以同音字或形近字代替。",),
        )
    if paper == ORDER:
        when = format_datetime(ceremony.held_at) if ceremony.held_at else ""
        said = "　".join(filter(None, (when, ceremony.place)))
        return Paper(f"{competition.full_title}　{TITLES[paper]}", above=(said,) if said else ())
    return Paper(
        f"{ISSUER}　{TITLES[paper]}",
        above=(
            f"受領事由：{voucher_purpose(competition, ceremony)}　　{competition.programme.year}年度"
            f"　預算科目：{ceremony.budget_item or '（由主計填列）'}",
        ),
        below=(
            "身分證字號由受領人親自填寫，本系統不留存。",
            "",
            f"承辦人：{BLANK}單位主管：{BLANK}主（會）計：{BLANK}機關首長：",
        ),
    )
