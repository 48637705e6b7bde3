"""The rules of a year's competition: dates, topics, criteria, prizes, later deadlines."""

from django import forms
from django.core.exceptions import ValidationError

from foundation.formfields import CleanLineField, CleanTextField, CountField, ROCDateField

from ..actions.setup import RULES
from ..models import Competition, Criterion, Prize
from .common import UnitField, late_reason


class RulesForm(forms.ModelForm):
    """The competition's dates and the rules of the judging."""

    due_on = ROCDateField(label="繳交期限", help_text="當日 24:00 截止，臺北時間。")
    judging_starts_on = ROCDateField(
        label="評審開始", required=False, help_text="未填時，繳交期限的次日開始。"
    )
    judging_ends_on = ROCDateField(
        label="評審截止", required=False, help_text="當日 24:00 截止；未填時，到結果定案為止。"
    )

    class Meta:
        model = Competition
        fields = RULES
        field_classes = {"title": CleanLineField}

    def __init__(self, *args, is_locked, **kwargs):
        super().__init__(*args, **kwargs)
        if is_locked:
            self.fields["reason"] = late_reason()

    def values(self):
        return {name: self.cleaned_data[name] for name in RULES}


class CriterionForm(forms.Form):
    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = CleanLineField(label="評分項目", max_length=50)
    full_marks = forms.IntegerField(label="配分", min_value=1, max_value=100)
    guidance = CleanTextField(label="評分說明", required=False, widget=forms.Textarea(attrs={"rows": 2}))


class TopicForm(forms.Form):
    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = CleanLineField(label="主題", max_length=100)
    asks_axis = forms.BooleanField(label="須選主軸（產業、農業、文化觀光）", required=False)


class OrderedRows(forms.BaseFormSet):
    """Rows in order, some of them taken out; empty ones at the end add nothing. Ids must be of `known`."""

    known = frozenset()
    deletion_widget = forms.CheckboxInput

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if index is not None and index < self.initial_form_count():
            form.fields["DELETE"].label = "移除這一項"
        else:
            del form.fields["DELETE"]

    def _should_delete_form(self, form):
        return form.cleaned_data.get("DELETE", False)

    def rows(self):
        kept = (form.cleaned_data for form in self.forms if form not in self.deleted_forms)
        return [row for row in kept if row.get("name")]

    def clean(self):
        if any(self.errors):
            return
        ids = [row["id"] for row in self.rows() if row["id"]]
        if len(set(ids)) < len(ids) or not set(ids) <= set(self.known):
            raise ValidationError("這一頁已經過時，請重新整理後再修改。")


CriterionFormSet = forms.formset_factory(
    CriterionForm, formset=OrderedRows, extra=2, max_num=12, can_delete=True
)

TopicFormSet = forms.formset_factory(TopicForm, formset=OrderedRows, extra=2, max_num=20, can_delete=True)


def criterion_rows(competition):
    return [
        {"id": c.pk, "name": c.name, "full_marks": c.full_marks, "guidance": c.guidance}
        for c in Criterion.objects.filter(competition=competition)
    ]


def topic_rows(group):
    return [{"id": t.pk, "name": t.name, "asks_axis": t.asks_axis} for t in group.topics.all()]


class ExtensionForm(forms.Form):
    """A later deadline for one unit."""

    unit = UnitField()
    due_on = ROCDateField(label="延至", help_text="當日 24:00 截止，臺北時間。")
    reason = CleanLineField(label="理由", max_length=300)

    def __init__(self, *args, programme, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].programme = programme


class PrizeForm(forms.Form):
    """What one place brings."""

    trophy = forms.BooleanField(label="獎盃", required=False)
    certificate = forms.BooleanField(label="獎狀", required=False)
    voucher_value = CountField(label="禮券面額（元）", maximum=100_000)
    voucher_count = CountField(label="禮券張數", maximum=1_000)

    def clean(self):
        cleaned = super().clean()
        if bool(cleaned.get("voucher_value")) != bool(cleaned.get("voucher_count")) and not self.errors:
            self.add_error("voucher_count", "禮券的面額與張數要一起填；沒有禮券時都填 0。")
        return cleaned


def prize_forms(competition, data=None):
    """A form for each place, in order: [(Prize.Place, form)]."""
    stored = {prize.place: prize for prize in competition.prizes.all()}
    return [
        (place, PrizeForm(data, prefix=f"place{place}", initial=_initial(stored.get(place))))
        for place in Prize.Place
    ]


def _initial(prize):
    if prize is None:
        return {"certificate": True, "voucher_value": 0, "voucher_count": 0}
    return {
        "trophy": prize.trophy,
        "certificate": prize.certificate,
        "voucher_value": prize.voucher_value,
        "voucher_count": prize.voucher_count,
    }
