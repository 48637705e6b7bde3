"""Letters: stored in the transaction of the act that causes them, sent by the worker.

A letter may go out twice when the worker dies between the mail server's yes and ours; it then has
the same Message-ID, by which mail programs show it once. It is never lost.
"""

import hashlib
import logging
import re
import smtplib
import unicodedata
from contextlib import suppress
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import connection, transaction
from django.db.models import F

from . import events
from .errors import Refused
from .models import Mail
from .text import clean_email

LONGEST_SUBJECT = 200
LONGEST_ADDRESS = 254


def queue(*, key, recipient, subject, body, at, calendar=""):
    """Put a letter in the outbox within the caller's transaction; the same key again finds the first.

    `calendar` is iCalendar text that goes with it.
    An address that is none does not stop the act: the letter is parked where staff see it.
    """
    fields = _fields(key=key, recipient=recipient, subject=subject, body=body, at=at, calendar=calendar)
    mail, _ = Mail.objects.get_or_create(key=key, defaults=fields)
    return mail


def queue_many(letters, *, at):
    """Put many letters in the outbox at once: each gives key, recipient, subject and body as `queue` takes them."""
    rows = [Mail(key=letter["key"], **_fields(**letter, at=at)) for letter in letters]
    Mail.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)


def _fields(*, key, recipient, subject, body, at, calendar=""):
    address, problem = _address(recipient)
    return {
        "recipient": address,
        "subject": _one_line(subject)[:LONGEST_SUBJECT],
        "body": _without_control(body),
        "calendar": calendar,
        "message_id": message_id(key),
        "created_at": at,
        "next_attempt_at": at,
        "parked_at": at if problem else None,
        "last_error": problem,
    }


def message_id(key):
    """The same occasion always has the same Message-ID."""
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{host}>"


def _address(recipient):
    try:
        address = clean_email(recipient)
    except Refused as refusal:
        return _one_line(recipient)[:LONGEST_ADDRESS], str(refusal)
    return address, "" if address else "沒有收件地址。"


def _one_line(text):
    """No line break survives: names come from people, and a header ends at the line."""
    return " ".join(_without_control(text).split())


def _without_control(text):
    return "".join(c for c in str(text) if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


# The worker's side ---------------------------------------------------------------------------------

# Minutes until the next attempt, then the letter is parked: the last try is two days after the first.
BACK_OFF = (1, 5, 15, 60, 240, 720, 1440)
# While one worker sends a letter no other takes it; longer than any mail server may keep us waiting.
HELD = timedelta(minutes=10)
AT_ONCE = 20

log = logging.getLogger("portal.outbox")


def send_due(*, at):
    """Send the letters that are due, at most `AT_ONCE` of them; `at` gives the time. Returns how many were tried."""
    letters = _claim(at=at())
    if not letters:
        return 0
    server = get_connection()
    for number, mail in enumerate(letters):
        try:
            server.open()
        except Exception as error:
            # Nobody answers: one wait of EMAIL_TIMEOUT is enough for all of them.
            for waiting in letters[number:]:
                _note(waiting, error, at=at())
            break
        _send(mail, server, at=at)
    _close(server)
    return len(letters)


def _claim(*, at):
    due = Mail.objects.waiting().filter(next_attempt_at__lte=at).order_by("next_attempt_at", "pk")
    if not due.exists():
        return []
    with transaction.atomic():
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        letters = list(due[:AT_ONCE])
        Mail.objects.filter(pk__in=[mail.pk for mail in letters]).update(
            attempts=F("attempts") + 1, next_attempt_at=at + HELD
        )
    return letters


def _send(mail, server, *, at):
    message = EmailMessage(
        subject=mail.subject,
        body=mail.body,
        to=[mail.recipient],
        headers={"Message-ID": mail.message_id},
        connection=server,
    )
    if mail.calendar:
        message.attach("invite.ics", mail.calendar, _calendar_type(mail.calendar))
    try:
        message.send()
    except Exception as error:
        _note(mail, error, at=at())
        _close(server)  # in whatever state it is; the next letter opens it anew
    else:
        Mail.objects.filter(pk=mail.pk).update(sent_at=at(), last_error="")


def _calendar_type(text):
    """Mail programs offer to accept or to remove an entry by the method that stands in the header too."""
    method = re.search(r"^METHOD:(\w+)", text, re.MULTILINE)
    return f"text/calendar; method={method[1]}" if method else "text/calendar"


def _close(server):
    # A server that has gone away says so at the farewell, too.
    with suppress(OSError, smtplib.SMTPException):
        server.close()


def _note(mail, error, *, at):
    """Another attempt later, or parked where staff see it."""
    attempts = mail.attempts + 1
    reply = _reply(error)
    if _is_final(error) or attempts > len(BACK_OFF):
        log.warning("letter %s parked: %s", mail.pk, reply)
        changes = {"parked_at": at}
    else:
        changes = {"next_attempt_at": at + timedelta(minutes=BACK_OFF[attempts - 1])}
    Mail.objects.filter(pk=mail.pk).update(last_error=reply, **changes)


def _is_final(error):
    """Whether the mail server refuses this letter for good: trying again changes nothing."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, (smtplib.SMTPAuthenticationError, smtplib.SMTPConnectError, smtplib.SMTPHeloError)):
        return False  # our account or our server is at fault, not the letter
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code >= 500
    return isinstance(error, ValueError)  # a header or an address that cannot be written


def _reply(error):
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return f"{code} {_decoded(text)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_decoded(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _decoded(text):
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)


# The office's side ---------------------------------------------------------------------------------


@transaction.atomic
def resend(mail, *, by, at):
    """Try a parked letter again from the beginning."""
    mail = Mail.objects.select_for_update().get(pk=mail.pk)
    if mail.parked_at is None:
        raise Refused("這封信沒有停寄，不必重寄。")
    _, problem = _address(mail.recipient)
    if problem:
        raise Refused(f"{problem}請先更正這位同仁的電子郵件。")
    Mail.objects.filter(pk=mail.pk).update(parked_at=None, attempts=0, next_attempt_at=at)
    events.record(
        action="mail.resent", by=by, target=mail, at=at, summary=f"重寄「{mail.subject}」給 {mail.recipient}"
    )
