"""Who is nominated, one or several at a time; who comes instead; who comes beyond the quota."""

from uuid import uuid4

from django import forms

from agencies.forms.fields import EmailField
from foundation.formfields import CleanLineField

from ..actions import LONGEST_REASON, Nominee
from ..pasted import people_in_sheet, people_in_text


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
