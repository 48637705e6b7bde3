"""A judge without a line: the works as one ZIP, the score sheet as a spreadsheet, and back as drafts."""

import io
import zipfile
from dataclasses import dataclass, field
from decimal import Decimal

from django.core import signing

from foundation import files
from foundation.errors import Refused
from foundation.sheets import Column, OutColumn, read_table, write_table
from foundation.text import clean_line, clean_text

from .bundles import CHUNK, Outlet
from .imports import clean_points
from .models import EntryFile, ScoreSheet

CODE, TITLE, WHY, COMMENT = "作品代碼", "作品名稱", "棄權理由", "評語"
ABSTAIN = "棄權"
FORMATS = ("xlsx", "ods")
LONG_AGO = (1980, 1, 1, 0, 0, 0)
SALT = "competition.offline"
NOTES = (
    "每列一件作品。分數 0 至配分，以 0.5 為單位；某項不評請填「棄權」並寫棄權理由。",
    "空白的格子不會改動線上已有的分數。填好後到「評審作業」上傳，先看差異再存成草稿，最後在線上簽名。",
)


def write_sheet(queue, fmt):
    """The judge's sheets as they stand, a row for each work."""
    columns = [
        OutColumn(CODE, width=12),
        OutColumn(TITLE, width=36),
        *(OutColumn(criterion.name, width=12, kind="decimal") for criterion in queue.criteria),
        OutColumn(WHY, width=24),
        OutColumn(COMMENT, width=40),
    ]
    return write_table(fmt, title="評分表", columns=columns, rows=_rows(queue), notes=NOTES)


def _rows(queue):
    sheets = _sheets(queue)
    for entry in queue.found():
        sheet = sheets.get(entry.pk)
        scores = _scores(sheet)
        given = [scores.get(criterion.pk) for criterion in queue.criteria]
        why = "；".join(dict.fromkeys(score.reason for score in given if score and score.reason))
        marks = [score and (ABSTAIN if score.points is None else score.points) for score in given]
        yield (entry.work_code, entry.title, *marks, why, sheet.comment if sheet else "")


def _sheets(queue):
    sheets = ScoreSheet.objects.filter(judge=queue.judge).prefetch_related("scores")
    return {sheet.entry_id: sheet for sheet in sheets}


def _scores(sheet):
    return {score.criterion_id: score for score in sheet.scores.all()} if sheet else {}


def _shown(points):
    return ABSTAIN if points is None else f"{points:.1f}"


# Back again -----------------------------------------------------------------------------------------


@dataclass
class Draft:
    """What one row of a file would change; with a refusal it changes nothing."""

    number: int
    code: str
    title: str = ""
    changes: list = field(default_factory=list)
    refusal: str = ""
    values: dict = field(default_factory=dict)


def read_sheet(queue, content, filename):
    """The rows that ask for something, in the order of the file; raises SheetRefused for no such table."""
    columns = [
        Column(key="code", title=CODE),
        *(Column(key=f"c{c.pk}", title=c.name, required=False) for c in queue.criteria),
        Column(key="why", title=WHY, required=False),
        Column(key="comment", title=COMMENT, required=False),
    ]
    table = read_table(content, filename, columns=columns)
    entries = {entry.work_code: entry for entry in queue.found()}
    sheets, seen, drafts = _sheets(queue), set(), []
    for row in table:
        draft = Draft(number=row.number, code=str(row["code"] or "").strip().upper())
        try:
            entry = entries.get(draft.code)
            if entry is None:
                raise ValueError("沒有這個作品代碼，或不在您的評審清單。")
            if entry.pk in seen:
                raise ValueError("同一件作品出現兩列。")
            seen.add(entry.pk)
            _plan(draft, queue, entry, sheets.get(entry.pk), row)
        except ValueError as refusal:
            draft.refusal = str(refusal)
        if draft.changes or draft.refusal:
            drafts.append(draft)
    return drafts


def _plan(draft, queue, entry, sheet, row):
    """Fill in what the row changes of the stored sheet; raises ValueError with the rule it breaks."""
    draft.title = entry.title
    stored = _scores(sheet)
    points = {pk: score.points for pk, score in stored.items()}
    reasons = {pk: score.reason for pk, score in stored.items()}
    why = clean_line(row.get("why"), max_length=200)
    for criterion in queue.criteria:
        cell = row.get(f"c{criterion.pk}")
        if cell is None:
            continue
        given = None if clean_line(cell) == ABSTAIN else clean_points(criterion)(cell)
        before = _shown(points[criterion.pk]) if criterion.pk in points else "未評"
        if given is None and why and reasons.get(criterion.pk) != why:
            reasons[criterion.pk] = why
            draft.changes.append((f"{criterion.name}棄權理由", stored_reason(stored, criterion), why))
        points[criterion.pk] = given
        if before != _shown(given):
            draft.changes.append((criterion.name, before, _shown(given)))
    comment = sheet.comment if sheet else ""
    new = clean_text(row.get("comment"), max_length=2000) or comment
    if new != comment:
        draft.changes.append((COMMENT, comment or "（空白）", new))
    if draft.changes and sheet and sheet.is_signed:
        draft.changes = []
        raise ValueError("這件已簽名；要改請先在線上收回簽名。")
    draft.values = {
        "work": entry.work_code,
        "points": {str(pk): None if given is None else str(given) for pk, given in points.items()},
        "reasons": {str(pk): text for pk, text in reasons.items() if text},
        "comment": new,
        "version": sheet.version if sheet else 0,
    }


def stored_reason(stored, criterion):
    score = stored.get(criterion.pk)
    return score.reason if score and score.reason else "（空白）"


def seal(drafts, judge):
    """The drafts as a text that the page carries from preview to confirmation, for this judge only.

    Who wishes can read it: works stand in it by their code, never by a number that tells their order.
    """
    values = [draft.values for draft in drafts if draft.changes]
    return signing.dumps([judge.pk, values], salt=SALT, compress=True)


def unseal(text, queue):
    """[arguments of `save_sheet`] again; raises Refused when it is not what `seal` wrote for this judge."""
    try:
        judge, values = signing.loads(text, salt=SALT, max_age=24 * 60 * 60)
    except signing.BadSignature:
        judge, values = None, []
    if judge != queue.judge.pk:
        raise Refused("這份預覽已過期，請重新上傳評分表。")
    entries = {entry.work_code: entry for entry in queue.found()}
    if missing := [each for each in values if each["work"] not in entries]:
        raise Refused(f"有 {len(missing)} 件作品已不在您的評審清單，請重新上傳評分表。")
    return [
        {
            "entry": entries[each["work"]],
            "points": {
                int(pk): None if given is None else Decimal(given) for pk, given in each["points"].items()
            },
            "reasons": {int(pk): text for pk, text in each["reasons"].items()},
            "comment": each["comment"],
            "version": each["version"],
        }
        for each in values
    ]


# The works ---------------------------------------------------------------------------------------------


def archive(queue):
    """The chunks of a ZIP: the sheet, and the copies that judges get of each work's files."""
    outlet = Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as package:
        for fmt in FORMATS:
            yield from _member(package, outlet, f"評分表.{fmt}", io.BytesIO(write_sheet(queue, fmt).content))
        for entry_file in EntryFile.objects.for_judges(*queue.found()).order_by(
            "entry__work_code", "position"
        ):
            name = f"{entry_file.entry.work_code}/{entry_file.neutral_name}"
            with files.open_stored(entry_file.file_check.neutral) as content:
                yield from _member(package, outlet, name, content)
    yield outlet.taken()


def _member(package, outlet, name, content):
    member = zipfile.ZipInfo(name, date_time=LONG_AGO)
    with package.open(member, "w", force_zip64=True) as target:
        while chunk := content.read(CHUNK):
            target.write(chunk)
            yield outlet.taken()
