"""Letters on their way out."""

from django.db import models
from django.db.models import Q


class MailQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(sent_at=None, parked_at=None)

    def parked(self):
        return self.exclude(parked_at=None)


class Mail(models.Model):
    """A letter in the outbox: stored with the act that causes it, sent by the worker."""

    key = models.CharField(
        max_length=200, unique=True, help_text="Names the occasion: the same one never mails twice."
    )
    recipient = models.EmailField("收件人")
    subject = models.CharField("主旨", max_length=200)
    body = models.TextField("內文")
    calendar = models.TextField("行事曆附件", blank=True, help_text="iCalendar text, sent as invite.ics")
    message_id = models.CharField(max_length=200)
    created_at = models.DateTimeField("建立時間")
    attempts = models.PositiveIntegerField("嘗試次數", default=0)
    next_attempt_at = models.DateTimeField()
    sent_at = models.DateTimeField("寄出時間", null=True)
    parked_at = models.DateTimeField("停寄時間", null=True)
    last_error = models.TextField("最近的回覆", blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                name="mail_waiting",
                condition=Q(sent_at=None, parked_at=None),
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at=None) | Q(parked_at=None), name="mail_sent_or_parked_not_both"
            )
        ]

    def __str__(self):
        return f"{self.recipient}：{self.subject}"
