"""From the result to the ceremony: what the papers say, and which certificate was issued for what."""

from decimal import Decimal

from django.db import models
from django.db.models import Q


class Ceremony(models.Model):
    """頒獎設定 of a competition: who gives the awards, where and when, and what the papers say.

    Nothing here decides who wins.
    """

    class CertificatesPer(models.TextChoices):
        AUTHOR = "author", "每位作者一張"
        WORK = "work", "每件作品一張"

    competition = models.OneToOneField(
        "competition.Competition", models.PROTECT, related_name="ceremony", primary_key=True
    )
    magistrate = models.CharField("縣長姓名", max_length=50, blank=True)
    certificate_prefix = models.CharField("獎狀字號", max_length=30, default="府人考獎字第")
    certificates_per = models.CharField(
        "獎狀", max_length=6, choices=CertificatesPer.choices, default=CertificatesPer.AUTHOR
    )
    certificate_on = models.DateField("獎狀日期", null=True, blank=True)
    held_at = models.DateTimeField("頒獎時間", null=True, blank=True)
    place = models.CharField("頒獎地點", max_length=200, blank=True)
    presenter = models.CharField("前三名頒獎人", max_length=100, default="縣長")
    mention_presenter = models.CharField("佳作頒獎人", max_length=100, default="縣長")
    voucher_purpose = models.CharField("受領事由", max_length=200, blank=True)
    budget_item = models.CharField("預算科目", max_length=100, blank=True)
    disputed_from = models.DecimalField(
        "歧異門檻",
        max_digits=4,
        decimal_places=1,
        default=Decimal(15),
        help_text="最高與最低總分相差達此分數者列出。",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(disputed_from__gt=0, disputed_from__lte=100),
                name="ceremony_disputed_from_is_a_mark",
                violation_error_message="歧異門檻須大於 0、不超過 100。",
            ),
            models.CheckConstraint(
                condition=~Q(certificate_prefix="") & ~Q(presenter="") & ~Q(mention_presenter=""),
                name="ceremony_names_prefix_and_presenters",
                violation_error_message="獎狀字號與頒獎人都要填。",
            ),
        ]

    def __str__(self):
        return f"{self.competition}頒獎設定"

    @classmethod
    def of(cls, competition):
        """The competition's settings as stored, else the defaults."""
        return cls.objects.filter(competition=competition).first() or cls(competition=competition)

    def presenter_of(self, rank):
        return self.presenter if rank <= 3 else self.mention_presenter


class AwardCertificate(models.Model):
    """The certificate that one author (or, at position 0, the whole work) got for a place in a result."""

    result = models.ForeignKey("competition.ResultSet", models.PROTECT, related_name="certificates")
    receipt = models.CharField("收件編號", max_length=40)
    position = models.PositiveSmallIntegerField("作者順序")
    serial = models.PositiveIntegerField(
        "字號", unique=True, help_text="1050001: the year, then a running number"
    )
    certificate = models.OneToOneField("foundation.Certificate", models.PROTECT, related_name="+")

    class Meta:
        ordering = ["serial"]
        constraints = [
            models.UniqueConstraint(fields=["result", "receipt", "position"], name="award_certificate_once")
        ]

    def __str__(self):
        return str(self.certificate)
