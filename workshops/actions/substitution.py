"""One colleague in the place of another of the same unit (換人)."""

from django.db import transaction

from .. import people
from ..models import Enrolment
from .enrolments import moment, require_begun, require_not_listed
from .locks import EnrolmentRefused, lock, record, require_list_open
from .telling import described, tell_everyone, tell_person


@transaction.atomic
def substitute(*, enrolment, name, by, at, title="", email=""):
    """The new person takes the seat, or the place in line, of the old one; returns the new enrolment.

    Contacts do so until the session's last moment for it; staff as long as the list is open. No seat falls
    free, so nobody moves up.
    """
    session = lock(enrolment.session)
    require_list_open(session)
    if by is not None and not by.is_staff:
        _require_in_time(session, at)
    leaving = (
        Enrolment.objects.select_for_update(of=("self",))
        .select_related("session__programme", "unit__unit", "person")
        .get(pk=enrolment.pk)
    )
    if leaving.state == Enrolment.State.CANCELLED:
        raise EnrolmentRefused(f"{leaving.person}已經取消，沒有可以接替的位置；請直接薦送。")
    if leaving.attendance:
        raise EnrolmentRefused(
            f"{leaving.person}已登記「{leaving.get_attendance_display()}」，不能換人；登記有誤請先清除。"
        )
    person = people.find_or_create(unit=leaving.unit.unit, name=name, title=title, email=email)
    if person == leaving.person:
        raise EnrolmentRefused(f"接替者就是{leaving.person}本人；請填另一位同仁。")
    require_not_listed(session, person)
    coming = Enrolment.objects.create(
        session=session,
        unit=leaving.unit,
        person=person,
        state=leaving.state,
        over_limit_reason=leaving.over_limit_reason,
        created_by=by,
        created_at=at,
        queued_at=leaving.queued_at or leaving.created_at,
    )
    leaving.state, leaving.cancelled_at, leaving.replaced_by = Enrolment.State.CANCELLED, at, coming
    leaving.save(update_fields=["state", "cancelled_at", "replaced_by"])
    record(
        "enrolment.substituted",
        coming,
        by=by,
        at=at,
        summary=f"{coming.unit}參加{session}由{leaving.person}改為{person}（{coming.get_state_display()}）",
        replaces=leaving.pk,
    )
    _tell(leaving, coming, by=by, at=at)
    return coming


def _require_in_time(session, at):
    require_begun(session)
    if at >= session.last_substitution_at:
        raise EnrolmentRefused(
            f"{session}的換人已於{moment(session.last_substitution_at)}截止；要換人請洽承辦人。"
        )


def _tell(leaving, coming, *, by, at):
    session, key = coming.session, f"enrolment-substituted-{coming.pk}"
    subject = f"研習換人通知：{session}"
    place = "已錄取" if coming.state == Enrolment.State.CONFIRMED else "候補，沿用原來的順位"
    text = f"{coming.unit}參加{described(session)}的同仁，由{leaving.person}改為{coming.person}（{place}）。"
    tell_everyone(coming, key=key, subject=subject, text=text, at=at, but=by)
    tell_person(leaving, key=f"{key}-leaving", subject=subject, text=text, at=at)
