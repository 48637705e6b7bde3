"""What a session says of itself, and the hours of its day."""

from datetime import datetime, time, timedelta

from django import forms

from agencies.models import Category
from foundation.formfields import CleanLineField, ROCDateField
from foundation.rocdate import TAIPEI, end_of_day, start_of_day

from ..actions import EDITABLE, OF_THE_DAY
from ..models import Session
from .quotas import MOST_SEATED


class HourField(forms.TimeField):
    """An hour of the day, 09:00 or 0900; may be left out."""

    def __init__(self, **options):
        widget = forms.TimeInput(format="%H:%M", attrs={"inputmode": "numeric", "placeholder": "例：09:00"})
        super().__init__(required=False, input_formats=["%H:%M", "%H%M"], widget=widget, **options)


class SessionForm(forms.ModelForm):
    """What a session says of itself. Days and hours are typed apart; a day without an hour is the whole day."""

    held_on = ROCDateField(label="研習日期")
    starts_at = HourField(label="開始時間")
    ends_at = HourField(label="結束時間")
    audience = forms.MultipleChoiceField(
        label="研習對象",
        choices=Category.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="用於建議名額與清單；對象外的機關仍可另訂名額。",
    )
    opens_on = ROCDateField(label="薦送開始日期", required=False)
    opens_time = HourField(label="薦送開始時間", help_text="未填為當日 00:00。")
    closes_on = ROCDateField(label="薦送截止日期", required=False)
    closes_time = HourField(label="薦送截止時間", help_text="未填為當日 24:00。")
    substitution_on = ROCDateField(
        label="換人截止日期", required=False, help_text="機關自行換人到這一天；未填為研習前一日。"
    )
    substitution_time = HourField(label="換人截止時間", help_text="未填為當日 24:00。")
    release_on = ROCDateField(
        label="名額釋出日期", required=False, help_text="屆時未使用的名額自動開放給各機關；未填則不自動釋出。"
    )
    release_time = HourField(label="名額釋出時間", help_text="未填為當日 00:00。")

    class Meta:
        model = Session
        fields = (
            "title",
            "held_on",
            "starts_at",
            "ends_at",
            "is_provisional",
            "place",
            "audience",
            "capacity",
            "hours",
        )
        labels = {"is_provisional": "日期暫定"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["capacity"].min_value = 1
        for prefix, (name, shown, _) in MOMENTS.items():
            self.initial.update(shown(prefix, getattr(self.instance, name)))

    def clean_capacity(self):
        capacity = self.cleaned_data["capacity"]
        if capacity == 0:
            raise forms.ValidationError("場地容量至少 1 人；不限人數請留空白。")
        if capacity and capacity > MOST_SEATED:
            raise forms.ValidationError(f"場地容量最多 {MOST_SEATED} 人。")
        return capacity

    def clean(self):
        cleaned = super().clean()
        for prefix, (name, _, whole_day) in MOMENTS.items():
            cleaned[name] = self._moment(prefix, whole_day)
        opens, closes = cleaned["enrolment_opens_at"], cleaned["enrolment_closes_at"]
        if opens and closes and closes <= opens:
            self.add_error("closes_on", "薦送截止須晚於薦送開始。")
        return cleaned

    def _moment(self, which, whole_day):
        day, hour = self.cleaned_data.get(f"{which}_on"), self.cleaned_data.get(f"{which}_time")
        if day is None:
            if hour is not None and f"{which}_on" not in self.errors:
                self.add_error(f"{which}_on", "填了時間，也要填日期。")
            return None
        return whole_day(day) if hour is None else datetime.combine(day, hour, tzinfo=TAIPEI)

    def facts(self):
        """What `actions.edit_session` takes."""
        return {name: self.cleaned_data[name] for name in EDITABLE}


def _opening(prefix, moment):
    if moment is None:
        return {}
    local = moment.astimezone(TAIPEI)
    return {f"{prefix}_on": local.date(), f"{prefix}_time": local.time()}


def _closing(prefix, moment):
    """A deadline at midnight is the whole day before it, shown without an hour."""
    if moment is None:
        return {}
    local = moment.astimezone(TAIPEI)
    if local.time() == time():
        return {f"{prefix}_on": local.date() - timedelta(days=1)}
    return {f"{prefix}_on": local.date(), f"{prefix}_time": local.time()}


# By the prefix of its two fields: the session's moment, how it is shown, what a day without an hour means.
MOMENTS = {
    "opens": ("enrolment_opens_at", _opening, start_of_day),
    "closes": ("enrolment_closes_at", _closing, end_of_day),
    "substitution": ("substitution_ends_at", _closing, end_of_day),
    "release": ("release_at", _opening, start_of_day),
}


class DayForm(forms.ModelForm):
    """The hours of self check-in, and what the learner's passport asks."""

    check_in_from = forms.TimeField(label="自行報到開始", required=False, input_formats=["%H:%M", "%H%M"])
    check_in_until = forms.TimeField(label="自行報到截止", required=False, input_formats=["%H:%M", "%H%M"])
    course_category = CleanLineField(label="課程類別代碼", required=False, max_length=20)
    course_term = CleanLineField(label="期別", required=False, max_length=20)
    course_code = CleanLineField(label="課程代碼", required=False, max_length=40)

    class Meta:
        model = Session
        fields = OF_THE_DAY
        labels = {"grace_minutes": "開始後幾分鐘內不算遲到"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, hour in (("check_in_from", "08:30"), ("check_in_until", "09:30")):
            self.fields[name].widget = forms.TimeInput(
                format="%H:%M", attrs={"inputmode": "numeric", "placeholder": f"例：{hour}"}
            )

    def clean_course_county(self):
        code = self.cleaned_data["course_county"]
        if not (code.isascii() and code.isdigit() and len(code) == 2):
            raise forms.ValidationError("上課縣市代碼是兩個數字；嘉義縣是 61。")
        return code

    def facts(self):
        """What `actions.edit_session` takes."""
        return {name: self.cleaned_data[name] for name in OF_THE_DAY}
