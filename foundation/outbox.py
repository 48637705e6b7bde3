"""Letters: stored in the transaction of the act that causes them, sent by the worker.

A letter may go out twice when the worker dies between the mail server's yes and ours; it then has
the same Message-ID, by which mail programs show it once. It is never lost.
"""

import hashlib
import unicodedata
from urllib.parse import urlsplit

from django.conf import settings

from .errors import Refused
from .models import Mail
from .text import clean_email

LONGEST_SUBJECT = 200
LONGEST_ADDRESS = 254


def queue(*, key, recipient, subject, body, at):
    """Put a letter in the outbox within the caller's transaction; the same key again finds the first.

    An address that is none does not stop the act: the letter is parked where staff see it.
    """
    address, problem = _address(recipient)
    mail, _ = Mail.objects.get_or_create(
        key=key,
        defaults={
            "recipient": address,
            "subject": _one_line(subject)[:LONGEST_SUBJECT],
            "body": _without_control(body),
            "message_id": message_id(key),
            "created_at": at,
            "next_attempt_at": at,
            "parked_at": at if problem else None,
            "last_error": problem,
        },
    )
    return mail


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
