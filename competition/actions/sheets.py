"""A judge's score sheet: saved as often as one likes, signed, and opened again until the round closes."""

from django.db import transaction
from django.urls import reverse

from agencies.notices import tell_many
from competition.eligibility import Eligibility, may_judge
from competition.models import Entry, Score, ScoreSheet
from foundation import events
from foundation.errors import Refused
from foundation.failpoints import failpoint

from .locks import is_final, locked_entry


class SheetRefused(Refused):
    """The sheet cannot be saved or signed so."""


class SheetConflict(SheetRefused):
    """Somebody, perhaps oneself in another tab, saved the sheet since. `sheet` is what is stored."""

    def __init__(self, message, sheet):
        super().__init__(message)
        self.sheet = sheet


@transaction.atomic
def save_sheet(*, judge, entry, points, comment, version, by, at, reasons=None):
    """Keep a draft. `points` maps criterion pk to marks, None for an abstention; others are not yet scored.

    `reasons` maps abstained criteria to why. `version` is the one the judge was looking at, 0 for a sheet
    not begun. All of it is stored or nothing.
    """
    entry, sheet = _writable(judge, entry, at=at)
    reasons = reasons or {}
    _require_version(sheet, version)
    criteria = {criterion.pk: criterion for criterion in entry.competition.criteria.all()}
    _require_points(points, criteria)
    if sheet is None:
        sheet = ScoreSheet(entry=entry, judge=judge, version=0)
    sheet.comment, sheet.updated_at = comment, at
    sheet.version += 1
    sheet.save()
    failpoint("sheet.noted")
    sheet.scores.exclude(criterion__in=points).delete()
    Score.objects.bulk_create(
        [
            Score(
                sheet=sheet,
                criterion=criteria[pk],
                points=marks,
                reason=reasons.get(pk, "") if marks is None else "",
            )
            for pk, marks in points.items()
        ],
        update_conflicts=True,
        unique_fields=["sheet", "criterion"],
        update_fields=["points", "reason"],
    )
    failpoint("sheet.scored")
    _record(
        "sheet.saved",
        sheet,
        entry,
        f"{judge}暫存作品 {entry.work_code} 的評分",
        by=by,
        at=at,
        version=sheet.version,
        points={str(pk): _plain(marks) for pk, marks in points.items()},
    )
    failpoint("sheet.recorded")
    return sheet


@transaction.atomic
def save_drafts(*, judge, drafts, by, at):
    """Many drafts from a file, each as `save_sheet` takes it: all of them or none."""
    for draft in drafts:
        try:
            save_sheet(judge=judge, **draft, by=by, at=at)
        except Refused as refusal:
            raise SheetRefused(f"作品 {draft['entry'].work_code}：{refusal}") from None


@transaction.atomic
def enter_sheet(*, judge, entry, points, comment, by, at):
    """Staff enter a paper sheet (代登): it counts as signed on paper, and waits for the judge to confirm it.

    Criteria left out of `points` are abstained. A sheet that the judge signed here is not overwritten.
    """
    entry, sheet = _locked_sheet(entry, judge)
    if entry.state != Entry.State.SUBMITTED:
        raise SheetRefused(f"這件作品{entry.get_state_display()}，不能評分。")
    if entry.topic.group_id != judge.group_id:
        raise SheetRefused(f"{judge}不在{entry.topic.group}的評審名單。")
    if refusal := Eligibility([judge]).refusal(judge, entry):
        raise SheetRefused(refusal)
    if is_final(judge.group):
        raise SheetRefused(f"{judge.group}的結果已定案，評分表不能再變更。")
    if sheet and sheet.is_signed and not sheet.is_proxy:
        raise SheetRefused("這位評審已在線上簽名，不能以代登覆蓋。")
    criteria = list(entry.competition.criteria.all())
    _require_points(points, {criterion.pk: criterion for criterion in criteria})
    sheet = sheet or ScoreSheet(entry=entry, judge=judge, version=0)
    sheet.comment, sheet.updated_at, sheet.version = comment, at, sheet.version + 1
    sheet.signed_at, sheet.signed_by = at, judge.user
    sheet.is_proxy, sheet.entered_by, sheet.confirmed_at = True, by, None
    sheet.save()
    sheet.scores.all().delete()
    Score.objects.bulk_create(Score(sheet=sheet, criterion=c, points=points.get(c.pk)) for c in criteria)
    _record(
        "sheet.entered",
        sheet,
        entry,
        f"代登{judge}對作品 {entry.work_code} 的評分表",
        by=by,
        at=at,
        version=sheet.version,
        points={str(c.pk): _plain(points.get(c.pk)) for c in criteria},
    )
    ask_to_confirm(judges=[judge], year=entry.competition.programme.year, at=at)
    return sheet


def ask_to_confirm(*, judges, year, at):
    """Tell judges that sheets of theirs were entered from paper."""
    tell_many(
        users=[judge.user for judge in judges],
        text="承辦人已依紙本代登您的評分表，請到「評審作業」核對並確認。",
        url=f"{reverse('competition:judging_list')}?year={year}",
        at=at,
    )


@transaction.atomic
def sign_sheet(*, judge, entry, version, by, at):
    """Make the stored draft count: every criterion has points, or an abstention that says why."""
    entry, sheet = _writable(judge, entry, at=at)
    if sheet is None:
        raise SheetRefused("這張評分表還沒有分數，不能簽名。")
    _require_version(sheet, version)
    _require_complete(sheet, entry.competition.criteria.all())
    sheet.signed_at, sheet.signed_by, sheet.updated_at = at, by, at
    sheet.version += 1
    sheet.save(update_fields=["signed_at", "signed_by", "updated_at", "version"])
    _record(
        "sheet.signed",
        sheet,
        entry,
        f"{judge}簽名作品 {entry.work_code} 的評分表",
        by=by,
        at=at,
        version=sheet.version,
        points={str(pk): _plain(marks) for pk, marks in sheet.scores.values_list("criterion", "points")},
    )
    return sheet


def _require_complete(sheet, criteria):
    scores = {score.criterion_id: score for score in sheet.scores.all()}
    missing = [c.name for c in criteria if c.pk not in scores]
    if missing:
        raise SheetRefused(f"還沒有評{'、'.join(missing)}；每一項都要有分數或註明棄權才能簽名。")
    silent = [c.name for c in criteria if scores[c.pk].points is None and not scores[c.pk].reason]
    if silent:
        raise SheetRefused(f"{'、'.join(silent)}棄權，還沒有寫理由；寫了才能簽名。")


@transaction.atomic
def unsign_sheet(*, judge, entry, version, by, at):
    """Take a signature back: the sheet is a draft again and does not count until it is signed anew.

    What was signed stays on the record. A sheet entered by staff becomes the judge's own.
    """
    entry, sheet = _locked_sheet(entry, judge)
    if refusal := writing_refusal(judge, entry, at=at):
        raise SheetRefused(refusal)
    if sheet is None or not sheet.is_signed:
        raise SheetRefused("這張評分表還沒有簽名。")
    _require_version(sheet, version)
    signed_at = sheet.signed_at
    sheet.signed_at, sheet.signed_by, sheet.unsigned_at, sheet.updated_at = None, None, at, at
    sheet.is_proxy, sheet.entered_by, sheet.confirmed_at = False, None, None
    sheet.version += 1
    sheet.save()
    _record(
        "sheet.unsigned",
        sheet,
        entry,
        f"{judge}收回作品 {entry.work_code} 評分表的簽名",
        by=by,
        at=at,
        signed_at=signed_at.isoformat(),
    )
    return sheet


@transaction.atomic
def confirm_sheet(*, judge, entry, version, by, at):
    """The judge confirms what staff entered from the paper sheet, also after the round has closed."""
    entry, sheet = _locked_sheet(entry, judge)
    if is_final(judge.group):
        raise SheetRefused(f"{judge.group}的結果已定案，評分表不能再變更。")
    if sheet is None or not sheet.is_signed or not sheet.awaits_judge:
        raise SheetRefused("這張評分表沒有待確認的代登。")
    _require_version(sheet, version)
    sheet.confirmed_at = at
    sheet.save(update_fields=["confirmed_at"])
    _record("sheet.confirmed", sheet, entry, f"{judge}確認代登的作品 {entry.work_code} 評分表", by=by, at=at)
    return sheet


def writing_refusal(judge, entry, *, at):
    """Why this judge cannot write on the entry's sheet now; empty when they can."""
    if judge.resigned_at:
        return "您已辭任評審，不能再評分。"
    if entry.state != Entry.State.SUBMITTED:
        return f"這件作品{entry.get_state_display()}，不再評分。"
    if entry.topic.group_id != judge.group_id or not may_judge(judge, entry):
        return "您已迴避這件作品，不能評分。"
    if is_final(judge.group):
        return f"{judge.group}的結果已定案，評分表不能再變更。"
    return entry.competition.judging_refusal(at)


def _writable(judge, entry, *, at):
    """The entry and the sheet (or None) under lock, where the judge may still write."""
    entry, sheet = _locked_sheet(entry, judge)
    if refusal := writing_refusal(judge, entry, at=at):
        raise SheetRefused(refusal)
    if sheet and sheet.is_signed:
        raise SheetRefused("這張評分表已簽名；要改請先收回簽名。")
    return entry, sheet


def _locked_sheet(entry, judge):
    """Both under lock. The judge is read anew: who resigned meanwhile writes nothing more."""
    entry = locked_entry(entry)
    judge.refresh_from_db(fields=["resigned_at"])
    return entry, ScoreSheet.objects.select_for_update().filter(entry=entry, judge=judge).first()


def _require_version(sheet, version):
    stored = sheet.version if sheet else 0
    if stored != version:
        raise SheetConflict("這張評分表在別的視窗另有更新，尚未儲存。請比對兩邊的內容再決定。", sheet)


def _require_points(points, criteria):
    for pk, marks in points.items():
        if pk not in criteria:
            raise SheetRefused("評分項目已變更，請重新整理頁面再評分。")
        criterion = criteria[pk]
        if marks is None:
            continue
        if not 0 <= marks <= criterion.full_marks:
            raise SheetRefused(f"{criterion.name}須在 0 至 {criterion.full_marks} 分之間。")
        if marks * 2 % 1:
            raise SheetRefused(f"{criterion.name}以 0.5 分為單位。")


def _record(action, sheet, entry, summary, *, by, at, **data):
    events.record(
        action=action,
        by=by,
        target=sheet,
        summary=summary,
        scope=entry.competition.programme.year,
        at=at,
        **data,
    )


def _plain(marks):
    return None if marks is None else str(marks)
