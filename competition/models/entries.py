"""Works handed in."""

import secrets
from datetime import UTC, datetime, time, timedelta
from pathlib import PurePosixPath

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest, TruncDate
from django.urls import reverse

from agencies.models import ProgrammeUnit
from foundation.models import FileCheck
from foundation.rocdate import TAIPEI, end_of_day, format_date, format_datetime

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


def arrival_text(medium, submitted_at):
    """When a work came in, as pages say it; one that came by hand has a day and no hour."""
    if submitted_at is None:
        return ""
    if medium == Entry.Medium.ONLINE:
        return format_datetime(submitted_at)
    return format_date(submitted_at).removeprefix("民國")


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

    class Licence(models.TextChoices):
        """What the authors allow others to do with the work; the county may show it under each of them."""

        COUNTY = "county", "本府無償利用"
        BY = "cc_by", "創用 CC 姓名標示"
        BY_SA = "cc_by_sa", "創用 CC 姓名標示－相同方式分享"
        BY_NC_ND = "cc_by_nc_nd", "創用 CC 姓名標示－非商業性－禁止改作"

    unit = models.ForeignKey(ProgrammeUnit, models.PROTECT, related_name="entries", verbose_name="機關")
    competition = models.ForeignKey("competition.Competition", models.PROTECT, related_name="entries")
    topic = models.ForeignKey(
        "competition.Topic", models.PROTECT, related_name="entries", verbose_name="主題"
    )
    axis = models.CharField("主軸", max_length=20, choices=Axis.choices, blank=True)
    title = models.CharField("作品名稱", max_length=200, blank=True)
    synopsis = models.TextField("內容簡介", blank=True)
    making = models.TextField("製作方式與工具", blank=True)
    uses_materials = models.BooleanField("使用第三方素材", null=True, blank=True)
    licence = models.CharField("授權方式", max_length=12, choices=Licence.choices, blank=True)
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
    version = models.PositiveIntegerField("版次", default=0, help_text="Grows with every save of its pages.")
    saved_by = models.ForeignKey("agencies.User", models.PROTECT, null=True, blank=True, related_name="+")
    saved_at = models.DateTimeField("儲存時間", null=True, blank=True)

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
                condition=Q(state="draft") | ~Q(title=""),
                name="entry_submitted_has_title",
                violation_error_message="作品名稱不可空白。",
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
        return self.title or "未命名作品"

    def get_absolute_url(self):
        return reverse("competition:entry_detail", args=[self.pk])

    @property
    def is_submitted(self):
        return self.state == self.State.SUBMITTED

    @property
    def is_unfinished(self):
        """Still to be handed in, for the first time or again: saved as it is typed."""
        return self.state in (self.State.DRAFT, self.State.WITHDRAWN)

    @property
    def is_online(self):
        return self.medium == self.Medium.ONLINE

    @property
    def arrived(self):
        return arrival_text(self.medium, self.submitted_at)

    def author_rows(self):
        """(name, title, share) in their order."""
        return [(author.name, author.title, author.share) for author in self.authors.all()]

    def material_rows(self):
        """(name, source, licence) in their order."""
        return [(each.name, each.source, each.licence) for each in self.materials.all()]

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
    share = models.DecimalField(
        "貢獻比例",
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="None for all: equal shares",
    )

    class Meta:
        ordering = ["entry", "position"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "position"], name="author_position_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="author_has_name"),
            models.CheckConstraint(
                condition=Q(share=None) | Q(share__gt=0, share__lte=100),
                name="author_share_is_a_percentage",
                violation_error_message="貢獻比例須大於 0、不超過 100。",
            ),
        ]

    def __str__(self):
        return self.name


class Material(models.Model):
    """Something in a work that others made, with where it comes from and why it may be used."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="materials")
    position = models.PositiveSmallIntegerField("順序")
    name = models.CharField("素材", max_length=200)
    source = models.CharField("來源", max_length=300, blank=True)
    licence = models.CharField("授權", max_length=200, blank=True)

    class Meta:
        ordering = ["entry", "position"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "position"], name="material_position_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="material_has_name"),
        ]

    def __str__(self):
        return self.name


class EntryVersion(models.Model):
    """A work as it was handed in, and after each change since: its words, authors, materials and files."""

    class Occasion(models.TextChoices):
        SUBMITTED = "submitted", "送件"
        REVISED = "revised", "修改資料"
        FILES = "files", "變更檔案"

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField("版次")
    occasion = models.CharField("緣由", max_length=10, choices=Occasion.choices)
    content = models.JSONField("內容")
    saved_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+", verbose_name="儲存者")
    saved_at = models.DateTimeField("儲存時間")

    class Meta:
        ordering = ["entry", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "number"], name="entry_version_number_unique"),
        ]

    def __str__(self):
        return f"第 {self.number} 版"


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


class UnitReminder(models.Model):
    """A unit was reminded that it has handed in nothing yet: at most once a day."""

    competition = models.ForeignKey("competition.Competition", models.PROTECT, related_name="reminders")
    unit = models.ForeignKey(ProgrammeUnit, models.PROTECT, related_name="reminders", verbose_name="機關")
    sent_on = models.DateField("提醒日期")
    sent_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-sent_on", "unit"]
        constraints = [
            models.UniqueConstraint(
                fields=["competition", "unit", "sent_on"],
                name="unit_reminder_once_a_day",
                violation_error_message="今天已提醒過這個機關。",
            )
        ]

    def __str__(self):
        return f"{self.unit} {self.sent_on}"


class EntryFileQuerySet(models.QuerySet):
    def for_judges(self, *entries):
        """Those with a checked copy without names; what waits for its check or is quarantined is left out."""
        passed = self.filter(entry__in=entries, stored__file_check__state=FileCheck.State.PASSED)
        copies = [f"stored__file_check__{copy}" for copy in ("neutral", "rendition", "cover")]
        return passed.select_related("entry", "upload", *copies)

    def of_unit(self, unit, competition):
        return self.filter(entry__unit=unit, entry__competition=competition)

    def total_size(self):
        size = Coalesce("stored__size", "upload__size")
        return self.aggregate(total=Coalesce(Sum(size), 0))["total"]


class WorkFileManager(models.Manager):
    """A file is shown with its size, its hash and how its check goes; all of it lies in other rows."""

    def get_queryset(self):
        return super().get_queryset().select_related("stored__file_check__job", "upload")


class WorkFile(models.Model):
    """A file that a work has or had, as it was stored: large ones come as an upload and get their hash later."""

    upload = models.OneToOneField(
        "foundation.Upload", models.PROTECT, null=True, related_name="+", help_text="how a large one came"
    )
    stored = models.ForeignKey(
        "foundation.StoredFile",
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="None until the upload is assembled and its hash known",
    )

    class Meta:
        abstract = True

    def __str__(self):
        return self.name

    @property
    def name(self):
        return (self.stored or self.upload).name

    @property
    def size(self):
        return (self.stored or self.upload).size

    @property
    def sha256(self):
        """Empty while it is being worked out."""
        return self.stored.sha256 if self.stored else ""

    @property
    def file_check(self):
        """What the portal found in it; None before it is asked."""
        return getattr(self.stored, "file_check", None)

    @property
    def is_quarantined(self):
        return self.file_check is not None and self.file_check.is_quarantined


class EntryFile(WorkFile):
    """A file of a work; judges get its checked copy under `neutral_name`."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="files")
    position = models.PositiveSmallIntegerField("順序")
    added_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    added_at = models.DateTimeField("加入時間")
    replace_until = models.DateTimeField(
        "補換期限",
        null=True,
        blank=True,
        help_text="quarantined after the work was handed in: until when another may take its place",
    )

    objects = WorkFileManager.from_queryset(EntryFileQuerySet)()

    class Meta:
        ordering = ["entry", "position"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "position"], name="entry_file_position_unique"),
            models.CheckConstraint(
                condition=Q(upload__isnull=False) | Q(stored__isnull=False), name="entry_file_has_bytes"
            ),
        ]

    @property
    def is_passed(self):
        return self.file_check is not None and self.file_check.is_passed

    @property
    def is_pending(self):
        """Whether its hash or its check is still to come."""
        return self.file_check is None or self.file_check.is_waiting

    def may_be_replaced(self, at):
        """Whether the dated chance to replace it holds, whatever the deadline."""
        return self.is_quarantined and self.replace_until is not None and at < self.replace_until

    @property
    def extension(self):
        """In lower case with its dot; empty when the name has none."""
        return PurePosixPath(self.name).suffix.lower()

    @property
    def kind(self):
        """What sort of material it is; before its check, what the name's ending says."""
        found = self.file_check and self.file_check.get_kind_display()
        return found or KINDS.get(self.extension, "檔案")

    @property
    def neutral_name(self):
        """What a judge sees: the work code and a number, nothing that names unit or author."""
        return f"{self.entry.work_code}-{self.position}{self.extension}"


class RemovedFileQuerySet(models.QuerySet):
    def released(self, at):
        """Whose days are over: no version lists them, nobody put them back, and their check, if any, has ended."""
        return self.filter(
            version=None, removed_at__lte=at - timedelta(days=settings.REMOVED_FILE_DAYS)
        ).exclude(stored__file_check__state=FileCheck.State.WAITING)


class RemovedFile(WorkFile):
    """A file that was taken out of a work. What a version lists stays, as evidence of what was handed in;
    any other can be put back for some days and is then forgotten with all that was made of it.
    """

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="removed_files")
    version = models.ForeignKey(
        EntryVersion,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name="列有它的版次",
        help_text="the last one that lists it; then it stays",
    )
    removed_by = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    removed_at = models.DateTimeField("移除時間")

    objects = WorkFileManager.from_queryset(RemovedFileQuerySet)()

    class Meta:
        ordering = ["-removed_at", "-pk"]
        indexes = [models.Index(fields=["removed_at"], name="removed_file_due", condition=Q(version=None))]
        constraints = [
            models.CheckConstraint(
                condition=Q(upload__isnull=False) | Q(stored__isnull=False), name="removed_file_has_bytes"
            ),
        ]

    @property
    def released_at(self):
        """When it is forgotten unless it is put back; None: it stays."""
        return None if self.version_id else self.removed_at + timedelta(days=settings.REMOVED_FILE_DAYS)
