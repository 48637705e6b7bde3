"""Candidates, the panels, and what the office asks of judges while they score."""

from django import forms
from django.core.exceptions import ValidationError

from agencies.models import User
from foundation.formfields import CleanLineField, ROCDateField

from ..models import Judge
from .common import UnitField


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


class ProposeForm(forms.Form):
    """A candidate for the panels."""

    name = CleanLineField(label="姓名", max_length=100)
    affiliation = CleanLineField(label="服務單位", max_length=200, help_text="學校、公司或機關全名。")
    title = CleanLineField(label="職稱", max_length=100, required=False)
    expertise = CleanLineField(label="專長", max_length=300, required=False)
    email = forms.EmailField(label="電子郵件", required=False, help_text="寄送評審通知；沒有帳號的人選必填。")
    unit = UnitField(
        label="縣府所屬機關",
        required=False,
        help_text="在縣府所屬機關服務的人選填機關代碼或全名；評審不評自己機關的作品。",
    )

    def __init__(self, *args, programme, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].programme = programme

    def values(self):
        chosen = self.cleaned_data
        return {**chosen, "unit": chosen["unit"].unit if chosen["unit"] else None}


class DecideForm(forms.Form):
    """What the head of the office decided."""

    is_approved = forms.TypedChoiceField(
        label="遴選結果",
        choices=[("yes", "核定"), ("no", "不遴聘")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    basis = CleanLineField(label="依據", max_length=300, help_text="例：105年6月1日簽准，處長核定。")

    def values(self):
        return self.cleaned_data


class LetterForm(forms.Form):
    """The letter's number and date."""

    number = CleanLineField(label="聘函字號", max_length=60, help_text="例：府人考字第1050000001號。")
    on = ROCDateField(label="發聘日期")

    def values(self):
        return self.cleaned_data


class SeatForm(forms.Form):
    """The panels, and the account."""

    groups = forms.ModelMultipleChoiceField(label="組別", queryset=None, widget=forms.CheckboxSelectMultiple)
    username = CleanLineField(
        label="登入帳號",
        max_length=150,
        help_text="已有帳號的填那個帳號；沒有的填新帳號，系統會寄出設定密碼的邀請。",
    )

    def __init__(self, *args, candidate, **kwargs):
        super().__init__(*args, **kwargs)
        seated = candidate.competition.groups.filter(judges__user=candidate.user_id or 0)
        self.fields["groups"].queryset = candidate.competition.groups.exclude(pk__in=seated)
        if candidate.user:
            del self.fields["username"]

    def values(self):
        return {
            "groups": list(self.cleaned_data["groups"]),
            "username": self.cleaned_data.get("username", ""),
        }


class MoveJudgeForm(forms.Form):
    """Where a judge serves now."""

    unit = UnitField(label="服務機關", required=False, help_text="縣府所屬的機關代碼或全名；空白表示府外。")

    def __init__(self, *args, judge, **kwargs):
        super().__init__(*args, initial={"unit": judge.unit.code if judge.unit else ""}, **kwargs)
        self.fields["unit"].programme = judge.group.competition.programme

    def chosen(self):
        return self.cleaned_data["unit"].unit if self.cleaned_data["unit"] else None


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
