"""From ranks to a result that stands: ties settled, finalised, released, and reopened by two people."""

from django.db import transaction
from django.urls import reverse

from agencies.notices import office, tell_many
from competition.models import ResultSet, SettledPlace, TieSettlement
from competition.results import build_payload
from competition.standings import standings
from foundation.errors import Refused
from foundation.rocdate import deadline_text, format_datetime, format_short

from .awarding import move_release, revoke_certificates, tell_reopened
from .locks import is_final, locked_competition
from .recording import record

NAMED = 6  # works named in one refusal


class ResultRefused(Refused):
    """The result cannot be decided or changed so."""


@transaction.atomic
def settle_tie(*, group, places, reason, by, at):
    """The chair orders entries that the tie rule leaves equal.

    `places` is {entry pk: 1, 2, …}; the same place twice keeps them shared.
    """
    competition = locked_competition(group.competition)
    _require_not_final(group)
    if not reason:
        raise ResultRefused("主席裁定須說明理由。")
    standing = standings(competition, groups=[group])[0]
    ties = [{ranked.entry for ranked in tie} for tie in standing.open_ties]
    if set(places) not in ties:
        raise ResultRefused("評分已有變動，這幾件作品不再是待裁定的同分。請重新整理後再裁定。")
    order = sorted(set(places.values()))
    if order[0] != 1 or any(place > len(places) for place in order):
        raise ResultRefused(f"先後請填 1 至 {len(places)}，由 1 開始。")
    settlement = TieSettlement.objects.create(
        group=group, method=competition.method, reason=reason, settled_by=by, settled_at=at
    )
    SettledPlace.objects.bulk_create(
        SettledPlace(settlement=settlement, entry_id=entry, place=place) for entry, place in places.items()
    )
    named = sorted(places, key=places.get)
    codes = "、".join(f"{standing.entries[pk].receipt}（{places[pk]}）" for pk in named)
    record(competition, "tie.settled", settlement, f"{group}同分裁定：{codes}；{reason}", by=by, at=at)
    return settlement


@transaction.atomic
def finalise(*, group, release_at, accept_unranked=False, accept_early=False, by, at):
    """Store the group's result with its fingerprint.

    Open ties, late works that nobody decided on, missing sheets and a deadline to come stand in the way.
    """
    competition = locked_competition(group.competition)
    _require_not_final(group)
    standing = standings(competition, groups=[group])[0]
    accepted = {"accept_unranked": accept_unranked, "accept_early": accept_early}
    if reasons := finalising_refusals(standing, at=at, **accepted):
        raise ResultRefused("".join(reasons))
    if release_at < at:
        release_at = at
    payload = build_payload(standing, at=at)
    last = group.result_sets.order_by("-number").first()
    result = ResultSet.objects.create(
        group=group,
        number=last.number + 1 if last else 1,
        payload=payload,
        sha256=ResultSet.fingerprint(payload),
        finalised_by=by,
        finalised_at=at,
        release_at=release_at,
    )
    last_day, due_at = standing.last_due
    early = f"；早於{deadline_text(last_day)}" if at < due_at else ""
    record(
        competition,
        "result.finalised",
        result,
        f"{group}結果第 {result.number} 版定案，{format_datetime(release_at)} 公布{early}",
        by=by,
        at=at,
        sha256=result.sha256,
    )
    return result


def finalising_refusals(standing, *, at, accept_unranked=False, accept_early=False):
    """Every reason why the group's result cannot be finalised now, in words."""
    reasons = []
    last_day, due_at = standing.last_due
    if at < due_at and not accept_early:
        reasons.append(f"{format_short(last_day)}24:00 以前機關還能送件；定案後就不能再送。")
    if all(ranked.rank is None for ranked in standing.ranking):
        reasons.append("沒有可排名的作品。")
    for tie in standing.open_ties:
        receipts = _named([standing.entries[ranked.entry] for ranked in tie])
        reasons.append(f"第 {tie[0].rank} 名同分，須由主席裁定：{receipts}。")
    if standing.late:
        reasons.append(f"逾期送件尚未處理（取消資格或核准延期）：{_named(standing.late)}。")
    if standing.unranked and not accept_unranked:
        receipts = _named([standing.entries[ranked.entry] for ranked in standing.unranked])
        minimum = standing.competition.minimum_sheets
        reasons.append(f"評分表不足 {minimum} 張，尚無法排名：{receipts}。")
    return reasons


def _named(entries):
    """Their receipts; of many the first and how many they are."""
    shown = "、".join(entry.receipt for entry in entries[:NAMED])
    return shown if len(entries) <= NAMED else f"{shown} 等 {len(entries)} 件"


@transaction.atomic
def change_release(*, result, release_at, by, at):
    """Another release time, as long as the result is not out."""
    competition, result = _locked_holding(result)
    if result.is_released(at):
        raise ResultRefused("結果已公布，不能再改公布時間。")
    if release_at < at:
        raise ResultRefused("公布時間不能早於現在。")
    result.release_at = release_at
    result.save(update_fields=["release_at"])
    move_release(result, release_at)
    record(
        competition,
        "result.release_changed",
        result,
        f"{result}改於 {format_datetime(release_at)} 公布",
        by=by,
        at=at,
    )
    return result


@transaction.atomic
def ask_to_reopen(*, result, reason, by, at):
    """The first of two people: says why a final result must be opened again."""
    competition, result = _locked_holding(result)
    if not reason:
        raise ResultRefused("重開結果須說明理由。")
    if result.reopen_asked_at:
        raise ResultRefused("已有人提出重開，等另一位承辦人同意。")
    result.reopen_reason, result.reopen_asked_by, result.reopen_asked_at = reason, by, at
    result.save(update_fields=["reopen_reason", "reopen_asked_by", "reopen_asked_at"])
    record(competition, "result.reopen_asked", result, f"提出重開{result}：{reason}", by=by, at=at)
    _tell(result, office(but=by), f"{by}提出重開{result}，等另一位承辦人同意：{reason}", at=at)
    return result


@transaction.atomic
def agree_to_reopen(*, result, by, at):
    """The second person: the set is kept and no longer holds."""
    competition, result = _locked_holding(result)
    _require_asked(result)
    if result.reopen_asked_by_id == by.pk:
        raise ResultRefused("提出重開的人不能自己同意，請另一位承辦人同意。")
    result.superseded_by, result.superseded_at = by, at
    result.save(update_fields=["superseded_by", "superseded_at"])
    revoke_certificates(result, reason=f"結果重開：{result.reopen_reason}"[:300], by=by, at=at)
    tell_reopened(result, at=at)
    record(
        competition,
        "result.reopened",
        result,
        f"同意重開{result}：{result.reopen_reason}",
        by=by,
        at=at,
    )
    _tell(result, [result.reopen_asked_by], f"{by}同意重開{result}，評分可以再變更。", at=at)
    return result


@transaction.atomic
def drop_reopening(*, result, by, at):
    """The result stays: who asked takes it back, or the second person does not agree."""
    competition, result = _locked_holding(result)
    _require_asked(result)
    said = "收回重開" if result.reopen_asked_by_id == by.pk else "不同意重開"
    reason, asked_by = result.reopen_reason, result.reopen_asked_by
    result.reopen_reason, result.reopen_asked_by, result.reopen_asked_at = "", None, None
    result.save(update_fields=["reopen_reason", "reopen_asked_by", "reopen_asked_at"])
    record(competition, "result.reopen_dropped", result, f"{said}{result}：{reason}", by=by, at=at)
    if asked_by != by:
        _tell(result, [asked_by], f"{by}{said}{result}，維持這一版。", at=at)
    return result


def _tell(result, users, text, *, at):
    path = reverse("competition:result_detail", args=[result.group_id])
    year = result.group.competition.programme.year
    tell_many(users=users, text=text, url=f"{path}?year={year}", at=at)


def _require_not_final(group):
    if is_final(group):
        raise ResultRefused(f"{group}的結果已定案。")


def _locked_holding(result):
    """The competition and the result, as they stand now; refused when the result holds no more."""
    competition = locked_competition(result.group.competition)
    result = ResultSet.objects.select_for_update().get(pk=result.pk)
    if result.superseded_at:
        raise ResultRefused("這一版結果已重開，不再有效。")
    return competition, result


def _require_asked(result):
    if not result.reopen_asked_at:
        raise ResultRefused("還沒有人提出重開。")
