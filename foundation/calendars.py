"""Calendars as .ics (RFC 5545): entries for letters, downloads and feeds; and each person's secret address.

A moment is written in Taipei time with its zone, so that it stands right in any calendar program; a date
alone is the whole day. The same thing keeps its UID, and its SEQUENCE grows when it moves: a program then
moves the entry it has instead of adding a second one.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.utils.cache import patch_cache_control
from django.utils.http import content_disposition_header
from icalendar import Calendar, Event, vCalAddress, vText

from . import events
from .models import CalendarFeed
from .rocdate import TAIPEI, format_short

CONTENT_TYPE = "text/calendar; charset=utf-8"
NAME = "嘉義縣政府數位學習計畫"
REQUEST, CANCEL, PUBLISH = "REQUEST", "CANCEL", "PUBLISH"
KEEP_SECONDS = 900  # calendar programs ask every few hours; a proxy need not ask more often than this
# Summer time ended here in 1979: what the zone says from then on is one line.
ZONE_BEGINS = date(2000, 1, 1)


@dataclass(frozen=True)
class Item:
    """One entry. `key` names the thing for ever; `starts` and `ends` are moments, or dates (`ends` included)."""

    key: str
    title: str
    starts: datetime | date
    ends: datetime | date | None = None
    place: str = ""
    text: str = ""
    url: str = ""
    sequence: int = 0
    people: tuple[tuple[str, str], ...] = field(default=())  # (name, address) of those it invites

    @property
    def day(self):
        """The day in Taipei on which it begins."""
        return self.starts.astimezone(TAIPEI).date() if isinstance(self.starts, datetime) else self.starts

    @property
    def hours(self):
        """14:00–14:30; the last day of what takes several; empty for one whole day."""
        if not isinstance(self.starts, datetime):
            return f"至{format_short(self.ends)}" if self.ends and self.ends != self.starts else ""
        moments = [moment.astimezone(TAIPEI) for moment in (self.starts, self.ends) if moment]
        return "–".join(f"{moment:%H:%M}" for moment in moments)

    @property
    def begins_at(self):
        """What items are sorted by; a whole day comes before its hours."""
        return self.starts if isinstance(self.starts, datetime) else _midnight(self.starts)

    @property
    def is_over_at(self):
        """The first moment at which it is past."""
        last = self.ends or self.starts
        return last if isinstance(last, datetime) else _midnight(last + timedelta(days=1))


def deadline(*, key, title, at, **more):
    """An entry for the last moment of something: midnight is the whole day before it."""
    local = at.astimezone(TAIPEI)
    if local.time() == time():
        return Item(key=key, title=f"{title}（當日 24:00）", starts=local.date() - timedelta(days=1), **more)
    return Item(key=key, title=f"{title}（{local:%H:%M}）", starts=at, **more)


def address(path):
    """A page of the portal as a letter or a calendar names it."""
    return f"{settings.SITE_URL.rstrip('/')}{path}"


def uid(key):
    return f"{key}@{_host()}"


def write(items: Iterable[Item], *, at: datetime, method: str = PUBLISH, name: str = "") -> str:
    """The iCalendar text; `method` is CANCEL for what no longer takes place, REQUEST for an invitation."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", f"-//{_host()}//{NAME}//ZH")
    calendar.add("method", method)
    if name:
        calendar.add("x-wr-calname", name)
        calendar.add("x-wr-timezone", TAIPEI.key)
    for item in items:
        calendar.add_component(_component(item, at, method))
    calendar.add_missing_timezones(first_date=ZONE_BEGINS)
    return calendar.to_ical().decode()


def _component(item, at, method):
    event = Event()
    event.add("uid", uid(item.key))
    event.add("dtstamp", at)
    event.add("sequence", item.sequence)
    event.add("summary", item.title)
    if isinstance(item.starts, datetime):
        event.add("dtstart", item.starts.astimezone(TAIPEI))
        if item.ends:
            event.add("dtend", item.ends.astimezone(TAIPEI))
    else:
        event.add("dtstart", item.starts)
        event.add("dtend", (item.ends or item.starts) + timedelta(days=1))
        event.add("transp", "TRANSPARENT")  # a deadline keeps nobody busy all day
    for label, value in (("location", item.place), ("description", item.text), ("url", item.url)):
        if value:
            event.add(label, value)
    event.add("status", "CANCELLED" if method == CANCEL else "CONFIRMED")
    if item.people:
        event.add("organizer", _address(NAME, settings.DEFAULT_FROM_EMAIL))
        for name, mail in item.people:
            event.add("attendee", _address(name, mail))
    return event


def _address(name, mail):
    address = vCalAddress(f"mailto:{mail}")
    # A parameter in quotes may hold anything but quotes and line ends.
    address.params["cn"] = vText(" ".join(name.replace('"', "").split()))
    return address


def _midnight(day):
    return datetime.combine(day, time(), tzinfo=TAIPEI)


def _host():
    return urlsplit(settings.SITE_URL).hostname or "localhost"


# Answers --------------------------------------------------------------------------------------------


def download(items, *, at, name, method=PUBLISH):
    """A file to open once, in whatever calendar program."""
    response = HttpResponse(write(items, at=at, method=method), content_type=CONTENT_TYPE)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["Cache-Control"] = "private, no-store"
    return response


def feed(request, items, *, at, name, private):
    """What a program that subscribes gets; nothing but 304 while it stays the same."""
    items = sorted(items, key=lambda item: (item.begins_at, item.key))
    etag = f'W/"{hashlib.sha256(repr([name, *map(astuple, items)]).encode()).hexdigest()[:32]}"'
    if etag in request.headers.get("If-None-Match", ""):
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(write(items, at=at, name=name), content_type=CONTENT_TYPE)
    response["ETag"] = etag
    patch_cache_control(response, max_age=KEEP_SECONDS, **{"private" if private else "public": True})
    return response


# The secret address ---------------------------------------------------------------------------------


@transaction.atomic
def renew_feed(*, user, at):
    """Give a person a new secret address; the one before, if any, answers no more."""
    feed, is_first = CalendarFeed.objects.update_or_create(
        user=user, defaults={"token": secrets.token_urlsafe(32), "renewed_at": at}
    )
    words = "建立行事曆訂閱網址" if is_first else "重設行事曆訂閱網址，原網址失效"
    events.record(action="calendar.renewed", by=user, target=feed, at=at, summary=words)
    return feed


@transaction.atomic
def revoke_feed(*, user, at):
    """Take the address back without a new one."""
    feed = CalendarFeed.objects.filter(user=user).first()
    if feed:
        events.record(action="calendar.revoked", by=user, target=feed, at=at, summary="停用行事曆訂閱網址")
        feed.delete()


def owner_of(token):
    """Whose calendar the address is, None when nobody's or the account is disabled."""
    feed = CalendarFeed.objects.filter(token=token, user__is_active=True).select_related("user").first()
    return feed.user if feed else None
