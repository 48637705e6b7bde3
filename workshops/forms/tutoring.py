"""Forms of 誰來我「嘉」."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from agencies.forms.fields import AccountField
from foundation.formfields import CleanLineField, CleanTextField, CountField, ROCDateField
from foundation.rocdate import end_of_day, start_of_day
from foundation.text import split_names

from ..actions import MOST_FIELDS
from ..models import Consultation, Expertise, Tutor
from .enrolments import OfUnit, UnitField

LONGEST_FIELD = Expertise._meta.get_field("name").max_length
LARGEST_MANUALS = 10 * 1024 * 1024
LENGTHS = (15, 20, 30, 45, 60, 90, 120)
MOST_MINUTES = 480
NO_SHOW = "no_show"


class LinkField(CleanLineField):
    """A meeting link; only https."""

    default_validators = [URLValidator(schemes=["https"], message="請填 https:// 開頭的完整網址。")]

    def __init__(self, **options):
        super().__init__(max_length=500, required=False, **options)
        self.widget.attrs.update({"inputmode": "url", "placeholder": "https://", "autocapitalize": "none"})


class FieldsField(CleanLineField):
    """Several fields on one line, as names are listed here: 簡報動畫、螢幕錄影."""

    def prepare_value(self, value):
        return "、".join(value) if isinstance(value, list) else value

    def clean(self, value):
        names = list(dict.fromkeys(split_names(super().clean(value))))
        if len(names) > MOST_FIELDS:
            raise ValidationError(f"專長最多填 {MOST_FIELDS} 項，現有 {len(names)} 項。")
        for name in names:
            if len(name) > LONGEST_FIELD:
                raise ValidationError(f"「{name[:20]}…」超過 {LONGEST_FIELD} 個字；各項之間請用頓號分開。")
        return names


class HourField(forms.TimeField):
    """09:00 or 0900."""

    def __init__(self, **options):
        super().__init__(
            input_formats=["%H:%M", "%H%M"], error_messages={"invalid": "請填時刻，例：14:00。"}, **options
        )
        self.widget = forms.TimeInput(
            format="%H:%M", attrs={"inputmode": "numeric", "placeholder": "例：14:00", "autocomplete": "off"}
        )


class NewTutorForm(forms.Form):
    user = AccountField(label="同仁")


class TutorForm(forms.Form):
    """What the contact sheet says of a tutor."""

    fields_named = FieldsField(
        label="專長", required=False, help_text=f"最多 {MOST_FIELDS} 項，以頓號分開，例：簡報動畫、螢幕錄影。"
    )
    phone = CleanLineField(label="電話", max_length=50, required=False)
    extension = CleanLineField(label="分機", max_length=20, required=False)
    video_id = CleanLineField(
        label="ZOOM 會議號碼", max_length=50, required=False, help_text="印在聯絡方式表上。"
    )
    meeting_url = LinkField(label="會議連結", help_text="只有預約的同仁看得到；可以為個別的預約另訂連結。")
    availability = CleanLineField(
        label="方便時段", max_length=200, required=False, help_text="例：每週三下午。可以預約的時段另外公布。"
    )
    introduction = CleanTextField(
        label="簡介", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args, tutor, **options):
        names = [expertise.name for expertise in tutor.expertises.all()]
        initial = {name: getattr(tutor, name) for name in self.base_fields if name != "fields_named"}
        super().__init__(*args, initial={**initial, "fields_named": names}, **options)

    def facts(self):
        """What `actions.edit_tutor` takes."""
        facts = dict(self.cleaned_data)
        return {"fields": facts.pop("fields_named"), **facts}


class ReasonForm(forms.Form):
    reason = CleanLineField(label="理由", max_length=200, help_text="對方會收到。")


class ManualsInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManualsField(forms.FileField):
    widget = ManualsInput

    def clean(self, data, initial=None):
        files = [super(ManualsField, self).clean(file) for file in data or [None]]
        if sum(file.size for file in files) > LARGEST_MANUALS:
            raise ValidationError("這次的檔案合計超過 10 MB，請分次加入。")
        return files


class ManualForm(forms.Form):
    files = ManualsField(label="檔案", max_length=200, help_text="可一次選幾個，合計 10 MB 以內。")


# Slots ------------------------------------------------------------------------------------------------


class PublishForm(forms.Form):
    """Free time, once or each week."""

    on = ROCDateField(label="日期")
    starts = HourField(label="開始")
    ends = HourField(label="結束")
    minutes = forms.TypedChoiceField(
        label="每個時段",
        coerce=int,
        choices=[(number, f"{number} 分鐘") for number in LENGTHS],
        initial=30,
        help_text="開始到結束之間，依這個長度切成幾個時段。",
    )
    until = ROCDateField(
        label="每週重複到", required=False, help_text="未填表示只有這一天；填了就每週同一天都公布。"
    )

    def clean(self):
        cleaned = super().clean()
        starts, ends = cleaned.get("starts"), cleaned.get("ends")
        if starts and ends and ends <= starts:
            self.add_error("ends", "結束時間須晚於開始時間。")
        if cleaned.get("until") and cleaned.get("on") and cleaned["until"] < cleaned["on"]:
            self.add_error("until", "重複的最後一天不得早於日期。")
        return cleaned


class SlotForm(forms.Form):
    on = ROCDateField(label="日期")
    starts = HourField(label="開始")
    ends = HourField(label="結束")


class SlotFilterForm(forms.Form):
    """Which free slots; every field may be empty."""

    field = forms.ChoiceField(label="專長", required=False)
    tutor = forms.ChoiceField(label="輔導教師", required=False)
    on = ROCDateField(label="日期", required=False)

    def __init__(self, *args, tutors, **options):
        super().__init__(*args, **options)
        names = sorted({expertise.name for tutor in tutors for expertise in tutor.expertises.all()})
        self.fields["field"].choices = [("", "全部專長"), *((name, name) for name in names)]
        people = [(str(tutor.pk), str(tutor)) for tutor in tutors]
        self.fields["tutor"].choices = [("", "全部輔導教師"), *people]

    def apply(self, slots):
        """Those asked for; what cannot be read is shown as such and narrows nothing."""
        self.is_valid()
        asked = self.cleaned_data
        if asked.get("field"):
            slots = slots.filter(tutor__in=Tutor.objects.matching(field=asked["field"]))
        if asked.get("tutor"):
            slots = slots.filter(tutor=asked["tutor"])
        if asked.get("on"):
            slots = slots.filter(
                starts_at__gte=start_of_day(asked["on"]), starts_at__lt=end_of_day(asked["on"])
            )
        return slots


# Consultations ----------------------------------------------------------------------------------------


class BookForm(OfUnit):
    """預約. Who is known in one unit is not asked which."""

    unit = UnitField(label="您的機關")
    field = forms.ChoiceField(label="想問的專長", required=False)
    subject = CleanLineField(label="主題", max_length=100, help_text="例：簡報轉成影片後沒有聲音。")
    question = CleanTextField(
        label="問題",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="做到哪一步、試過什麼、用什麼軟體；只有輔導教師看得到。",
    )
    way = forms.ChoiceField(label="方式", choices=Consultation.Way.choices, widget=forms.RadioSelect)

    def __init__(self, *args, units, tutor, **options):
        """`units`: those the person belongs to, else all of the year."""
        super().__init__(*args, units=units, are_own=True, **options)
        self.fields["way"].initial = Consultation.Way.VIDEO
        names = [(expertise.name, expertise.name) for expertise in tutor.expertises.all()]
        self.fields["field"].choices = [("", "其他"), *names]


class RescheduleForm(forms.Form):
    slot = forms.ChoiceField(label="改到", widget=forms.RadioSelect)

    def __init__(self, *args, slots, **options):
        super().__init__(*args, **options)
        self.slots = {str(slot.pk): slot for slot in slots}
        self.fields["slot"].choices = [(pk, slot.words) for pk, slot in self.slots.items()]

    def clean_slot(self):
        return self.slots[self.cleaned_data["slot"]]


class LinkForm(forms.Form):
    meeting_url = LinkField(label="這一次的會議連結", help_text="未填時用您平常的連結。")


class OutcomeForm(forms.Form):
    """What came of it, by the tutor."""

    result = forms.ChoiceField(
        label="結果",
        choices=[*Consultation.Outcome.choices, (NO_SHOW, "同仁未到")],
        widget=forms.RadioSelect,
    )
    minutes = CountField(
        label="輔導分鐘數", required=False, minimum=1, maximum=MOST_MINUTES, help_text="同仁未到時不必填。"
    )
    note = CleanTextField(
        label="給兩人的紀錄",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="只有您與提問的同仁看得到。",
    )
    answer = CleanTextField(
        label="怎麼解決的",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="寫給遇到同樣問題的人：原因與步驟，不寫姓名與機關。",
    )
    answer_title = CleanLineField(label="公開標題", required=False, max_length=100)
    is_public = forms.BooleanField(
        label="公開",
        required=False,
        help_text="勾選後，所有同仁都能在「解法」搜尋到標題與「怎麼解決的」；不顯示提問者。",
    )

    def __init__(self, *args, consultation, **options):
        initial = {
            "result": NO_SHOW if consultation.state == NO_SHOW else consultation.outcome,
            "minutes": consultation.minutes,
            "note": consultation.note,
            "answer": consultation.answer,
            "answer_title": consultation.answer_title or consultation.subject,
            "is_public": consultation.published_at is not None,
        }
        super().__init__(*args, initial=initial, **options)

    def clean(self):
        cleaned = super().clean()
        came = cleaned.get("result") not in (None, NO_SHOW)
        if came and not cleaned.get("minutes") and "minutes" not in self.errors:
            self.add_error("minutes", "請填輔導了幾分鐘。")
        if cleaned.get("is_public"):
            if not came:
                self.add_error("is_public", "同仁未到，沒有解法可以公開。")
            for name, words in (("answer", "公開須寫怎麼解決的。"), ("answer_title", "公開須有標題。")):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, words)
        return cleaned
