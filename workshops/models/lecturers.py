"""Who teaches a session, and what they hand out."""

from django.db import models
from django.db.models import Q

from .enrolments import Enrolment


class Lecturer(models.Model):
    """講師: often a senior trainee of an earlier year, sometimes somebody from outside."""

    session = models.ForeignKey("workshops.Session", models.PROTECT, related_name="lecturers")
    person = models.ForeignKey(
        "agencies.Person", models.PROTECT, null=True, blank=True, related_name="lectures", verbose_name="同仁"
    )
    name = models.CharField("姓名", max_length=100)
    title = models.CharField("職稱", max_length=100, blank=True)
    unit_name = models.CharField("服務機關", max_length=200, blank=True)
    topic = models.CharField("講授內容", max_length=200, blank=True)
    position = models.PositiveSmallIntegerField("順序")

    class Meta:
        verbose_name = "講師"
        ordering = ["session", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name=""), name="lecturer_has_name", violation_error_message="請填講師姓名。"
            ),
            models.UniqueConstraint(
                fields=["session", "person"],
                name="lecturer_once_a_session",
                violation_error_message="這位同仁已是本梯次的講師。",
            ),
        ]

    def __str__(self):
        return self.name


class MaterialQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The office, the session's lecturers, who is admitted to it, and the contacts of units with people in it."""
        if user.is_staff:
            return self
        admitted = Enrolment.objects.visible_to(user).confirmed().values("session")
        taught = Lecturer.objects.filter(person__user=user).values("session")
        return self.filter(Q(session__in=admitted) | Q(session__in=taught))


class Material(models.Model):
    """教材: a file of a session for its participants."""

    session = models.ForeignKey("workshops.Session", models.PROTECT, related_name="materials")
    title = models.CharField("名稱", max_length=100)
    file = models.ForeignKey("foundation.StoredFile", models.PROTECT, related_name="+", verbose_name="檔案")
    added_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    added_at = models.DateTimeField("加入時間")

    objects = MaterialQuerySet.as_manager()

    class Meta:
        verbose_name = "教材"
        ordering = ["session", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "file"],
                name="material_once_a_session",
                violation_error_message="這個檔案已在教材中。",
            )
        ]

    def __str__(self):
        return self.title
