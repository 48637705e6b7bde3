"""Accounts, people, and the hats that belong to the ground floor."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone


class User(AbstractUser):
    """An account. Nominees and authors are `Person` rows and need none."""

    first_name = None
    last_name = None
    name = models.CharField("姓名", max_length=100)
    invited_at = models.DateTimeField("最近邀請時間", null=True, blank=True)

    REQUIRED_FIELDS = ["name", "email"]

    class Meta:
        verbose_name = "帳號"
        ordering = ["username"]
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_unique_ignoring_case",
                violation_error_message="這個帳號已有人使用。",
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=~Q(email=""),
                name="user_email_unique",
                violation_error_message="這個電子郵件已有帳號。",
            ),
        ]

    def __str__(self):
        return self.name or self.username

    def get_full_name(self):
        return self.name

    def get_short_name(self):
        return self.name

    @property
    def is_invited_only(self):
        """Invited, but has not set a password yet."""
        return not self.has_usable_password()


class FormerPassword(models.Model):
    """A password this account has had, hashed: the last three must not come again (防護基準)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="former_passwords")
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "用過的密碼"
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.user}"


class Person(models.Model):
    """Someone who attends, writes or wins; known by e-mail, else by unit, name and title."""

    name = models.CharField("姓名", max_length=100)
    title = models.CharField("職稱", max_length=100, blank=True)
    email = models.EmailField("電子郵件", blank=True)
    unit = models.ForeignKey(
        "agencies.Unit", models.PROTECT, null=True, blank=True, related_name="people", verbose_name="現職機關"
    )
    user = models.OneToOneField(
        User, models.PROTECT, null=True, blank=True, related_name="person", verbose_name="帳號"
    )

    class Meta:
        verbose_name = "同仁"
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=~Q(email=""),
                name="person_email_unique",
                violation_error_message="這個電子郵件已屬於另一位同仁。",
            ),
            models.UniqueConstraint(
                fields=["unit", "name", "title"],
                condition=Q(email=""),
                name="person_without_email_unique_in_unit",
                violation_error_message="同一機關已有同名同職稱的同仁；請填電子郵件以資區別。",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="person_has_name"),
        ]

    def __str__(self):
        return self.name


class DatedQuerySet(models.QuerySet):
    def in_force(self, day=None):
        """Those that hold on that day (default today, Taipei)."""
        day = day or timezone.localdate()
        return self.filter(starts_on__lte=day).filter(Q(ends_on=None) | Q(ends_on__gte=day))


class Contact(models.Model):
    """機關聯絡人: an account that stands for a unit, from a day, perhaps until one; or the dated deputy of one."""

    unit = models.ForeignKey("agencies.Unit", models.PROTECT, related_name="contacts", verbose_name="機關")
    user = models.ForeignKey(User, models.PROTECT, related_name="contacts", verbose_name="帳號")
    phone = models.CharField("電話", max_length=50, blank=True)
    starts_on = models.DateField("開始日期")
    ends_on = models.DateField("結束日期", null=True, blank=True)
    deputy_for = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="deputies", verbose_name="代理對象"
    )

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "機關聯絡人"
        ordering = ["unit", "starts_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="contact_ends_after_it_starts",
                violation_error_message="結束日期不得早於開始日期。",
            ),
            models.CheckConstraint(
                condition=Q(deputy_for=None) | Q(ends_on__isnull=False),
                name="contact_deputy_has_end",
                violation_error_message="職務代理須有結束日期。",
            ),
            models.UniqueConstraint(
                fields=["unit", "user"],
                condition=Q(ends_on=None),
                name="contact_open_ended_once",
                violation_error_message="此人已是本機關的聯絡人。",
            ),
        ]

    def __str__(self):
        return f"{self.unit}：{self.user}"


class Curator(models.Model):
    """策展人: may arrange the public showcase, and nothing else."""

    user = models.ForeignKey(User, models.PROTECT, related_name="curatorships", verbose_name="帳號")
    starts_on = models.DateField("開始日期")
    ends_on = models.DateField("結束日期", null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = "策展人"
        ordering = ["user", "starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="curator_ends_after_it_starts",
                violation_error_message="結束日期不得早於開始日期。",
            ),
            models.UniqueConstraint(
                fields=["user"], condition=Q(ends_on=None), name="curator_open_ended_once"
            ),
        ]

    def __str__(self):
        return str(self.user)
