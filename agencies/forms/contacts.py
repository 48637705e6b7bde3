from django import forms

from foundation.formfields import CleanLineField, ROCDateField

from .fields import AccountField


class ContactForm(forms.Form):
    user = AccountField(label="聯絡人")
    phone = CleanLineField(label="電話", max_length=50, required=False)
    starts_on = ROCDateField(label="開始日期")
    ends_on = ROCDateField(label="結束日期", required=False, help_text="最後一天；未填表示持續。")


class DeputyForm(forms.Form):
    user = AccountField(label="職務代理人")
    phone = CleanLineField(label="電話", max_length=50, required=False)
    starts_on = ROCDateField(label="代理開始日期")
    ends_on = ROCDateField(label="代理結束日期", help_text="最後一天。")


class HandOverForm(forms.Form):
    to = AccountField(label="接任的人")
    phone = CleanLineField(label="接任者電話", max_length=50, required=False)
    on = ROCDateField(label="交接日期", help_text="接任者從這一天起擔任；原聯絡人到前一天為止。")
