"""Self check-in by the code on the screen: decision 009.

The code follows from the session, the time and the portal's key; nothing of it is stored. It holds for the step of
time in which it is shown and the next one, long enough to be scanned or typed, too short to be sent to somebody who
is not in the room. Scanning it gives a ticket, so that filling in may take its time.
"""

import secrets
from datetime import datetime, timedelta

from django.core import signing
from django.utils.crypto import salted_hmac

from foundation.certificates import ALPHABET
from foundation.errors import Refused
from foundation.rocdate import TAIPEI, taipei_date

from .models import Session

STEP = 20  # seconds
HALF = 4  # letters; the code is two of these
EARLY = LATE = timedelta(minutes=30)
TICKET_HOLDS = 600  # seconds
MOST_TRIES = 5  # of one ticket
_SALT = "workshops.check_in"


class CheckInRefused(Refused):
    """Nobody is checked in; the message says what to do."""


def window(session):
    """(opens, closes) of self check-in; None while the session has neither hours of its own nor a start."""
    opens, closes = session.check_in_from, session.check_in_until
    starts = session.starts_at and _on_the_day(session, session.starts_at)
    if not starts and not (opens and closes):
        return None
    return (
        _on_the_day(session, opens) if opens else starts - EARLY,
        _on_the_day(session, closes) if closes else starts + LATE,
    )


def _on_the_day(session, hour):
    return datetime.combine(session.held_on, hour, tzinfo=TAIPEI)


def is_late(session, at):
    if session.starts_at is None:
        return False
    return at > _on_the_day(session, session.starts_at) + timedelta(minutes=session.grace_minutes)


def step_at(at):
    return int(at.timestamp()) // STEP


def seconds_left(at):
    """Until the next code."""
    return STEP - int(at.timestamp()) % STEP


def code_of(session, step):
    """K7QM-2XAP."""
    digest = salted_hmac(_SALT, f"{session.pk}:{step}", algorithm="sha256").digest()
    number, letters = int.from_bytes(digest[:16]), []
    for _ in range(2 * HALF):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return f"{''.join(letters[:HALF])}-{''.join(letters[HALF:])}"


def clean_code(typed):
    letters = "".join(c for c in str(typed).upper() if c in ALPHABET)[: 2 * HALF]
    return f"{letters[:HALF]}-{letters[HALF:]}"


def session_of(code, at):
    """The session of today that shows this code now or did until a moment ago; CheckInRefused for any other code."""
    code, now = clean_code(code), step_at(at)
    for session in Session.objects.filter(held_on=taipei_date(at)).select_related("programme"):
        if any(secrets.compare_digest(code, code_of(session, step)) for step in (now, now - 1)):
            return session
    raise CheckInRefused("這個代碼不對或已過期；代碼每 20 秒更換。請掃描或輸入投影幕上現在的代碼。")


def new_ticket(session):
    """Leave to check in at this session, for ten minutes."""
    return signing.dumps({"session": session.pk, "nonce": secrets.token_hex(8)}, salt=_SALT)


def read_ticket(ticket):
    """(the session, the ticket's nonce)."""
    try:
        given = signing.loads(ticket, salt=_SALT, max_age=TICKET_HOLDS)
        return Session.objects.select_related("programme").get(pk=given["session"]), given["nonce"]
    except (signing.BadSignature, Session.DoesNotExist):
        raise CheckInRefused("這張報到單已逾 10 分鐘或不完整。請再掃描投影幕上的條碼。") from None
