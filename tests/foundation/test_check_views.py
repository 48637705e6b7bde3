"""The office's list of checked files."""

import pytest
from django.urls import reverse

from foundation.models import FileCheck
from tests import factories as make
from tests.conftest import DESKTOP, PHONE
from tests.foundation.fake_clamd import clamd

pytestmark = pytest.mark.django_db
URL = reverse("foundation:check_list")


@pytest.fixture
def staff(client):
    staff = make.make_staff()
    client.force_login(staff)
    return staff


@pytest.mark.parametrize("count", (1, 3))
def test_check_list_query_count(client, staff, count, django_assert_num_queries):
    checks = [make.make_file_check(by=staff) for _ in range(count)]
    client.get(URL)

    with django_assert_num_queries(7):
        response = client.get(URL)

    assert [check.pk for check in response.context["page"]] == [check.pk for check in reversed(checks)]


def test_check_list_by_state(client, staff):
    made = {state: make.make_file_check(state=state, by=staff) for state in FileCheck.State.values}

    for state, check in made.items():
        page = client.get(URL, {"state": state}).context["page"]
        assert [shown.pk for shown in page] == [check.pk]
    assert len(client.get(URL, {"state": "unknown"}).context["page"].object_list) == 4


def test_check_list_tells_when_the_scanner_is_away(client, staff, settings):
    words = "掃毒程式沒有回應"
    settings.SCANNER_URL = "clamd://127.0.0.1:1"
    assert words in client.get(URL).text
    with clamd() as settings.SCANNER_URL:
        assert "掃毒程式" not in client.get(URL).text
    with clamd(hides=True) as settings.SCANNER_URL:
        assert "掃毒程式不說哪些內容沒有看完" in client.get(URL).text


def test_check_retry(client, staff):
    failed = make.make_file_check(state="failed")

    response = client.post(reverse("foundation:check_retry", args=[failed.pk]), follow=True)

    failed.refresh_from_db()
    assert (failed.state, failed.job.state) == ("waiting", "queued")
    assert "「測試.pdf」已排入重新檢查。" in response.text


def test_check_retry_of_one_that_passed(client, staff):
    passed = make.make_file_check()

    response = client.post(reverse("foundation:check_retry", args=[passed.pk]), follow=True)

    passed.refresh_from_db()
    assert passed.state == "passed"
    assert "只有檢查未完成的檔案能重新檢查。" in response.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("size", "name"), ((DESKTOP, "checks"), (PHONE, "checks-phone")))
def test_check_list_looks(open_page, assert_accessible, screenshot, size, name):
    staff = make.make_staff()
    for state in FileCheck.State.values:
        make.make_file_check(state=state, by=staff)
    reason = "檔名是 .mp4，內容卻是網頁（HTML）。請用原來的軟體另存成真正的 .mp4 再上傳，不要只改副檔名。"
    make.make_file_check(state="quarantined", reason=reason, by=staff)
    page = open_page(staff, size=size)

    page.goto(URL)

    page.get_by_role("button", name="重新檢查").wait_for()
    assert_accessible(page)
    screenshot(page, name)
