"""課後回饋: answering by the link, writing the questions, looking at what came of it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from agencies.permissions import staff_required
from foundation.refusals import refusals_on
from foundation.sheets import OutColumn

from .. import actions, feedback
from ..forms.feedback import AnswerForm, QuestionnaireForm
from ..models import QuestionnaireAnswer
from .common import back, download, page_in_section, posted, session_of


@require_http_methods(["GET", "POST"])
@login_not_required
@never_cache
def feedback_answer(request, token):
    """Whoever holds the link answers once, without a name."""
    enrolment = feedback.enrolment_of(token)
    if enrolment is None:
        raise Http404("這個連結不完整。請從信中完整複製，或登入後到「我的研習」填寫。")
    session = enrolment.session
    form = AnswerForm(posted(request), questionnaire=feedback.questionnaire_of(session))
    context = {"session": session, "form": form}
    if form.is_bound and form.is_valid():
        with refusals_on(form):
            actions.give_feedback(enrolment=enrolment, at=timezone.now(), **form.answer())
            return render(request, "workshops/feedback_thanks.html", context)
    return render(request, "workshops/feedback_answer.html", context)


def _answers(session):
    return list(QuestionnaireAnswer.objects.filter(session=session))


@require_GET
@staff_required
def feedback_detail(request, number):
    session = session_of(request, number)
    questionnaire, answers = feedback.questionnaire_of(session), _answers(session)
    statements, texts = feedback.results(questionnaire, answers)
    context = {
        "session": session,
        "questionnaire": questionnaire,
        "number": len(answers),
        "came": session.enrolments.came().count(),
        "fewest": feedback.FEWEST,
        "statements": statements,
        "texts": texts,
    }
    return page_in_section(request, "workshops/feedback_detail.html", context, programme=session.programme)


@require_http_methods(["GET", "POST"])
@staff_required
def feedback_edit(request, number):
    session = session_of(request, number)
    form = QuestionnaireForm(posted(request), questionnaire=feedback.questionnaire_of(session))
    if form.is_bound and form.is_valid():
        with refusals_on(form):
            actions.edit_questionnaire(
                session=session, by=request.user, at=timezone.now(), **form.cleaned_data
            )
            messages.success(request, f"已儲存{session}回饋問卷。")
            return back(request, session)
    context = {"form": form, "session": session}
    return page_in_section(request, "workshops/feedback_edit.html", context, programme=session.programme)


@require_GET
@staff_required
def feedback_export(request, number, fmt):
    """The answers row by row, in the order of their random keys; refused below the fewest."""
    session = session_of(request, number)
    questionnaire, answers = feedback.questionnaire_of(session), _answers(session)
    if len(answers) < feedback.FEWEST:
        raise Http404(f"回答未滿 {feedback.FEWEST} 份，還不能匯出。")
    columns = [OutColumn(words, kind="int") for words in questionnaire.statements]
    columns += [OutColumn(words, width=40) for words in questionnaire.questions]
    rows = [(*answer.scores, *answer.texts) for answer in answers]
    return download(fmt, f"{session.programme.year}年度{session}課後回饋", columns, rows)
