"""Forms of the competition: clean one submitted form each."""

from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from agencies.models import ProgrammeUnit, User
from foundation.formfields import CleanLineField, CleanTextField, ROCDateField
from foundation.rocdate import TAIPEI
from foundation.text import clean_code, clean_line

from .actions.setup import RULES
from .models import Competition, Criterion, Judge


class UnitField(forms.CharField):
    """A unit of the year by its code or its full name."""

    def __init__(self, *, programme=None, **options):
        self.programme = programme
        options.setdefault("label", "機關")
        options.setdefault("help_text", "機關代碼或全名。")
        options.setdefault("widget", forms.TextInput(attrs={"list": "units", "autocomplete": "off"}))
        super().__init__(**options)

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        try:
            code, name = clean_code(text.split(" ")[0]), clean_line(text)
        except ValueError as error:
            raise ValidationError(str(error)) from None
        units = ProgrammeUnit.objects.filter(programme=self.programme).select_related("unit")
        found = list(units.filter(Q(unit__code=code) | Q(name=name))[:2])
        if len(found) != 1:
            raise ValidationError(
                f"本年度沒有「{text}」這個機關。" if not found else f"有多個機關叫「{text}」，請填代碼。"
            )
        return found[0]


class ReasonForm(forms.Form):
    """A decision with its reason."""

    reason = CleanLineField(label="理由", max_length=300)


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


def late_reason():
    """Asked for once somebody has signed; only a changed rule of the judging needs it."""
    return CleanLineField(
        label="變更理由",
        max_length=300,
        required=False,
        help_text="已有人簽名：變更評審規則須寫理由，評審會收到通知，理由也列在結果頁。",
    )


class LateReasonForm(forms.Form):
    """Where every change needs a reason once somebody has signed."""

    reason = late_reason()

    def __init__(self, *args, is_locked, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = is_locked
        self.fields["reason"].error_messages["required"] = (
            "已有簽名的評分表，規則已鎖定；確實要變更，請寫明理由。"
        )


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


class AppointForm(forms.Form):
    """An account for the panel of one group."""

    group = forms.ModelChoiceField(label="組別", queryset=None, empty_label=None)
    username = CleanLineField(
        label="帳號", max_length=150, help_text="評審的登入帳號，須先在「機關與人員」建立。"
    )
    unit = UnitField(
        label="服務機關",
        required=False,
        help_text="縣府所屬的評審請填機關代碼或全名；評審不評自己機關的作品。",
    )

    def __init__(self, *args, competition, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["group"].queryset = competition.groups.all()
        self.fields["unit"].programme = competition.programme

    def clean_username(self):
        name = self.cleaned_data["username"]
        user = User.objects.filter(username__iexact=name).first()
        if user is None:
            raise ValidationError(f"沒有「{name}」這個帳號。")
        self.cleaned_data["user"] = user
        return name


class PinConflictForm(forms.Form):
    """Staff keep a judge away from one work."""

    judge = forms.ModelChoiceField(label="評審", queryset=Judge.objects.none(), empty_label="請選擇")
    reason = CleanLineField(label="理由", max_length=300)

    def __init__(self, *args, entry, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["judge"].queryset = Judge.objects.filter(group=entry.topic.group_id).select_related(
            "user"
        )


class MomentField(forms.MultiValueField):
    """A day and a time of day, Taipei."""

    class Widget(forms.MultiWidget):
        def __init__(self):
            time = forms.TimeInput(attrs={"type": "time", "aria-label": "時間"}, format="%H:%M")
            day = ROCDateField().widget
            day.attrs["aria-label"] = "日期"
            super().__init__([day, time])

        def decompress(self, value):
            if value is None:
                return [None, None]
            local = timezone.localtime(value)
            return [local.date(), local.time()]

    def __init__(self, **options):
        fields = [ROCDateField(), forms.TimeField()]
        super().__init__(fields=fields, widget=MomentField.Widget(), **options)

    def compress(self, parts):
        return datetime.combine(*parts, tzinfo=TAIPEI) if parts else None


class ReleaseForm(forms.Form):
    """When a result comes out."""

    release_at = MomentField(label="公布時間", help_text="臺北時間；在此之前只有承辦人看得到名單與下載檔。")


class FinaliseForm(ReleaseForm):
    """The group's result is decided."""

    accept_unranked = forms.BooleanField(label="評分表不足的作品不列名次，仍要定案", required=False)
    accept_early = forms.BooleanField(label="繳交期限未過，仍要定案", required=False)


class SettleForm(forms.Form):
    """The chair's order of equal works."""

    reason = CleanLineField(label="裁定理由", max_length=300)

    def __init__(self, data=None, *, entries):
        super().__init__(data)
        self.entries = entries
        for entry in entries:
            self.fields[f"place_{entry.pk}"] = forms.IntegerField(
                label=f"{entry.receipt}「{entry.title}」", min_value=1, max_value=len(entries)
            )
        self.order_fields([f"place_{entry.pk}" for entry in entries])

    def places(self):
        return {entry.pk: self.cleaned_data[f"place_{entry.pk}"] for entry in self.entries}
