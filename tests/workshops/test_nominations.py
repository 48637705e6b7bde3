"""Several nominees at once: read, checked at their lines, sent once."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from agencies.models import Person
from foundation.models import Event
from foundation.sheets import write_table
from tests import factories as make
from tests.factories import taipei
from workshops import actions, invariants, pasted
from workshops.actions import Nominee
from workshops.models import Enrolment

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
AT = taipei(2016, 4, 1, 9)
State = Enrolment.State


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所")


@pytest.fixture
def session(unit):
    session = make.make_session(number=1)
    make.make_quota(session=session, unit=unit, seats=2)
    return session


@pytest.fixture
def contact(unit):
    return make.make_contact(unit=unit)


def send(session, unit, by, *nominees, request=None):
    return actions.enrol_many(
        session=session, unit=unit, nominees=nominees, request=request or uuid4(), by=by, at=AT
    )


def problems(*args, **kwargs):
    with pytest.raises(actions.NominationsRefused) as caught:
        send(*args, **kwargs)
    return caught.value.problems, caught.value.clashes


# The action


def test_several_take_the_seats_in_order_and_the_rest_wait(session, unit, contact):
    enrolments = send(session, unit, contact, *(Nominee(name, "課員") for name in "甲乙丙"))

    assert [(e.person.name, e.state) for e in enrolments] == [
        ("甲", State.CONFIRMED),
        ("乙", State.CONFIRMED),
        ("丙", State.WAITING),
    ]
    assert list(invariants.breaches()) == []


def test_the_same_form_sent_again_has_one_effect_and_the_same_answer(session, unit, contact):
    request = uuid4()
    first = send(session, unit, contact, Nominee("甲"), Nominee("乙"), request=request)
    actions.close_attendance(session=session, by=None, at=taipei(2016, 4, 12))  # however late it comes

    assert send(session, unit, contact, Nominee("甲"), Nominee("乙"), request=request) == first
    assert (Enrolment.objects.count(), Event.objects.filter(action="enrolment.created").count()) == (2, 2)


def test_the_form_of_somebody_else_is_another_form(session, unit, contact):
    request = uuid4()
    send(session, unit, contact, Nominee("甲"), request=request)

    found, _ = problems(session, unit, make.make_contact(unit=unit), Nominee("甲"), request=request)

    assert list(found) == [0]


def test_whatever_is_wrong_is_said_at_its_line_and_nobody_is_nominated(session, unit, contact):
    listed = make.make_person(unit=unit, name="已列", title="課員", email="")
    make.make_enrolment(session=session, unit=unit, person=listed)
    make.make_person(unit=unit, name="李大同", email="li@example.test")
    for number in (1, 2):
        make.make_person(unit=unit, name="雙生", title="課員", email=f"{number}@example.test")

    found, clashes = problems(
        session,
        unit,
        contact,
        Nominee("甲", "課員"),
        Nominee("甲", "課員"),
        Nominee("已列", "課員"),
        Nominee("王小明", "課員", "li@example.test"),
        Nominee("雙生", "課員"),
    )

    assert found == {
        1: "與第 1 位是同一人；若是不同人，請填各自的電子郵件。",
        2: "這位同仁已在本梯次名單（已錄取，由嘉義縣竹崎鄉公所薦送）；同一人不能重複薦送。",
        3: "這個電子郵件登記在另一個姓名之下，請核對姓名或電子郵件。",
        4: "本機關有 2 位同姓名、同職稱的同仁，請填電子郵件以資區別。",
    }
    assert clashes == {}
    assert (Enrolment.objects.count(), Person.objects.filter(name="甲").count()) == (1, 0)


def test_another_session_on_the_same_day_is_asked_about(session, unit, contact):
    person = make.make_person(unit=unit, name="甲", title="課員", email="")
    other = make.make_session(number=2, held_on=session.held_on)
    make.make_enrolment(session=other, unit=unit, person=person)

    found, clashes = problems(session, unit, contact, Nominee("乙", "課員"), Nominee("甲", "課員"))
    send(session, unit, contact, Nominee("甲", "課員", despite_clash=True))

    assert (found, clashes) == ({}, {1: "甲同日（105年4月11日（一））已在105年度第2梯次名單。"})
    assert session.enrolments.count() == 1


def test_a_cancelled_nomination_or_another_day_is_no_clash(session, unit, contact):
    person = make.make_person(unit=unit, name="甲", title="課員", email="")
    same_day = make.make_session(number=2, held_on=session.held_on)
    make.make_enrolment(session=same_day, unit=unit, person=person, state=State.CANCELLED)
    make.make_enrolment(
        session=make.make_session(number=3, held_on=taipei(2016, 4, 18).date()), unit=unit, person=person
    )

    assert send(session, unit, contact, Nominee("甲", "課員"))[0].state == State.CONFIRMED


# What people paste


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("王小明\t課員\tming@example.test", [("王小明", "課員", "ming@example.test")]),
        ("王小明，課員，ming@example.test", [("王小明", "課員", "ming@example.test")]),
        ("堃峯喆、技士\n𠮷田\u3000課長", [("堃峯喆", "技士", ""), ("𠮷田", "課長", "")]),
        ("1\t王小明\t課員", [("王小明", "課員", "")]),
        ("2. 王小明 約僱 人員", [("王小明", "約僱 人員", "")]),
        ("ming@example.test 王小明", [("王小明", "", "ming@example.test")]),
        ("Panay Kumod\t課員", [("Panay Kumod", "課員", "")]),
        ("姓名\t職稱\t電子郵件\n\n王小明\t課員\t\n", [("王小明", "課員", "")]),
        ("\n \n", []),
    ],
)
def test_pasted_lines(text, people):
    assert pasted.people_in_text(text) == people


@pytest.mark.parametrize("fmt", ["xlsx", "ods", "csv"])
def test_a_spreadsheet_of_people(fmt):
    rows = [("堃峯", "課員", "a@example.test"), ("𠮷田", None, None)]
    written = write_table(fmt, title="名單", columns=["姓名", "職稱", "電子郵件"], rows=rows)

    found = pasted.people_in_sheet(written.content, f"名單.{fmt}")

    assert found == [("堃峯", "課員", "a@example.test"), ("𠮷田", "", "")]


# The page


@pytest.fixture
def url(session):
    return reverse("workshops:enrolment_nominate", args=[1])


def lines(*people, act="send", **fields):
    """What a browser sends for these lines."""
    posted = {"act": act, "request": str(uuid4()), **fields}
    for number, person in enumerate(people):
        for name, value in zip(("name", "title", "email", "despite_clash"), person, strict=False):
            posted[f"row-{number}-{name}"] = value
    return posted


def shown(response):
    return [tuple(row[name].value() or "" for name in row.NAMES) for row in response.context["rows"]]


@pytest.fixture
def as_contact(client, contact):
    client.force_login(contact)
    return client


def test_contact_sends_several(as_contact, url, session):
    people = [
        ("王小明", "課員", ""),
        ("", "", ""),
        ("林堃峯", "技士", "lin@example.test"),
        ("丙", "課員", ""),
    ]
    posted = lines(*people)

    done = as_contact.post(url, posted, follow=True)
    again = as_contact.post(url, posted, follow=True)

    told = "已薦送 3 位：錄取 2 位，候補 1 位（丙第 1 位）。"
    assert told in done.content.decode() and told in again.content.decode()
    assert session.enrolments.count() == 3


def test_what_is_wrong_stands_at_its_line_with_what_was_typed(as_contact, url, session):
    people = [("王小明", "課員", ""), ("王小明", "課員", ""), ("林堃峯", "", "no address")]

    unfilled = as_contact.post(url, lines(*people))
    double = as_contact.post(url, lines(*people[:2]))

    assert shown(unfilled) == people
    assert [sorted(row.errors) for row in unfilled.context["rows"]] == [[], [], ["email", "title"]]
    assert "與第 1 位是同一人" in str(double.context["rows"][1].errors)
    assert "填寫的內容都還在" in double.content.decode()
    assert session.enrolments.count() == 0


def test_a_clash_is_confirmed_at_its_line(as_contact, url, session, unit):
    other = make.make_session(number=2, held_on=session.held_on)
    person = make.make_person(unit=unit, name="王小明", title="課員", email="")
    make.make_enrolment(session=other, unit=unit, person=person)

    asked = as_contact.post(url, lines(("王小明", "課員", "")))
    as_contact.post(url, lines(("王小明", "課員", "", "on")))

    assert "仍要薦送" in asked.content.decode()
    assert session.enrolments.get().person == person


def test_nothing_typed_is_refused(as_contact, url):
    assert "至少填一位同仁的姓名與職稱。" in as_contact.post(url, lines()).content.decode()


def test_a_line_may_be_emptied_before_sending(as_contact, url):
    """A blank line does not count: the browser must not insist on it because it was filled before."""
    response = as_contact.post(url, lines(("王小明", "課員", ""), ("王小明", "課員", "")))

    assert " required" not in "".join(
        str(row[name]) for row in response.context["rows"] for name in row.NAMES
    )


def test_one_more_line_keeps_what_was_typed(as_contact, url):
    response = as_contact.post(url, lines(("王小明", "課", "half an addr"), act="more"))

    assert shown(response) == [("王小明", "課", "half an addr"), ("", "", "")]


def test_pasted_and_uploaded_people_are_shown_before_anything_is_sent(as_contact, url, session):
    file = SimpleUploadedFile("名單.csv", "姓名,職稱,電子郵件\n丙,技士,c@example.test\n".encode())
    posted = lines(("甲", "課員", ""), act="fill", pasted="乙\t課員", file=file)

    response = as_contact.post(url, posted)

    assert shown(response) == [("甲", "課員", ""), ("乙", "課員", ""), ("丙", "技士", "c@example.test")]
    assert "還沒有送出；請核對後再送" in response.content.decode()
    assert session.enrolments.count() == 0


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"pasted": " "}, "沒有讀到任何人"),
        ({"file": "名單.docx"}, "只收 .xlsx、.ods、.csv 三種檔案。"),
        ({"pasted": "\n".join(f"甲{n} 課員" for n in range(70))}, "一次最多 60 位，最後 10 位沒有加入。"),
    ],
)
def test_a_list_that_cannot_be_taken_says_why(as_contact, url, fields, words):
    if "file" in fields:
        fields = {"file": SimpleUploadedFile(fields["file"], b"no table")}

    page = as_contact.post(url, lines(act="fill", **fields))

    assert page.context["form"].errors
    assert words in page.content.decode()


def test_staff_choose_the_unit_and_see_its_seats(client, url, session, unit):
    other = make.make_unit()
    make.make_quota(session=session, unit=other, seats=1)
    make.make_enrolment(session=session, unit=other)
    client.force_login(make.make_staff())

    looked = client.post(url, lines(act="look", unit=other.pk))
    client.post(url, lines(("甲", "課員", ""), unit=other.pk))

    assert "本機關名額已滿；送出後從<b>候補第 1 位</b>排起" in looked.content.decode()
    assert session.enrolments.get(person__name="甲").unit == other


def test_a_contact_cannot_nominate_for_another_unit(as_contact, url, session, unit):
    other = make.make_unit()
    make.make_quota(session=session, unit=other, seats=1)

    as_contact.post(url, lines(("甲", "課員", ""), unit=other.pk))

    assert session.enrolments.get().unit == unit


def test_outside_the_window_there_is_no_form(as_contact, url, session):
    session.enrolment_closes_at = taipei(2016, 4, 1)
    session.save()

    page = as_contact.get(url).content.decode()
    posted = as_contact.post(url, lines(("甲", "課員", "")))

    assert "目前不受理薦送" in page and 'name="row-0-name"' not in page
    assert posted.status_code == 200
    assert session.enrolments.count() == 0


# Who is known


def test_people_of_the_own_unit_are_found_while_typing(as_contact, session, unit):
    other = make.make_unit()
    for one in (unit, other):
        make.make_person(unit=one, name=f"林堃峯{one.pk}", title="技士", email=f"{one.pk}@example.test")

    known = reverse("workshops:person_known", args=[1])
    page = as_contact.get(known, {"row-0-name": "堃"}).content.decode()
    asked_for_another = as_contact.get(known, {"row-0-name": "堃", "unit": other.pk}).content.decode()

    assert f'data-email="{unit.pk}@example.test"' in page
    for found in (page, asked_for_another):
        assert f"{other.pk}@example.test" not in found
    assert "<option" not in as_contact.get(known, {"row-0-name": " "}).content.decode()


def test_staff_find_people_of_the_chosen_unit_only(client, session, unit):
    make.make_quota(session=session, unit=make.make_unit(), seats=1)
    make.make_person(unit=unit, name="林堃峯")
    client.force_login(make.make_staff())
    known = reverse("workshops:person_known", args=[1])

    assert "<option" not in client.get(known, {"name": "林"}).content.decode()
    assert "林堃峯" in client.get(known, {"name": "林", "unit": unit.pk}).content.decode()


# The form for one


def test_the_form_for_one_is_sent_once_and_asks_about_a_clash(as_contact, session, unit):
    page = reverse("workshops:session_detail", args=[1])
    other = make.make_session(number=2, held_on=session.held_on)
    person = make.make_person(unit=unit, name="王小明", title="課員", email="")
    make.make_enrolment(session=other, unit=unit, person=person)
    typed = {"name": "王小明", "title": "課員", "email": "", "request": str(uuid4())}

    asked = as_contact.post(page, typed).content.decode()
    assert "已在105年度第2梯次名單" in asked and session.enrolments.count() == 0
    for _ in range(2):
        done = as_contact.post(page, {**typed, "despite_clash": "on"}, follow=True).content.decode()
        assert "王小明已錄取。" in done
    assert session.enrolments.count() == 1


def test_a_page_takes_the_same_queries_however_many_lines(as_contact, url, django_assert_num_queries):
    for people in ([("甲", "課員", "")], [("甲", "課員", "")] * 30):
        with django_assert_num_queries(10):
            as_contact.post(url, lines(*people, act="more"))
