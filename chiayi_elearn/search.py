"""The search of the header: units, people, works, records; only what this person may see.

Judges find no work here: whoever judges must not meet names, units or receipts (design §3.4).
"""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from agencies.current import required_programme
from agencies.models import Person, Unit, User
from agencies.permissions import can_see_board
from competition.models import Entry
from foundation.text import clean_code, clean_line
from platform_updates.models import Update

SHOWN = 10
SHORTEST = 1


@dataclass
class Hit:
    label: str
    detail: str
    url: str


@dataclass
class Group:
    """One kind of thing found: the first few, and where the rest are listed."""

    title: str
    hits: list[Hit]
    has_more: bool
    all_url: str


@require_safe
def search(request):
    if not can_see_board(request.user):
        raise PermissionDenied("搜尋由機關聯絡人與人事處承辦人使用。")
    programme = required_programme(request)
    try:
        text = clean_line(request.GET.get("q", ""), max_length=100)
    except ValueError:
        text = ""
    groups = find(request.user, programme, text) if len(text) >= SHORTEST else []
    context = {"q": text, "groups": groups, "programme": programme}
    return render(request, "portal/search.html", context)


def find(user, programme, text):
    """The groups in which something is found, each by one query."""
    found = (
        _units(user, programme, text),
        _entries(user, programme, text),
        _people(user, programme, text),
        _accounts(user, text),
        _updates(user, programme, text),
    )
    return [group for group in found if group is not None and group.hits]


def _group(title, rows, as_hit, all_url):
    rows = list(rows[: SHOWN + 1])
    return Group(title, [as_hit(row) for row in rows[:SHOWN]], len(rows) > SHOWN, all_url)


def _list_url(name, programme, text):
    return f"{reverse(name)}?{urlencode({'q': text, 'year': programme.year})}"


def _units(user, programme, text):
    units = programme.units.visible_to(user).filter(
        Q(name__icontains=text) | Q(unit__code__istartswith=clean_code(text))
    )
    return _group(
        "機關",
        units.select_related("unit").order_by("unit__code"),
        lambda unit: Hit(
            unit.name,
            f"{unit.code} · {unit.get_category_display()}",
            f"{reverse('scoring:scorecard', args=[unit.code])}?year={programme.year}",
        ),
        _list_url("scoring:board", programme, text),
    )


def _entries(user, programme, text):
    code = clean_code(text)
    matches = Q(title__icontains=text) | Q(receipt__icontains=code)
    entries = (
        Entry.objects.visible_to(user)
        .of(programme)
        .filter(matches | Q(pk__in=Entry.objects.filter(authors__name__icontains=text).values("pk")))
    )
    return _group(
        "參賽作品",
        entries.select_related("unit").order_by("-submitted_at", "-pk"),
        lambda entry: Hit(
            entry.title,
            f"{entry.receipt or '草稿'} · {entry.unit} · {entry.get_state_display()}",
            f"{reverse('competition:entry_detail', args=[entry.pk])}?year={programme.year}",
        ),
        _list_url("competition:entry_list", programme, text),
    )


def _people(user, programme, text):
    people = Person.objects.filter(Q(name__icontains=text) | Q(email__icontains=text))
    if not user.is_staff:
        own = Unit.objects.filter(pk__in=programme.units.visible_to(user).values("unit"))
        people = people.filter(unit__in=own)
    return _group(
        "同仁",
        people.select_related("unit").order_by("name", "pk"),
        lambda person: Hit(
            person.name,
            " · ".join(filter(None, (person.unit and person.unit.name, person.title))),
            _list_url("workshops:enrolment_list", programme, person.name),
        ),
        _list_url("workshops:enrolment_list", programme, text),
    )


def _accounts(user, text):
    if not user.is_staff:
        return None
    accounts = User.objects.filter(Q(name__icontains=text) | Q(username__icontains=text))
    return _group(
        "帳號",
        accounts.order_by("username"),
        lambda account: Hit(
            account.name, account.username, reverse("agencies:account_detail", args=[account.pk])
        ),
        f"{reverse('agencies:account_list')}?{urlencode({'q': text})}",
    )


def _updates(user, programme, text):
    updates = Update.objects.visible_to(user).of(programme).filter(title__icontains=text)
    return _group(
        "資料更新",
        updates.select_related("unit").order_by("-updated_on", "-pk"),
        lambda update: Hit(
            update.title,
            f"{update.unit} · {update.get_review_display()}",
            f"{reverse('platform_updates:update_detail', args=[update.pk])}?year={programme.year}",
        ),
        _list_url("platform_updates:update_list", programme, text),
    )
