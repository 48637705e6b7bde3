"""The pages of jobs, letters and events."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from foundation import events, files
from foundation.models import Event, Job, Mail
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return make.make_staff()


@pytest.fixture
def staff_client(client, staff):
    client.force_login(staff)
    return client


@pytest.fixture
def administrator_client(client):
    client.force_login(make.make_administrator(name="林堃峯"))
    return client


def text_of(response):
    return b"".join(response).decode() if response.streaming else response.content.decode()


# Jobs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row_count", (1, 3))
@pytest.mark.parametrize("make_row", (make.make_job, make.make_mail), ids=("jobs", "mails"))
def test_list_query_count(staff_client, row_count, make_row, django_assert_num_queries):
    for _ in range(row_count):
        make_row()
    name = "foundation:job_list" if make_row is make.make_job else "foundation:mail_list"

    # session, user, counts, rows, two to see whether anybody works; the frame's years and notices
    with django_assert_num_queries(9):
        response = staff_client.get(reverse(name))

    assert len(response.context["page"]) == row_count


@pytest.mark.parametrize("row_count", (1, 3))
def test_event_list_query_count(administrator_client, row_count, django_assert_num_queries):
    for number in range(row_count):
        events.record(action="x", by=make.make_staff(), target=make.make_unit(), summary=str(number))

    with django_assert_num_queries(8):
        response = administrator_client.get(reverse("foundation:event_list"))

    assert len(response.context["page"]) == row_count


def test_people_see_only_their_own_jobs(client):
    mine, other = make.make_user(), make.make_user()
    own = make.make_job(created_by=mine)
    make.make_job(created_by=other, title="別人的工作")
    client.force_login(mine)

    response = client.get(reverse("foundation:job_list"))

    assert list(response.context["page"]) == [own]


def test_an_unfinished_job_asks_for_its_state_again_and_a_finished_one_does_not(staff_client, staff):
    job = make.make_job(
        state="running", created_by=staff, all_steps=4, done_steps=1, message="第 1 步", attempts=1
    )
    url = reverse("foundation:job_detail", args=[job.pk])

    assert 'hx-trigger="every 2s"' in text_of(staff_client.get(url))
    Job.objects.update(state="done", result={"件數": 3})
    part = text_of(staff_client.get(url, headers={"HX-Request": "true"}))

    assert "<!doctype" not in part
    assert "hx-trigger" not in part
    assert "件數" in part


def test_cancel_and_retry(staff_client, staff):
    job = make.make_job(created_by=staff)

    staff_client.post(reverse("foundation:job_cancel", args=[job.pk]))
    job.refresh_from_db()
    assert job.state == "cancelled"
    again = staff_client.post(reverse("foundation:job_cancel", args=[job.pk]), follow=True)
    assert "已經結束" in text_of(again)
    staff_client.post(reverse("foundation:job_retry", args=[job.pk]))
    job.refresh_from_db()
    assert job.state == "queued"


def test_the_result_is_a_download(staff_client, staff):
    file = files.store(b"<script>", name="結果.html", by=staff, at=timezone.now())
    job = make.make_job(state="done", created_by=staff, result_file=file)

    response = staff_client.get(reverse("foundation:job_result", args=[job.pk]))

    assert text_of(response) == "<script>"
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("name", ("job_list", "mail_list"))
def test_a_queue_that_nobody_works_on_is_said_aloud(staff_client, name):
    url = reverse(f"foundation:{name}")
    make.make_job(due_at=timezone.now() - timedelta(minutes=9))
    assert "背景程式似乎沒有在執行" not in text_of(staff_client.get(url))

    make.make_job(due_at=timezone.now() - timedelta(minutes=11))
    assert "背景程式似乎沒有在執行" in text_of(staff_client.get(url))


# Letters -------------------------------------------------------------------------------------------


def test_mail_list_filters_and_never_shows_a_body(staff_client):
    sent = make.make_mail(sent_at=taipei(2016, 3, 2), subject="已寄出的")
    parked = make.make_mail(parked_at=taipei(2016, 3, 2), last_error="550 no such user")
    waiting = make.make_mail(recipient="wait@example.test")
    url = reverse("foundation:mail_list")

    for query, found in (
        ("", [waiting, parked, sent]),
        ("?state=sent", [sent]),
        ("?state=parked", [parked]),
        ("?state=waiting", [waiting]),
        ("?q=wait@", [waiting]),
        ("?q=已寄出", [sent]),
    ):
        response = staff_client.get(url + query)
        assert list(response.context["page"]) == found
        assert "測試內文" not in text_of(response)


def test_mail_resend(staff_client):
    mail = make.make_mail(parked_at=taipei(2016, 3, 2), attempts=8)

    staff_client.post(reverse("foundation:mail_resend", args=[mail.pk]))

    assert Mail.objects.waiting().get().attempts == 0
    again = staff_client.post(reverse("foundation:mail_resend", args=[mail.pk]), follow=True)
    assert "沒有停寄" in text_of(again)


# Events --------------------------------------------------------------------------------------------


@pytest.fixture
def three_events():
    person = make.make_user(username="kunfeng", name="林堃峯")
    unit = make.make_unit()
    other = make.make_staff(name="張三")

    def record(**fields):
        fields = {"action": "unit.renamed", "by": person, "target": unit, "summary": "改名"} | fields
        return events.record(**fields)

    return [
        record(at=taipei(2016, 3, 1, 0)),
        record(action="update.rejected", at=taipei(2016, 3, 31, 23, 59), summary="未通過"),
        record(by=other, target=other, at=taipei(2016, 4, 1, 0), summary="登入"),
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    (
        ("", [2, 1, 0]),
        ("?person=堃", [1, 0]),
        ("?person=KUNFENG", [1, 0]),
        ("?action=update", [1]),
        ("?target=agencies.user", [2]),
        ("?q=改名", [0]),
        ("?since=105/03/31", [2, 1]),
        ("?until=105/03/31", [1, 0]),
        ("?since=105/03/02&until=１０５０３３１", [1]),
        ("?person=nobody", []),
    ),
)
def test_event_list_filters(administrator_client, three_events, query, found):
    page = administrator_client.get(reverse("foundation:event_list") + query).context["page"]

    assert [three_events.index(event) for event in page] == found


def test_event_list_by_one_target(administrator_client, three_events):
    unit_id = three_events[0].target_id

    response = administrator_client.get(
        reverse("foundation:event_list"), {"target": f"agencies.programmeunit:{unit_id}"}
    )
    other = administrator_client.get(reverse("foundation:event_list"), {"target": "agencies.programmeunit:0"})

    assert len(response.context["page"]) == 2
    assert len(other.context["page"]) == 0


def test_event_list_says_what_is_wrong_with_a_date(administrator_client):
    response = administrator_client.get(reverse("foundation:event_list") + "?since=105/13/01")

    assert list(response.context["form"].errors) == ["since"]


def test_event_export_holds_what_the_filters_find_and_is_an_event(
    administrator_client, three_events, django_assert_max_num_queries
):
    with django_assert_max_num_queries(10):
        response = administrator_client.get(reverse("foundation:event_export") + "?action=update")
        lines = text_of(response).strip().splitlines()

    assert len(lines) == 2
    assert "未通過" in lines[1]
    exported = Event.objects.get(action="event.exported")
    assert (exported.actor_name, exported.data) == ("林堃峯", {"filters": {"action": "update"}})
