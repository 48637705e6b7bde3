"""A new password is none of the last three (資通系統防護基準，普級：身分驗證管理)."""

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError

from .models import FormerPassword

REMEMBERED = 3


class NotOneOfTheLastThree:
    """A Django password validator; Django itself calls `password_changed` after each new one is saved."""

    def validate(self, password, user=None):
        if user is None or user.pk is None:
            return
        for former in FormerPassword.objects.filter(user=user)[:REMEMBERED]:
            if check_password(password, former.password):
                raise ValidationError("這是最近三次用過的密碼，請換一個。", code="password_used_before")

    def password_changed(self, password, user=None):
        if user is None or user.pk is None:
            return
        FormerPassword.objects.create(user=user, password=user.password)
        kept = FormerPassword.objects.filter(user=user).values_list("pk", flat=True)[:REMEMBERED]
        FormerPassword.objects.filter(user=user).exclude(pk__in=list(kept)).delete()

    def get_help_text(self):
        return "新密碼不能與最近三次用過的密碼相同。"
