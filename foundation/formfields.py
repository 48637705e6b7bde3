"""Form fields that take what people type here: ROC dates in every form, clean text, forgiving numbers.

The refusals are those of `foundation.rocdate`, `text` and `numbers`: a page and an import say the same.
"""

from datetime import date

from django import forms
from django.core.exceptions import ValidationError

from .numbers import NumberError, parse_int
from .rocdate import DateError, format_date, parse_date
from .text import TextError, clean_code, clean_line, clean_text


class ROCDateInput(forms.TextInput):
    """A text box that shows 105年7月1日; the browser's own date picker knows only western years."""

    def __init__(self, attrs=None):
        super().__init__({"placeholder": "例：105/07/01", "autocomplete": "off", **(attrs or {})})

    def format_value(self, value):
        if isinstance(value, date):
            return format_date(value).removeprefix("民國")
        return super().format_value(value)


class ROCDateField(forms.Field):
    """A date in any form of `foundation.rocdate`; what was typed stays when it is refused."""

    widget = ROCDateInput

    def to_python(self, value):
        if value in self.empty_values or (isinstance(value, str) and not value.strip()):
            return None
        try:
            return parse_date(value)
        except DateError as refusal:
            raise ValidationError(str(refusal), code="invalid") from None

    def has_changed(self, initial, data):
        try:
            return self.to_python(data) != self.to_python(initial)
        except ValidationError:
            return True


class CleanLineField(forms.CharField):
    """One line, cleaned as everywhere: see `foundation.text.clean_line`."""

    clean_value = staticmethod(clean_line)

    def to_python(self, value):
        if value in self.empty_values:
            return self.empty_value
        try:
            return self.clean_value(value) or self.empty_value
        except TextError as refusal:
            raise ValidationError(str(refusal), code="invalid") from None


class CleanTextField(CleanLineField):
    """Several lines."""

    widget = forms.Textarea
    clean_value = staticmethod(clean_text)


class CleanCodeField(CleanLineField):
    """A code: full-width digits understood, no spaces."""

    clean_value = staticmethod(clean_code)


class CountField(forms.Field):
    """A whole number, typed in full or half width, with or without thousands commas."""

    widget = forms.TextInput

    def __init__(self, *, minimum=0, maximum=None, **options):
        self.minimum, self.maximum = minimum, maximum
        super().__init__(**options)

    def to_python(self, value):
        if value in self.empty_values or (isinstance(value, str) and not value.strip()):
            return None
        try:
            return parse_int(value, minimum=self.minimum, maximum=self.maximum)
        except NumberError as refusal:
            raise ValidationError(str(refusal), code="invalid") from None

    def has_changed(self, initial, data):
        try:
            return self.to_python(data) != self.to_python(initial)
        except ValidationError:
            return True

    def widget_attrs(self, widget):
        return {"inputmode": "numeric", "autocomplete": "off"}


SMALL_FILE = 10 * 1024 * 1024


def small_file(upload):
    """What comes through an ordinary form stays small; large files go through the uploads."""
    if upload.size > SMALL_FILE:
        raise ValidationError(f"「{upload.name}」超過 10 MB。")
    if not upload.size:
        raise ValidationError(f"「{upload.name}」是空的。")
