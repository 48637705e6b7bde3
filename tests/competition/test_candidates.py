"""Who may judge: proposed, decided on, appointed by letter, seated and told."""

import re
from datetime import date

import pypdfium2
import pytest
from django.urls import reverse

from competition import actions
from competition.models import Candidate, Judge
from foundation.errors import Refused
from foundation.models import Event, Mail
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db
AT = taipei(2016, 6, 1)


@pytest.fixture
def competition():
    return make.make_competition(title="第2屆測試競賽", judging_ends_on=date(2016, 7, 22))


@pytest.fixture
def staff():
    return make.make_staff()


@pytest.fixture
def staff_client(client, staff):
    client.force_login(staff)
    return client


def body(response):
    return response.content.decode()


def refused(action, **arguments):
    events = Event.objects.count()
    with pytest.raises(Refused) as caught:
        action(**arguments, at=AT)
    assert Event.objects.count() == events
    return str(caught.value)


def decided(competition, **fields):
    return make.make_candidate(competition=competition, state="approved", **fields)


def with_letter(competition, **fields):
    return decided(competition, letter_number="府人考字第1號", letter_on=date(2016, 6, 2), **fields)


def test_a_candidate_is_proposed_once(competition, staff):
    arguments = {"competition": competition, "name": "林堃峯", "affiliation": "範例大學", "by": staff}

    candidate = actions.propose(**arguments, expertise="數位教材", at=AT)

    assert (candidate.state, candidate.proposed_by, candidate.proposed_at) == ("proposed", staff, AT)
    assert refused(actions.propose, **arguments) == "範例大學的林堃峯已在本年度的人選名單。"


@pytest.mark.parametrize(("is_approved", "state"), [(True, "approved"), (False, "rejected")])
def test_a_decision_names_its_basis_and_who_noted_it(competition, staff, is_approved, state):
    candidate = make.make_candidate(competition=competition)
    arguments = {"candidate": candidate, "is_approved": is_approved, "by": staff}
    assert refused(actions.decide, **arguments, basis="") == "遴選須寫明依據，例：簽准文號與核定人。"

    actions.decide(**arguments, basis="105年6月1日簽准", at=AT)

    candidate.refresh_from_db()
    assert (candidate.state, candidate.basis, candidate.decided_by, candidate.decided_at) == (
        state,
        "105年6月1日簽准",
        staff,
        AT,
    )


def test_another_decision_takes_the_place_of_the_first_until_the_letter_is_out(competition, staff):
    candidate = make.make_candidate(competition=competition, state="rejected", name="林喆")
    arguments = {"candidate": candidate, "by": staff}

    actions.decide(**arguments, is_approved=True, basis="遞補，簽准", at=AT)

    candidate.refresh_from_db()
    assert (candidate.state, candidate.basis) == ("approved", "遞補，簽准")
    assert Event.objects.get(action="candidate.decided").summary == (
        "評審人選林喆由未遴聘改為已核定：遞補，簽准"
    )
    actions.issue_letter(**arguments, number="府人考字第7號", on=date(2016, 6, 3), at=AT)
    assert refused(actions.decide, **arguments, is_approved=False, basis="再一次") == (
        "林喆的聘函已編號，不能再更改遴選結果。"
    )


def test_a_letter_follows_the_approval_under_a_number_of_its_own(competition, staff):
    with_letter(competition, name="甲")
    candidate = decided(competition, name="乙")
    proposed = make.make_candidate(competition=competition, name="丙")

    def issue(candidate, number):
        return {"candidate": candidate, "number": number, "on": date(2016, 6, 3), "by": staff}

    assert refused(actions.issue_letter, **issue(proposed, "第3號")) == "核定之後才能發聘函。"
    assert refused(actions.issue_letter, **issue(candidate, "府人考字第1號")) == (
        "聘函字號「府人考字第1號」已用於甲。"
    )
    actions.issue_letter(**issue(candidate, "府人考字第2號"), at=AT)
    candidate.refresh_from_db()
    assert (candidate.letter_number, candidate.letter_on) == ("府人考字第2號", date(2016, 6, 3))


def test_a_seated_candidate_gets_an_account_both_panels_and_a_letter(competition, staff):
    unit = make.make_unit()
    candidate = with_letter(competition, name="林堃峯", email="judge@example.test", unit=unit.unit)
    groups = list(competition.groups.all())

    actions.seat(candidate=candidate, groups=groups, username="judge.lin", by=staff, at=AT)

    candidate.refresh_from_db()
    judges = Judge.objects.filter(user=candidate.user)
    assert [(judge.group, judge.unit) for judge in judges] == [(group, unit.unit) for group in groups]
    assert (candidate.user.username, candidate.user.name) == ("judge.lin", "林堃峯")
    letters = list(Mail.objects.filter(recipient="judge@example.test").order_by("pk"))
    assert letters[-1].subject == "敬邀評審：第2屆測試競賽"
    assert "評分自民國105年7月2日起，7月22日（五）24:00 截止" in letters[-1].body
    assert len(letters) == 2  # and the one to set a password


def test_a_candidate_with_an_account_is_seated_under_it(competition, staff):
    user = make.make_user(username="known")
    candidate = with_letter(competition)

    actions.seat(candidate=candidate, groups=[competition.groups.first()], username="KNOWN", by=staff, at=AT)

    candidate.refresh_from_db()
    assert candidate.user == user
    assert Mail.objects.filter(recipient=user.email).count() == 1


def test_what_a_seat_asks_for(competition, staff):
    group = competition.groups.first()
    approved, ready = decided(competition, name="甲"), with_letter(competition, name="乙")

    def seat(candidate, groups=(group,)):
        return refused(actions.seat, candidate=candidate, groups=list(groups), username="new", by=staff)

    assert seat(approved) == "發聘函之後才能加入評審名單。"
    assert seat(ready, groups=()) == "請選擇組別。"
    assert seat(ready) == "沒有電子郵件就無法邀請。"
    assert not Judge.objects.exists()


def test_a_candidate_leaves_the_list_while_nothing_is_decided(competition, staff):
    proposed, approved = make.make_candidate(competition=competition), decided(competition, name="乙")

    actions.drop_candidate(candidate=proposed, by=staff, at=AT)

    assert refused(actions.drop_candidate, candidate=approved, by=staff) == (
        "乙已核定，紀錄要保留，不能移除。"
    )
    assert list(Candidate.objects.all()) == [approved]


def test_from_proposal_to_panel_on_the_pages(staff_client, competition):
    page = staff_client.post(
        reverse("competition:candidate_list"),
        {"name": "林堃峯", "affiliation": "範例大學", "email": "judge@example.test"},
        follow=True,
    )
    assert "已推薦林堃峯。" in body(page)
    candidate = Candidate.objects.get()

    def post(name, **data):
        url = reverse(f"competition:candidate_{name}", args=[candidate.pk])
        return body(staff_client.post(url, data, follow=True))

    assert "這個欄位是必須的" in post("decide", is_approved="yes") or "必填" in post("decide")
    assert "更改遴選結果" in post("decide", is_approved="no", basis="名額已滿")
    assert "已登錄林堃峯的遴選結果。" in post("decide", is_approved="yes", basis="簽准")
    assert "可以列印" in post("letter", number="府人考字第9號", on="105/6/2")
    group = competition.groups.first()
    assert "已加入評審名單" in post("seat", groups=[group.pk], username="judge.lin")
    assert Judge.objects.get().user.name == "林堃峯"
    assert "judge.lin" in body(staff_client.get(reverse("competition:candidate_detail", args=[candidate.pk])))


def test_the_letter_of_appointment_is_printed_with_rare_names(staff_client, competition):
    candidate = with_letter(competition, name="林堃峯喆𠮷", title="教授")

    response = staff_client.get(reverse("competition:candidate_paper", args=[candidate.pk]))

    with pypdfium2.PdfDocument(response.content) as document:
        text = re.sub(r"\s", "", document[0].get_textpage().get_text_range())
        assert len(document) == 1
    for words in (
        "嘉義縣政府聘函",
        "府人考字第1號",
        "林堃峯喆𠮷",
        "第2屆測試競賽",
        "民國105年7月2日起至民國105年7月22日止",
        "中華民國105年6月2日",
    ):
        assert words in text


@pytest.mark.parametrize("count", [1, 3])
def test_candidate_list_query_count(staff_client, competition, count, django_assert_num_queries):
    for number in range(count):
        with_letter(competition, name=f"甲{number}") if not number else decided(
            competition, name=f"甲{number}"
        )

    with django_assert_num_queries(9):
        response = staff_client.get(reverse("competition:candidate_list"))
    assert len(response.context["page"].object_list) == count


def test_staff_move_resign_and_recall_a_judge_on_its_page(staff_client, competition):
    unit = make.make_unit()
    judge = Judge.objects.get(user=make.make_judge())

    def post(name, **data):
        url = reverse(f"competition:judge_{name}", args=[judge.pk])
        page = body(staff_client.post(url, data, follow=True))
        judge.refresh_from_db()
        return page

    post("edit", unit=unit.unit.code)
    assert judge.unit == unit.unit
    post("edit", unit="")
    assert judge.unit is None
    page = post("resign", **{"reason-reason": "身體不適"})
    assert "已辭任" in page
    assert "身體不適" in page
    assert "已恢復測試評審為評審。" in post("recall", **{"reason-reason": "康復"})
    assert judge.resigned_at is None
