"""While the judging runs: a further judge for a disputed work, and judges who were reminded."""

from django.db import models
from django.db.models import Q


class ExtraReview(models.Model):
    """加評: one more judge for one work on which the panel disagrees."""

    entry = models.ForeignKey("competition.Entry", models.PROTECT, related_name="extra_reviews")
    judge = models.ForeignKey("competition.Judge", models.PROTECT, related_name="extra_reviews")
    reason = models.CharField("理由", max_length=300)
    assigned_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField("指定時間")

    class Meta:
        ordering = ["entry", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "judge"],
                name="extra_review_once",
                violation_error_message="這位評審已指定加評這件作品。",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="extra_review_has_reason",
                violation_error_message="加評須說明理由。",
            ),
        ]

    def __str__(self):
        return f"{self.judge} 加評 {self.entry}"


class JudgeReminder(models.Model):
    """A judge was reminded of unsigned sheets: at most once a day."""

    judge = models.ForeignKey("competition.Judge", models.CASCADE, related_name="reminders")
    sent_on = models.DateField("提醒日期")
    sent_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")

    class Meta:
        ordering = ["judge", "-sent_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["judge", "sent_on"],
                name="judge_reminder_once_a_day",
                violation_error_message="今天已提醒過這位評審。",
            )
        ]

    def __str__(self):
        return f"{self.judge} {self.sent_on}"
