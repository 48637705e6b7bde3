"""評審會議: when and where it was held, who was there, and what was decided."""

from django.db import models
from django.db.models import Q


class Meeting(models.Model):
    """A meeting of one group's judges. Ties settled by the chair are kept as `TieSettlement`."""

    group = models.ForeignKey("competition.Group", models.PROTECT, related_name="meetings")
    held_at = models.DateTimeField("時間")
    place = models.CharField("地點", max_length=200)
    chair = models.CharField("主席", max_length=100)
    recorder = models.CharField("紀錄", max_length=100)
    others = models.CharField("列席", max_length=500, blank=True)
    present = models.ManyToManyField(
        "competition.Judge", related_name="+", verbose_name="出席評審", blank=True
    )
    updated_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    updated_at = models.DateTimeField("更新時間")

    class Meta:
        ordering = ["group", "-held_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["group", "held_at"],
                name="meeting_once_a_moment",
                violation_error_message="本組這個時間已有一場評審會議。",
            ),
            models.CheckConstraint(
                condition=~Q(place="") & ~Q(chair="") & ~Q(recorder=""),
                name="meeting_names_place_chair_and_recorder",
                violation_error_message="地點、主席與紀錄都要填。",
            ),
        ]

    def __str__(self):
        return f"{self.group}評審會議"


class MeetingItem(models.Model):
    """討論事項: what was discussed, and the decision."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="items")
    subject = models.CharField("案由", max_length=200)
    discussion = models.TextField("說明", blank=True)
    decision = models.TextField("決議")
    noted_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    noted_at = models.DateTimeField("登錄時間")

    class Meta:
        ordering = ["meeting", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(subject="") & ~Q(decision=""),
                name="meeting_item_has_subject_and_decision",
                violation_error_message="案由與決議都要填。",
            )
        ]

    def __str__(self):
        return self.subject
