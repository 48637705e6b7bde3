"""Calendars, read back: the times as they stand in Taipei, the text as it was, letters and feeds."""

from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes

import pytest
from django.core import mail as sent_mail
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from foundation import calendars, outbox
from foundation.calendars import Item
from foundation.models import CalendarFeed, Event
from foundation.rocdate import TAIPEI
from tests import factories as make
from tests.factories import taipei

AT = taipei(2016, 4, 1, 9)
ITEM = Item(
    key="session-1",
    title="研習班；第1梯次, 堃峯喆𠮷",
    starts=taipei(2016, 4, 11, 9),
    ends=taipei(2016, 4, 11, 16),
    place="本府電腦教室",
    text="第一行\n第二行；有逗號, 反斜線\\",
    url="http://localhost:8000/workshops/1/",
    sequence=3,
)


def read(text):
    calendar = Calendar.from_ical(text)
    return calendar, calendar.events


def test_what_is_written_is_read_back():
    calendar, (event,) = read(calendars.write([ITEM], at=AT, name="我的行事曆"))

    assert (str(calendar["METHOD"]), str(calendar["X-WR-CALNAME"])) == ("PUBLISH", "我的行事曆")
    assert [str(zone["TZID"]) for zone in calendar.timezones] == ["Asia/Taipei"]
    assert event["DTSTART"].params["TZID"] == "Asia/Taipei"
    assert (event.start.astimezone(TAIPEI), event.end.astimezone(TAIPEI)) == (ITEM.starts, ITEM.ends)
    assert (event.start.hour, event.end.hour) == (9, 16)
    assert {name: str(event[name]) for name in ("UID", "SUMMARY", "LOCATION", "DESCRIPTION", "URL")} == {
        "UID": "session-1@localhost",
        "SUMMARY": ITEM.title,
        "LOCATION": ITEM.place,
        "DESCRIPTION": ITEM.text,
        "URL": ITEM.url,
    }
    assert (event["SEQUENCE"], str(event["STATUS"]), event["DTSTAMP"].dt) == (3, "CONFIRMED", AT)


def test_a_moment_given_in_another_zone_stands_in_taipei():
    item = Item(key="a", title="a", starts=datetime(2016, 4, 13, 6, tzinfo=UTC))

    text = calendars.write([item], at=AT)

    assert "DTSTART;TZID=Asia/Taipei:20160413T140000" in text
    assert "DTEND" not in text.partition("BEGIN:VEVENT")[2]


def test_whole_days_end_the_day_after_and_keep_nobody_busy():
    _, (event,) = read(
        calendars.write([Item(key="a", title="a", starts=date(2016, 3, 1), ends=date(2016, 9, 30))], at=AT)
    )

    assert (event.start, event.end) == (date(2016, 3, 1), date(2016, 10, 1))
    assert str(event["TRANSP"]) == "TRANSPARENT"


@pytest.mark.parametrize(
    ("at", "title", "starts"),
    [
        (taipei(2016, 7, 2), "繳交截止（當日 24:00）", date(2016, 7, 1)),
        (taipei(2016, 7, 1, 17), "繳交截止（17:00）", taipei(2016, 7, 1, 17)),
    ],
)
def test_a_deadline_at_midnight_is_the_day_before(at, title, starts):
    item = calendars.deadline(key="due", title="繳交截止", at=at)

    assert (item.title, item.starts, item.day) == (title, starts, date(2016, 7, 1))
    assert item.is_over_at == at


def test_a_cancelled_entry_says_so():
    calendar, (event,) = read(calendars.write([ITEM], at=AT, method=calendars.CANCEL))

    assert (str(calendar["METHOD"]), str(event["STATUS"])) == ("CANCEL", "CANCELLED")


def test_people_are_invited_by_the_office():
    item = Item(key="a", title="a", starts=AT, people=(('林"堃峯\r\nX:1', "lin@example.test"),))

    _, (event,) = read(calendars.write([item], at=AT))

    assert str(event["ORGANIZER"]) == "mailto:no-reply@localhost"
    assert (str(event["ATTENDEE"]), event["ATTENDEE"].params["CN"]) == (
        "mailto:lin@example.test",
        "林堃峯 X:1",
    )


printable = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=200)


@given(title=printable, text=printable)
def test_any_text_survives_in_lines_of_75_octets(title, text):
    written = calendars.write([Item(key="a", title=title, starts=AT, text=text)], at=AT)

    lines = written.split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    assert "\n" not in "".join(lines)
    (event,) = read(written)[1]
    assert (str(event["SUMMARY"]), str(event.get("DESCRIPTION", ""))) == (title, text)


# Feeds


def ask(items, etag=""):
    request = RequestFactory().get("/", HTTP_IF_NONE_MATCH=etag)
    return calendars.feed(request, items, at=AT, name="行事曆", private=True)


def test_a_feed_answers_304_while_it_stays_the_same():
    first = ask([ITEM])

    again = ask([ITEM], first["ETag"])
    moved = ask([Item(key="session-1", title="a", starts=AT)], first["ETag"])

    assert (first.status_code, again.status_code, moved.status_code) == (200, 304, 200)
    assert (again.content, again["ETag"]) == (b"", first["ETag"])
    assert first["Content-Type"] == "text/calendar; charset=utf-8"
    assert first["Cache-Control"] == "max-age=900, private"


def test_a_feed_is_in_order_of_time():
    early = Item(key="b", title="b", starts=date(2016, 4, 11))

    _, events = read(ask([ITEM, early]).content)

    assert [str(event["UID"]) for event in events] == ["b@localhost", "session-1@localhost"]


@pytest.mark.django_db
def test_a_secret_address_is_renewed_and_revoked():
    user = make.make_user()

    first = calendars.renew_feed(user=user, at=AT).token
    second = calendars.renew_feed(user=user, at=AT + timedelta(days=1)).token

    assert len(first) >= 43
    assert (calendars.owner_of(first), calendars.owner_of(second)) == (None, user)
    calendars.revoke_feed(user=user, at=AT)
    calendars.revoke_feed(user=user, at=AT)
    assert calendars.owner_of(second) is None
    assert not CalendarFeed.objects.exists()
    events = list(Event.objects.order_by("pk").values_list("action", "summary"))
    assert events == [
        ("calendar.renewed", "建立行事曆訂閱網址"),
        ("calendar.renewed", "重設行事曆訂閱網址，原網址失效"),
        ("calendar.revoked", "停用行事曆訂閱網址"),
    ]


@pytest.mark.django_db
def test_the_address_of_a_disabled_account_is_nobodys():
    user = make.make_user(is_active=False)

    assert calendars.owner_of(calendars.renew_feed(user=user, at=AT).token) is None


# Letters


@pytest.mark.django_db
@pytest.mark.parametrize("method", ("REQUEST", "CANCEL"))
def test_a_letter_carries_its_calendar(method):
    calendar = calendars.write([ITEM], at=AT, method=method)
    outbox.queue(key="k", recipient="a@example.test", subject="邀請", body="內文", at=AT, calendar=calendar)

    outbox.send_due(at=lambda: AT)

    (message,) = sent_mail.outbox
    _, part = message_from_bytes(message.message().as_bytes()).get_payload()
    assert (part.get_content_type(), part.get_filename()) == ("text/calendar", "invite.ics")
    assert (part.get_param("method"), part.get_content_charset()) == (method, "utf-8")
    (event,) = read(part.get_payload(decode=True))[1]
    assert (str(event["SUMMARY"]), event.start.astimezone(TAIPEI)) == (ITEM.title, ITEM.starts)


@pytest.mark.django_db
def test_a_letter_without_a_calendar_has_no_attachment():
    outbox.queue(key="k", recipient="a@example.test", subject="信", body="內文", at=AT)

    outbox.send_due(at=lambda: AT)

    assert sent_mail.outbox[0].attachments == []
