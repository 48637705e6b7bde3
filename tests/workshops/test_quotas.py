"""Proposing, publishing and lowering the seats of units."""

from datetime import timedelta

import pytest
from django.urls import reverse

from agencies.models import Category, Notice, Programme
from foundation.errors import Refused
from foundation.models import Event, Mail
from tests import factories as make
from tests.factories import taipei
from workshops import actions, invariants
from workshops.models import Enrolment, UnitQuota

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
AT = taipei(2016, 4, 1, 9)
State = Enrolment.State


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所", headcount=60)


@pytest.fixture
def other_unit():
    return make.make_unit(code="10010130", name="嘉義縣中埔鄉公所", headcount=40)


@pytest.fixture
def session(unit):
    session = make.make_session(number=1, audience=["township"], capacity=10)
    make.make_quota(session=session, unit=unit, seats=3)
    return session


@pytest.fixture
def staff():
    return make.make_staff()


def fill(session, unit, by, names="甲乙丙"):
    """Nominated a minute apart: the later ones came by their seats last."""
    return [
        actions.enrol(
            session=session,
            unit=unit,
            name=name,
            title="課員",
            email=f"{ord(name)}@example.test",
            by=by,
            at=AT + timedelta(minutes=number),
        )
        for number, name in enumerate(names)
    ]


def seated(session):
    return [(e.person.name, e.state, e.over_limit_reason) for e in session.enrolments.order_by("pk")]


def surplus_of(action, **words):
    with pytest.raises(actions.TooManySeated) as caught:
        action(**words)
    return caught.value


def answer(refused, **words):
    return actions.Answer(
        shown=frozenset(enrolment.pk for enrolment in refused.enrolments), **{"keeps": False, **words}
    )


# Publishing


def test_publish_tells_each_unit_its_seats_in_every_published_session(session, unit, other_unit, staff):
    contact = make.make_contact(unit=unit)
    make.make_contact(unit=other_unit)  # without seats: not told
    later = make.make_session(number=2, held_on=taipei(2016, 4, 18).date())
    make.make_quota(session=later, unit=unit, seats=1)
    actions.publish_quotas(session=session, by=staff, at=AT)

    assert actions.publish_quotas(session=later, by=staff, at=AT + timedelta(hours=1)) == 1

    texts = [
        "嘉義縣竹崎鄉公所的研習名額：第1梯次（105年4月11日）3 人。請於薦送期間內薦送同仁。",
        "嘉義縣竹崎鄉公所的研習名額：第1梯次（105年4月11日）3 人；第2梯次（105年4月18日）1 人。"
        "請於薦送期間內薦送同仁。",
    ]
    assert list(Notice.objects.order_by("pk").values_list("user", "text")) == [
        (contact.pk, text) for text in texts
    ]
    assert Mail.objects.count() == 2
    later.refresh_from_db()
    assert later.quotas_published_at == AT + timedelta(hours=1)
    event = Event.objects.filter(action="session.quotas_published").earliest("pk")
    assert (event.summary, event.data) == (
        "公布第1梯次名額，通知 1 個機關",
        {"seats": {"10010140": 3}},
    )


def test_publishing_again_tells_only_whose_number_changed(session, unit, other_unit, staff):
    for one in (unit, other_unit):
        make.make_contact(unit=one)
    make.make_quota(session=session, unit=other_unit, seats=2)
    actions.publish_quotas(session=session, by=staff, at=AT)
    actions.set_quota(session=session, unit=other_unit, seats=0, by=staff, at=AT)

    actions.publish_quotas(session=session, by=staff, at=AT + timedelta(hours=1))

    assert Notice.objects.count() == 3
    assert "嘉義縣中埔鄉公所的研習名額：第1梯次（105年4月11日）0 人" in Notice.objects.latest("pk").text


def test_publishing_what_was_told_already_is_refused(session, staff):
    actions.publish_quotas(session=session, by=staff, at=AT)

    with pytest.raises(Refused, match="第1梯次的名額與上次公布的相同，沒有要通知的機關。"):
        actions.publish_quotas(session=session, by=staff, at=AT)


def test_publishing_in_a_frozen_year_is_refused(session, staff):
    Programme.objects.update(state=Programme.State.FROZEN)

    with pytest.raises(Refused, match="105年度已凍結"):
        actions.publish_quotas(session=session, by=staff, at=AT)


# Lowering below the people seated


def test_lowering_names_the_last_who_came_by_a_seat(session, unit, staff):
    _, second, third = fill(session, unit, staff)

    refused = surplus_of(actions.set_quota, session=session, unit=unit, seats=1, by=staff, at=AT)

    assert refused.enrolments == [third, second]
    assert str(refused) == (
        "嘉義縣竹崎鄉公所已錄取 3 人，名額不能少於 3 人；要再減少，請選擇如何處理超出的人。"
    )
    assert UnitQuota.objects.get().seats == 3


def test_lowering_moves_the_last_back_into_line_at_their_old_place(session, unit, staff):
    contact = make.make_contact(unit=unit)
    _, second, third, fourth = fill(session, unit, staff, "甲乙丙丁")
    words = {"session": session, "unit": unit, "seats": 1, "by": staff, "at": taipei(2016, 4, 2)}
    refused = surplus_of(actions.set_quota, **words)

    actions.set_quota(**words, surplus=answer(refused))

    assert seated(session) == [
        ("甲", State.CONFIRMED, ""),
        ("乙", State.WAITING, ""),
        ("丙", State.WAITING, ""),
        ("丁", State.WAITING, ""),
    ]
    assert list(session.enrolments.waiting()) == [second, third, fourth]
    moved = Mail.objects.filter(key__startswith="enrolment-moved-")
    assert sorted(moved.values_list("recipient", flat=True)) == sorted(
        [contact.email, contact.email, second.person.email, third.person.email]
    )
    assert Event.objects.filter(action="enrolment.moved_to_line").count() == 2
    assert list(invariants.breaches()) == []


def test_lowering_keeps_the_last_beyond_the_limits_for_a_reason(session, unit, staff):
    make.make_contact(unit=unit)
    fill(session, unit, staff)
    words = {"session": session, "unit": unit, "seats": 2, "by": staff, "at": AT}
    refused = surplus_of(actions.set_quota, **words)

    actions.set_quota(**words, surplus=answer(refused, keeps=True, reason=" 已通知出席 "))

    assert seated(session)[-1] == ("丙", State.CONFIRMED, "已通知出席")
    assert UnitQuota.objects.get().seats == 2
    assert Notice.objects.get().text == (
        "研習班第1梯次名額調降，丙保留錄取（超額：已通知出席），不必重新薦送。"
    )
    assert Event.objects.get(action="enrolment.overbooked").summary == (
        "第1梯次名額調降，嘉義縣竹崎鄉公所的丙保留為超額錄取：已通知出席"
    )
    assert list(invariants.breaches()) == []


def test_keeping_them_without_a_reason_asks_again(session, unit, staff):
    fill(session, unit, staff)
    words = {"session": session, "unit": unit, "seats": 2, "by": staff, "at": AT}
    refused = surplus_of(actions.set_quota, **words)

    again = surplus_of(actions.set_quota, **words, surplus=answer(refused, keeps=True, reason=" "))

    assert (str(again), again.enrolments) == ("超額錄取須寫明理由。", refused.enrolments)


def test_an_answer_about_other_people_asks_again(session, unit, staff):
    third = fill(session, unit, staff)[-1]
    words = {"session": session, "unit": unit, "seats": 2, "by": staff, "at": AT}
    refused = surplus_of(actions.set_quota, **words)
    actions.substitute(enrolment=third, name="戊", by=staff, at=AT)

    again = surplus_of(actions.set_quota, **words, surplus=answer(refused))

    assert [enrolment.person.name for enrolment in again.enrolments] == ["戊"]


def test_who_is_marked_is_not_moved(session, unit, staff):
    for enrolment in fill(session, unit, staff):
        actions.mark_attendance(session=session, marks={enrolment.pk: "present"}, by=staff, at=AT)

    with pytest.raises(Refused, match="超出的人已登記出席，不能移回候補"):
        actions.set_quota(session=session, unit=unit, seats=2, by=staff, at=AT)


def test_a_smaller_room_asks_too_and_what_falls_free_goes_to_the_line(session, unit, other_unit, staff):
    make.make_quota(session=session, unit=other_unit, seats=2)
    fill(session, unit, staff)
    last = actions.enrol(session=session, unit=other_unit, name="丁", by=staff, at=taipei(2016, 4, 2))

    refused = surplus_of(actions.edit_session, session=session, capacity=3, by=staff, at=AT)
    assert refused.enrolments == [last]
    actions.edit_session(session=session, capacity=3, surplus=answer(refused), by=staff, at=AT)

    session.refresh_from_db()
    assert (session.capacity, list(session.enrolments.waiting())) == (3, [last])
    actions.cancel(enrolment=session.enrolments.earliest("pk"), by=staff, at=AT)
    last.refresh_from_db()
    assert last.state == State.CONFIRMED


def test_who_is_moved_back_and_up_again_is_told_each_time(session, unit, staff):
    last = fill(session, unit, staff)[-1]
    for day in (2, 4):
        words = {"session": session, "unit": unit, "by": staff}
        refused = surplus_of(actions.set_quota, **words, seats=2, at=taipei(2016, 4, day))
        actions.set_quota(**words, seats=2, at=taipei(2016, 4, day), surplus=answer(refused))
        actions.set_quota(**words, seats=3, at=taipei(2016, 4, day + 1))

    letters = Mail.objects.filter(recipient=last.person.email)
    assert letters.filter(key__startswith="enrolment-moved-").count() == 2
    assert letters.filter(key__startswith="enrolment-promoted-").count() == 2


def test_once_released_all_quotas_together_are_the_limit_for_lowering(session, unit, other_unit, staff):
    make.make_quota(session=session, unit=other_unit, seats=2)
    fill(session, unit, staff, "甲乙丙丁")
    actions.release(session=session, by=staff, at=AT)

    actions.set_quota(session=session, unit=other_unit, seats=1, by=staff, at=AT)  # four of four
    refused = surplus_of(actions.set_quota, session=session, unit=other_unit, seats=0, by=staff, at=AT)

    assert [enrolment.person.name for enrolment in refused.enrolments] == ["丁"]
    assert str(refused) == (
        "本梯次的名額已釋出，各機關共錄取 4 人，名額合計不能少於 4 人；要再減少，請選擇如何處理超出的人。"
    )


# The pages


def quota_url(name="quota_list"):
    return reverse(f"workshops:{name}", args=[1])


def test_staff_lower_a_quota_and_are_asked(client, session, unit, staff):
    fill(session, unit, staff)
    client.force_login(staff)
    typed = {f"seats-{unit.pk}": "2", f"shown-{unit.pk}": "3", "part": "allotted"}

    asked = client.post(quota_url(), typed)
    page = asked.content.decode()
    carried = dict(asked.context["carried"])
    affected = [enrolment.pk for enrolment in asked.context["enrolments"]]
    done = client.post(quota_url(), {**carried, "surplus": "line", "affected": affected, "reason": ""})

    assert "名額不能少於 3 人" in page
    assert carried == typed
    assert done.status_code == 302
    assert [state for _, state, _ in seated(session)] == [State.CONFIRMED, State.CONFIRMED, State.WAITING]


def test_staff_shrink_the_room_and_are_asked(client, session, unit, staff):
    fill(session, unit, staff)
    client.force_login(staff)
    typed = {
        "title": "研習班",
        "held_on": "105/4/11",
        "hours": "6",
        "capacity": "2",
        "audience": ["township"],
    }

    asked = client.post(quota_url("session_edit"), typed)
    affected = [enrolment.pk for enrolment in asked.context["enrolments"]]
    answered = {**typed, "surplus": "keep", "affected": affected, "reason": "已通知出席"}
    client.post(quota_url("session_edit"), answered)

    session.refresh_from_db()
    assert (session.capacity, seated(session)[-1]) == (2, ("丙", State.CONFIRMED, "已通知出席"))


def test_staff_propose_edit_and_publish(client, session, unit, other_unit, staff):
    contact = make.make_contact(unit=other_unit)
    without = make.make_unit(name="嘉義縣無人數鄉公所")
    client.force_login(staff)
    url = quota_url("quota_propose")
    page = client.get(url, {"total": "10", "minimum": "1", "categories": ["township"]})
    rows = page.context["proposal"].rows
    posted = {f"seats-{row.unit.pk}": str(row.seats) for row in rows}
    posted |= {f"shown-{row.unit.pk}": "" if row.shown is None else str(row.shown) for row in rows}
    posted[f"seats-{unit.pk}"] = "5"
    done = client.post(
        f"{url}?total=10&minimum=1&categories=township", {**posted, "act": "publish"}, follow=True
    )

    assert [(row.unit, row.share_words, row.seats, row.shown, row.q_after) for row in rows] == [
        (other_unit, "4.00", 4, None, 4),
        (unit, "6.00", 6, 3, 6),
    ]
    assert without.name in page.content.decode()
    assert dict(session.quotas.values_list("unit", "seats")) == {unit.pk: 5, other_unit.pk: 4}
    assert "已儲存 2 個機關的名額。已公布，並通知 2 個機關的聯絡人。" in done.content.decode()
    assert Notice.objects.filter(user=contact).count() == 1


@pytest.mark.parametrize(
    ("capacity", "audience", "seats"),
    [(10, ["township"], [4, 6]), (None, ["township"], None), (10, [], None)],
)
def test_the_proposal_is_worked_out_at_once_where_the_room_is_known(
    client, session, unit, other_unit, staff, capacity, audience, seats
):
    session.capacity, session.audience = capacity, audience
    session.save()
    client.force_login(staff)

    page = client.get(quota_url("quota_propose"))

    proposal = page.context["proposal"]
    assert (proposal and [row.seats for row in proposal.rows]) == seats
    assert page.context["asked"].errors == {}
    assert page.context["asked"]["total"].value() == capacity


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"total": "11"}, "場地只容 10 人"),
        ({"total": "3", "minimum": "2"}, "每個至少 2 人，共要 4 人"),
        ({"total": "5", "categories": ["school"]}, "所選類別中沒有填了人數的機關"),
        ({"total": "五"}, "總名額"),
    ],
)
def test_a_proposal_that_cannot_be_made_says_why(client, session, unit, other_unit, staff, asked, words):
    client.force_login(staff)

    page = client.get(
        quota_url("quota_propose"), {"total": "10", "minimum": "0", "categories": ["township"], **asked}
    )

    assert page.context["proposal"] is None
    assert words in page.content.decode()


def test_publishing_from_the_page_with_nothing_new_says_so(client, session, unit, staff):
    client.force_login(staff)
    posted = {f"seats-{unit.pk}": "3", f"shown-{unit.pk}": "3", "act": "publish"}

    first = client.post(quota_url(), posted, follow=True).content.decode()
    second = client.post(quota_url(), posted, follow=True).content.decode()

    assert "名額沒有變更。已公布，並通知 1 個機關的聯絡人。" in first
    assert "名額沒有變更。未再通知。第1梯次的名額與上次公布的相同" in second


@pytest.mark.parametrize("count", [1, 3])
def test_a_proposal_takes_the_same_queries_however_many_units(
    client, staff, django_assert_num_queries, count
):
    make.make_session(number=1, audience=["township"])
    for _ in range(count):
        make.make_unit(headcount=10, category=Category.TOWNSHIP)
    client.force_login(staff)

    with django_assert_num_queries(9):
        client.get(quota_url("quota_propose"), {"total": "9", "minimum": "0", "categories": ["township"]})
