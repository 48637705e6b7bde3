"""Rows that know no domain: events, mail, jobs, stored files, import batches."""

import uuid
from fractions import Fraction

from django.conf import settings
from django.db import models
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone


class Event(models.Model):
    """Something a person or the system did. Only ever appended, by `foundation.events.record`."""

    at = models.DateTimeField("時間", db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="行為人"
    )
    actor_name = models.CharField(max_length=200)
    action = models.CharField("動作", max_length=80, db_index=True)
    target_type = models.CharField(max_length=80)
    target_id = models.CharField(max_length=40)
    scope = models.CharField("年度", max_length=20, blank=True)
    summary = models.TextField("摘要")
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["target_type", "target_id"], name="event_target")]

    def __str__(self):
        return self.summary

    @property
    def target(self):
        """agencies.unit:3, as the log is asked for it."""
        return f"{self.target_type}:{self.target_id}"


class EventSeal(models.Model):
    """One link of the hash chain over the events, in the order in which they were sealed."""

    position = models.PositiveBigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, models.PROTECT, related_name="seal")
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["position"]


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


class StoredFile(models.Model):
    """A file kept by its content: the same bytes are stored once under their SHA-256."""

    name = models.CharField("檔名", max_length=255)
    path = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField("大小")
    sha256 = models.CharField(max_length=64, db_index=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]

    def __str__(self):
        return self.name


class UploadQuerySet(models.QuerySet):
    def visible_to(self, user):
        """An upload is its owner's alone until a form has claimed it; then that form's rules say who sees the file."""
        return self.filter(owner=user)

    def unfinished(self):
        return self.filter(received_at=None)

    def unclaimed(self):
        return self.filter(claimed_at=None)

    def expired(self, at):
        return self.unclaimed().filter(expires_at__lte=at)


class Upload(models.Model):
    """A file on its way in: announced with its size, received part by part, assembled by a job, claimed by a form."""

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="上傳者"
    )
    name = models.CharField("檔名", max_length=255)
    size = models.PositiveBigIntegerField("大小")
    created_at = models.DateTimeField("開始時間")
    expires_at = models.DateTimeField(
        "保留期限", help_text="when nothing claims it, a day after its last byte"
    )
    received_at = models.DateTimeField("收齊時間", null=True)
    claimed_at = models.DateTimeField("送入表單時間", null=True)
    sha256 = models.CharField(
        max_length=64,
        blank=True,
        help_text="known before the content takes its place, so that a crash loses nothing",
    )
    stored = models.OneToOneField(StoredFile, models.PROTECT, null=True, related_name="upload")
    problem = models.TextField("問題", blank=True)
    writer = models.CharField(max_length=32, blank=True, help_text="the request that is writing")
    writing_until = models.DateTimeField(null=True, help_text="the lease of that request")

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["expires_at"], name="upload_unclaimed", condition=Q(claimed_at=None)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(size__gt=0), name="upload_not_empty", violation_error_message="不接受空白檔案。"
            ),
            models.CheckConstraint(
                condition=Q(received_at__isnull=False) | Q(claimed_at=None, stored=None),
                name="upload_received_before_use",
                violation_error_message="檔案尚未收齊，不能使用。",
            ),
        ]

    def __str__(self):
        return self.name

    def offset(self):
        """How many bytes are safely here, by query: where the next part goes on."""
        return self.parts.aggregate(sum=Coalesce(Sum("length"), 0))["sum"]


class UploadPart(models.Model):
    """Bytes of an upload that are on disk; written after them, never before."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="parts")
    offset = models.PositiveBigIntegerField()
    length = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["upload", "offset"]
        constraints = [
            models.UniqueConstraint(fields=["upload", "offset"], name="upload_part_once"),
            models.CheckConstraint(condition=Q(length__gt=0), name="upload_part_not_empty"),
        ]

    def __str__(self):
        return f"{self.upload} {self.offset}+{self.length}"


class StrayFile(models.Model):
    """Bytes in the storage that no row speaks of: noted when first seen, removed when still so a day later."""

    path = models.CharField(max_length=200, unique=True)
    found_at = models.DateTimeField()

    def __str__(self):
        return self.path


class Certificate(models.Model):
    """What the portal vouches for under a code that anybody can look up: facts as they were stated, never changed.

    The apps print theirs; what was certified wrongly is revoked with a reason and stays on record.
    """

    code = models.CharField("驗證碼", max_length=20, unique=True)
    kind = models.CharField("種類", max_length=40)
    key = models.CharField(
        max_length=200, unique=True, help_text="Names the occasion: the same one is never certified twice."
    )
    title = models.CharField("名稱", max_length=100)
    holder = models.CharField("姓名", max_length=100)
    facts = models.JSONField(help_text="(term, value) pairs in the order to be shown")
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    issued_at = models.DateTimeField("核發時間")
    public_from = models.DateTimeField(
        "可查驗時間", null=True, help_text="until then its code is answered as one that is none of ours"
    )
    revoked_at = models.DateTimeField("註銷時間", null=True)
    revoke_reason = models.CharField("註銷理由", max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoke_reason="")
                | (Q(revoked_at__isnull=False) & ~Q(revoke_reason="")),
                name="certificate_revoked_with_reason",
                violation_error_message="註銷須說明理由。",
            )
        ]

    def __str__(self):
        return f"{self.title}：{self.holder}"

    @property
    def is_valid(self):
        return self.revoked_at is None

    def is_public(self, at):
        return self.public_from is None or self.public_from <= at


class JobQuerySet(models.QuerySet):
    def unfinished(self):
        return self.filter(state__in=Job.UNFINISHED)

    def visible_to(self, user):
        """Staff see every job; others those they asked for."""
        return self if user.is_staff else self.filter(created_by=user)


class Job(models.Model):
    """Long work that a worker does beside the web server. The row is the queue, the progress and the result.

    A worker holds a running job by a lease that it keeps renewing; when the worker dies the lease
    runs out and the job is taken again, at most `MAX_ATTEMPTS` times.
    """

    MAX_ATTEMPTS = 3

    class State(models.TextChoices):
        QUEUED = "queued", "等候中"
        RUNNING = "running", "進行中"
        DONE = "done", "已完成"
        FAILED = "failed", "未完成"
        CANCELLED = "cancelled", "已取消"

    kind = models.CharField("工作", max_length=80)
    title = models.CharField("名稱", max_length=200)
    arguments = models.JSONField(default=dict)
    key = models.CharField(
        max_length=200, blank=True, help_text="While a job of this key is unfinished, asking again finds it."
    )
    state = models.CharField("狀態", max_length=12, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveIntegerField("嘗試次數", default=0)
    due_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=100, blank=True)
    done_steps = models.PositiveIntegerField(default=0)
    all_steps = models.PositiveIntegerField(default=0)
    message = models.TextField("訊息", blank=True)
    cancel_requested = models.BooleanField(default=False)
    result = models.JSONField(null=True)
    result_file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField("建立時間", default=timezone.now)
    finished_at = models.DateTimeField("結束時間", null=True)

    UNFINISHED = (State.QUEUED, State.RUNNING)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "due_at"], name="job_queue")]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(state__in=("queued", "running")) & ~Q(key=""),
                name="job_one_unfinished_per_key",
            )
        ]

    def __str__(self):
        return self.title

    @property
    def is_unfinished(self):
        return self.state in self.UNFINISHED

    @property
    def fraction(self):
        return Fraction(self.done_steps, self.all_steps) if self.all_steps else Fraction(0)

    @property
    def result_facts(self):
        """The result as (term, value) pairs, when it is a mapping."""
        return list(self.result.items()) if isinstance(self.result, dict) else []


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


class ImportBatch(models.Model):
    """One spreadsheet read in: previewed, then applied in one transaction, perhaps undone."""

    class State(models.TextChoices):
        PREVIEWED = "previewed", "待確認"
        APPLIED = "applied", "已匯入"
        UNDONE = "undone", "已復原"
        DISCARDED = "discarded", "已放棄"

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("種類", max_length=40)
    scope = models.CharField("年度", max_length=20)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="檔案")
    state = models.CharField("狀態", max_length=12, choices=State.choices, default=State.PREVIEWED)
    counts = models.JSONField(default=dict, help_text="added, changed, unchanged, refused")
    ignored = models.JSONField(default=list, help_text="headers of the file that were not asked for")
    warnings = models.JSONField(default=list, help_text="sentences on what the file may have lost")
    rows = models.JSONField(default=list, help_text="the preview, see foundation.importing.PlannedRow")
    plan_digest = models.CharField(max_length=64)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="匯入者"
    )
    created_at = models.DateTimeField("建立時間")
    applied_at = models.DateTimeField("匯入時間", null=True)
    undone_at = models.DateTimeField("復原時間", null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=("previewed", "discarded"), applied_at=None)
                | Q(state__in=("applied", "undone"), applied_at__isnull=False),
                name="import_batch_applied_at_matches_state",
            )
        ]

    def __str__(self):
        return f"{self.kind} {self.scope} {self.file}"


class ImportWrite(models.Model):
    """One row that a batch created or changed, with its fields before and after, for undo."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="writes")
    model = models.CharField(max_length=80)
    object_id = models.BigIntegerField()
    before = models.JSONField(null=True, help_text="null: the row was created by the batch")
    after = models.JSONField()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["model", "object_id"], name="import_write_object")]


class CalendarFeed(models.Model):
    """The secret address at which a person's own calendar can be subscribed to."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_feed", verbose_name="帳號"
    )
    token = models.CharField(max_length=64, unique=True)
    renewed_at = models.DateTimeField("建立時間")

    class Meta:
        verbose_name = "行事曆訂閱網址"
        constraints = [models.CheckConstraint(condition=~Q(token=""), name="calendar_feed_has_token")]

    def __str__(self):
        return f"{self.user}"
