"""Two people at the same unit or year at one moment: one is done, the other is told why not."""

from datetime import date

import pytest

from agencies import actions
from agencies.models import Contact, Programme, ScheduleItem
from chiayi_elearn.programmes import open_programme
from foundation.errors import Refused
from foundation.models import Mail
from tests import factories as make
from tests.races import at_once

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
AT = make.taipei(2016, 6, 1, 9)
PEOPLE = 8


def outcomes(results):
    """How many were done, how many refused by a rule, and whatever else came."""
    refused = [result for result in results if isinstance(result, Refused)]
    broken = [
        result for result in results if isinstance(result, Exception) and not isinstance(result, Refused)
    ]
    return len(results) - len(refused) - len(broken), len(refused), broken


def test_a_contact_is_handed_over_once():
    unit, staff = make.make_unit(), make.make_staff()
    contact = make.make_contact(unit=unit).contacts.get()
    successors = [make.make_user() for _ in range(PEOPLE)]

    def call(number):
        return lambda: actions.hand_over(
            contact=contact, to=successors[number], on=date(2016, 7, 1 + number), by=staff, at=AT
        )

    assert outcomes(at_once([call(number) for number in range(PEOPLE)])) == (1, PEOPLE - 1, [])
    assert Contact.objects.exclude(pk=contact.pk).count() == 1


def test_one_person_is_made_contact_once():
    unit, staff, user = make.make_unit(), make.make_staff(), make.make_user()

    def call():
        return actions.add_contact(unit=unit.unit, user=user, starts_on=date(2016, 6, 1), by=staff, at=AT)

    assert outcomes(at_once([call] * PEOPLE)) == (1, PEOPLE - 1, [])
    assert Contact.objects.count() == 1


def test_a_year_is_opened_once():
    def call():
        return open_programme(year=105, by=None, at=AT)

    assert outcomes(at_once([call] * PEOPLE)) == (1, PEOPLE - 1, [])
    assert (Programme.objects.count(), ScheduleItem.objects.count()) == (1, 5)


def test_a_new_code_is_taken_once():
    programme, staff = make.make_programme(year=105), make.make_staff()

    def call(number):
        return lambda: actions.create_unit(
            programme=programme, code="N01", name=f"新機關{number}", category="school", by=staff, at=AT
        )

    assert outcomes(at_once([call(number) for number in range(PEOPLE)])) == (1, PEOPLE - 1, [])
    assert programme.units.count() == 1


def test_one_address_is_invited_once():
    staff = make.make_staff()

    def call(number):
        return lambda: actions.invite(
            username=f"lin{number}", name="林堃峯", email="lin@example.test", by=staff, at=AT
        )

    assert outcomes(at_once([call(number) for number in range(PEOPLE)])) == (1, PEOPLE - 1, [])
    assert Mail.objects.count() == 1


def test_one_colleague_is_added_once():
    unit, staff = make.make_unit(), make.make_staff()

    def call():
        return actions.add_person(name="林堃峯", title="科員", email="", unit=unit.unit, by=staff, at=AT)

    assert outcomes(at_once([call] * PEOPLE)) == (1, PEOPLE - 1, [])


def test_changes_of_a_year_queue_up():
    programme, staff = make.make_programme(year=105), make.make_staff()

    def call(number):
        return lambda: actions.change_programme(
            programme=programme, weight_forum=30 + number, by=staff, at=AT
        )

    assert outcomes(at_once([call(number) for number in range(PEOPLE)])) == (PEOPLE, 0, [])
