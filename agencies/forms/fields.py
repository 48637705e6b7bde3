"""Fields that the forms of this app share."""

from decimal import Decimal

from django import forms
from django.db.models import Q

from foundation.text import clean_code, clean_email

from ..models import ProgrammeUnit, Unit, User


class AccountField(forms.CharField):
    """An account named by login or e-mail; the page offers the known ones while typing."""

    default_error_messages = {"required": "請填帳號或電子郵件。"}

    def __init__(self, **options):
        options.setdefault("help_text", "帳號或電子郵件；還沒有帳號的人請先邀請。")
        super().__init__(max_length=254, **options)
        self.widget.attrs.update({"list": "accounts", "autocomplete": "off", "autocapitalize": "none"})

    def clean(self, value):
        text = clean_code(super().clean(value))
        if not text:
            return None
        named = Q(username__iexact=text) | Q(email__iexact=text)
        user = User.objects.filter(named).order_by("pk").first()
        if user is None:
            raise forms.ValidationError(f"沒有帳號「{text}」；請先邀請這個人。", code="unknown_account")
        if not user.is_active:
            raise forms.ValidationError(f"{user}的帳號已停用，請先啟用。", code="disabled_account")
        return user


class EmailField(forms.CharField):
    """An address in lower case; full-width characters are understood."""

    def __init__(self, **options):
        super().__init__(max_length=254, **options)
        self.widget.attrs.update({"inputmode": "email", "autocomplete": "off", "autocapitalize": "none"})

    def clean(self, value):
        try:
            address = clean_email(value)
        except ValueError as error:
            raise forms.ValidationError(str(error), code="no_address") from None
        if self.required and not address:
            raise forms.ValidationError("請填電子郵件。", code="required")
        return address


class PercentField(forms.DecimalField):
    """A rate stored as 0.2 and typed as 20."""

    def prepare_value(self, value):
        if isinstance(value, Decimal):
            return f"{(value * 100).normalize():f}"
        return value

    def clean(self, value):
        typed = super().clean(value)
        return None if typed is None else typed / 100


class UnitChoiceField(forms.ModelChoiceField):
    """A unit of one year, by code and name."""

    def __init__(self, programme=None, **options):
        queryset = ProgrammeUnit.objects.none()
        super().__init__(queryset=queryset, **options)
        if programme is not None:
            self.offer(programme)

    def offer(self, programme):
        self.queryset = programme.units.select_related("unit").order_by("unit__code")

    def label_from_instance(self, unit):
        return f"{unit.unit.code}　{unit.name}"


class LastingUnitChoiceField(forms.ModelChoiceField):
    """A unit that still exists, whatever the year."""

    def __init__(self, **options):
        super().__init__(queryset=Unit.objects.filter(closed_on=None).order_by("code"), **options)

    def label_from_instance(self, unit):
        return f"{unit.code}　{unit.name}"
