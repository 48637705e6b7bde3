"""The score sheet: typed in the browser, filled in without a line, or entered from paper."""

from decimal import Decimal

from django import forms
from django.db.models import Q

from foundation.formfields import CleanCodeField, CleanLineField, CleanTextField, small_file
from foundation.numbers import parse_decimal

from ..models import Entry, Judge


class OfflineForm(forms.Form):
    """A sheet that was filled in without a line."""

    file = forms.FileField(label="填好的評分表", validators=[small_file])


class PaperSheetForm(forms.Form):
    """Whose sheet for which work staff are entering."""

    judge = forms.ModelChoiceField(label="評審", queryset=None, empty_label="請選擇")
    work = CleanCodeField(label="收件編號或作品代碼", max_length=40)

    def __init__(self, *args, competition, **kwargs):
        super().__init__(*args, **kwargs)
        self.competition = competition
        judges = Judge.objects.filter(group__competition=competition)
        field = self.fields["judge"]
        field.queryset = judges.select_related("user", "group")
        field.label_from_instance = lambda judge: f"{judge}（{judge.group}）"

    def clean_work(self):
        text = self.cleaned_data["work"]
        works = Entry.objects.filter(competition=self.competition).select_related("competition__programme")
        entry = works.filter(Q(receipt=text) | Q(work_code=text.upper())).first()
        if entry is None:
            raise forms.ValidationError(f"沒有收件編號或作品代碼為「{text}」的作品。")
        return entry


STEP = Decimal("0.5")


class MarkField(forms.CharField):
    """0 to the full mark in steps of 0.5, full-width digits understood; empty is not yet scored."""

    def __init__(self, *, criterion):
        self.criterion = criterion
        widget = forms.NumberInput(
            attrs={
                "min": 0,
                "max": criterion.full_marks,
                "step": "0.5",
                "inputmode": "decimal",
                "autocomplete": "off",
            }
        )
        super().__init__(label=criterion.name, required=False, widget=widget)

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        try:
            marks = parse_decimal(text, maximum=self.criterion.full_marks, name=self.criterion.name)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None
        if marks % STEP:
            raise forms.ValidationError(f"{self.criterion.name}以 0.5 分為單位。")
        return marks


class SheetForm(forms.Form):
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    comment = CleanTextField(
        label="評語", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 5})
    )

    def __init__(self, data=None, *, criteria, sheet=None):
        self.criteria = criteria
        scores = scores_of(sheet)
        initial = {"version": sheet.version if sheet else 0, "comment": sheet.comment if sheet else ""}
        for criterion in criteria:
            score = scores.get(criterion.pk)
            initial[f"marks_{criterion.pk}"] = score and score.points
            initial[f"abstain_{criterion.pk}"] = bool(score and score.points is None)
            initial[f"reason_{criterion.pk}"] = score.reason if score else ""
        super().__init__(data, initial=initial)
        for criterion in criteria:
            self.fields[f"marks_{criterion.pk}"] = MarkField(criterion=criterion)
            self.fields[f"abstain_{criterion.pk}"] = forms.BooleanField(
                label="本項不評（棄權）", required=False
            )
            self.fields[f"reason_{criterion.pk}"] = CleanLineField(
                label="棄權理由", required=False, max_length=200
            )

    def rows(self):
        """(criterion, field of its marks, of its abstention, of the reason) in order."""
        return [
            (c, self[f"marks_{c.pk}"], self[f"abstain_{c.pk}"], self[f"reason_{c.pk}"]) for c in self.criteria
        ]

    def points(self):
        """{criterion pk: marks or None for an abstention}; what is not yet scored is left out."""
        given = {}
        for criterion in self.criteria:
            marks = self.cleaned_data[f"marks_{criterion.pk}"]
            if self.cleaned_data[f"abstain_{criterion.pk}"]:
                given[criterion.pk] = None
            elif marks is not None:
                given[criterion.pk] = marks
        return given

    def reasons(self):
        """{criterion pk: why it was abstained}."""
        return {criterion.pk: self.cleaned_data[f"reason_{criterion.pk}"] for criterion in self.criteria}


def scores_of(sheet):
    """{criterion pk: score} of a sheet; empty while there is none."""
    if sheet is None:
        return {}
    return {score.criterion_id: score for score in sheet.scores.all()}


def subtotal(criteria, points):
    """(sum of marks given, full marks, names not yet scored, names abstained)."""
    given = [points[c.pk] for c in criteria if points.get(c.pk) is not None]
    missing = [c.name for c in criteria if c.pk not in points]
    abstained = [c.name for c in criteria if c.pk in points and points[c.pk] is None]
    return {
        "sum": sum(given, Decimal(0)),
        "full": sum(c.full_marks for c in criteria),
        "missing": missing,
        "abstained": abstained,
    }


def differences(form, sheet):
    """[(key, label, what this window has, what is stored)] where a valid form and a sheet differ."""
    stored = scores_of(sheet)
    points, reasons = form.points(), form.reasons()
    rows = []
    for criterion in form.criteria:
        pk = criterion.pk
        score = stored.get(pk)
        mine = _in_words(pk in points, points.get(pk), reasons[pk])
        theirs = _in_words(score is not None, score and score.points, score.reason if score else "")
        rows.append((str(pk), criterion.name, mine, theirs))
    comment = sheet.comment if sheet else ""
    rows.append(("comment", "評語", form.cleaned_data["comment"] or "（空白）", comment or "（空白）"))
    return [row for row in rows if row[2] != row[3]]


def _in_words(is_scored, points, reason):
    if not is_scored:
        return "未評"
    if points is None:
        return f"棄權：{reason}" if reason else "棄權"
    return f"{points:.1f}"


def merged(data, criteria, sheet):
    """The form as posted, with the stored value of each field for which the judge chose that one."""
    data = data.copy()
    data["version"] = data.get("stored_version", "")
    stored = scores_of(sheet)
    for criterion in criteria:
        pk = criterion.pk
        if data.get(f"keep_{pk}") != "stored":
            continue
        score = stored.get(pk)
        abstained = score is not None and score.points is None
        data[f"marks_{pk}"] = "" if score is None or abstained else str(score.points)
        data[f"abstain_{pk}"] = "on" if abstained else ""
        data[f"reason_{pk}"] = score.reason if score else ""
    if data.get("keep_comment") == "stored":
        data["comment"] = sheet.comment if sheet else ""
    return data
