from datetime import datetime, time, timedelta
from uuid import uuid4

from django import forms

from agencies.forms.fields import EmailField
from agencies.models import Category
from foundation.formfields import CleanLineField, CleanTextField, CountField, ROCDateField
from foundation.numbers import parse_int
from foundation.rocdate import TAIPEI, end_of_day, start_of_day

from . import feedback
from .actions import EDITABLE, LONGEST_REASON, OF_THE_DAY, Nominee
from .imports import MOST_SEATS
from .models import Enrolment, Session
from .pasted import people_in_sheet, people_in_text

MOST_SEATED = 100_000


class PersonFields(forms.Form):
    """Who is nominated."""

    name = CleanLineField(label="姓名", max_length=100)
    title = CleanLineField(label="職稱", max_length=100)
    email = EmailField(
        label="電子郵件", required=False, help_text="填了才會收到遞補與行前通知；同姓名、同職稱的人靠它區別。"
    )


class UnitField(forms.ChoiceField):
    """One of some loaded units of the year; asks the database nothing."""

    units = None

    def offer(self, units):
        self.units = {str(unit.pk): unit for unit in units}
        named = [(pk, f"{unit.unit.code}　{unit.name}") for pk, unit in self.units.items()]
        self.choices = [("", "請選擇機關"), *named]

    def clean(self, value):
        return self.units[super().clean(value)]


class NomineeFields(PersonFields):
    """Somebody nominated, with the answer to a warning that is shown only when there is one."""

    despite_clash = forms.BooleanField(label="仍要薦送", required=False, widget=forms.HiddenInput)

    def offer_known(self, url, *, asks_unit):
        """Find people of the unit while the name is typed; their list stands beside the field."""
        self.fields["name"].widget.attrs |= {
            "list": self.known_list,
            "autocomplete": "off",
            "data-known": "",
            "hx-get": url,
            "hx-trigger": "input changed delay:300ms",
            "hx-target": f"#{self.known_list}",
        }
        if asks_unit:
            self.fields["name"].widget.attrs["hx-include"] = "[name='unit']"

    @property
    def known_list(self):
        return f"known-{self.prefix or 'one'}"

    def warn(self, warning):
        """Ask whether this person is meant all the same."""
        self.fields["despite_clash"].widget = forms.CheckboxInput(attrs={"class": "form-check-input"})
        self.add_error("despite_clash", f"{warning}確定要參加這一梯次，請勾選「仍要薦送」。")

    @property
    def nominee(self):
        facts = ("name", "title", "email", "despite_clash")
        return Nominee(**{name: self.cleaned_data[name] for name in facts})


class RequestField(forms.UUIDField):
    """Names the form as it was sent: a second sending of it is told from another nomination."""

    def __init__(self):
        super().__init__(required=False, widget=forms.HiddenInput, initial=uuid4)

    def clean(self, value):
        return super().clean(value) or uuid4()


class OfUnit(forms.Form):
    """For which unit; who belongs to one, or stands for one, is not asked."""

    unit = UnitField(label="機關")

    def __init__(self, *args, units, are_own, **kwargs):
        """`units`: those to choose from; `are_own`: the person's own ones."""
        super().__init__(*args, **kwargs)
        self.only_unit = units[0] if are_own and len(units) == 1 else None
        self.fields["unit"].offer(units)
        if self.only_unit:
            del self.fields["unit"]

    def clean(self):
        cleaned = super().clean()
        if self.only_unit:
            cleaned["unit"] = self.only_unit
        return cleaned

    @property
    def chosen_unit(self):
        """The unit that the page is about, before anything is sent; None while it is not chosen."""
        return self.only_unit or self.fields["unit"].units.get(self["unit"].value() or "")


class NominateForm(OfUnit, NomineeFields):
    """薦送一位同仁."""

    request = RequestField()
    field_order = ("unit", "name", "title", "email", "despite_clash", "request")


class NominationForm(OfUnit):
    """薦送多位同仁: for whom, and where the names come from; the names themselves are `NomineeRows`."""

    request = RequestField()
    pasted = forms.CharField(
        label="貼上名單",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="每行一位：姓名、職稱、電子郵件，以 Tab、逗號、頓號或空白分開；可從試算表直接複製。",
    )
    file = forms.FileField(
        label="或選擇試算表",
        required=False,
        help_text="XLSX、ODS 或 CSV，欄名：姓名、職稱、電子郵件。",
        widget=forms.FileInput(attrs={"accept": ".xlsx,.ods,.csv"}),
    )

    def forget_pasted(self):
        """Once it stands in the lines the text would only be read again."""
        self.data = self.data.copy()
        self.data["pasted"] = ""

    def people(self):
        """What was pasted and what the file holds, as (name, title, e-mail)."""
        found = people_in_text(self.cleaned_data["pasted"])
        if file := self.cleaned_data["file"]:
            found += people_in_sheet(file, file.name)
        return found


class NomineeRow(NomineeFields):
    """One line of the form for several. Its labels are the column heads, repeated for screen readers."""

    NAMES = ("name", "title", "email")
    use_required_attribute = False  # a line that is emptied does not count

    def __init__(self, *args, number, **kwargs):
        super().__init__(*args, prefix=f"row-{number - 1}", **kwargs)
        self.number = number
        for name in self.NAMES:
            field = self.fields[name]
            field.widget.attrs |= {"class": "form-control", "aria-label": f"第 {number} 位的{field.label}"}


class NomineeRows:
    """The lines as they were typed, without the blank ones; bound only when they are sent."""

    MOST = 60
    BLANK = 3

    def __init__(self, data, *, known_url, asks_unit):
        self.known_url, self.asks_unit = known_url, asks_unit
        self.typed = [row for number in range(self.MOST) if any(row := self._read(data, number))]

    @staticmethod
    def _read(data, number):
        return tuple(data.get(f"row-{number}-{name}", "").strip() for name in NomineeRow.NAMES)

    def add(self, people):
        """Append people to be looked at; how many did not fit."""
        room = self.MOST - len(self.typed)
        self.typed += people[:room]
        return max(len(people) - room, 0)

    def shown(self, blank):
        """Lines to type in, `blank` empty ones at the end."""
        rows = [*self.typed, *[("", "", "")] * blank][: self.MOST]
        return [
            self._row(number, initial=dict(zip(NomineeRow.NAMES, row, strict=True)))
            for number, row in enumerate(rows, start=1)
        ]

    def sent(self, data):
        """Lines to be checked, each with its own answer to a warning."""
        kept = [number for number in range(self.MOST) if any(self._read(data, number))]
        answers = [data.get(f"row-{number}-despite_clash", "") for number in kept]
        rows = []
        for number, (row, answer) in enumerate(zip(self.typed, answers, strict=True)):
            names = (*NomineeRow.NAMES, "despite_clash")
            values = dict(zip(names, (*row, answer), strict=True))
            posted = {f"row-{number}-{name}": value for name, value in values.items()}
            rows.append(self._row(number + 1, data=posted))
        return rows

    def _row(self, number, **values):
        row = NomineeRow(number=number, **values)
        row.offer_known(self.known_url, asks_unit=self.asks_unit)
        return row


class SubstituteForm(PersonFields):
    """換人: who comes instead."""


class OverbookForm(PersonFields):
    """超額錄取: beyond quota or room, by staff, for a reason."""

    unit = UnitField(label="機關")
    reason = CleanLineField(
        label="超額理由", max_length=LONGEST_REASON, help_text="留在紀錄中，例如：首長指派、講師助理。"
    )
    field_order = ("unit", "name", "title", "email", "reason")

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].offer(units)


class WalkInForm(PersonFields):
    """現場報到: who stands at the door without having been admitted."""

    unit = UnitField(label="機關")
    field_order = ("unit", "name", "title", "email")

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].offer(units)


class CheckInForm(forms.Form):
    """Who checks in, without an account."""

    unit = UnitField(label="機關")
    name = CleanLineField(label="姓名", max_length=100)
    email_start = CleanLineField(
        label="電子郵件的開頭", required=False, max_length=50, help_text="同機關有同姓名的人時才要填。"
    )

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].offer(units)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["email_start"].widget.attrs |= {"autocapitalize": "none", "autocomplete": "off"}


class AnswerForm(forms.Form):
    """The questionnaire as it is answered: a number for each statement, words where one likes."""

    def __init__(self, *args, questionnaire, **kwargs):
        super().__init__(*args, **kwargs)
        choices = [(str(score), f"{score} {words}") for score, words in feedback.SCALE.items()]
        for place, words in enumerate(questionnaire.statements):
            self.fields[f"statement-{place}"] = forms.ChoiceField(
                label=words,
                choices=choices,
                widget=forms.RadioSelect,
                error_messages={"required": "這一題請選一個。"},
            )
        for place, words in enumerate(questionnaire.questions):
            self.fields[f"question-{place}"] = CleanTextField(
                label=words, required=False, max_length=feedback.LONGEST_TEXT
            )
            self.fields[f"question-{place}"].widget.attrs["rows"] = 4

    @property
    def statements(self):
        return [field for field in self if field.name.startswith("statement-")]

    @property
    def questions(self):
        return [field for field in self if field.name.startswith("question-")]

    def answer(self):
        """What `actions.give_feedback` takes."""
        return {
            "scores": [int(self.cleaned_data[field.name]) for field in self.statements],
            "texts": [self.cleaned_data[field.name] for field in self.questions],
        }


class QuestionnaireForm(forms.Form):
    """What is asked: a line for each."""

    statements = CleanTextField(
        label="題目",
        help_text=f"一行一題，最多 {feedback.MOST_STATEMENTS} 題，以「非常同意」到「非常不同意」回答。",
    )
    questions = CleanTextField(
        label="文字題", required=False, help_text=f"一行一題，最多 {feedback.MOST_QUESTIONS} 題。"
    )

    def __init__(self, *args, questionnaire, **kwargs):
        initial = {name: "\n".join(getattr(questionnaire, name)) for name in ("statements", "questions")}
        super().__init__(*args, initial=initial, **kwargs)

    def clean_statements(self):
        return self._lines("statements", feedback.MOST_STATEMENTS)

    def clean_questions(self):
        return self._lines("questions", feedback.MOST_QUESTIONS)

    def _lines(self, name, most):
        lines = [line for line in map(str.strip, self.cleaned_data[name].splitlines()) if line]
        if len(lines) > most:
            raise forms.ValidationError(f"最多 {most} 題，現有 {len(lines)} 題。")
        if any(len(line) > feedback.LONGEST for line in lines):
            raise forms.ValidationError(f"每題最多 {feedback.LONGEST} 個字。")
        if len(set(lines)) < len(lines):
            raise forms.ValidationError("有兩題相同。")
        return lines


class LecturerForm(forms.Form):
    """One of those who came in an earlier year, or somebody by name."""

    person = forms.ChoiceField(label="資深學員", required=False)
    name = CleanLineField(label="姓名", required=False, max_length=100, help_text="不在清單上的講師才要填。")
    title = CleanLineField(label="職稱", required=False, max_length=100)
    unit_name = CleanLineField(label="服務機關", required=False, max_length=200)
    topic = CleanLineField(label="講授內容", required=False, max_length=200)

    def __init__(self, *args, seniors, **kwargs):
        super().__init__(*args, **kwargs)
        self.seniors = {str(person.pk): person for person in seniors}
        named = [
            (pk, f"{person.unit.name if person.unit else '—'}　{person.title}　{person.name}")
            for pk, person in self.seniors.items()
        ]
        self.fields["person"].choices = [("", "不從清單選" if named else "以前年度沒有學員"), *named]

    def clean_person(self):
        return self.seniors.get(self.cleaned_data["person"])


class MaterialForm(forms.Form):
    """A file for the participants."""

    MOST = 10 * 1024 * 1024

    title = CleanLineField(label="名稱", max_length=100)
    file = forms.FileField(label="檔案", help_text="10 MB 以內。")

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > self.MOST:
            raise forms.ValidationError("檔案超過 10 MB；請壓縮圖片或分成幾個檔案。")
        return file


class IdentitiesForm(forms.Form):
    """The file that says who people are, for one export."""

    file = forms.FileField(
        label="識別資料",
        help_text="xlsx、ods 或 csv，2.5 MB 以內。",
        error_messages={"required": "請選擇識別資料的檔案；超過 2.5 MB 的檔案不收。"},
    )


class ProposalForm(forms.Form):
    """What a proposal of quotas starts from."""

    total = CountField(label="總名額", minimum=1, maximum=MOST_SEATED)
    minimum = forms.TypedChoiceField(
        label="每個機關至少", choices=[(0, "不設下限"), (1, "1 人"), (2, "2 人")], coerce=int, initial=0
    )
    categories = forms.MultipleChoiceField(
        label="列入的類別", choices=Category.choices, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, session, **kwargs):
        super().__init__(*args, **kwargs)
        self.capacity = session.capacity
        self.initial = self.usual(session)

    @classmethod
    def usual(cls, session):
        """What is worked out before anybody asks: the room's capacity over the audience."""
        return {"total": session.capacity, "minimum": 0, "categories": session.audience}

    def clean_total(self):
        total = self.cleaned_data["total"]
        if self.capacity is not None and total > self.capacity:
            raise forms.ValidationError(
                f"場地只容 {self.capacity} 人，總名額不能超過；要更多，請先放寬場地容量。"
            )
        return total


class QuotaForm(forms.Form):
    """One number per unit, in the table itself. Only what was touched counts: the page says what it showed."""

    def __init__(self, *args, rows, **kwargs):
        """`rows`: each with its unit and the seats the field starts from, None for none."""
        super().__init__(*args, **kwargs)
        self.rows = rows
        for row in rows:
            field = SeatsField(row.unit.name)
            field.initial = row.seats
            self.fields[f"seats-{row.unit.pk}"] = field

    @property
    def lines(self):
        """Each row of the table with its field."""
        return [(row, self[f"seats-{row.unit.pk}"]) for row in self.rows]

    @property
    def changed(self):
        """The new seats of the units whose number differs from what the page showed."""
        return {
            row.unit: seats
            for row in self.rows
            if (seats := self.cleaned_data[f"seats-{row.unit.pk}"]) is not None
            and str(seats) != self.data.get(f"shown-{row.unit.pk}", "")
        }


class SeatsField(forms.Field):
    """A number of seats; full-width digits are understood, empty leaves the quota as it is."""

    def __init__(self, unit_name):
        super().__init__(
            label=f"{unit_name}的名額",
            required=False,
            widget=forms.TextInput(
                attrs={
                    "inputmode": "numeric",
                    "class": "form-control d-inline-block w-auto num",
                    "size": 4,
                    "maxlength": 6,
                    "aria-label": f"{unit_name}的名額",
                }
            ),
        )

    def clean(self, value):
        if not str(value or "").strip():
            return None
        try:
            return parse_int(value, maximum=MOST_SEATS, name="名額")
        except ValueError as error:
            raise forms.ValidationError(str(error), code="no_number") from None

    def has_changed(self, initial, data):
        return str(initial or "") != str(data or "").strip()


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


class AttendanceForm(forms.Form):
    """One mark per row of the list, beside the one it was shown with: only what was touched is written."""

    def __init__(self, data):
        super().__init__(data)
        self.names = [name for name in data if name.startswith("mark-")]

    def changes(self):
        """(new attendance, the one shown), each by the pk of the enrolment, for those that differ."""
        present_all = "all_present" in self.data
        found, seen = {}, {}
        for name in self.names:
            pk, typed = name.removeprefix("mark-"), self.data[name]
            shown = self.data.get(f"shown-{pk}", "")
            if present_all and typed == shown == Enrolment.Attendance.UNMARKED:
                typed = Enrolment.Attendance.PRESENT.value
            if pk.isascii() and pk.isdigit() and typed != shown:
                found[int(pk)], seen[int(pk)] = typed, shown
        return found, seen
