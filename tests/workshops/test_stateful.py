"""Any order of nominating, cancelling, overbooking and changing limits, against a plain model in memory."""

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from foundation.errors import Refused
from foundation.models import Mail
from tests import factories as make
from tests.factories import taipei
from workshops import actions
from workshops.models import Enrolment, UnitQuota

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
AT = taipei(2016, 4, 1, 9)
UNITS = 3


class Workshop(RuleBasedStateMachine):
    """`self.people` is the model: [unit, state, seat] in order of nomination; seat "limit" or "over"."""

    def __init__(self):
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.room, self.quotas, self.people, self.promoted = 4, [2] * UNITS, [], 0
        self.session = make.make_session(number=1, capacity=self.room)
        self.units = [make.make_unit() for _ in range(UNITS)]
        for unit in self.units:
            make.make_quota(session=self.session, unit=unit, seats=2)
        self.by = make.make_staff()

    def teardown(self):
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    # The model

    def seated(self, unit=None):
        return sum(
            person[1] == "confirmed" and person[2] == "limit" and unit in (None, person[0])
            for person in self.people
        )

    def fits(self, unit):
        return self.seated(unit) < self.quotas[unit] and (self.room is None or self.seated() < self.room)

    def move_up(self):
        for person in self.people:
            if person[1] == "waiting" and self.fits(person[0]):
                person[1] = "confirmed"
                self.promoted += 1

    def new_email(self):
        return f"person{len(self.people)}@machine.test"

    def stored(self):
        return self.session.enrolments.order_by("pk")

    # What people do

    @rule(unit=st.integers(0, UNITS - 1))
    def nominate(self, unit):
        words = {"session": self.session, "unit": self.units[unit], "name": "學員", "email": self.new_email()}
        if not self.quotas[unit]:
            with pytest.raises(Refused):
                actions.enrol(**words, by=self.by, at=AT)
            return
        actions.enrol(**words, by=self.by, at=AT)
        self.people.append([unit, "confirmed" if self.fits(unit) else "waiting", "limit"])

    @precondition(lambda self: any(person[1] != "cancelled" for person in self.people))
    @rule(data=st.data())
    def cancel(self, data):
        going = [n for n, person in enumerate(self.people) if person[1] != "cancelled"]
        number = data.draw(st.sampled_from(going))
        actions.cancel(enrolment=self.stored()[number], by=self.by, at=AT)
        self.people[number][1] = "cancelled"
        self.move_up()

    @rule(unit=st.integers(0, UNITS - 1))
    def overbook(self, unit):
        words = {"session": self.session, "unit": self.units[unit], "name": "學員", "email": self.new_email()}
        if self.fits(unit):
            with pytest.raises(Refused):
                actions.overbook(**words, reason="理由", by=self.by, at=AT)
            return
        actions.overbook(**words, reason="理由", by=self.by, at=AT)
        self.people.append([unit, "confirmed", "over"])

    @rule(unit=st.integers(0, UNITS - 1), seats=st.integers(0, 4))
    def set_quota(self, unit, seats):
        if seats < self.seated(unit):
            with pytest.raises(Refused):
                actions.set_quota(session=self.session, unit=self.units[unit], seats=seats, by=self.by, at=AT)
            return
        actions.set_quota(session=self.session, unit=self.units[unit], seats=seats, by=self.by, at=AT)
        self.quotas[unit] = seats
        self.move_up()

    @rule(room=st.one_of(st.none(), st.integers(1, 8)))
    def set_room(self, room):
        if room is not None and room < self.seated() and room != self.room:
            with pytest.raises(Refused):
                actions.edit_session(session=self.session, by=self.by, at=AT, capacity=room)
            return
        actions.edit_session(session=self.session, by=self.by, at=AT, capacity=room)
        self.room = room
        self.move_up()

    # What must hold after each step

    @invariant()
    def stored_rows_are_the_model(self):
        rows = self.stored().values_list("unit", "state", "over_limit_reason")
        assert [(unit, state, bool(over)) for unit, state, over in rows] == [
            (self.units[unit].pk, state, seat == "over") for unit, state, seat in self.people
        ]

    @invariant()
    def no_limit_is_passed(self):
        confirmed = self.session.enrolments.filter(state=Enrolment.State.CONFIRMED, over_limit_reason="")
        for quota in UnitQuota.objects.filter(session=self.session):
            assert confirmed.filter(unit=quota.unit_id).count() <= quota.seats
        if self.room is not None:
            assert confirmed.count() <= self.room

    @invariant()
    def nobody_waits_while_a_seat_fits(self):
        assert not any(state == "waiting" and self.fits(unit) for unit, state, _ in self.people)

    @invariant()
    def each_promotion_is_mailed_once(self):
        assert Mail.objects.filter(key__startswith="enrolment-promoted-").count() == self.promoted


def test_workshop_state_machine():
    run_state_machine_as_test(
        Workshop, settings=settings(max_examples=15, stateful_step_count=20, deadline=None, database=None)
    )
