"""行事曆: what is coming, entries to take along, and the addresses to subscribe to."""

from itertools import chain

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST, require_safe

import agencies.calendars
import competition.calendars
import workshops.calendars
from agencies.current import chosen_programme
from agencies.models import Programme
from foundation import calendars
from foundation.models import CalendarFeed

APPS = (agencies.calendars, workshops.calendars, competition.calendars)
PERSONAL = (workshops.calendars, competition.calendars)


def public_items(programme):
    """The year's sessions and deadlines; nobody's name. A year in preparation has announced none yet."""
    if programme is None or programme.state == Programme.State.DRAFT:
        return []
    return list(chain.from_iterable(app.calendar_items(programme) for app in APPS))


def own_items(user):
    return list(chain.from_iterable(app.own_calendar_items(user) for app in PERSONAL))


@require_GET
def calendar(request):
    """What is coming for this person and in the year, and how to have it in the own calendar."""
    programme, now = chosen_programme(request), timezone.now()
    feed = CalendarFeed.objects.filter(user=request.user).first()
    context = {
        "programme": programme,
        "own": _coming(own_items(request.user), now),
        "public": _coming(public_items(programme), now),
        "is_announced": programme is not None and programme.state != Programme.State.DRAFT,
        "own_url": feed and calendars.address(reverse("portal:calendar_own", args=[feed.token])),
        "feed": feed,
    }
    if context["is_announced"]:
        context["public_url"] = calendars.address(reverse("portal:calendar_year", args=[programme.year]))
    return render(request, "portal/calendar.html", context)


def _coming(items, at):
    return sorted((item for item in items if item.is_over_at > at), key=lambda item: item.begins_at)


@require_GET
def calendar_item(request, key):
    """One entry as a file: of the year shown, or of the person's own."""
    items = [*own_items(request.user), *public_items(chosen_programme(request))]
    item = next((item for item in items if item.key == key), None)
    if item is None:
        raise Http404("行事曆裡沒有這一項。")
    return calendars.download([item], at=timezone.now(), name=f"{key}.ics")


@require_POST
def calendar_renew(request):
    """The secret address, made or made anew."""
    calendars.renew_feed(user=request.user, at=timezone.now())
    messages.success(request, "訂閱網址已建立；原來的網址（如果有）已經失效。")
    return redirect("portal:calendar")


@require_POST
def calendar_revoke(request):
    calendars.revoke_feed(user=request.user, at=timezone.now())
    messages.success(request, "訂閱網址已停用。")
    return redirect("portal:calendar")


# Subscribed to by programs, which have no login ---------------------------------------------------------


@login_not_required
@require_safe
def calendar_year(request, year):
    """Public: sessions and deadlines."""
    programme = get_object_or_404(Programme.objects.exclude(state=Programme.State.DRAFT), year=year)
    name = f"嘉義縣政府數位學習計畫 {programme}"
    return calendars.feed(request, public_items(programme), at=timezone.now(), name=name, private=False)


@login_not_required
@require_safe
def calendar_own(request, token):
    """A person's own calendar, for whoever knows the secret address."""
    user = calendars.owner_of(token)
    if user is None:
        raise Http404("沒有這個行事曆；網址可能已經重設。")
    name = f"數位學習計畫：{user}"
    return calendars.feed(request, own_items(user), at=timezone.now(), name=name, private=True)
