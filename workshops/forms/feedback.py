"""The questionnaire: as it is asked, and as it is answered."""

from django import forms

from foundation.formfields import CleanTextField

from .. import feedback


class AnswerForm(forms.Form):
    """The questionnaire as it is answered: a number for each statement, words where one likes."""

    def __init__(self, *args, questionnaire, **kwargs):
        super().__init__(*args, **kwargs)
        choices = [(str(score), f"{score} {words}") for score, words in feedback.SCALE.items()]
        for place, words in enumerate(questionnaire.statements):
            self.fields[f"statement-{place}"] = forms.ChoiceField(
                label=words,
                choices=choices,
                widget=forms.RadioSelect,
                error_messages={"required": "這一題請選一個。"},
            )
        for place, words in enumerate(questionnaire.questions):
            self.fields[f"question-{place}"] = CleanTextField(
                label=words, required=False, max_length=feedback.LONGEST_TEXT
            )
            self.fields[f"question-{place}"].widget.attrs["rows"] = 4

    @property
    def statements(self):
        return [field for field in self if field.name.startswith("statement-")]

    @property
    def questions(self):
        return [field for field in self if field.name.startswith("question-")]

    def answer(self):
        """What `actions.give_feedback` takes."""
        return {
            "scores": [int(self.cleaned_data[field.name]) for field in self.statements],
            "texts": [self.cleaned_data[field.name] for field in self.questions],
        }


class QuestionnaireForm(forms.Form):
    """What is asked: a line for each."""

    statements = CleanTextField(
        label="題目",
        help_text=f"一行一題，最多 {feedback.MOST_STATEMENTS} 題，以「非常同意」到「非常不同意」回答。",
    )
    questions = CleanTextField(
        label="文字題", required=False, help_text=f"一行一題，最多 {feedback.MOST_QUESTIONS} 題。"
    )

    def __init__(self, *args, questionnaire, **kwargs):
        initial = {name: "\n".join(getattr(questionnaire, name)) for name in ("statements", "questions")}
        super().__init__(*args, initial=initial, **kwargs)

    def clean_statements(self):
        return self._lines("statements", feedback.MOST_STATEMENTS)

    def clean_questions(self):
        return self._lines("questions", feedback.MOST_QUESTIONS)

    def _lines(self, name, most):
        lines = [line for line in map(str.strip, self.cleaned_data[name].splitlines()) if line]
        if len(lines) > most:
            raise forms.ValidationError(f"最多 {most} 題，現有 {len(lines)} 題。")
        if any(len(line) > feedback.LONGEST for line in lines):
            raise forms.ValidationError(f"每題最多 {feedback.LONGEST} 個字。")
        if len(set(lines)) < len(lines):
            raise forms.ValidationError("有兩題相同。")
        return lines
