"""Works handed in."""

import secrets
from datetime import UTC, datetime, time
from pathlib import PurePosixPath

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Greatest, TruncDate
from django.urls import reverse

from agencies.models import ProgrammeUnit
from foundation.rocdate import TAIPEI, end_of_day

# Letters and digits that nobody mistakes for one another on paper.
WORK_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


KINDS = {
    **dict.fromkeys((".mp4", ".webm"), "影片"),
    **dict.fromkeys((".pptx", ".ppt", ".odp"), "簡報"),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif"), "圖檔"),
    **dict.fromkeys((".docx", ".doc", ".odt", ".txt"), "文件"),
    ".pdf": "PDF",
    ".zip": "ZIP",
}


def random_work_code():
    """The anonymous code judges see; it tells nothing of the receipt number or the order of arrival."""
    return "".join(secrets.choice(WORK_CODE_ALPHABET) for _ in range(6))


def noon(day):
    """When a work that came by hand on that day is taken as handed in."""
    # In UTC, as the database gives it back: an import's undo compares the two texts.
    return datetime.combine(day, time(12), tzinfo=TAIPEI).astimezone(UTC)


class EntryQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Staff see all, a contact the own unit's. Judges never come this way: see `judging_queue`."""
        if user.is_staff:
            return self
        return self.filter(unit__in=ProgrammeUnit.objects.visible_to(user))

    def of(self, programme):
        return self.filter(unit__programme=programme)

    def submitted(self):
        return self.filter(state=Entry.State.SUBMITTED)

    def with_due(self):
        """Annotates `own_due_on` (the deadline or the unit's extension, whichever is later) and `is_late`."""
        extensions = Extension.objects.filter(
            unit=OuterRef("unit"), competition=OuterRef("competition")
        ).order_by("-due_on")
        due = F("competition__due_on")
        return self.annotate(
            own_due_on=Greatest(due, Coalesce(Subquery(extensions.values("due_on")[:1]), due)),
            submitted_on=TruncDate("submitted_at", tzinfo=TAIPEI),
        ).annotate(
            is_late=models.Case(
                models.When(submitted_on__gt=F("own_due_on"), then=True),
                default=False,
                output_field=models.BooleanField(),
            )
        )

    def in_time(self):
        """Submitted by the deadline, or by the later one that the unit was granted."""
        return self.with_due().filter(is_late=False, submitted_at__isnull=False)


class Entry(models.Model):
    """A digital teaching material that a unit enters in the competition."""

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        SUBMITTED = "submitted", "已送件"
        WITHDRAWN = "withdrawn", "已撤回"
        DISQUALIFIED = "disqualified", "取消資格"

    class Axis(models.TextChoices):
        """政策主軸 of 嘉義新時代 (programme document 六、四)."""

        INDUSTRY = "industry", "產業"
        AGRICULTURE = "agriculture", "農業"
        CULTURE_TOURISM = "culture_tourism", "文化觀光"

    class Medium(models.TextChoices):
        ONLINE = "online", "線上"
        PAPER_OR_DISC = "paper_or_disc", "紙本或光碟"

    unit = models.ForeignKey(ProgrammeUnit, models.PROTECT, related_name="entries", verbose_name="機關")
    competition = models.ForeignKey("competition.Competition", models.PROTECT, related_name="entries")
    topic = models.ForeignKey(
        "competition.Topic", models.PROTECT, related_name="entries", verbose_name="主題"
    )
    axis = models.CharField("主軸", max_length=20, choices=Axis.choices, blank=True)
    title = models.CharField("作品名稱", max_length=200)
    synopsis = models.TextField("內容簡介", blank=True)
    medium = models.CharField("送件方式", max_length=16, choices=Medium.choices, default=Medium.ONLINE)
    state = models.CharField("狀態", max_length=14, choices=State.choices, default=State.DRAFT)
    receipt = models.CharField("收件編號", max_length=40, blank=True)
    work_code = models.CharField("作品代碼", max_length=12, unique=True, default=random_work_code)
    submitted_at = models.DateTimeField("送件時間", null=True, blank=True)
    state_reason = models.CharField("理由", max_length=300, blank=True)
    consented_by = models.ForeignKey(
        "agencies.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="授權確認人"
    )
    consented_at = models.DateTimeField("授權確認時間", null=True, blank=True)
    created_by = models.ForeignKey("agencies.User", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField("建立時間")

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["-submitted_at", "-pk"]
        indexes = [models.Index(fields=["competition", "submitted_at", "id"], name="entry_list")]
        constraints = [
            models.UniqueConstraint(
                fields=["competition", "receipt"],
                condition=~Q(receipt=""),
                name="entry_receipt_unique",
                violation_error_message="這個收件編號已有作品使用。",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", submitted_at=None, receipt="")
                | (~Q(state="draft") & Q(submitted_at__isnull=False) & ~Q(receipt="")),
                name="entry_receipt_since_submission",
            ),
            models.CheckConstraint(
                condition=~Q(state="disqualified") | ~Q(state_reason=""),
                name="entry_disqualified_with_reason",
                violation_error_message="取消資格須說明理由。",
            ),
            models.CheckConstraint(
                condition=Q(consented_by=None, consented_at=None)
                | Q(consented_by__isnull=False, consented_at__isnull=False),
                name="entry_consent_by_and_at_together",
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("competition:entry_detail", args=[self.pk])

    @property
    def is_submitted(self):
        return self.state == self.State.SUBMITTED

    @staticmethod
    def new_work_code(taken):
        """A random code that is not among `taken`."""
        while (code := random_work_code()) in taken:
            pass
        return code


class Author(models.Model):
    """Who made a work, in the order to be printed."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="authors")
    position = models.PositiveSmallIntegerField("順序")
    name = models.CharField("姓名", max_length=100)
    title = models.CharField("職稱", max_length=100, blank=True)

    class Meta:
        ordering = ["entry", "position"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "position"], name="author_position_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="author_has_name"),
        ]

    def __str__(self):
        return self.name


class Extension(models.Model):
    """A later deadline that staff grant one unit, with a reason (design §3.4)."""

    competition = models.ForeignKey("competition.Competition", models.PROTECT, related_name="extensions")
    unit = models.ForeignKey(ProgrammeUnit, models.PROTECT, related_name="extensions", verbose_name="機關")
    due_on = models.DateField("延至")
    reason = models.CharField("理由", max_length=300)
    granted_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    granted_at = models.DateTimeField("核准時間")

    class Meta:
        ordering = ["-granted_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="extension_has_reason",
                violation_error_message="延長期限須說明理由。",
            )
        ]

    def __str__(self):
        return f"{self.unit} 延至 {self.due_on}"

    @property
    def due_at(self):
        """The first moment at which it is too late for this unit."""
        return end_of_day(self.due_on)


class EntryFile(models.Model):
    """A file of a work. Judges get it under a neutral name, never under its own."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="files")
    stored = models.ForeignKey("foundation.StoredFile", models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField("順序")
    added_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    added_at = models.DateTimeField("加入時間")

    class Meta:
        ordering = ["entry", "position"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "position"], name="entry_file_position_unique"),
        ]

    def __str__(self):
        return self.stored.name

    @property
    def extension(self):
        """In lower case with its dot; empty when the name has none."""
        return PurePosixPath(self.stored.name).suffix.lower()

    @property
    def kind(self):
        """What sort of material the name's ending says it is."""
        return KINDS.get(self.extension, "檔案")

    @property
    def neutral_name(self):
        """What a judge sees: the work code and a number, nothing that names unit or author."""
        return f"{self.entry.work_code}-{self.position}{self.extension}"
