from django import forms
from django.conf import settings
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.template.loader import render_to_string
from django.utils import timezone

from foundation import outbox
from foundation.formfields import CleanLineField, ROCDateField
from foundation.text import clean_code

from ..models import User
from .fields import EmailField, LastingUnitChoiceField


class InvitationForm(forms.Form):
    """A new account; the hats that stand on it can be given at once."""

    name = CleanLineField(label="姓名", max_length=100)
    email = EmailField(label="電子郵件", help_text="邀請信寄到這裡，由本人設定密碼。")
    username = forms.CharField(
        label="帳號", max_length=150, required=False, help_text="登入用；未填時以電子郵件為帳號。"
    )
    unit = LastingUnitChoiceField(
        label="擔任聯絡人的機關", required=False, empty_label="（不擔任）", help_text="自今天起。"
    )
    phone = CleanLineField(label="電話", max_length=50, required=False)
    is_curator = forms.BooleanField(label="策展人（自今天起）", required=False)
    is_staff = forms.BooleanField(
        label="人事處承辦人", required=False, help_text="可以看見並變更每個年度的所有資料。"
    )

    def __init__(self, *args, by, **options):
        super().__init__(*args, **options)
        if not by.is_superuser:
            del self.fields["is_staff"]

    def clean_username(self):
        username = clean_code(self.cleaned_data["username"])
        if username:
            UnicodeUsernameValidator(message="帳號只能用文字、數字與 @ . + - _ 。")(username)
        return username

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("username"):
            cleaned["username"] = cleaned.get("email", "")
        return cleaned


class AccountForm(forms.Form):
    name = CleanLineField(label="姓名", max_length=100)
    email = EmailField(label="電子郵件", help_text="變更後會通知原來的電子郵件。")


class CuratorForm(forms.Form):
    starts_on = ROCDateField(label="開始日期")
    ends_on = ROCDateField(label="結束日期", required=False, help_text="最後一天；未填表示持續。")


class LastDayForm(forms.Form):
    on = ROCDateField(label="最後一天")


class PersonForm(forms.Form):
    name = CleanLineField(label="姓名", max_length=100)
    title = CleanLineField(label="職稱", max_length=100, required=False)
    email = EmailField(label="電子郵件", required=False, help_text="同名的同仁以電子郵件區別。")
    unit = LastingUnitChoiceField(
        label="現職機關",
        required=False,
        empty_label="（無）",
        help_text="調職後，過去的研習與作品仍屬當時的機關。",
    )


class ResetForm(PasswordResetForm):
    """忘記密碼: also for those who were invited and lost the letter; the letter goes through the outbox."""

    def get_users(self, email):
        return User.objects.filter(email__iexact=email, is_active=True)

    def send_mail(
        self,
        subject_template_name,
        email_template_name,
        context,
        from_email,
        to_email,
        html_email_template_name=None,
    ):
        at = timezone.now()
        # The link must not follow the Host header of whoever asks.
        context = {**context, "site_url": settings.SITE_URL.rstrip("/")}
        subject = render_to_string(subject_template_name, context)
        outbox.queue(
            # Asking again within a minute sends no second letter.
            key=f"password-reset:{context['user'].pk}:{at:%Y%m%d%H%M}",
            recipient=to_email,
            subject=" ".join(subject.split()),
            body=render_to_string(email_template_name, context),
            at=at,
        )
