"""Lecturers and the materials they hand out."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from foundation import files
from tests import factories as make
from tests.factories import taipei
from workshops import actions
from workshops.models import Lecturer, Material

pytestmark = pytest.mark.django_db
AT = taipei(2016, 4, 1, 9)


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所")


@pytest.fixture
def session():
    return make.make_session(number=1)


@pytest.fixture
def staff():
    return make.make_staff()


def account_of(name, unit):
    """(the user, their person)."""
    user = make.make_user(name=name)
    return user, make.make_person(unit=unit, name=name, user=user)


def refusal(action, *args, **kwargs):
    with pytest.raises(actions.LecturerRefused) as caught:
        action(*args, **kwargs)
    return str(caught.value)


def material(session, by, content=b"slides", title="簡報"):
    stored = files.store(BytesIO(content), name=f"{title}.pdf", by=by, at=AT)
    return actions.add_material(session=session, title=title, stored=stored, by=by, at=AT)


def test_a_senior_trainee_is_suggested_and_listed_as_known(client, session, staff, unit):
    before = make.make_programme(year=104)
    person = make.make_person(unit=unit, name="林堃峯", title="課員")
    earlier = make.make_session(programme=before, number=1)
    of_then = make.make_unit(programme=before, code="10010140")
    make.make_enrolment(session=earlier, unit=of_then, person=person, attendance="present")
    absent = make.make_person(unit=unit, name="沒來的人")
    make.make_enrolment(session=earlier, unit=of_then, person=absent, attendance="absent")
    client.force_login(staff)
    url = reverse("workshops:lecturer_list", args=[1])

    offered = client.get(url).context["form"].fields["person"].choices
    assert [label for _, label in offered] == ["不從清單選", "嘉義縣竹崎鄉公所　課員　林堃峯"]
    client.post(url, {"person": person.pk, "topic": "動畫"})
    client.post(url, {"name": "侯喆𠮷", "title": "教師", "unit_name": "龍港國小"})

    facts = session.lecturers.values_list("person__name", "name", "title", "unit_name", "topic", "position")
    assert list(facts) == [
        ("林堃峯", "林堃峯", "課員", "嘉義縣竹崎鄉公所", "動畫", 1),
        (None, "侯喆𠮷", "教師", "龍港國小", "", 2),
    ]
    again = client.post(url, {"person": person.pk})
    assert "林堃峯已是第1梯次的講師。" in again.content.decode()
    again = client.post(url, {"name": "侯喆𠮷", "title": "教師", "unit_name": "龍港國小", "topic": "錄影"})
    assert "侯喆𠮷已是第1梯次的講師。" in again.content.decode()
    client.post(reverse("workshops:lecturer_remove", args=[Lecturer.objects.get(name="林堃峯").pk]))
    assert list(session.lecturers.values_list("name", flat=True)) == ["侯喆𠮷"]


def test_a_lecturer_is_named_earlier(client, session, staff):
    first, _, third = (
        actions.add_lecturer(session=session, name=name, by=staff, at=AT) for name in ("甲", "乙", "丙")
    )
    actions.remove_lecturer(lecturer=first, by=staff, at=AT)
    client.force_login(staff)
    url = reverse("workshops:lecturer_raise", args=[third.pk])

    raised = client.post(url, follow=True).content.decode()
    again = client.post(url, follow=True).content.decode()

    assert list(session.lecturers.values_list("name", "position")) == [("丙", 1), ("乙", 2)]
    assert "講師丙已上移一位。" in raised
    assert "未移動。丙已經排在第一位。" in again
    assert refusal(actions.raise_lecturer, lecturer=first, by=staff, at=AT) == "這位講師已經移除。"


def test_refusals_and_constraints(session, staff, unit):
    add = {"session": session, "by": staff, "at": AT}
    assert refusal(actions.add_lecturer, **add) == "請從資深學員選一位，或填講師姓名。"
    lecturer = actions.add_lecturer(name="侯大維", **add)
    actions.remove_lecturer(lecturer=lecturer, by=staff, at=AT)
    assert refusal(actions.remove_lecturer, lecturer=lecturer, by=staff, at=AT) == "這位講師已經移除。"
    person = make.make_person(unit=unit)
    for fields in ({"name": ""}, {"name": "甲", "person": person}):
        if fields["name"]:
            Lecturer.objects.create(session=session, position=1, **fields)
        with pytest.raises(IntegrityError), transaction.atomic():
            Lecturer.objects.create(session=session, position=2, **fields)


def test_who_may_see_and_add_materials(client, session, staff, unit):
    teacher, person = account_of("講師", unit)
    actions.add_lecturer(session=session, person=person, by=staff, at=AT)
    participant, attends = account_of("學員", unit)
    make.make_enrolment(session=session, unit=unit, person=attends)
    waits, in_line = account_of("候補", unit)
    make.make_enrolment(session=session, unit=unit, person=in_line, state="waiting")
    other = make.make_unit()
    handed_out = material(session, teacher)
    page, file = (
        reverse("workshops:material_list", args=[1]),
        reverse("workshops:material_file", args=[handed_out.pk]),
    )

    answers = {}
    for who, user in {
        "staff": staff,
        "lecturer": teacher,
        "participant": participant,
        "contact": make.make_contact(unit=unit),
        "other contact": make.make_contact(unit=other),
        "waiting": waits,
        "colleague": make.make_user(),
    }.items():
        client.force_login(user)
        upload = {"title": f"{who}的", "file": SimpleUploadedFile("a.pdf", who.encode())}
        answers[who] = [
            client.get(page).status_code,
            client.get(file).status_code,
            client.post(page, upload).status_code,
            client.post(reverse("workshops:material_remove", args=[handed_out.pk])).status_code
            if who not in ("staff", "lecturer")
            else None,
        ]
    assert answers == {
        "staff": [200, 200, 302, None],
        "lecturer": [200, 200, 302, None],
        "participant": [200, 200, 403, 403],
        "contact": [200, 200, 403, 403],
        "other contact": [404, 404, 404, 404],
        "waiting": [404, 404, 404, 404],
        "colleague": [404, 404, 404, 404],
    }
    titles = Material.objects.order_by("pk").values_list("title", flat=True)
    assert list(titles) == ["簡報", "staff的", "lecturer的"]


def test_materials_are_taken_once_and_removed(session, staff, monkeypatch):
    first = material(session, staff)
    assert refusal(material, session, staff) == "這個檔案已在教材中。"
    assert refusal(material, session, make.make_user(), b"x") == "教材由承辦人與本梯次的講師加入。"
    monkeypatch.setattr("workshops.actions.lecturers.MOST_MATERIALS", 1)
    assert "最多 1 個教材" in refusal(material, session, staff, b"y")
    actions.remove_material(material=first, by=staff, at=AT)
    assert refusal(actions.remove_material, material=first, by=staff, at=AT) == "這個教材已經移除。"


def test_a_large_file_is_refused(client, session, staff, monkeypatch):
    monkeypatch.setattr("foundation.formfields.SMALL_FILE", 3)
    client.force_login(staff)
    upload = {"title": "大", "file": SimpleUploadedFile("a.pdf", b"1234")}
    page = client.post(reverse("workshops:material_list", args=[1]), upload)
    assert "「a.pdf」超過 10 MB。" in page.content.decode() and not Material.objects.exists()


def test_a_lecturer_sees_the_own_sessions(client, session, staff, unit):
    teacher, person = account_of("講師", unit)
    actions.add_lecturer(session=session, person=person, topic="動畫", by=staff, at=AT)
    client.force_login(teacher)

    page = client.get(reverse("workshops:enrolment_mine"))

    assert [lecture.session for lecture in page.context["lectures"]] == [session]
    assert reverse("workshops:material_list", args=[1]) in page.content.decode()


@pytest.mark.parametrize("number", (1, 3))
def test_material_list_asks_a_fixed_number_of_queries(
    client, session, staff, number, django_assert_num_queries
):
    for n in range(number):
        material(session, staff, bytes([n]), f"教材{n}")
    client.force_login(staff)
    with django_assert_num_queries(7):
        client.get(reverse("workshops:material_list", args=[1]))


def test_the_old_text_becomes_rows_and_back(transactional_db, django_db_blocker):
    from importlib import import_module

    names = import_module("workshops.migrations.0009_lecturers_from_text").names
    assert names("黃資深、林堃峯， 侯喆𠮷;李大同") == ["黃資深", "林堃峯", "侯喆𠮷", "李大同"]
    assert names("") == []
