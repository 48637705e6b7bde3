from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from foundation.models import Job, Mail

NOW = timezone.now()


def make_job(*, due, state=Job.State.QUEUED):
    fields = {"finished_at": NOW} if state == Job.State.DONE else {}
    return Job.objects.create(kind="x", title="工作", due_at=due, state=state, **fields)


def make_mail(*, due, **fields):
    return Mail.objects.create(
        key=str(due), recipient="a@example.gov.tw", subject="s", body="b", message_id="<1>",
        created_at=due, next_attempt_at=due, **fields,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _still(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.mark.django_db
def test_anybody_may_ask_and_hears_that_all_is_well(client):
    make_job(due=NOW + timedelta(hours=1))
    make_job(due=NOW - timedelta(hours=1), state=Job.State.DONE)

    response = client.get("/health/")

    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok", "queue_age_seconds": 0}
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("make", (make_job, make_mail))
@pytest.mark.parametrize(("seconds", "status"), ((600, "ok"), (601, "late")))
def test_work_that_nobody_takes_for_ten_minutes_is_late(client, make, seconds, status):
    make(due=NOW - timedelta(seconds=seconds))

    assert client.get("/health/").json() == {
        "status": status,
        "database": "ok",
        "queue_age_seconds": seconds,
    }


@pytest.mark.django_db
def test_letters_that_are_sent_or_parked_wait_for_nobody(client):
    make_mail(due=NOW - timedelta(days=2), sent_at=NOW)
    make_mail(due=NOW - timedelta(days=1), parked_at=NOW)

    assert client.get("/health/").json()["queue_age_seconds"] == 0


def test_without_a_database_it_says_so(client, monkeypatch):
    def away(now):
        raise OperationalError("connection refused")

    monkeypatch.setattr("chiayi_elearn.health.waiting_time", away)

    response = client.get("/health/")

    assert response.status_code == 503
    assert response.json() == {"status": "down", "database": "down"}
