"""Consultations: booked, moved, cancelled, and what came of them."""

from django.db import IntegrityError, transaction

from agencies.models import User
from foundation.text import search_key

from ..models import Consultation, Slot
from . import invitations
from .tutoring import TutoringRefused, lock, record, require_serving

MOST_OPEN = 3
State = Consultation.State


@transaction.atomic
def book(*, slot, unit, subject, question, by, at, way=Consultation.Way.VIDEO, field=""):
    """Take a free slot; the tutor and who asks each get a letter with the calendar entry."""
    tutor = lock(slot.tutor)
    require_serving(tutor)
    slot = _require_free(tutor, slot, at)
    asker = User.objects.select_for_update().get(pk=by.pk)
    if asker.pk == tutor.user_id:
        raise TutoringRefused("不能預約自己的時段。")
    if unit.programme_id != tutor.programme_id:
        raise TutoringRefused(f"{unit}不在{tutor.programme}。")
    mine = Consultation.objects.filter(asker=asker).coming(at)
    if mine.filter(slot__tutor__programme=tutor.programme).count() >= MOST_OPEN:
        raise TutoringRefused(
            f"您已有 {MOST_OPEN} 筆還沒輔導的預約，每人最多 {MOST_OPEN} 筆；請先完成或取消其中一筆。"
        )
    _require_no_clash(asker, slot, at)
    consultation = _save(
        Consultation(
            slot=slot,
            asker=asker,
            unit=unit,
            subject=subject,
            question=question,
            way=way,
            field=field,
            settled_at=at,
        )
    )
    summary = f"{unit}的{asker}預約{tutor}的輔導（{slot.words}）"
    record("consultation.booked", consultation, tutor, by=by, at=at, summary=summary)
    invitations.tell_booked(consultation, at=at)
    return consultation


@transaction.atomic
def reschedule(*, consultation, slot, by, at):
    """Move a booking to another free slot of the same tutor; the slot it leaves is free again."""
    tutor = lock(consultation.tutor)
    consultation = _lock(consultation)
    _require_changeable(consultation, at, "改期")
    if slot.pk == consultation.slot_id:
        raise TutoringRefused("這就是原來的時段，請選另一個時段。")
    if slot.tutor_id != tutor.pk:
        raise TutoringRefused("只能改到同一位輔導教師的時段；要換人，請取消後重新預約。")
    slot = _require_free(tutor, slot, at)
    _require_no_clash(consultation.asker, slot, at, other_than=consultation)
    before, consultation.slot = consultation.slot, slot
    consultation.settled_at = at
    consultation.sequence += 1
    _save(consultation)
    summary = f"{consultation.asker}與{tutor}的輔導由{before.words}改到{slot.words}"
    record("consultation.rescheduled", consultation, tutor, by=by, at=at, summary=summary)
    invitations.tell_rescheduled(consultation, before, by=by, at=at)
    return consultation


@transaction.atomic
def cancel_consultation(*, consultation, reason, by, at):
    """Give a booking up until it begins, with the reason that both are told; the slot is free again."""
    tutor = lock(consultation.tutor)
    consultation = _lock(consultation)
    _require_changeable(consultation, at, "取消")
    if not reason:
        raise TutoringRefused("取消須說明理由，對方會收到。")
    consultation.state = State.CANCELLED
    consultation.cancelled_at, consultation.cancelled_by, consultation.cancel_reason = at, by, reason
    consultation.sequence += 1
    consultation.save(update_fields=["state", "cancelled_at", "cancelled_by", "cancel_reason", "sequence"])
    summary = f"取消{consultation.asker}與{tutor}的輔導（{consultation.slot.words}）：{reason}"
    record("consultation.cancelled", consultation, tutor, by=by, at=at, summary=summary)
    invitations.tell_cancelled(consultation, by=by, at=at)
    return consultation


@transaction.atomic
def change_link(*, consultation, meeting_url, by, at):
    """Another meeting link for this one consultation; empty: the tutor's usual one."""
    tutor = lock(consultation.tutor)
    consultation = _lock(consultation)
    _require_changeable(consultation, at, "更換連結")
    if consultation.meeting_url == meeting_url:
        return consultation
    consultation.meeting_url = meeting_url
    consultation.sequence += 1
    consultation.save(update_fields=["meeting_url", "sequence"])
    # The event does not say which: events are read by others than the two.
    summary = f"更換{consultation.asker}與{tutor}輔導（{consultation.slot.words}）的會議連結"
    record("consultation.link_changed", consultation, tutor, by=by, at=at, summary=summary)
    invitations.tell_link(consultation, at=at)
    return consultation


@transaction.atomic
def note_outcome(
    *, consultation, outcome, minutes, by, at, note="", answer_title="", answer="", is_public=False
):
    """What came of it: `note` is for the two, `answer` for everybody once the tutor makes it public."""
    tutor = lock(consultation.tutor)
    consultation = _lock(consultation)
    _require_begun(consultation, at)
    if is_public:
        if not (answer and answer_title):
            raise TutoringRefused("公開須填標題與「怎麼解決的」。")
        _require_nameless(consultation, answer_title, answer)
    first_published = consultation.published_at or at
    consultation.state, consultation.outcome, consultation.minutes = State.DONE, outcome, minutes
    consultation.note, consultation.answer_title, consultation.answer = note, answer_title, answer
    consultation.published_at = first_published if is_public else None
    consultation.save()
    summary = (
        f"{tutor}登錄與{consultation.asker}的輔導（{consultation.slot.words}）："
        f"{consultation.get_outcome_display()}，{minutes} 分鐘{'，公開解法' if is_public else ''}"
    )
    record("consultation.noted", consultation, tutor, by=by, at=at, summary=summary)
    return consultation


@transaction.atomic
def note_no_show(*, consultation, by, at, note=""):
    """Who asked did not come."""
    tutor = lock(consultation.tutor)
    consultation = _lock(consultation)
    _require_begun(consultation, at)
    consultation.state, consultation.note = State.NO_SHOW, note
    consultation.outcome, consultation.minutes, consultation.published_at = "", None, None
    consultation.save()
    summary = f"{tutor}登錄{consultation.asker}未到（{consultation.slot.words}）"
    record("consultation.no_show", consultation, tutor, by=by, at=at, summary=summary)
    return consultation


def _lock(consultation):
    """Read anew under the tutor's lock."""
    return Consultation.objects.with_facts().select_for_update(of=("self",)).get(pk=consultation.pk)


def _save(consultation):
    """The database has the last word on who has the slot."""
    try:
        with transaction.atomic():
            consultation.save()
    except IntegrityError:
        raise _taken(consultation.slot) from None
    return consultation


def _taken(slot):
    return TutoringRefused(f"{slot.words}剛剛有人預約了，請選另一個時段。")


def _require_free(tutor, slot, at):
    slot = Slot.objects.select_for_update().get(pk=slot.pk)
    slot.tutor = tutor
    if slot.withdrawn_at:
        raise TutoringRefused(f"{slot.words}已由輔導教師撤回，請選另一個時段。")
    if slot.starts_at <= at:
        raise TutoringRefused(f"{slot.words}已經開始，請選另一個時段。")
    if slot.consultations.active().exists():
        raise _taken(slot)
    return slot


def _require_no_clash(person, slot, at, other_than=None):
    """Nobody is in two consultations at the same time, asking or answering."""
    others = Consultation.objects.of_person(person).coming(at).with_facts()
    others = others.filter(slot__starts_at__lt=slot.ends_at, slot__ends_at__gt=slot.starts_at)
    if other_than:
        others = others.exclude(pk=other_than.pk)
    if clash := others.first():
        raise TutoringRefused(f"{slot.words}與{person}的另一筆輔導（{clash.slot.words}）時間重疊。")


def _require_changeable(consultation, at, what):
    if consultation.state != State.BOOKED:
        raise TutoringRefused(f"這筆預約{consultation.get_state_display()}，不能{what}。")
    if consultation.slot.starts_at <= at:
        raise TutoringRefused(f"輔導已經開始，不能{what}；同仁沒有出席的，由輔導教師登錄「未到」。")


def _require_begun(consultation, at):
    if consultation.state == State.CANCELLED:
        raise TutoringRefused("這筆預約已取消，不能登錄結果。")
    if at < consultation.slot.starts_at:
        raise TutoringRefused(f"輔導在{consultation.slot.words}，開始以後才能登錄結果。")


def _require_nameless(consultation, *texts):
    name = search_key(consultation.asker.name)
    if len(name) > 1 and any(name in search_key(text) for text in texts):
        raise TutoringRefused(f"公開的內容不得出現提問者的姓名「{consultation.asker}」，請改寫後再公開。")
