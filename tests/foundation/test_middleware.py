import io
import logging
import re
from datetime import timedelta

import pytest
from django.contrib.auth.decorators import login_not_required
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path
from django.utils import timezone

from foundation.middleware import ANONYMOUS_LIMIT, MULTIPART_LIMIT, client_address
from tests.factories import make_user


class Unreadable(io.RawIOBase):
    """A body that tells when somebody reads it."""

    def readable(self):
        return True

    def readinto(self, buffer):
        raise AssertionError("the body was read")


@login_not_required
def locked(request):
    raise OperationalError("database is locked")


@login_not_required
def broken(request):
    raise ValueError("安 secret detail")


@login_not_required
def short(request):
    return HttpResponse("好")


urlpatterns = [
    path("locked/", locked),
    path("broken/", broken),
    path("short/", short),
    path("", include("chiayi_elearn.urls")),
]
handler500 = "chiayi_elearn.errors.server_error"
here = pytest.mark.urls(__name__)


def announce(client, length, *, content_type="multipart/form-data; boundary=b"):
    """A post that says how long it is, and fails when its body is read."""
    return client.generic(
        "POST",
        "/short/",
        content_type=content_type,
        CONTENT_LENGTH=str(length),
        **{"wsgi.input": io.BufferedReader(Unreadable())},
    )


# The limit on a body --------------------------------------------------------------------------------


@here
@pytest.mark.django_db
@pytest.mark.parametrize("content_type", ("multipart/form-data; boundary=b", "application/octet-stream"))
def test_a_large_body_of_nobody_is_refused_unread(content_type):
    response = announce(Client(enforce_csrf_checks=True), ANONYMOUS_LIMIT + 1, content_type=content_type)

    assert response.status_code == 413
    assert "一次最多可送 64 KB" in response.content.decode()


@here
@pytest.mark.django_db
def test_the_last_byte_within_the_limit_passes(client):
    body = b"a" * ANONYMOUS_LIMIT

    assert client.post("/short/", body, content_type="text/plain").status_code == 200


@here
@pytest.mark.django_db
def test_a_person_who_is_logged_in_may_send_one_small_file(client):
    client.force_login(make_user(), backend="django.contrib.auth.backends.ModelBackend")

    assert announce(client, MULTIPART_LIMIT + 1).status_code == 413
    assert client.post("/short/", {"file": io.BytesIO(b"a" * (1 << 20))}).status_code == 200


@here
@pytest.mark.django_db
def test_a_length_that_is_no_number_counts_as_none(client):
    assert client.get("/short/", CONTENT_LENGTH="many").status_code == 200


# The reference ---------------------------------------------------------------------------------------


@here
@pytest.mark.django_db
def test_page_log_and_answer_share_one_reference(client, caplog):
    client.raise_request_exception = False

    with caplog.at_level(logging.WARNING, logger="portal.errors"):
        response = client.get("/broken/")

    reference = response["X-Reference"]
    assert re.fullmatch(r"[0-9a-f]{8}", reference)
    assert response.status_code == 500
    assert f"<code>{reference}</code>" in response.content.decode()
    assert f"reference={reference}" in caplog.text
    assert "secret detail" not in response.content.decode()


@here
def test_each_request_has_its_own_reference(client):
    assert client.get("/short/")["X-Reference"] != client.get("/short/")["X-Reference"]


# The database away ------------------------------------------------------------------------------------


@here
@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's words")
def test_a_locked_database_is_busy_not_broken(client):
    """Without the database: its page must not ask it."""
    response = client.get("/locked/")

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert "這次沒有寫入任何資料" in response.content.decode()
    assert response["X-Reference"] in response.content.decode()


@here
def test_a_database_that_fails_before_the_view_is_busy_too(client, monkeypatch):
    client.raise_request_exception = False
    client.cookies["sessionid"] = "somebody"

    def away(*args, **kwargs):
        raise OperationalError("database is locked")

    monkeypatch.setattr("foundation.sessions.SessionStore.load", away)

    assert client.get("/accounts/password/").status_code == 503


# Idle logout -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_session_moves_on_with_use_and_ends_when_idle(client, settings, time_machine):
    start = timezone.now()
    settings.SESSION_COOKIE_AGE = 30 * 60
    time_machine.move_to(start, tick=False)
    client.force_login(make_user(), backend="django.contrib.auth.backends.ModelBackend")

    statuses = []
    for minute in (20, 40, 60, 91):
        time_machine.move_to(start + timedelta(minutes=minute), tick=False)
        statuses.append(client.get("/accounts/password/").status_code)

    assert statuses == [200, 200, 200, 302]


@pytest.mark.django_db
def test_a_session_is_written_at_most_once_a_minute(client, time_machine, django_assert_num_queries):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    client.force_login(make_user(), backend="django.contrib.auth.backends.ModelBackend")
    key = client.session.session_key

    def expiry(seconds):
        time_machine.move_to(start + timedelta(seconds=seconds), tick=False)
        client.get("/accounts/password/")
        return client.session.get_expiry_date() and stored_expiry(key) - start

    def stored_expiry(key):
        from django.contrib.sessions.models import Session

        return Session.objects.get(pk=key).expire_date

    assert expiry(59) == timedelta(minutes=30)
    assert expiry(61) == timedelta(minutes=30, seconds=61)


# Where a request comes from -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    (
        (0, "", "192.0.2.1"),
        (0, "198.51.100.7", "192.0.2.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.66, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.66, 198.51.100.7, 192.0.2.9", "198.51.100.7"),
        (2, "198.51.100.7", "192.0.2.1"),
        (1, "", "192.0.2.1"),
    ),
)
def test_only_our_own_proxies_are_believed(settings, proxies, forwarded, address):
    settings.PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded)

    assert client_address(request) == address


@pytest.mark.django_db
def test_an_address_that_only_takes_what_a_button_sends_is_a_page_in_words(client):
    client.force_login(make_user(), backend="django.contrib.auth.backends.ModelBackend")

    response = client.get("/accounts/logout/")

    assert (response.status_code, response["Allow"]) == (405, "POST, OPTIONS")
    assert "這個網址只收按鈕送出的內容" in response.content.decode()
    assert client.put("/accounts/logout/").content == b""
