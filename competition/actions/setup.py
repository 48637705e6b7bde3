"""The rules of a year's competition, and who gets a later deadline."""

from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.urls import reverse

from agencies.notices import tell_and_mail, tell_many
from competition.deadlines import own_due_at
from competition.models import Criterion, Extension, Judge, Prize, RuleChange, Score, Topic
from competition.receipts import contacts_of
from foundation.errors import Refused
from foundation.rocdate import deadline_text, format_date

from .locks import has_signed_sheet, locked_competition
from .recording import record

# Chosen before judging starts (design §3.4): from the first signed sheet on a change needs a reason.
JUDGING_RULES = ("method", "minimum_sheets", "minimum_mean", "honourable_mentions")
RULES = (
    "title",
    "due_on",
    "due_is_provisional",
    "judging_starts_on",
    "judging_ends_on",
    "unit_space_gb",
    "replacement_days",
    *JUDGING_RULES,
)
# Headers of the score sheets' file that a criterion must not be named like.
RESERVED_NAMES = {"收件編號", "評審", "評語", "receipt", "judge", "comment"}


class SetupRefused(Refused):
    """The competition's rules cannot be changed so."""


@transaction.atomic
def change_rules(*, competition, values, by, at, reason=""):
    """Set some of `RULES`; those of the judging ask for a reason once a sheet is signed."""
    competition = locked_competition(competition)
    changed = {name: value for name, value in values.items() if getattr(competition, name) != value}
    if not changed:
        return competition
    before = {name: str(getattr(competition, name)) for name in changed}
    shown = {name: _shown(competition, name) for name in changed}
    for name, value in changed.items():
        setattr(competition, name, value)
    _require_inside_period(competition)
    locked = [
        f"{_title(competition, name)}由「{shown[name]}」改為「{_shown(competition, name)}」"
        for name in changed
        if name in JUDGING_RULES
    ]
    _note_late_change(competition, locked, reason=reason, by=by, at=at)
    competition.save(update_fields=list(changed))
    titles = "、".join(_title(competition, name) for name in changed)
    record(
        competition,
        "competition.rules_changed",
        competition,
        f"變更競賽設定：{titles}",
        by=by,
        at=at,
        before=before,
        after={name: str(value) for name, value in changed.items()},
    )
    return competition


def _title(competition, name):
    return str(competition._meta.get_field(name).verbose_name)


def _shown(competition, name):
    value = getattr(competition, name)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return competition.get_method_display() if name == "method" else str(value)


def _note_late_change(competition, changes, *, reason, by, at):
    """Once anybody has signed, a rule of the judging changes with a reason only; the judges are told.

    `changes` are sentences without their full stop. The note is shown to judges and with the results.
    """
    if not changes or not has_signed_sheet(competition):
        return
    text = "；".join(changes)
    if not reason:
        raise SetupRefused(f"已有簽名的評分表，規則已鎖定；確實要變更，請寫明理由：{text}。")
    RuleChange.objects.create(competition=competition, text=text, reason=reason, changed_by=by, changed_at=at)
    judges = Judge.objects.serving().filter(group__competition=competition).select_related("user")
    tell_many(
        users=[judge.user for judge in judges],
        text=f"評審規則有變更：{text}。理由：{reason}",
        url=f"{reverse('competition:judging_list')}?year={competition.programme.year}",
        at=at,
    )


@transaction.atomic
def change_prizes(*, competition, rows, by, at, reason=""):
    """What each place brings: `rows` maps a `Prize.Place` to trophy, certificate, voucher_value, voucher_count."""
    competition = locked_competition(competition)
    stored = {prize.place: prize for prize in competition.prizes.all()}
    changes = []
    for place, values in sorted(rows.items()):
        prize = stored.get(place) or Prize(competition=competition, place=place)
        before = prize.summary if prize.pk else "未設定"
        for name, value in values.items():
            setattr(prize, name, value)
        prize.full_clean(exclude=["competition"])
        if before != prize.summary:
            changes.append((prize, f"{prize}的獎項由「{before}」改為「{prize.summary}」"))
    if not changes:
        return
    _note_late_change(competition, [text for _, text in changes], reason=reason, by=by, at=at)
    for prize, _ in changes:
        prize.save()
    record(
        competition,
        "competition.prizes_changed",
        competition,
        "；".join(text for _, text in changes),
        by=by,
        at=at,
    )


def _require_inside_period(competition):
    if not competition.programme.covers(competition.due_on):
        raise SetupRefused("繳交期限須在計畫期間內。")
    starts, ends = competition.judging_starts_on, competition.judging_ends_on
    if ends and ends <= competition.due_on and not starts:
        raise SetupRefused("評審截止須在繳交期限之後。")


@transaction.atomic
def change_criteria(*, competition, rows, by, at, reason=""):
    """Replace the criteria by `rows`: dicts of id (or None), name, full_marks, guidance, in order.

    Once a sheet is signed none is added or removed, as every signed sheet has all of them; the others
    change with a reason.
    """
    competition = locked_competition(competition)
    if not rows:
        raise SetupRefused("至少要有一個評分項目。")
    names = [row["name"] for row in rows]
    if len(set(names)) < len(names):
        raise SetupRefused("評分項目的名稱不能重複。")
    if reserved := RESERVED_NAMES & {name.lower() for name in names}:
        raise SetupRefused(f"評分項目不能叫做「{'、'.join(sorted(reserved))}」，評分表檔案已用這個欄名。")
    stored = {criterion.pk: criterion for criterion in competition.criteria.all()}
    kept = {row["id"] for row in rows if row["id"]}
    if (len(kept) < len(rows) or kept != set(stored)) and has_signed_sheet(competition):
        raise SetupRefused("已有簽名的評分表，不能新增或移除評分項目；名稱、配分、說明與順序可附理由修改。")
    before = [_criterion_text(stored[pk].name, stored[pk].full_marks, stored[pk].guidance) for pk in stored]
    after = [_criterion_text(row["name"], row["full_marks"], row["guidance"]) for row in rows]
    if before == after and list(stored) == [row["id"] for row in rows]:
        return
    change = f"評分項目由「{'、'.join(before)}」改為「{'、'.join(after)}」"
    _note_late_change(competition, [change], reason=reason, by=by, at=at)
    _require_unused(competition, [pk for pk in stored if pk not in kept], rows)
    competition.criteria.exclude(pk__in=kept).delete()
    for pk in kept:  # free the names first: two criteria may swap theirs
        competition.criteria.filter(pk=pk).update(name=f"#{pk}")
    for position, row in enumerate(rows, start=1):
        criterion = stored.get(row["id"]) or Criterion(competition=competition)
        criterion.name, criterion.full_marks = row["name"], row["full_marks"]
        criterion.guidance, criterion.position = row["guidance"], position
        criterion.save()
    marks = "、".join(f"{row['name']} {row['full_marks']}" for row in rows)
    record(competition, "competition.criteria_changed", competition, f"評分項目改為：{marks}", by=by, at=at)


def _criterion_text(name, full_marks, guidance):
    return f"{name} {full_marks} 分（{guidance}）" if guidance else f"{name} {full_marks} 分"


def _require_unused(competition, removed, rows):
    """Drafts of judges may already hold points: those must still fit."""
    if competition.criteria.filter(pk__in=removed, scores__points__isnull=False).exists():
        raise SetupRefused("已有評審在這個項目給分，不能移除。")
    Score.objects.filter(criterion__in=removed).delete()
    highest = {
        criterion.pk: criterion.highest
        for criterion in competition.criteria.annotate(highest=Max("scores__points"))
    }
    for row in rows:
        given = highest.get(row["id"])
        if given is not None and given > row["full_marks"]:
            raise SetupRefused(f"已有評審在「{row['name']}」給 {given:.1f} 分，配分不能低於這個分數。")


@transaction.atomic
def change_topics(*, group, rows, by, at):
    """Replace a group's topics by `rows`: dicts of id (or None), name, asks_axis, in order."""
    competition = locked_competition(group.competition)
    if not rows:
        raise SetupRefused("每組至少要有一個主題。")
    names = [row["name"] for row in rows]
    if len(set(names)) < len(names):
        raise SetupRefused("同一組的主題不能重複。")
    stored = {topic.pk: topic for topic in group.topics.all()}
    kept = {row["id"] for row in rows if row["id"]}
    removed = group.topics.exclude(pk__in=kept)
    if used := removed.filter(entries__isnull=False).first():
        raise SetupRefused(f"已有作品選「{used}」，不能移除這個主題。")
    removed.delete()
    for pk in kept:
        group.topics.filter(pk=pk).update(name=f"#{pk}")
    for position, row in enumerate(rows, start=1):
        topic = stored.get(row["id"]) or Topic(group=group)
        topic.name, topic.asks_axis, topic.position = row["name"], row["asks_axis"], position
        topic.save()
    record(
        competition,
        "competition.topics_changed",
        group,
        f"{group}的主題改為：{'、'.join(names)}",
        by=by,
        at=at,
    )


@transaction.atomic
def extend(*, competition, unit, due_on, reason, by, at):
    """Grant one unit a later deadline, with a reason (on the record)."""
    competition = locked_competition(competition)
    if unit.programme_id != competition.programme_id:
        raise SetupRefused("這個機關不在本年度。")
    if not unit.competition_group:
        raise SetupRefused(f"{unit}不在任何競賽組別，沒有可以延長的期限。")
    if not reason:
        raise SetupRefused("延長期限須說明理由。")
    if due_on <= competition.due_on:
        raise SetupRefused(f"延至的日期須晚於繳交期限（{format_date(competition.due_on)}）。")
    if not competition.programme.covers(due_on):
        raise SetupRefused("延至的日期須在計畫期間內。")
    granted, _ = own_due_at(competition, unit)
    if due_on <= granted:
        raise SetupRefused(f"{unit}已延至{format_date(granted)}；要延得更晚才需要再核准。")
    extension = Extension.objects.create(
        competition=competition, unit=unit, due_on=due_on, reason=reason, granted_by=by, granted_at=at
    )
    record(
        competition,
        "competition.extended",
        extension,
        f"{unit}的繳交期限延至{deadline_text(due_on)}：{reason}",
        by=by,
        at=at,
    )
    _tell_deadline(extension, "延長為", due_on, occasion="extension", at=at)
    return extension


@transaction.atomic
def revoke_extension(*, extension, reason, by, at):
    """Take back a later deadline that was a mistake, unless the unit has handed in by it already."""
    competition = locked_competition(extension.competition)
    held = competition.extensions.select_related("unit__unit").filter(pk=extension.pk).first()
    if held is None:
        raise SetupRefused("這次延期已經收回。")
    if not reason:
        raise SetupRefused("收回延期須說明理由。")
    unit, revoked = held.unit, deadline_text(held.due_on)
    held.delete()
    last_day, due_at = own_due_at(competition, unit)
    if unit.entries.filter(submitted_at__gte=due_at, submitted_at__lt=held.due_at).exists():
        raise SetupRefused(f"{unit}已在延長的期間內送件，收回會使作品逾期，因此不能收回。")
    record(
        competition,
        "competition.extension_revoked",
        extension,
        f"收回{unit}到{revoked}的延期：{reason}",
        by=by,
        at=at,
    )
    _tell_deadline(extension, "改回", last_day, occasion="extension-revoked", at=at)


def _tell_deadline(extension, change, last_day, *, occasion, at):
    competition, unit = extension.competition, extension.unit
    for user in contacts_of(unit, at):
        tell_and_mail(
            user=user,
            key=f"entry-{occasion}-{extension.pk}-{user.pk}",
            subject=f"{competition.title}：繳交期限變更",
            text=f"{unit}參賽作品的繳交期限{change}{deadline_text(last_day)}。",
            url=f"/competition/?year={competition.programme.year}",
            at=at,
        )
