"""The audit log: appended in the act's transaction, sealed into a chain that shows every change."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from foundation import events
from foundation.models import Event, EventSeal
from tests import factories as make
from tests.factories import taipei

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

AT = taipei(2016, 6, 1, 10, 30)


@pytest.fixture
def staff():
    return make.make_staff(name="林堃峯")


def record(staff, number=1):
    return events.record(
        action="test.done", by=staff, target=staff, scope=105, at=AT, summary=f"第 {number} 件", n=number
    )


def test_record_keeps_who_what_and_when(staff):
    event = record(staff)

    event.refresh_from_db()
    assert (event.actor, event.actor_name, event.target_type, event.target_id, event.scope, event.at) == (
        staff,
        "林堃峯",
        "agencies.user",
        str(staff.pk),
        "105",
        AT,
    )
    assert event.data == {"n": 1}


def test_the_system_is_an_actor_too(staff):
    assert events.record(action="x", by=None, target=staff, summary="自動").actor_name == "系統"


def test_an_event_goes_with_the_act_that_failed(staff):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record(staff)
        raise ZeroDivisionError

    assert not Event.objects.exists()


def test_record_many_is_one_insert(staff, django_assert_num_queries):
    with django_assert_num_queries(1):
        events.record_many(
            {"action": "test.done", "by": staff, "target": staff, "summary": str(n), "data": {"n": n}}
            for n in range(3)
        )

    assert sorted(event.data["n"] for event in Event.objects.all()) == [0, 1, 2]


def test_sealing_links_every_event_once(staff, monkeypatch):
    monkeypatch.setattr(events, "SEAL_BATCH", 2)
    for number in range(5):
        record(staff, number)

    assert events.seal_all() == 5
    record(staff, 5)
    assert events.seal_all() == 1
    assert events.seal_all() == 0

    links = EventSeal.objects.order_by("position")
    assert list(links.values_list("position", flat=True)) == [1, 2, 3, 4, 5, 6]
    assert len({link.digest for link in links}) == 6
    assert list(events.broken_links()) == []


def test_a_second_worker_sealing_at_the_same_moment_writes_nothing(staff, monkeypatch):
    record(staff)
    monkeypatch.setattr(events, "_link", _link_behind_somebodys_back(events._link))

    assert events.seal() == 0

    assert list(EventSeal.objects.values_list("position", flat=True)) == [1]
    assert list(events.broken_links()) == []


def _link_behind_somebodys_back(link):
    """What the second worker does when the first has just sealed the same event."""

    def late():
        link()
        event = Event.objects.get()
        with transaction.atomic():
            EventSeal.objects.bulk_create([EventSeal(position=1, event=event, digest="0" * 64)])

    return late


@pytest.mark.parametrize(
    ("statement", "broken"),
    (
        ("UPDATE foundation_event SET summary = '改寫' WHERE id = {second}", [2]),
        ("UPDATE foundation_event SET actor_name = '別人' WHERE id = {second}", [2]),
        ("UPDATE foundation_event SET data = '{{\"n\": 9}}' WHERE id = {second}", [2]),
        ("DELETE FROM foundation_eventseal WHERE position = 2", [3]),
        ("UPDATE foundation_eventseal SET digest = 'x' WHERE position = 2", [2, 3]),
    ),
)
def test_every_change_shows(staff, statement, broken):
    made = [record(staff, number) for number in range(3)]
    events.seal_all()

    with connection.cursor() as cursor:
        cursor.execute(statement.format(second=made[1].pk))

    assert list(events.broken_links()) == broken
    with pytest.raises(CommandError, match=f"第 {broken[0]} 環"):
        call_command("verify_events")


def test_a_chain_written_anew_does_not_hold_the_head_kept_elsewhere(staff, capsys):
    for number in range(3):
        record(staff, number)
    call_command("seal_events")
    head = events.head().digest
    assert head in capsys.readouterr().out
    call_command("verify_events", "--head", head)

    EventSeal.objects.all().delete()
    Event.objects.order_by("pk").last().delete()
    events.seal_all()

    call_command("verify_events")
    with pytest.raises(CommandError, match="不在鏈上"):
        call_command("verify_events", "--head", head)
