"""課後回饋: what is asked by default, the link that lets somebody answer, and what came of it."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.conf import settings
from django.core import signing
from django.urls import reverse

from foundation.numbers import half_up

from .models import Enrolment, Questionnaire

STATEMENTS = (
    "講師說明清楚，示範跟得上。",
    "內容對我的工作有幫助。",
    "時間與進度安排恰當。",
    "場地與設備合用。",
    "研習之後，我能自己做出一份數位教材。",
)
QUESTIONS = ("最有收穫的是什麼？", "希望下次怎麼改進？")
SCALE = {5: "非常同意", 4: "同意", 3: "普通", 2: "不同意", 1: "非常不同意"}
MOST_STATEMENTS, MOST_QUESTIONS, LONGEST, LONGEST_TEXT = 10, 2, 100, 1000
# Fewer answers would say who gave them.
FEWEST = 3
_SALT = "workshops.feedback"


def questionnaire_of(session):
    """The session's own, or what is asked where nobody has written another."""
    found = Questionnaire.objects.filter(session=session).first()
    return found or Questionnaire(session=session, statements=list(STATEMENTS), questions=list(QUESTIONS))


def link(enrolment):
    """The path at which this person answers."""
    return reverse("workshops:feedback_answer", args=[signing.Signer(salt=_SALT).sign(enrolment.pk)])


def address(enrolment):
    return f"{settings.SITE_URL.rstrip('/')}{link(enrolment)}"


def enrolment_of(token):
    """Whom a link was made for, or None."""
    try:
        pk = signing.Signer(salt=_SALT).unsign(token)
    except signing.BadSignature:
        return None
    return Enrolment.objects.select_related("session__programme").filter(pk=pk).first()


@dataclass
class Result:
    """How one statement was answered."""

    statement: str
    counts: Counter
    number: int

    @property
    def mean(self) -> Decimal:
        """To one place, exact."""
        return half_up(Fraction(sum(score * n for score, n in self.counts.items()), self.number), 1)

    @property
    def levels(self):
        """(words, how many, share) from 5 to 1."""
        return [
            (f"{score} {words}", self.counts[score], Fraction(self.counts[score], self.number))
            for score, words in SCALE.items()
        ]


def results(questionnaire, answers):
    """(a Result for each statement, (question, its texts) for each question); nothing below FEWEST answers."""
    if len(answers) < FEWEST:
        return [], []
    statements = [
        Result(words, Counter(answer.scores[place] for answer in answers), len(answers))
        for place, words in enumerate(questionnaire.statements)
    ]
    texts = [
        (words, [text for answer in answers if (text := answer.texts[place])])
        for place, words in enumerate(questionnaire.questions)
    ]
    return statements, texts
