"""What the portal found in a stored file, and teaching packages opened by a reader."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from .files import StoredFile
from .jobs import Job


class FileCheck(models.Model):
    """What the portal found in a stored file: whether it is what it says, and how it is shown safely."""

    MAX_ATTEMPTS = 3

    class State(models.TextChoices):
        WAITING = "waiting", "檢查中"
        PASSED = "passed", "可送件"
        QUARANTINED = "quarantined", "已隔離"
        FAILED = "failed", "檢查未完成"

    class Kind(models.TextChoices):
        VIDEO = "video", "影片"
        SLIDES = "slides", "簡報"
        PDF = "pdf", "PDF"
        DOCUMENT = "document", "文件"
        IMAGE = "image", "圖檔"
        PACKAGE_SCORM12 = "package_scorm12", "SCORM 1.2 教材"
        PACKAGE_SCORM2004 = "package_scorm2004", "SCORM 2004 教材"
        PACKAGE_HTML5 = "package_html5", "網頁教材"

    class Scan(models.TextChoices):
        CLEAN = "clean", "未發現病毒"
        INFECTED = "infected", "發現病毒"
        UNSCANNED = "unscanned", "未掃描"

    stored = models.OneToOneField(StoredFile, models.PROTECT, related_name="file_check", verbose_name="檔案")
    state = models.CharField("狀態", max_length=12, choices=State.choices, default=State.WAITING)
    kind = models.CharField("種類", max_length=20, choices=Kind.choices, blank=True)
    reason = models.TextField("說明", blank=True, help_text="The rule that the file breaks and the way out.")
    facts = models.JSONField(
        default=dict,
        help_text="duration_ms, width, height, codec, pages, entries, start_page, title, warnings …",
    )
    scan = models.CharField("掃毒", max_length=10, choices=Scan.choices, default=Scan.UNSCANNED)
    cover = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    neutral = models.ForeignKey(
        StoredFile,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="The anonymised copy that judges get.",
    )
    rendition = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, related_name="+", help_text="Slides and documents as PDF."
    )
    attempts = models.PositiveIntegerField("檢查次數", default=0, help_text="Those that came to no end.")
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField("要求時間")
    checked_at = models.DateTimeField("檢查時間", null=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["id"], name="file_check_waiting", condition=Q(state="waiting")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting", checked_at=None)
                | (~Q(state="waiting") & Q(checked_at__isnull=False)),
                name="file_check_at_matches_state",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("quarantined", "failed")) | ~Q(reason=""),
                name="file_check_refused_with_reason",
                violation_error_message="隔離或未完成的檢查須說明理由。",
            ),
            models.CheckConstraint(
                condition=~Q(state="passed") | (~Q(kind="") & Q(neutral__isnull=False)),
                name="file_check_passed_has_kind_and_neutral",
                violation_error_message="通過檢查的檔案須有種類與匿名副本。",
            ),
            models.CheckConstraint(
                condition=~Q(scan="infected") | Q(state="quarantined"),
                name="file_check_infected_is_quarantined",
                violation_error_message="發現病毒的檔案須隔離。",
            ),
        ]

    def __str__(self):
        return f"{self.stored}：{self.get_state_display()}"

    @property
    def is_waiting(self):
        return self.state == self.State.WAITING

    @property
    def is_passed(self):
        return self.state == self.State.PASSED

    @property
    def is_quarantined(self):
        return self.state == self.State.QUARANTINED


class Viewing(models.Model):
    """A teaching package opened by one person. Its token stands in the addresses of all that the package loads:
    in an origin of its own it sends no cookie.
    """

    token = models.CharField(max_length=40, unique=True)
    file_check = models.ForeignKey(FileCheck, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    session_key = models.CharField(max_length=40)
    opened_at = models.DateTimeField()
    used_at = models.DateTimeField(db_index=True)

    def __str__(self):
        return f"{self.user}：{self.file_check.stored}"
