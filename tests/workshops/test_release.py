"""Releasing unused seats to all, by the clock or by hand, and taking the release back."""

from datetime import timedelta

import pytest
from django.urls import reverse

from agencies.models import Notice, Programme
from foundation import periodic
from foundation.errors import Refused
from foundation.models import Event, Mail
from tests import factories as make
from tests.factories import taipei
from workshops import actions, background, invariants, seats
from workshops.indicators import seats_by_unit, sent_by_unit
from workshops.models import Enrolment

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
AT = taipei(2016, 4, 1, 9)
State = Enrolment.State


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所")


@pytest.fixture
def idle_unit():
    return make.make_unit(code="10010130", name="嘉義縣中埔鄉公所")


@pytest.fixture
def session(unit, idle_unit):
    """One seat for the first unit, two for another that uses none."""
    session = make.make_session(number=1, audience=["township"])
    make.make_quota(session=session, unit=unit, seats=1)
    make.make_quota(session=session, unit=idle_unit, seats=2)
    return session


@pytest.fixture
def staff():
    return make.make_staff()


def nominate(session, unit, by, name, at=AT):
    return actions.enrol(session=session, unit=unit, name=name, title="課員", by=by, at=at)


def fill(session, unit, by, names="甲乙丙丁"):
    return [
        nominate(session, unit, by, name, AT + timedelta(minutes=number)) for number, name in enumerate(names)
    ]


def states(session):
    return [(e.person.name, e.state) for e in session.enrolments.order_by("pk")]


def refusal(action, *args, **kwargs):
    with pytest.raises(Refused) as caught:
        action(*args, **kwargs)
    return str(caught.value)


def test_release_gives_unused_seats_to_who_waits_first(session, unit, staff):
    fill(session, unit, staff)

    promoted = actions.release(session=session, by=staff, at=AT)

    assert states(session) == [
        ("甲", State.CONFIRMED),
        ("乙", State.CONFIRMED),
        ("丙", State.CONFIRMED),
        ("丁", State.WAITING),
    ]
    assert [row.person.name for row in promoted] == ["乙", "丙"]
    session.refresh_from_db()
    assert session.released_at == AT
    assert seats.count_seats(session).full(unit.pk) == [seats.POOL_FULL]
    assert list(invariants.breaches()) == []


def test_release_stays_within_the_room(session, unit, staff):
    session.capacity = 2
    session.save()
    fill(session, unit, staff)

    actions.release(session=session, by=staff, at=AT)

    assert [state for _, state in states(session)] == [State.CONFIRMED] * 2 + [State.WAITING] * 2
    assert list(invariants.breaches()) == []


def test_release_leaves_the_indicator_as_it_was(session, unit, staff):
    fill(session, unit, staff)
    before = list(seats_by_unit(session.programme))

    actions.release(session=session, by=staff, at=AT)

    assert list(seats_by_unit(session.programme)) == before
    assert list(sent_by_unit(session.programme)) == [(unit.pk, "sent", 1, 3)]


def test_after_release_a_unit_without_quota_may_nominate(session, unit, staff):
    stranger = make.make_unit()
    assert "沒有分配名額" in refusal(nominate, session, stranger, staff, "戊")

    actions.release(session=session, by=staff, at=AT)

    assert nominate(session, stranger, staff, "戊").state == State.CONFIRMED


def test_after_release_the_pool_is_the_limit(session, unit, idle_unit, staff):
    actions.release(session=session, by=staff, at=AT)

    fill(session, unit, staff, "甲乙丙")

    assert nominate(session, idle_unit, staff, "丁").state == State.WAITING
    actions.cancel(enrolment=session.enrolments.earliest("pk"), by=staff, at=AT)
    assert states(session)[-1] == ("丁", State.CONFIRMED)


def test_release_tells_each_contact_once(session, unit, idle_unit, staff):
    both = make.make_contact(unit=unit)
    make.make_contact(unit=idle_unit, user=both)
    invited = make.make_contact(unit=make.make_unit())
    make.make_contact(unit=make.make_unit(category="school"))
    nominate(session, unit, staff, "甲")

    actions.release(session=session, by=staff, at=AT)

    text = (
        "研習班第1梯次未使用的名額 2 人已釋出，候補遞補 0 人，尚餘 2 人，各機關都可以薦送，先報先錄取。"
        "原分配名額與達成率的計算不變。"
    )
    assert list(Notice.objects.order_by("user").values_list("user", "text")) == [
        (both.pk, text),
        (invited.pk, text),
    ]
    assert sorted(Mail.objects.values_list("recipient", flat=True)) == sorted([both.email, invited.email])
    event = Event.objects.get(action="session.released")
    assert (event.actor, event.data, event.summary) == (
        staff,
        {"unused": 2},
        "第1梯次釋出未使用的名額 2 人",
    )


def test_release_twice_is_refused(session, staff):
    actions.release(session=session, by=staff, at=AT)

    assert (
        refusal(actions.release, session=session, by=staff, at=AT)
        == "第1梯次的名額已經釋出，不必再釋出一次。"
    )


def test_release_after_attendance_is_settled_is_refused(session, staff):
    actions.close_attendance(session=session, by=staff, at=taipei(2016, 4, 12))

    for act in (actions.release, actions.take_back_release):
        assert refusal(act, session=session, by=staff, at=AT) == actions.locks.ATTENDANCE_CLOSED


def test_release_in_a_frozen_year_is_refused(session, staff):
    Programme.objects.update(state=Programme.State.FROZEN)

    for act in (actions.release, actions.take_back_release):
        assert refusal(act, session=session, by=staff, at=AT) == "105年度已凍結，資料不能再變更。"


# Taking it back


def test_take_back_gives_each_unit_its_own_seats_again(session, unit, staff):
    session.release_at = AT
    session.save()
    actions.release(session=session, by=staff, at=AT)

    actions.take_back_release(session=session, by=staff, at=AT)

    session.refresh_from_db()
    assert (session.released_at, session.release_at) == (None, None)
    fill(session, unit, staff, "甲乙")
    assert states(session) == [("甲", State.CONFIRMED), ("乙", State.WAITING)]


def test_take_back_while_a_unit_sits_on_released_seats_is_refused(session, unit, staff):
    fill(session, unit, staff, "甲乙")
    actions.release(session=session, by=staff, at=AT)

    assert refusal(actions.take_back_release, session=session, by=staff, at=AT) == (
        "嘉義縣竹崎鄉公所已使用釋出的名額，不能收回；要收回，請先取消這些機關超出名額的薦送，或調高其名額。"
    )


def test_take_back_what_is_not_released_is_refused(session, staff):
    assert refusal(actions.take_back_release, session=session, by=staff, at=AT) == "第1梯次的名額沒有釋出。"


def test_releasing_again_tells_again(session, unit, staff):
    make.make_contact(unit=unit)
    actions.release(session=session, by=staff, at=AT)
    actions.take_back_release(session=session, by=staff, at=AT)

    actions.release(session=session, by=staff, at=AT + timedelta(days=1))

    assert Mail.objects.filter(key__startswith="seats-released-").count() == 2


# The clock


def run_clock(at):
    background.release_unused_seats(at=at)


def test_the_clock_releases_on_the_date_and_once(session, unit, staff):
    fill(session, unit, staff, "甲乙")
    session.release_at = AT
    session.save()

    run_clock(AT - timedelta(seconds=1))
    assert session.enrolments.waiting().count() == 1
    for at in (AT, AT + timedelta(minutes=1)):
        run_clock(at)

    session.refresh_from_db()
    assert (session.released_at, session.enrolments.waiting().count()) == (AT, 0)
    assert Event.objects.get(action="session.released").actor is None


@pytest.mark.parametrize(
    ("at", "facts"),
    [
        (taipei(2016, 4, 12), {}),
        (AT, {"attendance_closed_at": AT}),
        (AT, {"released_at": AT - timedelta(days=1)}),
    ],
    ids=["the day is over", "settled", "released before"],
)
def test_the_clock_leaves_alone_what_is_not_due(session, at, facts):
    for name, value in {"release_at": AT, **facts}.items():
        setattr(session, name, value)
    session.save()

    run_clock(at)

    assert Event.objects.count() == 0


@pytest.mark.parametrize("state", [Programme.State.DRAFT, Programme.State.FROZEN])
def test_the_clock_releases_only_in_a_year_in_progress(session, state):
    session.release_at = AT
    session.save()
    Programme.objects.update(state=state)

    run_clock(AT)

    session.refresh_from_db()
    assert session.released_at is None


def test_the_worker_knows_of_it(session, settings):
    session.release_at = AT
    session.save()

    periodic.run_all(at=AT)

    session.refresh_from_db()
    assert session.released_at == AT


# The pages


def test_staff_release_and_take_back_on_the_page(client, session, unit, staff):
    fill(session, unit, staff, "甲乙")
    client.force_login(staff)
    url, undo = (
        reverse(f"workshops:{name}", args=[1]) for name in ("session_release", "session_release_undo")
    )

    asked = client.get(url).content.decode()
    done = client.post(url, follow=True).content.decode()
    again = client.post(url, follow=True).content.decode()
    refused = client.post(undo, follow=True).content.decode()

    assert "未使用的 <b>2 人</b>合為一池，候補的 <b>1 人</b>先依序遞補" in asked
    assert "第1梯次未使用的名額已釋出，候補遞補 1 人。" in done
    assert "尚餘 1 人" in done
    assert "未釋出。第1梯次的名額已經釋出" in again
    assert "未收回。嘉義縣竹崎鄉公所已使用釋出的名額" in refused


def test_a_contact_without_quota_is_offered_released_seats(client, session, staff):
    contact = make.make_contact(unit=make.make_unit())
    client.force_login(contact)
    url = reverse("workshops:session_detail", args=[1])
    before = client.get(url).content.decode()

    actions.release(session=session, by=staff, at=AT)

    after = client.get(url).content.decode()
    assert "沒有分配名額，不能薦送" in before
    assert "未使用的名額已釋出，各機關都可以薦送，尚餘 <b>3 人</b>" in after
    assert "不能薦送" not in after
