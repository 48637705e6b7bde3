"""Certificates of hours: who gets one, when it is taken back, the papers."""

from io import BytesIO

import pypdfium2
import pytest
from django.urls import reverse

from foundation import files, jobs
from foundation.models import Certificate, Event, Job
from tests import factories as make
from tests.factories import taipei
from workshops import actions, hours, papers

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
AFTER = taipei(2016, 4, 12, 9)


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所")


@pytest.fixture
def session():
    return make.make_session(number=1, place="本府電腦教室")


@pytest.fixture
def staff():
    return make.make_staff()


@pytest.fixture
def people(session, unit):
    """Enrolments by name: two who came, one who walked in, one excused, one unmarked."""
    marks = {"林堃峯": "present", "侯喆𠮷": "late", "王小明": "walk_in", "陳怡君": "excused", "李大同": ""}
    return {
        name: make.make_enrolment(
            session=session,
            unit=unit,
            person=make.make_person(unit=unit, name=name, title="課員"),
            attendance=attendance,
        )
        for name, attendance in marks.items()
    }


def settle(session, staff, at=AFTER):
    actions.close_attendance(session=session, by=staff, at=at)


def holders():
    return list(Certificate.objects.filter(revoked_at=None).order_by("pk").values_list("holder", flat=True))


def mark(session, staff, enrolment, attendance, at=AFTER):
    actions.mark_attendance(session=session, marks={enrolment.pk: attendance}, by=staff, at=at)


# Issuing and taking back


def test_settling_certifies_those_who_came(session, people, staff):
    settle(session, staff)

    assert sorted(holders()) == sorted(["林堃峯", "侯喆𠮷", "王小明"])
    certificate = Certificate.objects.get(holder="林堃峯")
    assert (
        certificate.kind,
        certificate.key,
        certificate.title,
        certificate.issued_by,
        certificate.issued_at,
    ) == (
        "hours",
        f"hours-{session.pk}-{people['林堃峯'].pk}",
        "研習時數證明",
        staff,
        AFTER,
    )
    assert certificate.facts == [
        ["研習", "105年度自製數位教材研習班第1梯次"],
        ["日期", "民國105年4月11日"],
        ["地點", "本府電腦教室"],
        ["機關", "嘉義縣竹崎鄉公所"],
        ["職稱", "課員"],
        ["時數", "6 小時"],
    ]


def test_a_correction_takes_the_certificate_back_at_once_and_settling_gives_the_new_ones(
    session, people, staff
):
    settle(session, staff)
    kept = Certificate.objects.get(holder="侯喆𠮷")
    actions.reopen_attendance(session=session, by=staff, at=AFTER)

    mark(session, staff, people["林堃峯"], "absent")
    mark(session, staff, people["李大同"], "present")

    revoked = Certificate.objects.exclude(revoked_at=None).get()
    assert (revoked.holder, revoked.revoke_reason, revoked.revoked_at) == (
        "林堃峯",
        "出席更正為「缺席」。",
        AFTER,
    )
    assert sorted(holders()) == sorted(["侯喆𠮷", "王小明"])  # nothing new while the list is open
    assert Event.objects.filter(action="certificate.revoked").count() == 1
    settle(session, staff)
    assert sorted(holders()) == sorted(["侯喆𠮷", "王小明", "李大同"])
    assert Certificate.objects.get(holder="侯喆𠮷").code == kept.code


def test_a_certificate_of_other_facts_is_replaced(session, people, staff):
    settle(session, staff)
    before = Certificate.objects.get(holder="林堃峯")
    actions.reopen_attendance(session=session, by=staff, at=AFTER)
    actions.edit_session(session=session, hours=3, by=staff, at=AFTER)

    settle(session, staff)

    before.refresh_from_db()
    assert before.revoke_reason == "所載內容已更正，另行核發。"
    now = Certificate.objects.get(holder="林堃峯", revoked_at=None)
    assert now.facts[-1] == ["時數", "3 小時"] and now.code != before.code


def test_certificates_of_enrolments_that_are_gone_are_taken_back(session, people, staff):
    settle(session, staff)
    people["林堃峯"].delete()

    actions.align_certificates(session, by=staff, at=AFTER)

    assert sorted(holders()) == sorted(["侯喆𠮷", "王小明"])
    assert Certificate.objects.get(holder="林堃峯").revoke_reason == "已不在研習名單。"


def test_another_session_keeps_its_certificates(session, people, staff, unit):
    other = make.make_session(number=11, held_on=session.held_on)
    make.make_enrolment(
        session=other, unit=unit, person=make.make_person(unit=unit, name="別場的人"), attendance="present"
    )
    settle(other, staff)

    settle(session, staff)

    assert "別場的人" in holders()


@pytest.mark.parametrize("number", (1, 30))
def test_settling_asks_a_fixed_number_of_queries(session, staff, unit, number, django_assert_num_queries):
    for _ in range(number):
        make.make_enrolment(session=session, unit=unit, attendance="present")

    with django_assert_num_queries(15):
        settle(session, staff)


# The papers


def words(content):
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(content)]


def certificate(client, enrolment):
    return client.get(reverse("workshops:enrolment_certificate", args=[enrolment.pk]))


def test_the_person_gets_the_certificate_as_it_was_stated(client, session, people, staff):
    settle(session, staff)
    person = people["侯喆𠮷"].person
    person.user = make.make_user(name="侯喆𠮷")
    person.title = "股長"  # promoted since; the paper says what was certified
    person.save()
    client.force_login(person.user)

    answer = certificate(client, people["侯喆𠮷"])

    (text,) = words(answer.content)
    code = Certificate.objects.get(holder="侯喆𠮷").code
    # Letter spacing comes out of the PDF as spaces.
    text = "".join(text.split())
    for said in ("研習時數證明", "嘉義縣竹崎鄉公所課員", "侯喆𠮷", "研習時數6小時", code, "105年4月12日"):
        assert said in text, said
    assert certificate(client, people["林堃峯"]).status_code == 404


@pytest.mark.parametrize(("name", "why"), (("陳怡君", "沒有到場的登記"), ("林堃峯", "出席還沒有結算")))
def test_without_a_certificate_the_page_says_why(client, session, people, staff, name, why):
    if name == "陳怡君":
        settle(session, staff)
    client.force_login(staff)

    answer = certificate(client, people[name])

    assert answer.status_code == 403 and why in answer.content.decode()


def run_job():
    job = jobs.claim("test")
    jobs.run(job, at=lambda: AFTER)
    job.refresh_from_db()
    return job


def test_all_certificates_in_one_file_name_whom_no_font_can_print(client, session, people, staff):
    person = people["王小明"].person
    person.name = "王\U0010fffd明"
    person.save()
    settle(session, staff)
    client.force_login(staff)

    first = client.post(reverse("workshops:hours_certificates", args=[1]))
    second = client.post(reverse("workshops:hours_certificates", args=[1]))

    job = Job.objects.get()  # asked for twice, made once
    assert first.headers["Location"] == second.headers["Location"] == f"/system/jobs/{job.pk}/"
    job = run_job()
    assert (job.state, job.done_steps, job.all_steps, job.message) == (
        Job.State.DONE,
        3,
        3,
        "共 2 張。字型缺字，未印出：嘉義縣竹崎鄉公所王\U0010fffd明。請安裝全字庫正楷體後再製作。",
    )
    assert job.result_file.name == "105年度第1梯次研習時數證明.pdf"
    with files.open_stored(job.result_file) as stored:
        texts = words(BytesIO(stored.read()))
    assert [next(name for name in people if name in text) for text in texts] == ["林堃峯", "侯喆𠮷"]


def test_a_file_of_no_certificates_is_refused(session, staff):
    papers.ask_for_certificates(session, by=staff, at=AFTER)

    job = run_job()

    assert (job.state, job.message) == (Job.State.FAILED, "第1梯次還沒有核發時數證明；結算出席後才有。")


def test_certificates_are_not_made_before_settling(client, session, people, staff):
    client.force_login(staff)

    page = client.post(reverse("workshops:hours_certificates", args=[1]), follow=True)

    assert "第1梯次出席還沒有結算" in page.content.decode() and not Job.objects.exists()


def test_hours_page_counts(client, session, people, staff):
    settle(session, staff)
    client.force_login(staff)

    page = client.get(reverse("workshops:hours_detail", args=[1]))

    assert (page.context["came"], page.context["issued"]) == (3, 3)


def test_the_paper_prints_what_was_stated():
    stated = make.make_certificate(
        facts=[
            ["研習", "105年度研習班第1梯次"], ["日期", "民國105年4月11日"], ["地點", "—"],
            ["機關", "甲"], ["職稱", "—"], ["時數", "6 小時"],
        ]
    )  # fmt: skip

    paper = hours.Paper(stored := Certificate.objects.get(pk=stated.pk))

    assert (paper.course, paper.day, paper.place, paper.unit, paper.job, paper.hours) == (
        "105年度研習班第1梯次", "民國105年4月11日", "", "甲", "", "6 小時",
    )  # fmt: skip
    assert stored.code in str(hours.certificates.address(stored))
