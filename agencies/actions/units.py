"""Units and how each takes part in a year: created, renamed, merged, closed; headcounts."""

from datetime import timedelta

from django.db import transaction
from django.db.models import ProtectedError

from foundation import events
from foundation.errors import Refused
from foundation.rocdate import format_date

from ..models import (
    CompetitionGroup,
    Contact,
    Headcount,
    Programme,
    ProgrammeUnit,
    Unit,
)
from ..models.units import RESERVED_CODES


class UnitRefused(Refused):
    """The unit cannot be changed so."""


def _record(action, unit, *, by, at, summary, **data):
    """The event of something about a unit in one year."""
    events.record(
        action=action,
        by=by,
        target=unit,
        scope=unit.programme.year,
        at=at,
        summary=summary,
        code=unit.unit.code,
        **data,
    )


def _lock(unit):
    """The year's row and its unit, read anew and locked, the unit first; refuses a closed year."""
    Unit.objects.select_for_update().get(pk=unit.unit_id)
    stored = (
        ProgrammeUnit.objects.select_for_update(of=("self",))
        .select_related("programme", "unit", "parent")
        .get(pk=unit.pk)
    )
    stored.programme.require_open()
    return stored


@transaction.atomic
def create_unit(
    *, programme, code, name, category, by, at, competition_group=None, parent=None, headcount=None
):
    """A unit by hand; one that took part in other years joins this one under its old code.

    `competition_group` None gives the group the document puts the category in; "" none.
    """
    if code.lower() in RESERVED_CODES:
        raise UnitRefused(f"「{code}」是系統保留的字，請用其他機關代碼。")
    # Two people adding one code wait at the year; the unit goes first, as in every other action.
    Unit.objects.select_for_update().filter(code=code).first()
    Programme.objects.select_for_update().get(pk=programme.pk)
    programme.require_open()
    unit = Unit.objects.filter(code=code).first()
    if unit and unit.years.filter(programme=programme).exists():
        raise UnitRefused(f"本年度已有機關代碼 {code} 的機關。")
    if unit and unit.is_closed(programme.starts_on):
        raise UnitRefused(
            f"機關代碼 {code} 的機關（{unit}）已於{format_date(unit.closed_on)}裁撤，請先復原裁撤。"
        )
    _require_free_name(programme, name)
    _require_same_year(programme, parent)
    if unit is None:
        unit = Unit.objects.create(code=code, name=name)
    if competition_group is None:
        competition_group = CompetitionGroup.of(category)
    created = ProgrammeUnit.objects.create(
        programme=programme,
        unit=unit,
        name=name,
        category=category,
        competition_group=competition_group,
        parent=parent,
    )
    _keep_todays_name(unit)
    if headcount is not None:
        Headcount.objects.create(
            programme_unit=created, effective_on=programme.headcount_date, count=headcount
        )
    _record("unit.created", created, by=by, at=at, summary=f"新增機關：{name}（{code}）", headcount=headcount)
    return created


@transaction.atomic
def remove_unit(*, unit, by, at):
    """Take a unit out of an open year, while nothing was done in its name there; a unit of no other year goes."""
    unit = _lock(unit)
    lasting, name, code = unit.unit, unit.name, unit.unit.code
    try:
        with transaction.atomic():
            unit.headcounts.all().delete()
            pk = unit.pk
            unit.delete()
            unit.pk = pk
    except ProtectedError as error:
        kinds = "、".join(sorted({str(row._meta.verbose_name) for row in error.protected_objects}))
        raise UnitRefused(f"{name}在本年度已有資料（{kinds}），不能移除；可改為不列入完成度。") from None
    try:
        with transaction.atomic():
            lasting.delete()
    except ProtectedError:
        pass  # it takes part in another year, or people belong to it
    _record("unit.removed", unit, by=by, at=at, summary=f"自本年度移除機關：{name}（{code}）")


@transaction.atomic
def rename_unit(*, unit, name, by, at):
    """更名: this year's row and later years' take the new name; older years keep theirs."""
    unit = _lock(unit)
    if name == unit.name:
        raise UnitRefused("名稱與現在相同，沒有變更。")
    rows = list(
        ProgrammeUnit.objects.filter(unit=unit.unit, programme__year__gte=unit.programme.year)
        .select_related("programme")
        .order_by("programme__year")
    )
    for row in rows:
        row.programme.require_open()
        _require_free_name(row.programme, name, but=row)
    before = unit.name
    for row in rows:
        row.name = name
    ProgrammeUnit.objects.bulk_update(rows, ["name"])
    _keep_todays_name(unit.unit)
    years = "、".join(str(row.programme.year) for row in rows)
    _record(
        "unit.renamed",
        unit,
        by=by,
        at=at,
        summary=f"{before}更名為{name}（{years}年度）",
        before=before,
        after=name,
    )


@transaction.atomic
def change_unit(*, unit, category, competition_group, parent, by, at):
    """How the unit takes part in this year: its category, competition group and superior."""
    unit = _lock(unit)
    _require_same_year(unit.programme, parent)
    above, seen = parent, set()
    while above is not None and above.pk not in seen:
        if above.pk == unit.pk:
            raise UnitRefused("上級機關不能是自己或自己的下級機關。")
        seen.add(above.pk)
        above = above.parent
    wanted = {"category": category, "competition_group": competition_group, "parent": parent}
    changed = {
        name: [str(getattr(unit, name)), str(value)]
        for name, value in wanted.items()
        if getattr(unit, name) != value
    }
    if not changed:
        raise UnitRefused("沒有任何變更。")
    for name in changed:
        setattr(unit, name, wanted[name])
    unit.save(update_fields=list(changed))
    titles = "、".join(str(unit._meta.get_field(name).verbose_name) for name in changed)
    _record("unit.changed", unit, by=by, at=at, summary=f"變更{unit}：{titles}", changed=changed)


@transaction.atomic
def set_on_board(*, unit, on_board, by, at):
    """Whether the unit stands on the year's board (列入完成度)."""
    unit = _lock(unit)
    if unit.on_board == on_board:
        return
    unit.on_board = on_board
    unit.save(update_fields=["on_board"])
    words = "列入完成度" if on_board else "不列入完成度"
    _record("unit.on_board_changed", unit, by=by, at=at, summary=f"{unit}改為{words}", on_board=on_board)


@transaction.atomic
def set_headcount(*, unit, effective_on, count, by, at):
    """The headcount from a day on; a day that has one already is corrected."""
    unit = _lock(unit)
    stored = unit.headcounts.filter(effective_on=effective_on).first()
    if stored and stored.count == count:
        raise UnitRefused(f"{format_date(effective_on)}的單位人數已是 {count} 人，沒有變更。")
    before = stored.count if stored else None
    headcount, _ = Headcount.objects.update_or_create(
        programme_unit=unit, effective_on=effective_on, defaults={"count": count}
    )
    words = f"由 {before} 人更正為 {count} 人" if stored else f"為 {count} 人"
    _record(
        "headcount.set",
        unit,
        by=by,
        at=at,
        summary=f"{unit}{format_date(effective_on)}起單位人數{words}",
        effective_on=str(effective_on),
        before=before,
        after=count,
    )
    return headcount


@transaction.atomic
def delete_headcount(*, headcount, by, at):
    """Take back a headcount entered by mistake, while the year is open."""
    unit = _lock(headcount.programme_unit)
    stored = unit.headcounts.filter(pk=headcount.pk).first()
    if stored is None:
        raise UnitRefused("這筆單位人數已經刪除。")
    stored.delete()
    _record(
        "headcount.deleted",
        unit,
        by=by,
        at=at,
        summary=f"刪除{unit}{format_date(stored.effective_on)}起的單位人數 {stored.count} 人",
        effective_on=str(stored.effective_on),
        before=stored.count,
    )


@transaction.atomic
def close_unit(*, unit, on, by, at):
    """裁撤: from that day the unit is no more; its contacts end the day before, old facts stay."""
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    _require_not_closed(unit)
    _close(unit, on=on)
    events.record(
        action="unit.closed",
        by=by,
        target=unit,
        at=at,
        summary=f"{unit}自{format_date(on)}起裁撤",
        code=unit.code,
        closed_on=str(on),
    )


@transaction.atomic
def merge_unit(*, unit, into, on, by, at):
    """併入: closed from that day, and whoever looks for it finds the other; no credit moves."""
    locked = {
        row.pk: row
        for row in Unit.objects.select_for_update().filter(pk__in=(unit.pk, into.pk)).order_by("pk")
    }
    unit, into = locked[unit.pk], locked[into.pk]
    if unit.pk == into.pk:
        raise UnitRefused("機關不能併入自己。")
    _require_not_closed(unit)
    if into.is_closed(on):
        raise UnitRefused(f"{into}已於{format_date(into.closed_on)}裁撤，不能再併入其他機關。")
    unit.merged_into = into
    _close(unit, on=on)
    events.record(
        action="unit.merged",
        by=by,
        target=unit,
        at=at,
        summary=f"{unit}自{format_date(on)}起併入{into}",
        code=unit.code,
        into=into.code,
        closed_on=str(on),
    )


@transaction.atomic
def reopen_unit(*, unit, by, at):
    """復原裁撤: undoes a closing or merger; contacts and boards are set anew by hand."""
    unit = Unit.objects.select_for_update(of=("self",)).select_related("merged_into").get(pk=unit.pk)
    if unit.closed_on is None:
        raise UnitRefused(f"{unit}沒有裁撤，不必復原。")
    before = {"closed_on": str(unit.closed_on), "merged_into": unit.merged_into and unit.merged_into.code}
    unit.closed_on = unit.merged_into = None
    unit.save(update_fields=["closed_on", "merged_into"])
    events.record(
        action="unit.reopened",
        by=by,
        target=unit,
        at=at,
        summary=f"復原{unit}的裁撤",
        code=unit.code,
        **before,
    )


def _close(unit, *, on):
    unit.closed_on = on
    unit.save(update_fields=["closed_on", "merged_into"])
    last_day = on - timedelta(days=1)
    contacts = Contact.objects.select_for_update().filter(unit=unit)
    # Those who would begin later never begin; deputies refer to contacts, so they go first.
    contacts.filter(starts_on__gte=on, deputy_for__isnull=False).delete()
    contacts.filter(starts_on__gte=on).delete()
    contacts.filter(ends_on=None).update(ends_on=last_day)
    contacts.filter(ends_on__gt=last_day).update(ends_on=last_day)
    # A year that begins after the closing has no such unit on its board.
    ProgrammeUnit.objects.filter(unit=unit, programme__starts_on__gte=on, on_board=True).exclude(
        programme__state=Programme.State.FROZEN
    ).update(on_board=False)


def _require_not_closed(unit):
    if unit.closed_on is not None:
        raise UnitRefused(f"{unit}已於{format_date(unit.closed_on)}裁撤；要改日期，請先復原裁撤。")


def _require_free_name(programme, name, *, but=None):
    others = programme.units.filter(name=name).select_related("unit")
    other = others.exclude(pk=but.pk).first() if but else others.first()
    if other:
        raise UnitRefused(f"{programme}已有「{name}」（{other.code}），同一年度的機關名稱不能相同。")


def _require_same_year(programme, parent):
    if parent is not None and parent.programme_id != programme.pk:
        raise UnitRefused("上級機關須是同一年度的機關。")


def _keep_todays_name(unit):
    """The unit's own name is that of its newest year."""
    newest = unit.years.order_by("-programme__year").first()
    if newest.name != unit.name:
        unit.name = newest.name
        unit.save(update_fields=["name"])
