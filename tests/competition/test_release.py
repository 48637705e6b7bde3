"""A result is out at its time and not a moment before: pages, exports, codes and letters."""

from datetime import date, timedelta
from itertools import combinations

import pytest
from django.urls import NoReverseMatch, reverse

from agencies.models import Contact, Notice
from competition import actions
from competition.background import tell_released
from competition.models import Author, Ceremony, ResultSet
from foundation import periodic
from foundation.models import Certificate, Event, Mail
from tests import factories as make
from tests.factories import taipei
from tests.permissions.test_permissions import routes

pytestmark = pytest.mark.django_db
AT = taipei(2016, 8, 5, 16)
RELEASE = taipei(2016, 9, 1, 10)
BEFORE = RELEASE - timedelta(seconds=1)
CANARY = "金絲雀得獎人"


@pytest.fixture
def staff():
    return make.make_staff()


@pytest.fixture
def unit():
    return make.make_unit(name="嘉義縣竹崎鄉公所")


@pytest.fixture
def result(unit, staff):
    entry = make.make_entry(unit=unit, receipt="A1", title="得獎的作品", work_code="AAAAAA")
    Author.objects.create(entry=entry, position=1, name=CANARY, title="課員")
    make.make_entry(unit=make.make_unit(), receipt="A2", title="沒有得獎的作品")
    for judge in [make.make_judge() for _ in range(3)]:
        make.make_sheet(entry=entry, judge=judge, marks=(40, 30, 20, 5))
    Ceremony.objects.create(competition=entry.competition, magistrate="測試縣長")
    group = entry.topic.group
    result = actions.finalise(group=group, release_at=RELEASE, accept_unranked=True, by=staff, at=AT)
    actions.issue_certificates(competition=entry.competition, by=staff, at=AT)
    return result


# Letters --------------------------------------------------------------------------------------------


@pytest.fixture
def contact(unit):
    return make.make_contact(unit=unit, user=make.make_user(name="測試聯絡人"))


@pytest.mark.both_databases
def test_the_winners_contacts_are_told_at_the_release_and_once(result, contact):
    loser = make.make_contact(unit=result.group.competition.entries.get(receipt="A2").unit)
    Notice.objects.all().delete()

    tell_released(at=BEFORE)
    assert not Notice.objects.exists()

    for _ in range(2):
        tell_released(at=RELEASE)
    notice = Notice.objects.get()
    assert (notice.user, notice.text) == (
        contact,
        "嘉義縣竹崎鄉公所的作品「得獎的作品」榮獲測試競賽機關組第一名。",
    )
    letter = Mail.objects.get(subject="得獎通知：機關組第一名")
    assert letter.recipient == contact.email
    assert not Notice.objects.filter(user=loser).exists()
    assert ResultSet.objects.get().told_at == RELEASE
    assert Event.objects.get(action="winners.told").summary == (
        "機關組結果第 1 版公布，通知得獎機關聯絡人 1 人次"
    )


def test_a_worker_that_slept_tells_as_soon_as_it_wakes(result, contact):
    tell_released(at=RELEASE + timedelta(days=2))

    assert Notice.objects.filter(user=contact).count() == 1


def test_who_is_no_contact_on_the_day_is_not_told(result, contact):
    Contact.objects.update(ends_on=date(2016, 8, 31))

    Notice.objects.all().delete()
    tell_released(at=RELEASE)

    # The office hears whom nobody could tell.
    assert list(Notice.objects.values_list("user__is_staff", "text").distinct()) == [
        (True, "機關組結果第 1 版已公布；得獎機關沒有聯絡人，請另行通知：嘉義縣竹崎鄉公所。")
    ]


def test_a_result_reopened_before_its_release_is_never_told(result, contact, staff):
    actions.ask_to_reopen(result=result, reason="補登", by=staff, at=AT)
    actions.agree_to_reopen(result=result, by=make.make_staff(), at=AT)

    tell_released(at=RELEASE)
    assert actions.tell_winners(result=result, at=RELEASE) == 0

    assert not Notice.objects.filter(text__contains="榮獲").exists()


def test_who_was_told_of_an_award_is_told_that_it_does_not_stand(result, contact, staff):
    tell_released(at=RELEASE)
    later = RELEASE + timedelta(days=1)
    actions.ask_to_reopen(result=result, reason="補登評分表", by=staff, at=later)
    actions.agree_to_reopen(result=result, by=make.make_staff(), at=later)

    text = (
        "測試競賽機關組的結果重開（補登評分表），嘉義縣竹崎鄉公所的作品「得獎的作品」先前公布的第一名暫不生效，"
        "已核發的獎狀註銷；重新定案公布後另行通知。"
    )
    assert list(contact.notices.order_by("pk").values_list("text", flat=True))[1:] == [text]
    assert text in Mail.objects.get(subject="得獎名單重開：機關組").body

    # The next version's award is a new occasion.
    again = actions.finalise(group=result.group, release_at=later, accept_unranked=True, by=staff, at=later)
    assert actions.tell_winners(result=again, at=later) == 1


def test_the_second_person_hears_of_the_request_and_the_first_of_the_answer(result, staff):
    second = make.make_staff(name="周承辦")
    Notice.objects.all().delete()

    actions.ask_to_reopen(result=result, reason="補登", by=staff, at=AT)
    assert [notice.text for notice in second.notices.all()] == [
        "測試承辦人提出重開機關組結果第 1 版，等另一位承辦人同意：補登"
    ]
    actions.drop_reopening(result=result, by=second, at=AT)
    actions.ask_to_reopen(result=result, reason="補登", by=staff, at=AT)
    actions.agree_to_reopen(result=result, by=second, at=AT)

    assert [notice.text for notice in staff.notices.order_by("pk")] == [
        "周承辦不同意重開機關組結果第 1 版，維持這一版。",
        "周承辦同意重開機關組結果第 1 版，評分可以再變更。",
    ]


def test_the_letter_says_when_and_where_the_awards_are_given(result, contact):
    Ceremony.objects.update(held_at=RELEASE + timedelta(days=3), place="主管會報")

    tell_released(at=RELEASE)

    assert (
        Mail.objects.get(subject="得獎通知：機關組第一名").body.count("頒獎：105年9月4日 10:00，主管會報。")
        == 1
    )


def test_workers_know_the_telling(result, contact):
    """It runs because the module is among those that the settings list."""
    periodic.run_all(at=RELEASE)

    assert ResultSet.objects.get().told_at == RELEASE


# Every route ----------------------------------------------------------------------------------------


def addresses(result):
    """Every route with whichever of the result's arguments it takes."""
    award = result.certificates.get()
    arguments = {
        "pk": result.group.competition.entries.get(receipt="A1").pk,
        "group_pk": result.group_id,
        "code": award.certificate.code,
        "fmt": "xlsx",
        "year": 105,
        "paper": "order",
    }
    for name in sorted(routes()):
        for count in range(3):
            for names in combinations(arguments, count):
                try:
                    yield name, reverse(name, kwargs={each: arguments[each] for each in names})
                except NoReverseMatch:
                    continue


def told(client, user, result):
    """The routes on which this person can read the canary."""
    found = set()
    for name, address in addresses(result):
        client.logout()
        if user:
            client.force_login(user)
        response = client.get(address)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        if CANARY in content.decode("utf-8", errors="replace") + str(response.headers):
            found.add(name)
    return found


@pytest.fixture
def people(result):
    return {
        "anonymous": None,
        "civil": make.make_user(),
        "other contact": make.make_contact(unit=make.make_unit()),
        "judge": result.group.judges.first().user,
    }


@pytest.mark.parametrize("who", ["anonymous", "civil", "other contact", "judge"])
def test_no_route_tells_before_the_release_and_the_right_ones_do_after(
    client, result, people, who, time_machine
):
    time_machine.move_to(BEFORE, tick=False)
    assert told(client, people[who], result) == set()

    time_machine.move_to(RELEASE, tick=False)
    after = {"certificates:certificate_detail"}
    if who != "anonymous":
        after.add("competition:result_list")
    assert told(client, people[who], result) == after


def test_the_units_own_contact_learns_of_the_award_at_the_release(client, result, contact, time_machine):
    """They know their authors; what they must not know is the award."""
    client.force_login(contact)

    time_machine.move_to(BEFORE, tick=False)
    assert "第一名" not in client.get(reverse("competition:result_list")).content.decode()
    assert client.get(reverse("competition:award_export", args=["xlsx"])).status_code == 404

    time_machine.move_to(RELEASE, tick=False)
    assert "第一名" in client.get(reverse("competition:result_list")).content.decode()
    assert client.get(reverse("competition:award_export", args=["xlsx"])).status_code == 200


def test_a_later_release_takes_the_codes_back_out_of_sight(client, result, staff, time_machine):
    time_machine.move_to(AT, tick=False)
    actions.change_release(result=result, release_at=RELEASE + timedelta(days=1), by=staff, at=AT)
    code = Certificate.objects.get().code

    time_machine.move_to(RELEASE, tick=False)

    assert client.get(reverse("certificates:certificate_detail", args=[code])).status_code == 404
