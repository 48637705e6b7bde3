"""Any order of what people do to a session's seats, against a plain model in memory."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from foundation.errors import Refused
from foundation.models import Mail
from tests import factories as make
from tests.factories import taipei
from workshops import actions, invariants

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
DAY = taipei(2016, 4, 1)
UNITS = 3
UNIT, SEATS, ROOM = st.integers(0, UNITS - 1), st.integers(0, 4), st.one_of(st.none(), st.integers(1, 8))


@dataclass
class One:
    """Somebody on the list, in the model: `place` orders the line, `over` is a seat beyond the limits."""

    unit: int
    state: str
    place: int
    over: bool = False
    marked: bool = False

    @property
    def is_active(self):
        return self.state != "cancelled"

    @property
    def is_seated(self):
        return self.state == "confirmed" and not self.over


class Workshop(RuleBasedStateMachine):
    """`self.people` is the model, in the order of the stored rows. The first unit has a contact."""

    def __init__(self):
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.room, self.quotas, self.people, self.letters = 4, [2] * UNITS, [], Counter()
        self.is_released = self.is_closed = False
        self.minutes = 0
        self.session = make.make_session(number=1, capacity=self.room, held_on=DAY.date())
        self.units = [make.make_unit() for _ in range(UNITS)]
        for unit in self.units:
            make.make_quota(session=self.session, unit=unit, seats=2)
        make.make_contact(unit=self.units[0])
        self.by = make.make_staff()

    def teardown(self):
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    # The model

    def seated(self, unit=None):
        return sum(one.is_seated and unit in (None, one.unit) for one in self.people)

    def fits(self, unit):
        if self.room is not None and self.seated() >= self.room:
            return False
        if self.is_released:
            return self.seated() < sum(self.quotas)
        return self.seated(unit) < self.quotas[unit]

    def is_beyond(self, unit):
        """Whether somebody of the unit must lose a seat under the limits as they are."""
        if self.room is not None and self.seated() > self.room:
            return True
        if self.is_released and self.seated() <= sum(self.quotas):
            return False
        return self.seated(unit) > self.quotas[unit]

    def move_up(self):
        if self.is_closed:
            return
        for one in sorted(self.people, key=lambda one: one.place):
            if one.state == "waiting" and self.fits(one.unit):
                one.state = "confirmed"
                self.tell("promoted", one)

    def tell(self, what, one):
        self.letters[what] += 2 if one.unit == 0 else 1

    def stored(self):
        return list(self.session.enrolments.order_by("pk"))

    def words(self, **more):
        """What every action takes, a minute later than the one before."""
        self.minutes += 1
        return {"by": self.by, "at": DAY + timedelta(minutes=self.minutes), **more}

    def new(self, **more):
        name = f"學員{len(self.people)}"
        return self.words(name=name, email=f"person{len(self.people)}@machine.test", **more)

    def on_session(self, **more):
        return self.words(session=self.session, **more)

    def active(self, data):
        return data.draw(st.sampled_from([n for n, one in enumerate(self.people) if one.is_active]))

    def refused(self, action, **words):
        with pytest.raises(Refused):
            action(**words)

    # What people do

    @initialize(units=st.lists(UNIT, min_size=5, max_size=9))
    def begin_with_people(self, units):
        for unit in units:
            self.nominate(unit)

    @rule(unit=UNIT)
    def nominate(self, unit):
        words = self.new(session=self.session, unit=self.units[unit])
        if self.is_closed or not (self.is_released or self.quotas[unit]):
            return self.refused(actions.enrol, **words)
        actions.enrol(**words)
        state = "confirmed" if self.fits(unit) else "waiting"
        self.people.append(One(unit, state, self.minutes))

    @precondition(lambda self: any(one.is_active for one in self.people))
    @rule(data=st.data())
    def cancel(self, data):
        number = self.active(data)
        one, words = self.people[number], self.words(enrolment=self.stored()[number])
        if self.is_closed or one.marked:
            return self.refused(actions.cancel, **words)
        actions.cancel(**words)
        one.state = "cancelled"
        self.move_up()

    @precondition(lambda self: any(one.is_active for one in self.people))
    @rule(data=st.data())
    def substitute(self, data):
        number = self.active(data)
        one, words = self.people[number], self.new(enrolment=self.stored()[number])
        if self.is_closed or one.marked:
            return self.refused(actions.substitute, **words)
        actions.substitute(**words)
        self.tell("substituted", one)
        self.letters["substituted"] += 1  # to who leaves
        self.people.append(replace(one))
        one.state = "cancelled"

    @rule(unit=UNIT)
    def overbook(self, unit):
        words = self.new(session=self.session, unit=self.units[unit], reason="理由")
        if self.is_closed or self.fits(unit):
            return self.refused(actions.overbook, **words)
        actions.overbook(**words)
        self.people.append(One(unit, "confirmed", self.minutes, over=True))

    @rule(unit=UNIT, seats=SEATS, keeps=st.booleans())
    def set_quota(self, unit, seats, keeps):
        before, self.quotas[unit] = self.quotas[unit], seats
        words = self.on_session(unit=self.units[unit], seats=seats)
        if not self.lowered(actions.set_quota, words, keeps, changes=seats != before):
            self.quotas[unit] = before

    @rule(room=ROOM, keeps=st.booleans())
    def set_room(self, room, keeps):
        before, self.room = self.room, room
        words = self.on_session(capacity=room)
        if not self.lowered(actions.edit_session, words, keeps, changes=room != before):
            self.room = before

    def lowered(self, action, words, keeps, *, changes):
        """Do it, asked first where people lose their seats; False when it was refused for good."""
        before = [replace(one) for one in self.people]
        going = self.without_seat()
        if changes and (going or any(map(self.is_beyond, range(UNITS)))):
            with pytest.raises(Refused) as asked:
                action(**words)
            if not isinstance(asked.value, actions.TooManySeated):
                assert any(map(self.is_beyond, range(UNITS)))
                self.people = before
                return False
            stored = self.stored()
            assert [e.pk for e in asked.value.enrolments] == [stored[number].pk for number in going]
            shown = frozenset(e.pk for e in asked.value.enrolments)
            action(**words, surplus=actions.Answer(shown=shown, keeps=keeps, reason="已通知"))
            for number in going:
                one = self.people[number]
                if keeps:
                    one.state, one.over = "confirmed", True
                else:
                    self.tell("moved", one)
        else:
            action(**words)
        if changes:
            self.move_up()
        return True

    def without_seat(self):
        """Numbers of those who lose their seats, the last nominated first; counted out of the model at once."""
        going = []
        numbers = sorted(range(len(self.people)), key=lambda number: -self.people[number].place)
        for number in numbers:
            one = self.people[number]
            if one.is_seated and not one.marked and self.is_beyond(one.unit):
                one.state = "waiting"
                going.append(number)
        return going

    @rule()
    def release(self):
        if self.is_closed or self.is_released:
            return self.refused(actions.release, **self.on_session())
        actions.release(**self.on_session())
        self.is_released = True
        self.letters["seats"] += 1
        self.move_up()

    @rule()
    def take_back(self):
        over = any(self.seated(unit) > self.quotas[unit] for unit in range(UNITS))
        if self.is_closed or not self.is_released or over:
            return self.refused(actions.take_back_release, **self.on_session())
        actions.take_back_release(**self.on_session())
        self.is_released = False
        self.move_up()

    # Late: settled people can be neither moved nor replaced, and little is left to try.
    @precondition(lambda self: not self.is_closed and self.minutes > 20)
    @rule()
    def close(self):
        actions.close_attendance(**self.on_session())
        self.is_closed = True
        for one in self.people:
            one.marked = one.marked or one.state == "confirmed"

    @precondition(lambda self: self.is_closed)
    @rule()
    def reopen(self):
        actions.reopen_attendance(**self.on_session())
        self.is_closed = False
        self.move_up()

    # What must hold after each step

    @invariant()
    def stored_rows_are_the_model(self):
        assert [
            (row.unit_id, row.state, bool(row.over_limit_reason), bool(row.attendance))
            for row in self.stored()
        ] == [(self.units[one.unit].pk, one.state, one.over, one.marked) for one in self.people]

    @invariant()
    def the_line_is_first_come_first_served(self):
        waiting = [n for n, one in enumerate(self.people) if one.state == "waiting"]
        stored = self.stored()
        expected = [stored[n].pk for n in sorted(waiting, key=lambda n: self.people[n].place)]
        assert list(self.session.enrolments.waiting().values_list("pk", flat=True)) == expected

    @invariant()
    def nothing_that_must_hold_is_broken(self):
        assert list(invariants.breaches()) == []

    @invariant()
    def each_letter_is_queued_once(self):
        # enrolment-promoted-…, enrolment-moved-…, enrolment-substituted-…, seats-released-…
        kinds = Counter(
            key.split("-")[0 if key.startswith("seats") else 1]
            for key in Mail.objects.values_list("key", flat=True)
        )
        assert kinds == self.letters


def test_workshop_state_machine():
    run_state_machine_as_test(
        Workshop, settings=settings(max_examples=25, stateful_step_count=25, deadline=None, database=None)
    )
