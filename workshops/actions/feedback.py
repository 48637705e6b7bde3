"""Asking those who came, and taking their answers without a name."""

from django.db import transaction

from foundation import outbox
from foundation.errors import Refused

from .. import feedback
from ..models import Enrolment, Questionnaire, QuestionnaireAnswer, QuestionnaireReturn
from .locks import lock, record


class FeedbackRefused(Refused):
    """The answer, or the change of what is asked, is not taken."""


@transaction.atomic
def edit_questionnaire(*, session, statements, questions, by, at):
    """Write what is asked; once somebody has answered it stays."""
    session = lock(session)
    if QuestionnaireAnswer.objects.filter(session=session).exists():
        raise FeedbackRefused("已經有人回答；題目這時候變更，前後的回答就不能並列。")
    if not statements:
        raise FeedbackRefused("至少要有一題。")
    questionnaire, _ = Questionnaire.objects.update_or_create(
        session=session, defaults={"statements": statements, "questions": questions}
    )
    record(
        "session.questionnaire_edited",
        session,
        by=by,
        at=at,
        summary=f"編寫{session}回饋問卷：{len(statements)} 題、文字 {len(questions)} 題",
    )
    return questionnaire


@transaction.atomic
def give_feedback(*, enrolment, scores, texts, at):
    """Keep an answer of somebody who came. No event tells of it: its time would say whose answer it is."""
    session = lock(enrolment.session)
    enrolment = Enrolment.objects.get(pk=enrolment.pk)
    if not enrolment.has_come:
        raise FeedbackRefused("課後回饋由到場的同仁填寫。")
    if not session.is_attendance_closed:
        raise FeedbackRefused("出席結算後才開始填寫。")
    _, is_first = QuestionnaireReturn.objects.get_or_create(enrolment=enrolment)
    if not is_first:
        raise FeedbackRefused("您已經填過了，謝謝。每人填一次。")
    asked = feedback.questionnaire_of(session)
    if asked.pk is None:
        asked.save()  # from now on it stays
    if len(scores) != len(asked.statements) or len(texts) != len(asked.questions):
        raise FeedbackRefused("題目在您填寫時變更了。請重新整理這一頁再填。")
    if any(score not in feedback.SCALE for score in scores):
        raise FeedbackRefused("每題請選 1 到 5。")
    QuestionnaireAnswer.objects.create(session=session, scores=scores, texts=texts)


def ask_for_feedback(session, *, at):
    """A letter to each who came, once; call it when attendance is settled."""
    came = session.enrolments.came().exclude(person__email="").select_related("person")
    outbox.queue_many(
        (_letter(session, enrolment) for enrolment in came.order_by("pk")),
        at=at,
    )


def _letter(session, enrolment):
    return {
        "key": f"feedback-{enrolment.pk}",
        "recipient": enrolment.person.email,
        "subject": f"請填課後回饋：{session.title}{session}",
        "body": (
            f"{enrolment.person}您好：\n\n謝謝您參加「{session.title}」{session}。請用兩分鐘告訴我們您的感受，"
            f"回答不記名：\n\n{feedback.address(enrolment)}\n\n"
            "研習時數證明請登入後到「我的研習」下載；沒有帳號請洽服務機關的聯絡人。\n\n嘉義縣政府人事處"
        ),
    }
