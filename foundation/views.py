"""Pages of the machinery: jobs, the mail outbox, the audit log."""

from datetime import timedelta
from tempfile import TemporaryFile

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from . import events, jobs, outbox
from .forms import EventFilterForm
from .http import file_response
from .models import Event, Job, Mail
from .paging import paginate
from .permissions import administrator_required, can_handle, staff_required
from .refusals import refusals_told
from .sheets import OutColumn, write_table

# A worker looks every second; after so long nobody is looking.
TOO_OLD = timedelta(minutes=10)
MAIL_STATES = {
    "waiting": ("等候寄出", Q(sent_at=None, parked_at=None)),
    "parked": ("停寄", Q(parked_at__isnull=False)),
    "sent": ("已寄出", Q(sent_at__isnull=False)),
}
# What the lists show of a job and of an event.
JOB_LISTED = (
    "title",
    "message",
    "state",
    "cancel_requested",
    "done_steps",
    "all_steps",
    "created_at",
    "created_by__name",
    "created_by__username",
)
EVENT_LISTED = (
    "at",
    "actor_name",
    "action",
    "target_type",
    "target_id",
    "scope",
    "summary",
    "actor__username",
)
EVENT_COLUMNS = (
    OutColumn("編號", 10, kind="int"),
    OutColumn("時間", 18, kind="datetime"),
    OutColumn("行為人", 16),
    OutColumn("帳號", 16),
    OutColumn("動作", 20),
    OutColumn("對象", 24),
    OutColumn("年度", 8),
    OutColumn("摘要", 50),
)


def _picks(request, states, counts, current):
    """(label, link, current, how many) for each state of a list."""
    year = f"&year={request.GET['year']}" if request.GET.get("year", "").isdecimal() else ""
    return [
        (label, f"?state={state}{year}", state == current, counts[state or "all"])
        for state, label in [("", "全部"), *states]
    ]


# Jobs ----------------------------------------------------------------------------------------------


@require_GET
def job_list(request):
    """Staff see every job, others their own."""
    visible = Job.objects.visible_to(request.user)
    counts = visible.order_by().aggregate(
        all=Count("pk"), **{state: Count("pk", filter=Q(state=state)) for state in Job.State.values}
    )
    state = request.GET.get("state", "")
    shown = visible.filter(state=state) if state in Job.State.values else visible
    shown = shown.select_related("created_by").only(*JOB_LISTED).order_by("-pk")
    page = paginate(request, shown, count=counts.get(state, counts["all"]))
    context = {
        "page": page,
        "picks": _picks(request, Job.State.choices, counts, state),
        "is_stuck": _is_stuck(timezone.now()),
    }
    return render(request, "foundation/job_list.html", context)


def _is_stuck(at):
    """Whether something has waited so long that no worker can be running."""
    return (
        Job.objects.filter(state=Job.State.QUEUED, due_at__lt=at - TOO_OLD).exists()
        or Mail.objects.waiting().filter(next_attempt_at__lt=at - TOO_OLD).exists()
    )


@require_GET
def job_detail(request, pk):
    """The state of a job; a part of it is asked for again while the job is unfinished."""
    job = _job_for(request, pk)
    template = "foundation/_job_state.html" if request.htmx else "foundation/job_detail.html"
    context = {"job": job, "may_handle": can_handle(request.user, job)}
    return render(request, template, context)


@require_POST
def job_cancel(request, pk):
    return _job_act(request, pk, jobs.cancel, "已要求停止「{}」。")


@require_POST
def job_retry(request, pk):
    return _job_act(request, pk, jobs.retry, "「{}」已重新排入。")


@require_GET
def job_result(request, pk):
    """The file that a job made; not for colleagues, as a backup or an archive may be among them."""
    job = _job_for(request, pk)
    if not can_handle(request.user, job):
        raise PermissionDenied("工作的結果由交辦的人與系統管理者下載。")
    if job.result_file is None:
        raise Http404("這項工作沒有可下載的檔案。")
    return file_response(job.result_file, name=job.result_file.name, request=request)


def _job_for(request, pk):
    visible = Job.objects.visible_to(request.user).select_related("created_by", "result_file")
    return get_object_or_404(visible, pk=pk)


def _job_act(request, pk, action, done):
    job = _job_for(request, pk)
    if not can_handle(request.user, job):
        raise PermissionDenied("這項工作由交辦的人與系統管理者處理。")
    with refusals_told(request):
        action(job, by=request.user, at=timezone.now())
        messages.success(request, done.format(job))
    return redirect("foundation:job_detail", pk=pk)


# Letters -------------------------------------------------------------------------------------------


@require_GET
@staff_required
def mail_list(request):
    """Who was written to and whether it went out. Bodies stay unseen: some hold a link to set a password."""
    letters = Mail.objects.defer("body").order_by("-pk")
    q = request.GET.get("q", "").strip()
    if q:
        letters = letters.filter(Q(recipient__icontains=q) | Q(subject__icontains=q))
    counts = letters.order_by().aggregate(
        all=Count("pk"),
        **{state: Count("pk", filter=condition) for state, (_, condition) in MAIL_STATES.items()},
    )
    state = request.GET.get("state", "")
    if state in MAIL_STATES:
        letters = letters.filter(MAIL_STATES[state][1])
    context = {
        "page": paginate(request, letters, count=counts.get(state, counts["all"])),
        "picks": _picks(request, [(key, label) for key, (label, _) in MAIL_STATES.items()], counts, state),
        "state": state,
        "q": q,
        "is_stuck": _is_stuck(timezone.now()),
    }
    return render(request, "foundation/mail_list.html", context)


@require_POST
@staff_required
def mail_resend(request, pk):
    mail = get_object_or_404(Mail, pk=pk)
    with refusals_told(request):
        outbox.resend(mail, by=request.user, at=timezone.now())
        messages.success(request, f"給 {mail.recipient} 的信已重新排入，稍後寄出。")
    return redirect("foundation:mail_list")


# The audit log -------------------------------------------------------------------------------------


@require_GET
@administrator_required
def event_list(request):
    form = EventFilterForm(request.GET)
    found = _events(form)
    context = {
        "form": form,
        "page": paginate(request, found.only(*EVENT_LISTED)),
        "but_action": _query_but(request, "action"),
        "but_target": _query_but(request, "target"),
        "is_filtered": form.is_valid() and any(form.cleaned_data.values()),
        "sealed": events.sealed_count(),
    }
    return render(request, "foundation/event_list.html", context)


@require_GET
@administrator_required
def event_export(request):
    """All that the filters find, as CSV; taking it along is itself an event."""
    form = EventFilterForm(request.GET)
    found = _events(form)
    target = TemporaryFile()  # noqa: SIM115 - the response closes it
    rows = write_table(
        "csv", title="稽核紀錄", columns=EVENT_COLUMNS, rows=_event_rows(found), target=target
    ).rows
    events.record(
        action="event.exported",
        by=request.user,
        target=request.user,
        summary=f"匯出稽核紀錄 {rows} 筆",
        filters={name: str(value) for name, value in request.GET.items()},
    )
    target.seek(0)
    return FileResponse(target, as_attachment=True, filename="稽核紀錄.csv", content_type="text/csv")


def _query_but(request, name):
    """The beginning of a link that asks for one more thing and keeps the other filters."""
    query = request.GET.copy()
    query.pop(name, None)
    query.pop("page", None)
    return f"?{query.urlencode()}&" if query else "?"


def _events(form):
    found = Event.objects.select_related("actor").order_by("-pk")
    return form.apply(found) if form.is_valid() else found.none()


def _event_rows(found):
    for event in found.iterator(chunk_size=2000):
        yield (
            event.pk,
            event.at,
            event.actor_name,
            event.actor.username if event.actor else "",
            event.action,
            event.target,
            event.scope,
            event.summary,
        )
