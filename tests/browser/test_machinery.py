"""The machinery's pages as a browser shows them."""

import pytest

from foundation import events
from foundation.models import Job
from tests import factories as make

from ..conftest import DESKTOP, PHONE

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", (DESKTOP, PHONE), ids=("desktop", "phone"))
def test_pages_are_accessible_and_fit_the_window(open_page, assert_accessible, size):
    administrator = make.make_administrator()
    job = make.make_job(
        created_by=administrator, state="running", all_steps=4, done_steps=1, message="第 1 步"
    )
    make.make_job(state="failed", message="系統發生問題，工作沒有完成。")
    make.make_mail(parked_at=make.taipei(2016, 3, 2), last_error="550 5.1.1 <someone@example.test>: unknown")
    make.make_mail()
    events.record(action="unit.renamed", by=administrator, target=job, summary="改名", scope=105)
    page = open_page(administrator, size=size)

    for address in ("/system/jobs/", f"/system/jobs/{job.pk}/", "/system/mails/", "/system/events/"):
        page.goto(address)
        assert_accessible(page)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"], f"{address} is {width} wide"


def test_the_progress_of_a_job_moves_by_itself_and_then_rests(open_page):
    staff = make.make_staff()
    job = make.make_job(created_by=staff, state="running", all_steps=4, done_steps=1, message="第 1 步")
    page = open_page(staff)
    page.goto(f"/system/jobs/{job.pk}/")
    page.get_by_text("第 1 步").wait_for()

    Job.objects.update(done_steps=3, message="第 3 步")
    page.get_by_text("第 3 步").wait_for()
    Job.objects.update(state="done", done_steps=4, message="", result={"件數": 12})
    page.get_by_text("已完成").wait_for()

    assert page.get_by_text("12", exact=True).is_visible()
    assert page.locator("[hx-trigger]").count() == 0
