from django import forms

from foundation.formfields import ROCDateField

from ..actions.programmes import CHANGEABLE
from ..models import Programme, ScheduleItem
from .fields import PercentField


class ProgrammeForm(forms.ModelForm):
    """Everything of a year that staff may set; the document's own values are the defaults."""

    document_date = ROCDateField(label="發文日期", required=False)
    starts_on = ROCDateField(label="開始日期")
    ends_on = ROCDateField(label="結束日期")
    reference_date = ROCDateField(
        label="人數基準日", required=False, help_text="未填時以開始日期的單位人數計算。"
    )
    update_target = PercentField(
        label="資料更新率目標（%）", min_value=0, max_value=100, max_digits=5, decimal_places=2
    )

    # These take the whole width of the page.
    WIDE = ("title", "legal_basis", "objectives")
    SECTIONS = (
        (
            "計畫",
            ("title", "competition_edition", "document_number", "document_date", "legal_basis", "objectives"),
        ),
        ("期間", ("starts_on", "ends_on", "reference_date")),
        ("目標", ("update_multiplier", "update_target", "work_target", "topic_target", "reply_target")),
        ("權重", ("weight_updates", "weight_workshop", "weight_competition", "weight_forum")),
    )

    class Meta:
        model = Programme
        fields = CHANGEABLE
        widgets = {
            "legal_basis": forms.Textarea(attrs={"rows": 6}),
            "objectives": forms.Textarea(attrs={"rows": 4}),
        }

    def sections(self):
        """(heading, its fields) in the order of the page."""
        return [(heading, [self[name] for name in names]) for heading, names in self.SECTIONS]


class ScheduleItemForm(forms.ModelForm):
    class Meta:
        model = ScheduleItem
        fields = ("title", "first_month", "last_month", "is_provisional")


ScheduleFormSet = forms.modelformset_factory(ScheduleItem, form=ScheduleItemForm, extra=0)
