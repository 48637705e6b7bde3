"""What several of the competition's forms ask for: a unit, a moment, a reason."""

from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from agencies.models import ProgrammeUnit
from foundation.formfields import CleanLineField, ROCDateField
from foundation.rocdate import TAIPEI
from foundation.text import clean_code, clean_line


class UnitField(forms.CharField):
    """A unit of the year by its code or its full name."""

    def __init__(self, *, programme=None, **options):
        self.programme = programme
        options.setdefault("label", "機關")
        options.setdefault("help_text", "機關代碼或全名。")
        options.setdefault("widget", forms.TextInput(attrs={"list": "units", "autocomplete": "off"}))
        super().__init__(**options)

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        try:
            code, name = clean_code(text.split(" ")[0]), clean_line(text)
        except ValueError as error:
            raise ValidationError(str(error)) from None
        units = ProgrammeUnit.objects.filter(programme=self.programme).select_related("unit")
        found = list(units.filter(Q(unit__code=code) | Q(name=name))[:2])
        if len(found) != 1:
            raise ValidationError(
                f"本年度沒有「{text}」這個機關。" if not found else f"有多個機關叫「{text}」，請填代碼。"
            )
        return found[0]


class ReasonForm(forms.Form):
    """A decision with its reason."""

    reason = CleanLineField(label="理由", max_length=300)


def late_reason():
    """Asked for once somebody has signed; only a changed rule of the judging needs it."""
    return CleanLineField(
        label="變更理由",
        max_length=300,
        required=False,
        help_text="已有人簽名：變更評審規則須寫理由，評審會收到通知，理由也列在結果頁。",
    )


class LateReasonForm(forms.Form):
    """Where every change needs a reason once somebody has signed."""

    reason = late_reason()

    def __init__(self, *args, is_locked, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = is_locked
        self.fields["reason"].error_messages["required"] = (
            "已有簽名的評分表，規則已鎖定；確實要變更，請寫明理由。"
        )


class MomentField(forms.MultiValueField):
    """A day and a time of day, Taipei."""

    class Widget(forms.MultiWidget):
        def __init__(self):
            time = forms.TimeInput(attrs={"type": "time", "aria-label": "時間"}, format="%H:%M")
            day = ROCDateField().widget
            day.attrs["aria-label"] = "日期"
            super().__init__([day, time])

        def decompress(self, value):
            if value is None:
                return [None, None]
            local = timezone.localtime(value)
            return [local.date(), local.time()]

    def __init__(self, **options):
        fields = [ROCDateField(), forms.TimeField()]
        super().__init__(fields=fields, widget=MomentField.Widget(), **options)

    def compress(self, parts):
        return datetime.combine(*parts, tzinfo=TAIPEI) if parts else None
