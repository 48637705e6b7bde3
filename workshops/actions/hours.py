"""What follows from attendance: certificates of hours, and the file for the learner's passport."""

from django.db import transaction

from foundation import certificates

from .. import hours, passport
from .locks import record


def align_certificates(session, *, by, at):
    """Bring the session's certificates in line with who came; call it under the lock, after the marks are written.

    A settled session certifies everybody who came. Who did not come after all, or of whom something else was
    stated, loses the certificate at once, with the reason; while the list is open nothing new is issued.
    """
    enrolments = session.enrolments.select_related("unit", "person")
    listed = {hours.key_of(enrolment): enrolment for enrolment in enrolments}
    wanted = {key: _stated(session, each) for key, each in listed.items() if each.has_come}
    for key, certificate in hours.issued(session).items():
        if reason := _wrong(certificate, wanted.get(key), listed.get(key)):
            certificates.revoke(certificate=certificate, reason=reason, by=by, at=at)
    if session.is_attendance_closed:
        certificates.issue_many(wanted.values(), by=by, at=at)


def _stated(session, enrolment):
    enrolment.session = session
    return hours.statement(enrolment)


def _wrong(certificate, wanted, enrolment):
    """Why the certificate does not hold any more; empty while it does."""
    if wanted and (certificate.holder, certificate.facts) == (wanted["holder"], wanted["facts"]):
        return ""
    if wanted:
        return "所載內容已更正，另行核發。"
    if enrolment is None:
        return "已不在研習名單。"
    return f"出席更正為「{enrolment.get_attendance_display()}」。"


@transaction.atomic
def export_hours(*, session, identities, by, at):
    """(the ZIP of the 時數檔, how many are in it, how many were left out); kept is that it was made, and how many.

    It changes nothing, so that a frozen year can be handed in, too.
    """
    written, known, left_out = passport.make(session, identities)
    record(
        "session.hours_exported",
        session,
        by=by,
        at=at,
        summary=f"製作{session}時數檔：列入 {known} 人，未列入 {left_out} 人",
        known=known,
        left_out=left_out,
    )
    return written, known, left_out
