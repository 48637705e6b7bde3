"""Meetings, ties, what is finalised and when it comes out, and the ceremony."""

from django import forms

from foundation.formfields import CleanLineField, CleanTextField, ROCDateField

from ..models import Ceremony, Judge
from .common import MomentField


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


class CeremonyForm(forms.ModelForm):
    """頒獎設定: what the papers say."""

    magistrate = CleanLineField(
        label="縣長姓名", max_length=50, required=False, help_text="印在獎狀上；沒有填就不能核發獎狀。"
    )
    certificate_prefix = CleanLineField(
        label="獎狀字號", max_length=30, help_text="例：府人考獎字第；後面接年度與流水號。"
    )
    certificate_on = ROCDateField(
        label="獎狀日期", required=False, help_text="未填時用頒獎日期，都沒有時用公布日期。"
    )
    held_at = MomentField(label="頒獎時間", required=False, help_text="臺北時間。")
    place = CleanLineField(label="頒獎地點", max_length=200, required=False)
    presenter = CleanLineField(label="前三名頒獎人", max_length=100)
    mention_presenter = CleanLineField(label="佳作頒獎人", max_length=100)
    voucher_purpose = CleanLineField(
        label="禮券受領事由", max_length=200, required=False, help_text="未填時用競賽名稱。"
    )
    budget_item = CleanLineField(label="預算科目", max_length=100, required=False)

    class Meta:
        model = Ceremony
        fields = (
            "magistrate",
            "certificate_prefix",
            "certificates_per",
            "certificate_on",
            "held_at",
            "place",
            "presenter",
            "mention_presenter",
            "voucher_purpose",
            "budget_item",
        )


class MeetingForm(forms.Form):
    """When and where the judges met, and who was there."""

    held_at = MomentField(label="時間", help_text="臺北時間。")
    place = CleanLineField(label="地點", max_length=200)
    chair = CleanLineField(label="主席", max_length=100)
    recorder = CleanLineField(label="紀錄", max_length=100)
    others = CleanLineField(label="列席", max_length=500, required=False, help_text="以、分隔。")
    present = forms.ModelMultipleChoiceField(
        label="出席評審",
        queryset=Judge.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="沒有勾選的評審列為請假。",
    )

    def __init__(self, *args, group, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["present"].queryset = group.judges.serving().select_related("user")


class DecisionForm(forms.Form):
    """討論事項."""

    subject = CleanLineField(label="案由", max_length=200)
    discussion = CleanTextField(label="說明", required=False, widget=forms.Textarea({"rows": 3}))
    decision = CleanTextField(label="決議", widget=forms.Textarea({"rows": 3}))
