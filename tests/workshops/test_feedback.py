"""課後回饋: who may answer, once and without a name, and what is shown of it."""

from decimal import Decimal
from io import BytesIO

import pytest
from django.urls import reverse

from foundation.models import Event, Mail
from foundation.sheets import Column, read_table
from tests import factories as make
from tests.factories import taipei
from workshops import actions, feedback
from workshops.models import QuestionnaireAnswer, QuestionnaireReturn

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
AFTER = taipei(2016, 4, 12, 9)
FIVE = [5, 4, 3, 2, 1]


@pytest.fixture
def session():
    return make.make_session(number=1)


@pytest.fixture
def staff():
    return make.make_staff()


@pytest.fixture
def people(session):
    """Five who came, the last without an address, and one who did not."""
    unit = make.make_unit()
    emails = ("a@example.test", "b@example.test", "c@example.test", "d@example.test", "")
    found = [
        make.make_enrolment(
            session=session,
            unit=unit,
            person=make.make_person(unit=unit, name=f"學員{n}", email=email),
            attendance="present",
        )
        for n, email in enumerate(emails)
    ]
    return [*found, make.make_enrolment(session=session, unit=unit, attendance="excused")]


@pytest.fixture
def settled(session, staff, people):
    actions.close_attendance(session=session, by=staff, at=AFTER)
    session.refresh_from_db()
    return session


def answer(enrolment, scores=(5, 5, 5, 5, 5), texts=("很好", "")):
    actions.give_feedback(enrolment=enrolment, scores=list(scores), texts=list(texts), at=AFTER)


def refusal(action, *args, **kwargs):
    with pytest.raises(actions.FeedbackRefused) as caught:
        action(*args, **kwargs)
    return str(caught.value)


def test_settling_writes_to_those_who_came_once(settled, staff, people):
    actions.reopen_attendance(session=settled, by=staff, at=AFTER)
    actions.close_attendance(session=settled, by=staff, at=AFTER)

    letters = Mail.objects.order_by("pk")
    assert [(letter.key, letter.recipient) for letter in letters] == [
        (f"feedback-{each.pk}", each.person.email) for each in people[:4]
    ]
    assert letters[0].subject == "請填課後回饋：自製數位教材研習班第1梯次"
    assert feedback.address(people[0]) in letters[0].body


def test_an_answer_is_kept_apart_from_who_gave_it(settled, people):
    events = Event.objects.count()

    answer(people[0], FIVE, ("動畫", "多練習"))

    kept = QuestionnaireAnswer.objects.get()
    assert (kept.session, kept.scores, kept.texts) == (settled, FIVE, ["動畫", "多練習"])
    assert QuestionnaireReturn.objects.get().enrolment == people[0]
    assert Event.objects.count() == events  # its time would tell
    # Neither table has a column by which the two could be joined.
    columns = {
        field.name for model in (QuestionnaireAnswer, QuestionnaireReturn) for field in model._meta.fields
    }
    assert columns == {"id", "session", "scores", "texts", "enrolment"}


def test_refusals(session, staff, people):
    assert refusal(answer, people[0]) == "出席結算後才開始填寫。"
    actions.close_attendance(session=session, by=staff, at=AFTER)
    assert refusal(answer, people[5]) == "課後回饋由到場的同仁填寫。"
    assert refusal(answer, people[0], (5, 5)) == "題目在您填寫時變更了。請重新整理這一頁再填。"
    assert refusal(answer, people[0], (6, 5, 5, 5, 5)) == "每題請選 1 到 5。"
    assert not QuestionnaireReturn.objects.exists()  # a refused answer does not count as given
    answer(people[0])
    assert refusal(answer, people[0]) == "您已經填過了，謝謝。每人填一次。"
    assert QuestionnaireAnswer.objects.count() == 1


def test_questions_are_written_before_the_first_answer(settled, staff, people):
    edit = {"session": settled, "by": staff, "at": AFTER}
    actions.edit_questionnaire(statements=["清楚"], questions=["還有呢？"], **edit)
    answer(people[0], [4], ["沒有"])
    assert refusal(actions.edit_questionnaire, statements=["別的"], questions=[], **edit) == (
        "已經有人回答；題目這時候變更，前後的回答就不能並列。"
    )
    assert feedback.questionnaire_of(settled).statements == ["清楚"]
    assert refusal(actions.edit_questionnaire, statements=[], questions=[], session=make.make_session(number=2), by=staff, at=AFTER) == "至少要有一題。"  # fmt: skip


def test_the_default_questions_stay_once_answered(settled, people, monkeypatch):
    answer(people[0])
    monkeypatch.setattr(feedback, "STATEMENTS", ("後來改的預設",))
    assert len(feedback.questionnaire_of(settled).statements) == 5


def test_nothing_is_shown_below_three_answers(client, settled, staff, people):
    client.force_login(staff)
    url = reverse("workshops:feedback_detail", args=[1])
    for enrolment in people[:2]:
        answer(enrolment, texts=("只有兩個人說的話", ""))

    page = client.get(url)
    export = client.get(reverse("workshops:feedback_export", args=[1, "ods"]))

    assert (
        "回答未滿 3 份時不顯示結果" in page.content.decode()
        and "只有兩個人說的話" not in page.content.decode()
    )
    assert export.status_code == 404


def test_results_are_exact(client, settled, staff, people):
    client.force_login(staff)
    for enrolment, score in zip(people[:4], (5, 4, 4, 4), strict=True):
        answer(enrolment, [score] * 5, ("", "多一點範例"))

    page = client.get(reverse("workshops:feedback_detail", args=[1]))
    (first, *_), texts = page.context["statements"], page.context["texts"]

    assert first.mean == Decimal("4.3")  # 4.25, half up
    assert [(words, count) for words, count, _ in first.levels] == [
        ("5 非常同意", 1), ("4 同意", 3), ("3 普通", 0), ("2 不同意", 0), ("1 非常不同意", 0),
    ]  # fmt: skip
    assert texts == [("最有收穫的是什麼？", []), ("希望下次怎麼改進？", ["多一點範例"] * 4)]
    export = client.get(reverse("workshops:feedback_export", args=[1, "xlsx"]))
    table = read_table(BytesIO(export.content), "回饋.xlsx", columns=[Column("s", feedback.STATEMENTS[0])])
    assert sorted(row["s"] for row in table) == [4, 4, 4, 5]


def typed(scores=FIVE, texts=("動畫", "")):
    return {f"statement-{n}": str(score) for n, score in enumerate(scores)} | {
        f"question-{n}": text for n, text in enumerate(texts)
    }


def test_the_link_answers_once_without_an_account(client, settled, people):
    url = feedback.link(people[0])
    assert people[0].person.name not in client.get(url).content.decode()

    incomplete = client.post(url, {"question-0": "留著"})
    assert "這一題請選一個" in incomplete.content.decode() and "留著" in incomplete.content.decode()
    assert "謝謝您的回饋" in client.post(url, typed()).content.decode()
    assert "您已經填過了" in client.post(url, typed()).content.decode()
    assert client.get(reverse("workshops:feedback_answer", args=["made-up"])).status_code == 404


def test_the_page_writes_the_questions(client, session, staff):
    client.force_login(staff)
    url = reverse("workshops:feedback_edit", args=[1])
    assert (
        "最多 10 題，現有 11 題"
        in client.post(url, {"statements": "\n".join(map(str, range(11)))}).content.decode()
    )
    assert "有兩題相同" in client.post(url, {"statements": "甲\n甲"}).content.decode()
    assert "每題最多 100 個字" in client.post(url, {"statements": "長" * 101}).content.decode()

    client.post(url, {"statements": " 甲 \n\n乙", "questions": "丙"})

    assert feedback.questionnaire_of(session).statements == ["甲", "乙"]
