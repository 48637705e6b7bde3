"""Certificates of hours follow from attendance: issued when it is settled, revoked when it is corrected."""

from foundation import certificates

from .. import hours


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
