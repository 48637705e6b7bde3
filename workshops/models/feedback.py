"""The questionnaire of a session. What was answered and who has answered are two tables that nothing joins."""

import uuid

from django.db import models


class Questionnaire(models.Model):
    """What participants are asked once a session is over: statements on a scale of five, and open questions."""

    session = models.OneToOneField("workshops.Session", models.PROTECT, related_name="questionnaire")
    statements = models.JSONField("題目", help_text="list of sentences, agreed with from 5 to 1")
    questions = models.JSONField("文字題", help_text="list of sentences")

    class Meta:
        verbose_name = "回饋問卷"

    def __str__(self):
        return f"{self.session}回饋問卷"


class QuestionnaireAnswer(models.Model):
    """One answer, nobody's: a random key and no time, so that no order of rows says whose it is."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey("workshops.Session", models.PROTECT, related_name="feedback_answers")
    scores = models.JSONField("分數", help_text="5 to 1 for each statement, in order")
    texts = models.JSONField("文字", help_text="one for each question, in order")

    class Meta:
        verbose_name = "問卷回答"
        ordering = ["pk"]


class QuestionnaireReturn(models.Model):
    """That somebody has answered, and nothing of what."""

    enrolment = models.OneToOneField("workshops.Enrolment", models.PROTECT, related_name="feedback_return")

    class Meta:
        verbose_name = "已填問卷"
