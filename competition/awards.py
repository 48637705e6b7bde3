"""The award list of the final results: as data, spreadsheet and PDF."""

from decimal import Decimal

from django.utils import timezone

from foundation.numbers import half_up
from foundation.pdf import CONTENT_TYPE as PDF_TYPE
from foundation.pdf import render_pdf
from foundation.sheets import OutColumn, Paper, write_table

from .results import award_rows, final_results

SPREADSHEETS = ("xlsx", "ods")
SHARED = "並列。"
FORMATS = (*SPREADSHEETS, "pdf")
PUBLIC_COLUMNS = (
    OutColumn("組別", width=11),
    OutColumn("獎項", width=7),
    OutColumn("名次", width=6, kind="int"),
    OutColumn("收件編號", width=13),
    OutColumn("作品名稱", width=26),
    OutColumn("主題", width=12),
    OutColumn("機關代碼", width=12),
    OutColumn("機關", width=18),
    OutColumn("作者", width=18),
    OutColumn("備註", width=20),
)
OFFICE_COLUMNS = (
    *PUBLIC_COLUMNS,
    OutColumn("成績", width=7, kind="decimal", places=2),
    OutColumn("平均", width=7, kind="decimal", places=2),
    OutColumn("評分表", width=7, kind="int"),
)


class AwardFile:
    """A written award list, ready for `file_response` or for disk."""

    def __init__(self, *, content, content_type, name):
        self.content, self.content_type, self.name = content, content_type, name


def released_results(competition, at):
    return final_results(competition).released(at)


def award_list(results):
    """The groups with their places, as pages, exports and `awards --format json` show them."""
    return [
        {
            "name": result.payload["group"],
            "number": result.number,
            "sha256": result.sha256,
            "finalised_at": timezone.localtime(result.finalised_at).isoformat(),
            "release_at": timezone.localtime(result.release_at).isoformat(),
            "awards": [_award(row) for row in award_rows(result)],
        }
        for result in results
    ]


def _award(row):
    entry, standing = row["entry"], row["standing"]
    if entry is None:
        return {"award": row["award"], "rank": row["rank"], "vacant": row["vacant"]}
    return {
        "award": row["award"],
        "rank": row["rank"],
        "receipt": entry["receipt"],
        "title": entry["title"],
        "topic": entry["topic"],
        "code": entry["code"],
        "unit": entry["unit"],
        "authors": [author["name"] for author in entry["authors"]],
        "score": standing["score"],
        "mean": standing["mean"],
        "sheets": standing["sheets"],
        "tied": standing["tied"],
        "settled": standing["settled"],
    }


def export(competition, results, fmt, *, with_marks):
    """The list of these results as a file; raises PdfRefused when a name cannot be printed.

    Marks and how ties were settled stay in the office: `with_marks` is for staff.
    """
    groups = award_list(results)
    name = f"{competition.programme.year}年度競賽得獎名單.{fmt}"
    if fmt == "pdf":
        context = {
            "competition": competition,
            "groups": [_printed(group) for group in groups],
            "with_marks": with_marks,
        }
        content = render_pdf("competition/awards_pdf.html", context)
        return AwardFile(content=content, content_type=PDF_TYPE, name=name)
    written = write_table(
        fmt,
        title=f"{competition.programme.year}年度得獎名單",
        columns=OFFICE_COLUMNS if with_marks else PUBLIC_COLUMNS,
        rows=_rows(groups, with_marks=with_marks),
        paper=Paper(),
    )
    return AwardFile(content=written.content, content_type=written.content_type, name=name)


def _rows(groups, *, with_marks):
    for group in groups:
        for award in group["awards"]:
            yield (group["name"], award["award"], award["rank"], *_cells(award, with_marks=with_marks))


def _cells(award, *, with_marks):
    if "vacant" in award:
        return (*[None] * 6, f"從缺：{award['vacant']}", *([None] * 3 if with_marks else ()))
    named = (award["receipt"], award["title"], award["topic"], award["code"], award["unit"])
    authors = "、".join(award["authors"])
    if not with_marks:
        return (*named, authors, SHARED if award["tied"] else "")
    return (*named, authors, remark(award), _two(award["score"]), _two(award["mean"]), award["sheets"])


def remark(award):
    """How equal works were told apart, where they were."""
    shared = SHARED if award["tied"] else ""
    return f"{shared}主席裁定：{award['settled']}" if award["settled"] else shared


def _two(figure):
    return half_up(Decimal(figure), 2)


def _printed(group):
    """A group as it is printed: figures with two places, places vacant for the same reason together."""
    awards = []
    for award in group["awards"]:
        if "vacant" not in award:
            figure = str(_two(award["score"]))
            awards.append({**award, "count": 1, "score_text": figure, "remark": remark(award)})
        elif awards and (awards[-1]["award"], awards[-1].get("vacant")) == (award["award"], award["vacant"]):
            awards[-1]["count"] += 1
        else:
            awards.append({**award, "count": 1})
    return {**group, "awards": awards}


def shown_groups(results):
    """The groups as the award page shows them, with the result that each rests on."""
    return [
        {**_printed(group), "result": result}
        for group, result in zip(award_list(results), results, strict=True)
    ]
