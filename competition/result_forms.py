"""What the office types while the judging runs and the awards are prepared."""

from django import forms
from django.core.exceptions import ValidationError

from agencies.models import User
from foundation.formfields import CleanLineField, CleanTextField, ROCDateField

from .forms import MomentField
from .models import Ceremony, Judge


class RemindForm(forms.Form):
    """Which judges to remind."""

    judge = forms.ModelMultipleChoiceField(queryset=Judge.objects.none(), required=False)

    def __init__(self, *args, group, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["judge"].queryset = group.judges.all()


class ThresholdForm(forms.Form):
    """From which difference a work is raised as disputed."""

    points = forms.DecimalField(
        label="歧異門檻（分）", min_value=0.5, max_value=100, max_digits=4, decimal_places=1
    )


class ExtraJudgeForm(forms.Form):
    """One more judge for a disputed work: of the other group's panel, or in reserve."""

    colleague = forms.ModelChoiceField(
        label="其他組的評審", queryset=User.objects.none(), required=False, empty_label="不從其他組請"
    )
    username = CleanLineField(
        label="或備位評審的帳號",
        max_length=150,
        required=False,
        help_text="登入帳號，須先在「機關與人員」建立。",
    )
    reason = CleanLineField(label="理由", max_length=300)

    def __init__(self, *args, group, **kwargs):
        super().__init__(*args, **kwargs)
        on_panel = group.judges.filter(is_extra=False).values("user")
        self.fields["colleague"].queryset = (
            User.objects.filter(judgeships__group__competition=group.competition_id, is_active=True)
            .exclude(pk__in=on_panel)
            .distinct()
            .order_by("name", "pk")
        )

    def clean(self):
        colleague, name = self.cleaned_data.get("colleague"), self.cleaned_data.get("username")
        if bool(colleague) == bool(name):
            raise ValidationError("請選一位其他組的評審，或填一個備位評審的帳號，擇一。")
        user = colleague or User.objects.filter(username__iexact=name).first()
        if user is None:
            self.add_error("username", f"沒有「{name}」這個帳號。")
        self.cleaned_data["user"] = user


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
