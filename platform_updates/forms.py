"""What people type about records, topics, reviews and appeals."""

from django import forms

from agencies.models import ProgrammeUnit
from foundation.formfields import CleanLineField, CleanTextField, ROCDateField
from foundation.numbers import parse_int

from .models import Record, RecordVersion, Review

MOST_FILES = 5
LARGEST_FILES = 10 * 1024 * 1024  # together; larger works belong to the competition's upload room
FILE_KINDS = (
    "pdf",
    "odt",
    "ods",
    "odp",
    "doc",
    "docx",
    "xls",
    "xlsx",
    "ppt",
    "pptx",
    "jpg",
    "jpeg",
    "png",
    "csv",
    "txt",
)
LARGEST_REPLIES = 1_000_000


class UnitChoiceField(forms.ModelChoiceField):
    """A unit of the year that this person stands for."""

    def __init__(self, **options):
        options.setdefault("label", "機關")
        options.setdefault("empty_label", "（請選擇）")
        super().__init__(ProgrammeUnit.objects.none(), **options)

    def label_from_instance(self, unit):
        return f"{unit.code} {unit.name}"

    def offer(self, programme, user):
        self.queryset = programme.units.visible_to(user).select_related("unit")
        units = list(self.queryset[:2])
        if len(units) == 1:
            self.initial = units[0]


class SeveralFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """Small attachments of the kinds that an office uses."""

    def __init__(self, **options):
        accept = ",".join(f".{kind}" for kind in FILE_KINDS)
        options.setdefault("widget", SeveralFilesInput(attrs={"accept": accept}))
        super().__init__(**options)

    def clean(self, data, initial=None):
        files = [super(SeveralFilesField, self).clean(file) for file in data or []]
        for file in files:
            kind = file.name.rpartition(".")[2].lower()
            if kind not in FILE_KINDS:
                raise forms.ValidationError(
                    f"「{file.name}」不是可附的檔案種類；可附：{'、'.join(FILE_KINDS)}。"
                )
        if len(files) > MOST_FILES:
            raise forms.ValidationError(f"一次最多附 {MOST_FILES} 個檔案。")
        if sum(file.size for file in files) > LARGEST_FILES:
            raise forms.ValidationError("附件合計超過 10 MB。")
        return files


class RecordForm(forms.Form):
    """A new record."""

    unit = UnitChoiceField()
    position = CleanLineField(label="職務", max_length=100, help_text="例：人事管理員。")
    business = forms.ChoiceField(label="業務類別", choices=Record.Business.choices)
    title = CleanLineField(label="標題", max_length=200)
    legal_basis = CleanTextField(label="法令依據", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    body = CleanTextField(
        label="作業流程與經驗內容",
        help_text="寫給接辦的人：先後順序、期限、要會辦的單位。",
        widget=forms.Textarea(attrs={"rows": 12}),
    )
    common_mistakes = CleanTextField(
        label="常見錯誤", required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    author = CleanLineField(label="提供者", max_length=100)
    files = SeveralFilesField(
        label="附件", required=False, help_text="一次最多 5 個，合計 10 MB 以內；退回修改時請重新選取。"
    )

    def __init__(self, *args, programme, by, **options):
        super().__init__(*args, **options)
        self.fields["unit"].offer(programme, by)
        self.fields["author"].initial = by.name

    @property
    def texts(self):
        return {name: self.cleaned_data[name] for name in RecordVersion.TEXTS}


class RevisionForm(RecordForm):
    """The next version of a record; its unit, position and business stay."""

    unit = position = business = None
    based_on = forms.IntegerField(widget=forms.HiddenInput)
    kept = forms.ModelMultipleChoiceField(
        queryset=None, label="保留的附件", required=False, widget=forms.CheckboxSelectMultiple
    )
    is_substantive = forms.TypedChoiceField(
        label="這次修改",
        choices=(
            ("1", "實質更新：內容有增修，計一次資料更新（同一天計一次）"),
            ("0", "文字修正：錯字、標點、排版，不計更新"),
        ),
        coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
    )

    field_order = (*RecordVersion.TEXTS, "kept", "files", "is_substantive", "based_on")

    def __init__(self, *args, latest, **options):
        forms.Form.__init__(self, *args, **options)
        attachments = latest.attachments.select_related("file")
        self.fields["kept"].queryset = attachments
        for name in RecordVersion.TEXTS:
            self.fields[name].initial = getattr(latest, name)
        self.fields["based_on"].initial = latest.number
        self.fields["kept"].initial = list(attachments)
        if not attachments:
            del self.fields["kept"]

    @property
    def kept_files(self):
        return [attachment.file for attachment in self.cleaned_data.get("kept", ())]


class RepliesField(forms.CharField):
    """A number of replies; full-width digits are understood."""

    def __init__(self, **options):
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "numeric"}))
        super().__init__(**options)

    def clean(self, value):
        text = super().clean(value)
        try:
            return parse_int(text, maximum=LARGEST_REPLIES, name="回覆數")
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None


class TopicForm(forms.Form):
    unit = UnitChoiceField()
    title = CleanLineField(label="主題", max_length=200)
    url = forms.URLField(
        label="網址",
        max_length=500,
        assume_scheme="https",
        help_text="菁英社群網上這個主題的網址，人事處據以審查。",
        error_messages={"invalid": "請填 http:// 或 https:// 開頭的完整網址。"},
    )
    posted_on = ROCDateField(label="發表日期")
    replies = RepliesField(label="回覆數", help_text="目前共有幾篇回覆；之後可再更新。")

    def __init__(self, *args, programme, by, **options):
        super().__init__(*args, **options)
        self.fields["unit"].offer(programme, by)

    def clean_url(self):
        url = self.cleaned_data["url"]
        if not url.lower().startswith(("http://", "https://")):
            raise forms.ValidationError("請填 http:// 或 https:// 開頭的完整網址。")
        return url


class TopicChangeForm(TopicForm):
    unit = None

    def __init__(self, *args, topic, **options):
        forms.Form.__init__(self, *args, **options)
        for name in ("title", "url", "posted_on", "replies"):
            self.fields[name].initial = getattr(topic, name)


class ReviewForm(forms.Form):
    decision = forms.ChoiceField(
        label="審查結果",
        choices=((Review.ACCEPTED, "採計"), (Review.REJECTED, "不通過")),
        widget=forms.RadioSelect,
    )
    reason = CleanLineField(
        label="理由",
        max_length=300,
        required=False,
        help_text="不通過時必填；機關會看到這段文字，可據以申復。",
    )

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("decision") == Review.REJECTED and not cleaned.get("reason"):
            self.add_error("reason", "不通過須說明理由。")
        return cleaned


class AppealForm(forms.Form):
    text = CleanTextField(
        label="申復理由",
        max_length=2000,
        help_text="說明為什麼應予採計；可寫明補正了什麼。",
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class AnswerForm(forms.Form):
    is_granted = forms.TypedChoiceField(
        label="答復結果",
        choices=(("1", "改予採計"), ("0", "維持原審查結果")),
        coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
    )
    answer = CleanTextField(label="答復內容", max_length=2000, widget=forms.Textarea(attrs={"rows": 5}))
