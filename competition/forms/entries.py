"""Forms of a work: what is said about it step by step, its files, and handing it in."""

from django import forms
from django.core.exceptions import ValidationError

from agencies.models import ProgrammeUnit
from foundation.formfields import (
    CleanCodeField,
    CleanLineField,
    CleanTextField,
    ROCDateField,
    small_file,
)
from foundation.numbers import NumberError, parse_decimal
from foundation.text import clean_line

from ..actions.entries import MOST_AUTHORS
from ..models import Entry, Topic
from .common import UnitField

MOST_MATERIALS = 30


def want(form, *names):
    """Fields that may wait while a work is a draft and are needed in the end: not called optional."""
    for name in names:
        form.fields[name].is_wanted = True


LICENCE_TEXTS = {
    Entry.Licence.COUNTY: "只有本府可以重製、公開展示與傳輸；別人要用，須另外徵得作者同意。",
    Entry.Licence.BY: "任何人都可以使用與改作，須註明作者（CC BY 4.0）。",
    Entry.Licence.BY_SA: "任何人都可以使用與改作，須註明作者，改作後以相同方式授權（CC BY-SA 4.0）。",
    Entry.Licence.BY_NC_ND: "任何人都可以原樣使用，須註明作者，不能營利，也不能改作（CC BY-NC-ND 4.0）。",
}


def in_group(topic):
    """A topic where those of both groups are offered."""
    return f"{topic.group}：{topic}"


class WorkForm(forms.Form):
    """What is said about a work. `topics` are those of the unit's group; a draft may have gaps."""

    title = CleanLineField(label="作品名稱", max_length=200)
    topic = forms.ModelChoiceField(label="限定主題", queryset=Topic.objects.none(), empty_label=None)
    axis = forms.ChoiceField(
        label="主軸",
        choices=[("", "未選"), *Entry.Axis.choices],
        required=False,
    )
    synopsis = CleanTextField(
        label="內容簡介",
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="教材教什麼、給誰看、怎麼用。評審看得到，請不要寫出機關與作者。",
    )

    def __init__(self, *args, topics, is_draft=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.is_draft = is_draft
        self.fields["topic"].queryset = topics
        names = dict.fromkeys(topic.name for topic in topics if topic.asks_axis)
        self.fields["axis"].help_text = (
            "".join(f"「{name}」須選一個；" for name in names) + "其他主題不分主軸。"
        )
        if is_draft:
            for field in self.fields.values():
                field.required = False
                field.widget.is_required = False
            self.fields["topic"].required = True
        want(self, "title", "axis", "synopsis")

    def clean(self):
        cleaned = super().clean()
        topic, axis = cleaned.get("topic"), cleaned.get("axis")
        if topic and topic.asks_axis and not axis and not self.is_draft:
            self.add_error("axis", f"主題「{topic}」須選一個主軸。")
        if topic and axis and not topic.asks_axis:
            self.add_error("axis", f"主題「{topic}」不分主軸，請改為「未選」。")
        return cleaned


class BeginForm(WorkForm):
    """A new work of one of the `units` that the contact stands for and that are in a group."""

    unit = forms.ModelChoiceField(label="機關", queryset=ProgrammeUnit.objects.none(), empty_label=None)

    field_order = ["unit", "title", "topic", "axis", "synopsis"]

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, is_draft=True, **kwargs)
        self.fields["unit"].queryset = units
        for name in ("unit", "title", "topic"):
            self.fields[name].required = self.fields[name].widget.is_required = True
        topic = self.fields["topic"]
        if len(topic.queryset) > 1:
            topic.empty_label = "請選擇"
        if len({each.group_id for each in topic.queryset}) > 1:
            topic.label_from_instance = in_group
        if len(units) == 1:
            self.fields["unit"].widget = forms.HiddenInput()


class AuthorsField(forms.CharField):
    """One author a line: the name, and after a comma the title."""

    widget = forms.Textarea(attrs={"rows": 5})

    def __init__(self, **options):
        options.setdefault("label", "作者")
        options.setdefault("help_text", "每行一位，職稱寫在逗號後面，例：林堃峯，科員。依印製順序。")
        super().__init__(**options)

    def clean(self, value):
        text = super().clean(value)
        authors = []
        for line in text.splitlines():
            name, _, title = line.replace(",", "，").partition("，")
            try:
                name, title = clean_line(name, max_length=100), clean_line(title, max_length=100)
            except ValueError as error:
                raise ValidationError(str(error)) from None
            if not name:
                continue
            if name in {known for known, _ in authors}:
                raise ValidationError(f"作者「{name}」寫了兩次。")
            authors.append((name, title))
        if not authors:
            raise ValidationError(self.error_messages["required"])
        return authors


class RegisterForm(WorkForm):
    """A work on paper or disc, as staff enter it."""

    unit = UnitField()
    receipt = CleanCodeField(
        label="收件編號", max_length=40, required=False, help_text="空白時自動編下一號。"
    )
    submitted_on = ROCDateField(label="送件日期")
    authors = AuthorsField()

    field_order = ["unit", "receipt", "submitted_on", "title", "topic", "axis", "authors"]

    def __init__(self, *args, programme, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].programme = programme
        self.fields["topic"].empty_label = "請選擇"
        self.fields["topic"].label_from_instance = in_group
        del self.fields["synopsis"]


class ShareField(forms.Field):
    """A percentage with at most two decimals, with or without its sign."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "size": "6"})

    def to_python(self, value):
        text = (value or "").strip().removesuffix("%").removesuffix("％")
        if not text:
            return None
        try:
            share = parse_decimal(text, maximum=100, places=2, name="貢獻比例")
        except NumberError as refusal:
            raise ValidationError(str(refusal)) from None
        if not share:
            raise ValidationError("貢獻比例須大於 0。")
        return share


class RowForm(forms.Form):
    """One row. That of a draft may have gaps: it is kept as far as it goes."""

    needed = ()

    def __init__(self, *args, is_draft=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.is_draft = is_draft
        want(self, *self.needed)

    def clean(self):
        cleaned = super().clean()
        if not self.is_draft and not self.errors and any(cleaned.values()):
            for name in self.needed:
                if not cleaned[name]:
                    self.add_error(name, f"請填{self.fields[name].label}。")
        return cleaned


class AuthorForm(RowForm):
    needed = ("name",)

    name = CleanLineField(label="姓名", max_length=100, required=False)
    title = CleanLineField(label="職稱", max_length=100, required=False)
    share = ShareField(label="貢獻比例（%）", required=False)


class MaterialForm(RowForm):
    needed = ("name", "source", "licence")

    name = CleanLineField(label="素材名稱", max_length=200, required=False)
    source = CleanLineField(label="來源", max_length=300, required=False)
    licence = CleanLineField(label="授權", max_length=200, required=False)


class Rows(forms.BaseFormSet):
    """Rows in order; one without a name adds nothing.

    Its buttons work without script: `arranged` gives the typed rows back moved, removed or with one more.
    """

    def rows(self):
        """The named rows, as tuples in the order of the form's fields."""
        kept = (form.cleaned_data for form in self.forms)
        return [tuple(row[name] for name in self.form.base_fields) for row in kept if row.get("name")]

    def typed(self):
        """What stands in each row, as it was typed."""
        return [{name: form[name].value() or "" for name in form.fields} for form in self.forms]

    def arranged(self, act):
        """The same rows after a button: add, up-N or remove-N (N from 0). None for another button."""
        rows = self.typed()
        name, _, number = act.partition("-")
        if name == "add":
            if len(rows) < self.max_num:
                rows.append({})
        elif name in ("up", "remove") and number.isdecimal() and int(number) < len(rows):
            row = rows.pop(int(number))
            if name == "up":
                rows.insert(max(0, int(number) - 1), row)
        else:
            return None
        return rows


class AuthorRows(Rows):
    def clean(self):
        if any(self.errors):
            return
        named = [row[:2] for row in self.rows()]
        for row in named:
            if named.count(row) > 1:
                raise ValidationError(f"作者「{row[0]}」寫了兩次。")


AuthorFormSet = forms.formset_factory(
    AuthorForm,
    formset=AuthorRows,
    extra=0,
    max_num=MOST_AUTHORS,
    absolute_max=MOST_AUTHORS,
    validate_max=True,
)

MaterialFormSet = forms.formset_factory(
    MaterialForm,
    formset=Rows,
    extra=0,
    max_num=MOST_MATERIALS,
    absolute_max=MOST_MATERIALS,
    validate_max=True,
)


class MakingForm(forms.Form):
    """How a work was made, and whether others' things are in it."""

    making = CleanTextField(
        label="製作方式與工具",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="例：以 PowerPoint 製作動畫，錄製旁白後輸出為 MP4；用到的人工智慧工具也請寫明。",
    )
    uses_materials = forms.TypedChoiceField(
        label="第三方素材",
        required=False,
        choices=[("no", "沒有使用"), ("yes", "有使用，列在下面")],
        coerce={"yes": True, "no": False}.get,
        empty_value=None,
        widget=forms.RadioSelect,
        help_text="圖片、音樂、字型、影片等由別人製作的素材。",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        want(self, "making", "uses_materials")


class SubmitForm(forms.Form):
    """The last step: licence and consent, then the receipt."""

    licence = forms.ChoiceField(
        label="授權方式",
        choices=Entry.Licence.choices,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
        error_messages={"required": "請選擇授權方式。"},
    )
    consent = forms.BooleanField(
        label="作品為本機關同仁自製，第三方素材已註明來源並取得授權；全體作者同意上述授權，並同意本府無償利用、公開展示。",
        error_messages={"required": "送件前須確認授權與著作權聲明。"},
    )

    def licences(self):
        """(the radio button, what choosing it means)."""
        return [(choice, LICENCE_TEXTS[choice.data["value"]]) for choice in self["licence"]]


class WithdrawForm(forms.Form):
    """A unit takes its work back; staff say why."""

    reason = CleanLineField(label="理由", max_length=300, required=False)

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = by.is_staff


class FileForm(forms.Form):
    """One small file of a work."""

    file = forms.FileField(
        label="檔案", validators=[small_file], max_length=200, help_text="每個檔案 10 MB 以內。"
    )


class ReplacementForm(forms.Form):
    """Until when a quarantined file may be replaced."""

    last_day = ROCDateField(label="補換期限", help_text="當日 24:00 截止，臺北時間。")
