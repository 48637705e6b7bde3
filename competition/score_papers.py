"""評分表 on paper: a judge's marks as they stand here, to check and to sign by hand."""

from foundation.pdf import render_pdf

from .models import ScoreSheet

ALL, EACH = "all", "each"
LAYOUTS = {ALL: "一張總表", EACH: "每件一張"}
MOST_SINGLE = 200


def works_of(standing, judge):
    """The works that this judge scores, by their anonymous code, with the marks given so far."""
    sheets = ScoreSheet.objects.filter(judge=judge).prefetch_related("scores")
    by_entry = {sheet.entry_id: sheet for sheet in sheets}
    works = [
        _work(standing, entry, by_entry.get(entry.pk))
        for entry in standing.entries.values()
        if not standing.eligibility.refusal(judge, entry)
    ]
    return sorted(works, key=lambda work: work["code"])


def _work(standing, entry, sheet):
    points = {score.criterion_id: score.points for score in sheet.scores.all()} if sheet else {}
    marks = [_shown(points, criterion) for criterion in standing.criteria]
    return {
        "code": entry.work_code,
        "title": entry.title,
        "topic": entry.topic.name,
        "rows": list(zip(standing.criteria, marks, strict=True)),
        "sum": sum(points.values()) if points and None not in points.values() else None,
        "comment": sheet.comment if sheet else "",
        "signed_at": sheet.signed_at if sheet else None,
    }


def _shown(points, criterion):
    if criterion.pk not in points:
        return ""
    return "棄權" if points[criterion.pk] is None else points[criterion.pk]


def print_sheets(standing, judge, layout):
    """All works of a judge as a PDF: one table, or a page each. Unit and authors stay unnamed."""
    context = {
        "competition": standing.competition,
        "group": standing.group,
        "judge": judge,
        "criteria": standing.criteria,
        "full_marks": sum(criterion.full_marks for criterion in standing.criteria),
        "works": works_of(standing, judge),
    }
    return render_pdf(f"competition/score_sheets_{layout}_pdf.html", context)
