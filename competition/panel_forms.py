"""Forms of the office for prizes, candidates and the panels."""

from django import forms
from django.db.models import Q

from foundation.formfields import CleanCodeField, CleanLineField, CountField, ROCDateField

from .forms import UnitField
from .models import Entry, Judge, Prize

SMALL_FILE = 10 * 1024 * 1024


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


def small_file(upload):
    """A sheet comes through an ordinary form; those are small."""
    if upload.size > SMALL_FILE:
        raise forms.ValidationError(f"「{upload.name}」超過 10 MB。")


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
