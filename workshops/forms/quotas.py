"""Seats: the proposal, and the table in which they are edited."""

from django import forms

from agencies.models import Category
from foundation.formfields import CountField
from foundation.numbers import parse_int

from ..imports import MOST_SEATS

MOST_SEATED = 100_000


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
