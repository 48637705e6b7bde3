import csv
import io

import pytest
from django.urls import reverse
from django.utils import timezone

from agencies.models import Programme
from foundation.models import Event
from tests import factories as make
from tests.factories import taipei
from workshops import actions
from workshops.models import Enrolment, UnitQuota

pytestmark = pytest.mark.django_db
State = Enrolment.State


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所")


@pytest.fixture
def other_unit():
    return make.make_unit(code="10010130", name="嘉義縣中埔鄉公所")


@pytest.fixture
def session(unit):
    session = make.make_session(number=1, place="本府電腦教室", audience=["township"], capacity=40)
    make.make_quota(session=session, unit=unit, seats=2)
    return session


@pytest.fixture
def staff(client):
    user = make.make_staff()
    client.force_login(user)
    return user


@pytest.fixture
def contact(client, unit):
    user = make.make_contact(unit=unit)
    client.force_login(user)
    return user


def detail(number=1):
    return reverse("workshops:session_detail", args=[number])


def text_of(response):
    return response.content.decode()


NOMINEE = {"name": "王小明", "title": "課員", "email": ""}


# The list of sessions


def test_session_list_shows_seats_and_the_own_unit(client, session, unit, contact):
    make.make_enrolment(session=session, unit=unit)
    make.make_enrolment(session=session, unit=unit, state=State.WAITING)

    response = client.get(reverse("workshops:session_list"))

    (row,) = response.context["rows"]
    assert (row.seats.all_confirmed, row.waiting, row.seats.allotted) == (1, 1, 2)
    assert (row.own[0].unit, row.own[0].left, row.own[0].waiting) == (unit, 1, 1)
    assert "105年4月11日（一）" in text_of(response)


def test_session_list_of_the_chosen_year(client, session, staff):
    make.make_session(programme=make.make_programme(year=106), number=1)

    newest = client.get(reverse("workshops:session_list"))
    asked = client.get(reverse("workshops:session_list"), {"year": "105"})

    assert [row.session.programme.year for row in newest.context["rows"]] == [106]
    assert [row.session for row in asked.context["rows"]] == [session]
    assert f"{detail()}?year=105" in text_of(asked)


def test_session_list_without_sessions_says_so(client, staff):
    make.make_programme()

    assert "本年度還沒有研習梯次" in text_of(client.get(reverse("workshops:session_list")))


def test_session_detail_of_a_number_that_is_not_there(client, session, staff):
    assert client.get(detail(9)).status_code == 404


# A contact's page


def test_contact_sees_the_names_of_the_own_unit_only(client, session, unit, other_unit, contact):
    mine = make.make_enrolment(session=session, unit=unit, person=make.make_person(unit=unit, name="林堃峯"))
    make.make_enrolment(
        session=session, unit=other_unit, person=make.make_person(unit=other_unit, name="秘密姓名")
    )
    make.make_enrolment(
        session=session,
        unit=other_unit,
        state=State.WAITING,
        person=make.make_person(unit=other_unit, name="候補姓名"),
    )

    for url in (detail(), reverse("workshops:enrolment_list"), reverse("workshops:session_list")):
        text = text_of(client.get(url))
        assert "秘密姓名" not in text
        assert "候補姓名" not in text
    response = client.get(detail())
    assert [row.pk for row in response.context["rows"]] == [mine.pk]
    assert "嘉義縣中埔鄉公所" in text_of(response)  # the waiting list names units


def test_contact_nominates(client, session, unit, contact):
    response = client.post(detail(), NOMINEE, follow=True)

    enrolment = Enrolment.objects.get()
    assert (enrolment.person.name, enrolment.unit, enrolment.state) == ("王小明", unit, State.CONFIRMED)
    assert response.redirect_chain == [(detail(), 302)]
    assert "王小明已錄取。" in text_of(response)


def test_contact_cannot_nominate_for_another_unit(client, session, unit, other_unit, contact):
    make.make_quota(session=session, unit=other_unit, seats=2)

    client.post(detail(), {**NOMINEE, "unit": other_unit.pk})

    assert Enrolment.objects.get().unit == unit


def test_contact_of_two_units_chooses_between_them(client, session, unit, other_unit, contact):
    make.make_contact(unit=other_unit, user=contact)
    make.make_quota(session=session, unit=other_unit, seats=2)
    stranger = make.make_unit()

    offered = client.get(detail()).context["form"].fields["unit"].units
    assert set(offered.values()) == {unit, other_unit}
    client.post(detail(), {**NOMINEE, "unit": stranger.pk})
    assert Enrolment.objects.count() == 0
    client.post(detail(), {**NOMINEE, "unit": other_unit.pk})
    assert Enrolment.objects.get().unit == other_unit


def test_nomination_beyond_the_quota_waits_and_says_where(client, session, unit, contact):
    for _ in range(2):
        make.make_enrolment(session=session, unit=unit)

    before = text_of(client.get(detail()))
    after = text_of(client.post(detail(), NOMINEE, follow=True))

    assert "本機關名額已滿，送出後列為<b>候補第 1 位</b>" in before
    assert "送出薦送（列候補）" in before
    assert "王小明列候補第 1 位：本機關名額已滿。" in after
    assert "候補第 1 位</span>" in after


def test_refused_nomination_keeps_what_was_typed(client, session, unit, contact):
    make.make_enrolment(
        session=session, unit=unit, person=make.make_person(unit=unit, name="王小明", title="課員", email="")
    )

    response = client.post(detail(), NOMINEE)

    text = text_of(response)
    assert response.status_code == 200
    assert "這位同仁已在本梯次名單（已錄取，由嘉義縣竹崎鄉公所薦送）；同一人不能重複薦送。" in text
    assert 'value="王小明"' in text and 'value="課員"' in text
    assert Enrolment.objects.count() == 1


def test_incomplete_nomination_is_refused_by_field(client, session, contact):
    response = client.post(detail(), {"name": "", "title": "課員", "email": "no address"})

    assert set(response.context["form"].errors) == {"name", "email"}
    assert Enrolment.objects.count() == 0


def test_contact_outside_the_window_has_no_form(client, session, contact):
    session.enrolment_closes_at = taipei(2016, 4, 1)
    session.save()

    page = client.get(detail())
    posted = client.post(detail(), NOMINEE)

    assert 'id="nominate"' not in text_of(page)
    assert "目前不受理薦送" in text_of(page)
    assert "截止；需要補薦送，請洽承辦人。" in str(posted.context["form"].non_field_errors())


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "填寫「薦送一位同仁」即可送出。"),
        ({"enrolment_closes_at": taipei(2016, 4, 1)}, "目前不受理薦送。需要補薦送，請洽人事處承辦人。"),
        ({"attendance_closed_at": taipei(2016, 4, 12)}, "本梯次已結束，名單不會再變動。"),
    ],
)
def test_a_contact_without_people_reads_what_can_still_be_done(client, session, contact, facts, words):
    for name, value in facts.items():
        setattr(session, name, value)
    session.save()

    page = text_of(client.get(detail()))

    assert words in page
    assert ("填寫「薦送一位同仁」" in page) == (not facts)


def test_the_session_is_taken_into_a_calendar_from_its_page(client, session, contact):
    url = reverse("portal:calendar_item", args=[f"session-{session.pk}"])
    assert f'href="{url}"' in text_of(client.get(detail()))
    assert client.get(url).headers["Content-Type"].startswith("text/calendar")

    Programme.objects.update(state=Programme.State.DRAFT)
    assert url not in text_of(client.get(detail()))


def test_materials_are_linked_for_whoever_may_open_them(client, session, unit, contact):
    url = reverse("workshops:material_list", args=[1])
    assert url not in text_of(client.get(detail()))

    make.make_enrolment(session=session, unit=unit)
    assert f'<a href="{url}">還沒有教材</a>' in text_of(client.get(detail()))
    assert client.get(url).status_code == 200


def test_contact_of_no_unit_in_that_year(client, session):
    newcomer = make.make_unit(programme=make.make_programme(year=104, state="frozen"))
    client.force_login(make.make_contact(unit=newcomer))

    page = client.get(detail(), {"year": "105"})
    assert (page.status_code, page.context["own"]) == (200, [])
    assert client.post(f"{detail()}?year=105", NOMINEE).status_code == 403


# Cancelling


def cancel_url(enrolment):
    return reverse("workshops:enrolment_cancel", args=[enrolment.pk])


def test_cancel_shows_who_moves_up_then_does_it(client, session, unit, contact):
    leaving, _ = (make.make_enrolment(session=session, unit=unit) for _ in range(2))
    waiting = make.make_enrolment(session=session, unit=unit, state=State.WAITING)

    asked = client.get(cancel_url(leaving))
    done = client.post(cancel_url(leaving), follow=True)

    assert asked.context["next_up"][0] == waiting
    assert "候補第 1 位（嘉義縣竹崎鄉公所）" in text_of(asked)
    leaving.refresh_from_db(), waiting.refresh_from_db()
    assert (leaving.state, waiting.state) == (State.CANCELLED, State.CONFIRMED)
    assert "已取消測試學員在第1梯次的薦送。" in text_of(done)


def test_cancel_of_an_overbooked_person_moves_nobody_up(client, session, unit, contact):
    for _ in range(2):
        make.make_enrolment(session=session, unit=unit)
    extra = make.make_enrolment(session=session, unit=unit, over_limit_reason="講師助理")
    make.make_enrolment(session=session, unit=unit, state=State.WAITING)

    assert client.get(cancel_url(extra)).context["next_up"] is None
    client.post(cancel_url(extra))
    assert session.enrolments.waiting().count() == 1


def test_cancel_twice_says_why(client, session, unit, contact):
    enrolment = make.make_enrolment(session=session, unit=unit, state=State.CANCELLED)

    response = client.post(cancel_url(enrolment), follow=True)

    assert "未取消。測試學員已經取消，不必再取消一次。" in text_of(response)


def test_a_participant_may_not_cancel(client, session, unit):
    user = make.make_user()
    enrolment = make.make_enrolment(session=session, unit=unit, person=make.make_person(unit=unit, user=user))
    client.force_login(user)

    assert client.post(cancel_url(enrolment)).status_code == 403
    enrolment.refresh_from_db()
    assert enrolment.state != State.CANCELLED


def test_a_contact_of_two_hats_may_not_cancel_the_own_nomination_by_another_unit(
    client, session, unit, other_unit
):
    """The own enrolment is seen, but only the unit that nominated may take it back."""
    user = make.make_contact(unit=other_unit)
    enrolment = make.make_enrolment(session=session, unit=unit, person=make.make_person(unit=unit, user=user))
    client.force_login(user)

    assert client.get(cancel_url(enrolment)).status_code == 403


# Staff


def test_staff_nominate_for_any_unit_with_a_quota(client, session, unit, other_unit, staff):
    make.make_quota(session=session, unit=other_unit, seats=1)
    without = make.make_unit()

    form = client.get(detail()).context["form"]
    client.post(detail(), {**NOMINEE, "unit": other_unit.pk})

    assert without not in form.fields["unit"].units.values()
    assert Enrolment.objects.get().unit == other_unit


def test_staff_filter_the_names(client, session, unit, other_unit, staff):
    mine = make.make_enrolment(session=session, unit=unit, attendance="late")
    other = make.make_enrolment(
        session=session, unit=other_unit, person=make.make_person(unit=other_unit, name="林堃峯")
    )
    waiting = make.make_enrolment(session=session, unit=unit, state=State.WAITING)
    cancelled = make.make_enrolment(session=session, unit=unit, state=State.CANCELLED)

    mine, other, waiting, cancelled = (row.pk for row in (mine, other, waiting, cancelled))

    def shown(**asked):
        return [row.pk for row in client.get(detail(), asked).context["rows"]]

    assert shown() == [other, mine, waiting]
    assert shown(unit="10010140") == [mine, waiting]
    assert shown(unit="中埔") == [other]
    assert shown(state="cancelled") == [cancelled]
    assert shown(attendance="late") == [mine]
    assert shown(attendance="unmarked") == [other]
    assert shown(q="堃") == [other]
    assert shown(state="nonsense", attendance="nonsense") == [other, mine, waiting]
    assert shown(unit="no such") == []


def test_staff_edit_quotas_in_the_table(client, session, unit, other_unit, staff):
    url = reverse("workshops:quota_list", args=[1])
    rows = client.get(url).context["quotas"].rows
    assert [(row.unit, row.seats) for row in rows] == [(other_unit, None), (unit, 2)]

    response = client.post(
        url,
        {
            f"seats-{unit.pk}": "３",
            f"shown-{unit.pk}": "2",
            f"seats-{other_unit.pk}": "",
            f"shown-{other_unit.pk}": "",
        },
        follow=True,
    )

    assert list(UnitQuota.objects.values_list("unit", "seats")) == [(unit.pk, 3)]
    assert "已儲存 1 個機關的名額。" in text_of(response)


def test_quota_not_touched_on_an_old_page_stays_as_it_is_now(client, session, unit, staff):
    actions.set_quota(session=session, unit=unit, seats=7, by=staff, at=timezone.now())

    client.post(reverse("workshops:quota_list", args=[1]), {f"seats-{unit.pk}": "2", f"shown-{unit.pk}": "2"})

    assert UnitQuota.objects.get().seats == 7


@pytest.mark.parametrize("typed", ["-1", "2.5", "二", "10000000"])
def test_quota_that_is_no_number_is_refused_and_kept(client, session, unit, staff, typed):
    response = client.post(
        reverse("workshops:quota_list", args=[1]), {f"seats-{unit.pk}": typed, f"shown-{unit.pk}": "2"}
    )

    assert response.status_code == 200
    assert "填寫的內容都還在" in text_of(response)
    assert f'value="{typed}"' in text_of(response)
    assert UnitQuota.objects.get().seats == 2


def test_quota_below_the_confirmed_is_refused_with_the_number(client, session, unit, staff):
    for _ in range(2):
        make.make_enrolment(session=session, unit=unit)

    response = client.post(
        reverse("workshops:quota_list", args=[1]), {f"seats-{unit.pk}": "1", f"shown-{unit.pk}": "2"}
    )

    assert "已錄取 2 人，名額不能少於 2 人" in text_of(response)


def test_staff_mark_only_what_they_touched(client, session, unit, staff):
    first, second, third = [make.make_enrolment(session=session, unit=unit) for _ in range(3)]
    actions.mark_attendance(session=session, marks={second.pk: "absent"}, by=staff, at=timezone.now())

    client.post(
        reverse("workshops:attendance_mark", args=[1]),
        {
            f"mark-{first.pk}": "present",
            f"shown-{first.pk}": "",
            f"mark-{second.pk}": "",
            f"shown-{second.pk}": "",  # an old page
            f"mark-{third.pk}": "",
            f"shown-{third.pk}": "",
        },
    )

    marks = session.enrolments.order_by("pk").values_list("attendance", flat=True)
    assert list(marks) == ["present", "absent", ""]


def test_staff_mark_the_rest_of_the_page_present(client, session, unit, staff):
    first, second = [make.make_enrolment(session=session, unit=unit) for _ in range(2)]

    client.post(
        reverse("workshops:attendance_mark", args=[1]),
        {
            f"mark-{first.pk}": "excused",
            f"shown-{first.pk}": "",
            f"mark-{second.pk}": "",
            f"shown-{second.pk}": "",
            "all_present": "1",
        },
    )

    marks = session.enrolments.order_by("pk").values_list("attendance", flat=True)
    assert list(marks) == ["excused", "present"]


def test_attendance_goes_back_to_where_the_form_was_and_nowhere_else(client, session, staff):
    url = reverse("workshops:attendance_mark", args=[1])

    assert client.post(url, {"next": f"{detail()}?page=2"}).url == f"{detail()}?page=2"
    assert client.post(url, {"next": "https://evil.example/"}).url == detail()


def test_closing_and_reopening_attendance(client, session, unit, staff):
    make.make_enrolment(session=session, unit=unit)

    asked = client.get(reverse("workshops:attendance_close", args=[1]))
    closed = client.post(reverse("workshops:attendance_close", args=[1]), follow=True)
    reopened = client.post(reverse("workshops:attendance_reopen", args=[1]), follow=True)

    assert "未登記的 <b>1 人</b>記為缺席" in text_of(asked)
    assert "第1梯次出席已結算，未登記的 1 人記為缺席。" in text_of(closed)
    assert 'name="mark-' not in text_of(closed)
    assert "第1梯次已重新開放出席登記；更正後請再結算。" in text_of(reopened)
    assert Enrolment.objects.get().attendance == "absent"


def test_staff_edit_a_session(client, session, staff):
    url = reverse("workshops:session_edit", args=[1])
    form = {
        "title": "自製數位教材研習班",
        "held_on": "105/4/12",
        "starts_at": "09:00",
        "ends_at": "16:30",
        "is_provisional": "on",
        "place": "本府簡報室",
        "audience": ["township", "school"],
        "capacity": "30",
        "hours": "6",
        "opens_on": "105/3/20",
        "opens_time": "",
        "closes_on": "105年4月7日",
        "closes_time": "",
    }

    response = client.post(url, form, follow=True)

    session.refresh_from_db()
    assert response.redirect_chain == [(detail(), 302)]
    assert (session.held_on, session.capacity) == (taipei(2016, 4, 12).date(), 30)
    assert session.audience == ["township", "school"]
    assert (session.enrolment_opens_at, session.enrolment_closes_at) == (
        taipei(2016, 3, 20),
        taipei(2016, 4, 8),
    )
    assert Event.objects.get().action == "session.edited"
    again = client.get(url).context["form"]
    assert (again["closes_on"].value(), again["closes_time"].value()) == (taipei(2016, 4, 7).date(), None)


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("closes_on", "105/3/1", "薦送截止須晚於薦送開始。"),
        ("capacity", "0", "場地容量至少 1 人；不限人數請留空白。"),
        ("ends_at", "08:00", "結束時間須晚於開始時間。"),
        ("held_on", "2月30日", ""),
    ],
)
def test_staff_session_refused_by_field(client, session, staff, field, typed, words):
    form = {
        "title": "研習班",
        "held_on": "105/4/12",
        "starts_at": "09:00",
        "ends_at": "16:30",
        "hours": "6",
        "opens_on": "105/3/20",
        "closes_on": "105/4/7",
        field: typed,
    }

    response = client.post(reverse("workshops:session_edit", args=[1]), form)

    assert response.status_code == 200
    assert words in text_of(response)
    session.refresh_from_db()
    assert session.held_on == taipei(2016, 4, 11).date()


def test_session_capacity_below_the_confirmed_is_refused(client, session, unit, staff):
    for _ in range(2):
        make.make_enrolment(session=session, unit=unit)
    form = {"title": "研習班", "held_on": "105/4/11", "hours": "6", "capacity": "1"}

    response = client.post(reverse("workshops:session_edit", args=[1]), form)

    assert "本梯次已錄取 2 人，場地容量不能少於 2 人" in text_of(response)


def test_staff_overbook(client, session, unit, staff):
    for _ in range(2):
        make.make_enrolment(session=session, unit=unit)
    url = reverse("workshops:enrolment_overbook", args=[1])

    refused = client.post(url, {**NOMINEE, "unit": unit.pk, "reason": ""})
    client.post(url, {**NOMINEE, "unit": unit.pk, "reason": "首長指派"})

    assert set(refused.context["form"].errors) == {"reason"}
    assert Enrolment.objects.get(person__name="王小明").over_limit_reason == "首長指派"


def test_staff_see_no_forms_in_a_frozen_year(client, session, unit, staff):
    make.make_enrolment(session=session, unit=unit)
    Programme.objects.update(state=Programme.State.FROZEN)

    text = text_of(client.get(detail()))

    assert "年度已凍結" in text
    assert 'id="nominate"' not in text
    assert 'name="mark-' not in text


# The year's list, its export


def test_enrolment_list_over_sessions(client, session, unit, staff):
    later = make.make_session(number=2)
    first = make.make_enrolment(session=session, unit=unit).pk
    second = make.make_enrolment(session=later, unit=unit).pk

    def shown(**asked):
        page = client.get(reverse("workshops:enrolment_list"), asked)
        return [row.pk for row in page.context["rows"]]

    assert shown() == [first, second]
    assert shown(session="2") == [second]
    assert shown(unit="10010140", session="1") == [first]


def test_enrolment_export_is_the_list_as_filtered(client, session, unit, other_unit, contact):
    make.make_enrolment(
        session=session, unit=unit, person=make.make_person(unit=unit, name="=1+1", email="a@example.test")
    )
    make.make_enrolment(session=session, unit=other_unit)

    response = client.get(reverse("workshops:enrolment_export", args=["csv"]), {"session": "1"})

    header, *rows = csv.reader(io.StringIO(response.content.decode("utf-8-sig")))
    assert header[:4] == ["梯次", "機關代碼", "機關名稱", "姓名"]
    assert [row[:3] for row in rows] == [["1", "10010140", "嘉義縣竹崎鄉公所"]]
    assert not rows[0][3].startswith("=")


@pytest.mark.parametrize("name", ["workshops:enrolment_export", "workshops:tutor_export"])
def test_export_in_an_unknown_format_is_not_found(client, session, staff, name):
    assert client.get(reverse(name, args=["docx"])).status_code == 404


# Fixed numbers of queries


def fill(session, count):
    for number in range(count):
        unit = make.make_unit()
        make.make_quota(session=session, unit=unit, seats=1)
        for state in (State.CONFIRMED, State.WAITING):
            make.make_enrolment(
                session=session,
                unit=unit,
                state=state,
                person=make.make_person(unit=unit, name=f"學員{number}"),
            )


@pytest.mark.parametrize(
    ("who", "page", "queries"),
    [
        ("staff", "session_list", 12),
        ("staff", "session_detail", 14),
        ("staff", "quota_list", 12),
        ("staff", "enrolment_list", 12),
        ("staff", "enrolment_export", 10),
        ("contact", "session_list", 12),
        ("contact", "session_detail", 14),
        ("contact", "enrolment_list", 12),
        ("contact", "enrolment_export", 10),
    ],
)
def test_pages_take_the_same_queries_however_long(
    client, django_assert_max_num_queries, session, unit, who, page, queries
):
    client.force_login(make.make_staff() if who == "staff" else make.make_contact(unit=unit))
    arguments = {"session_detail": [1], "quota_list": [1], "enrolment_export": ["csv"]}
    url = reverse(f"workshops:{page}", args=arguments.get(page, []))
    taken = []
    for count in (1, 2):  # one row, then three
        fill(session, count)
        with django_assert_max_num_queries(queries) as counted:
            assert client.get(url).status_code == 200
        taken.append(len(counted))

    assert taken[0] == taken[1]


def test_session_detail_with_500_enrolments_takes_as_many_queries_as_with_one(
    client, django_assert_max_num_queries, session, unit, staff
):
    fill(session, 1)
    with django_assert_max_num_queries(14) as few:
        client.get(detail())
    for _ in range(250):
        for state in (State.CONFIRMED, State.WAITING):
            make.make_enrolment(session=session, unit=unit, state=state)
    with django_assert_max_num_queries(14) as many:
        response = client.get(detail())

    assert response.context["page"].paginator.count == 502
    assert len(many) == len(few)
