"""Letters: stored with the act, sent later, tried again, parked, never lost."""

import smtplib
import socket
import socketserver
import threading
import time
from datetime import timedelta

import pytest
from django.core import mail as sent_mail
from django.db import transaction

from foundation import outbox
from foundation.errors import Refused
from foundation.models import Event, Mail
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db

AT = taipei(2016, 6, 1, 10)


def queue(**fields):
    fields = {"key": "k", "recipient": "a@example.test", "subject": "主旨", "body": "內文"} | fields
    return outbox.queue(at=AT, **fields)


def send(at=AT):
    return outbox.send_due(at=lambda: at)


@pytest.fixture
def fails(monkeypatch):
    """`fails(error)`: the mail server answers every letter with it."""

    def make_it_fail(error):
        def send_messages(self, messages):
            raise error

        monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", send_messages)

    return make_it_fail


# Queueing ------------------------------------------------------------------------------------------


def test_queue_stores_and_the_worker_sends():
    mail = queue()

    assert sent_mail.outbox == []
    assert send() == 1
    (message,) = sent_mail.outbox
    assert (message.to, message.subject, message.body) == (["a@example.test"], "主旨", "內文")
    assert message.message()["Message-ID"] == mail.message_id
    mail.refresh_from_db()
    assert mail.sent_at == AT
    assert send() == 0


@pytest.mark.both_databases
def test_the_same_occasion_never_mails_twice():
    first = queue(subject="第一次")

    assert queue(subject="第二次") == first
    assert Mail.objects.get().subject == "第一次"
    assert first.message_id == outbox.message_id("k") != outbox.message_id("other")


def test_a_letter_goes_with_the_act_that_failed():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        queue()
        raise ZeroDivisionError

    assert not Mail.objects.exists()


def test_a_name_cannot_write_headers():
    mail = queue(subject="通知\r\nBcc: everyone@example.test\x00", body="第一行\r\n第二行\x07")
    send()

    assert mail.subject == "通知 Bcc: everyone@example.test"
    (message,) = sent_mail.outbox
    assert message.message()["Bcc"] is None
    assert message.body == "第一行\n第二行"


@pytest.mark.parametrize("recipient", ("", "no address", "a@example.test\r\nBcc: b@example.test"))
def test_what_is_no_address_is_parked_at_once(recipient):
    mail = queue(recipient=recipient)

    assert mail.parked_at == AT
    assert mail.last_error
    assert send() == 0
    with pytest.raises(Refused):
        outbox.resend(mail, by=make.make_staff(), at=AT)


# Sending -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "reply"),
    (
        (smtplib.SMTPResponseException(550, b"no such user"), "550 no such user"),
        (smtplib.SMTPRecipientsRefused({"a@example.test": (550, b"unknown")}), "550 unknown"),
        (ValueError("bad header"), "ValueError: bad header"),
    ),
)
def test_what_is_refused_for_good_is_parked(fails, error, reply):
    mail = queue()
    fails(error)

    send()

    mail.refresh_from_db()
    assert (mail.parked_at, mail.last_error, mail.attempts) == (AT, reply, 1)


@pytest.mark.parametrize(
    "error",
    (
        smtplib.SMTPResponseException(451, b"try later"),
        smtplib.SMTPRecipientsRefused({"a@example.test": (450, b"greylisted")}),
        smtplib.SMTPAuthenticationError(535, b"our password"),
        smtplib.SMTPServerDisconnected("gone"),
        TimeoutError("timed out"),
    ),
)
def test_what_may_pass_is_tried_again_later_and_later(fails, error):
    mail = queue()
    fails(error)
    waits, now = [], AT

    while True:
        assert send(now) == 1
        mail.refresh_from_db()
        if mail.parked_at:
            break
        assert send(mail.next_attempt_at - timedelta(seconds=1)) == 0
        waits.append((mail.next_attempt_at - now).total_seconds() / 60)
        now = mail.next_attempt_at

    assert waits == [1, 5, 15, 60, 240, 720, 1440]
    assert mail.parked_at == now


def test_a_parked_letter_is_sent_again_on_request(fails, monkeypatch):
    mail = make.make_mail(parked_at=AT, attempts=8, last_error="550")
    staff = make.make_staff()

    outbox.resend(mail, by=staff, at=AT)
    send()

    mail.refresh_from_db()
    assert (mail.sent_at, mail.parked_at, mail.last_error) == (AT, None, "")
    assert Event.objects.filter(action="mail.resent", actor=staff).count() == 1
    with pytest.raises(Refused, match="沒有停寄"):
        outbox.resend(mail, by=staff, at=AT)


@pytest.mark.both_databases
def test_a_letter_that_another_worker_holds_is_left_alone():
    queue()
    held = outbox._claim(at=AT)

    assert len(held) == 1
    assert send() == 0
    assert send(AT + outbox.HELD) == 1


# Mail servers as they are --------------------------------------------------------------------------


@pytest.fixture
def smtp(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_TIMEOUT = 1
    return settings


def test_nobody_listens(smtp):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        smtp.EMAIL_PORT = unused.getsockname()[1]
        for number in range(3):
            queue(key=str(number))

        assert send() == 3

    assert {mail.next_attempt_at for mail in Mail.objects.all()} == {AT + timedelta(minutes=1)}


def test_a_server_that_never_answers_costs_one_timeout_for_all(smtp):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(10)
        smtp.EMAIL_PORT = silent.getsockname()[1]
        for number in range(5):
            queue(key=str(number))

        began = time.monotonic()
        send()

    assert time.monotonic() - began < 3
    assert Mail.objects.waiting().count() == 5


class Answers(socketserver.StreamRequestHandler):
    """A mail server that refuses one recipient for good and takes the others."""

    received = []

    def handle(self):
        self.say("220 ready")
        data = None
        while line := self.rfile.readline():
            text = line.decode().rstrip("\r\n")
            if data is not None:
                if text == ".":
                    type(self).received.append("\n".join(data))
                    data = None
                    self.say("250 taken")
                else:
                    data.append(text)
            elif text.upper().startswith("RCPT TO:<NOBODY"):
                self.say("550 no such user")
            elif text.upper() == "DATA":
                data = []
                self.say("354 go on")
            elif text.upper() == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")

    def say(self, text):
        self.wfile.write(f"{text}\r\n".encode())


def test_one_refused_recipient_does_not_hold_up_the_others(smtp):
    Answers.received = []
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        smtp.EMAIL_PORT = server.server_address[1]
        queue(key="1", recipient="first@example.test")
        queue(key="2", recipient="nobody@example.test")
        third = queue(key="3", recipient="third@example.test")

        send()
        server.shutdown()

    assert [(m.recipient, bool(m.sent_at), m.last_error) for m in Mail.objects.order_by("key")] == [
        ("first@example.test", True, ""),
        ("nobody@example.test", False, "550 no such user"),
        ("third@example.test", True, ""),
    ]
    assert third.message_id in Answers.received[1]
