"""誰來我「嘉」: the tutors."""

from django.db import models


class Tutor(models.Model):
    """輔導教師 of 誰來我「嘉」: a colleague experienced in making materials, in one year."""

    programme = models.ForeignKey("agencies.Programme", models.PROTECT, related_name="tutors")
    user = models.ForeignKey("agencies.User", models.PROTECT, related_name="tutorships", verbose_name="帳號")
    fields = models.CharField("專長", max_length=300, blank=True)
    phone = models.CharField("電話", max_length=50, blank=True)

    class Meta:
        verbose_name = "輔導教師"
        ordering = ["programme", "user__name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "user"],
                name="tutor_once_a_year",
                violation_error_message="此人已是本年度的輔導教師。",
            )
        ]

    def __str__(self):
        return str(self.user)
