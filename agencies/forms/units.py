from django import forms

from foundation.formfields import CleanLineField, ROCDateField
from foundation.text import clean_code

from ..imports import LARGEST_HEADCOUNT, clean_unit_code
from ..models import Category, CompetitionGroup
from .fields import LastingUnitChoiceField, UnitChoiceField

GROUPS = [("", "不分組（「教材參賽」不適用）"), *CompetitionGroup.choices]


class HeadcountNumberField(forms.IntegerField):
    """A headcount; full-width digits are understood."""

    default_error_messages = {"invalid": "單位人數須為整數。"}

    def __init__(self, **options):
        super().__init__(label="單位人數", min_value=0, max_value=LARGEST_HEADCOUNT, **options)
        self.widget = forms.TextInput(attrs={"inputmode": "numeric"})

    def to_python(self, value):
        return super().to_python(clean_code(value))


class NewUnitForm(forms.Form):
    code = forms.CharField(
        label="機關代碼", max_length=20, help_text="英文字母、數字與 . _ - ；建立後不能更改。"
    )
    name = CleanLineField(label="機關名稱", max_length=100)
    category = forms.ChoiceField(label="類別", choices=Category.choices)
    parent = UnitChoiceField(label="上級機關", required=False, empty_label="（無）")
    headcount = HeadcountNumberField(required=False, help_text="自人數基準日起；也可以之後再登錄。")

    def __init__(self, *args, programme, **options):
        super().__init__(*args, **options)
        self.fields["parent"].offer(programme)

    def clean_code(self):
        try:
            return clean_unit_code(self.cleaned_data["code"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None


class UnitForm(forms.Form):
    """How a unit takes part in one year."""

    category = forms.ChoiceField(label="類別", choices=Category.choices)
    competition_group = forms.ChoiceField(
        label="競賽組別",
        choices=GROUPS,
        required=False,
        help_text="已送件的作品留在送件時的組別。",
    )
    parent = UnitChoiceField(label="上級機關", required=False, empty_label="（無）")

    def __init__(self, *args, unit, **options):
        options.setdefault(
            "initial",
            {
                "category": unit.category,
                "competition_group": unit.competition_group,
                "parent": unit.parent_id,
            },
        )
        super().__init__(*args, **options)
        self.fields["parent"].offer(unit.programme)


class RenameForm(forms.Form):
    name = CleanLineField(label="新名稱", max_length=100)


class HeadcountForm(forms.Form):
    effective_on = ROCDateField(label="自哪一天起", help_text="同一天已有人數時，視為更正。")
    count = HeadcountNumberField()


class CloseForm(forms.Form):
    on = ROCDateField(label="裁撤日期", help_text="從這一天起不再有這個機關。")


class MergeForm(forms.Form):
    into = LastingUnitChoiceField(label="併入哪個機關", empty_label="請選擇機關")
    on = ROCDateField(label="併入日期", help_text="從這一天起不再有原機關。")

    def __init__(self, *args, unit, **options):
        super().__init__(*args, **options)
        field = self.fields["into"]
        field.queryset = field.queryset.exclude(pk=unit.pk)
