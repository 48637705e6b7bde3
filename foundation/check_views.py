"""Staff see what the checks of files found, and have one done again that came to no end."""

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from . import inspection
from .inspection import scanner
from .models import FileCheck
from .paging import paginate
from .permissions import staff_required
from .refusals import refusals_told

SHOWN_STATES = {
    FileCheck.State.WAITING: ("wait", "hourglass"),
    FileCheck.State.PASSED: ("ok", "circle-check"),
    FileCheck.State.QUARANTINED: ("no", "circle-x"),
    FileCheck.State.FAILED: ("due", "clock-exclamation"),
}


@require_GET
@staff_required
def check_list(request):
    """Every checked file with its reason; by state."""
    counts = FileCheck.objects.order_by().aggregate(
        all=Count("pk"), **{state: Count("pk", filter=Q(state=state)) for state in FileCheck.State.values}
    )
    state = request.GET.get("state", "")
    checks = FileCheck.objects.select_related("stored", "requested_by").order_by("-pk")
    if state in FileCheck.State.values:
        checks = checks.filter(state=state)
    page = paginate(request, checks, count=counts.get(state, counts["all"]))
    for check in page.object_list:
        check.shown_kind, check.shown_icon = SHOWN_STATES[check.state]
    picks = [
        (label, f"?state={value}", value == state, counts[value or "all"])
        for value, label in [("", "全部"), *FileCheck.State.choices]
    ]
    context = {"page": page, "picks": picks, "scanner_note": _scanner_note()}
    return render(request, "foundation/check_list.html", context)


def _scanner_note():
    """What is wrong with the virus scanner and what that does to files; (in bold, the rest) or nothing."""
    if not settings.SCANNER_URL:
        return None
    try:
        hides = scanner.hides_its_limits()
    except scanner.ScannerAway:
        return "掃毒程式沒有回應：", "檔案維持「檢查中」，恢復後自動繼續。請通知系統管理者。"
    if hides:
        return (
            "掃毒程式不說哪些內容沒有看完：",
            "所以沒有發現病毒的檔案註明「未掃描」。請系統管理者在 clamd.conf 加上 AlertExceedsMax yes。",
        )
    return None


@require_POST
@staff_required
def check_retry(request, pk):
    check = get_object_or_404(FileCheck.objects.select_related("stored"), pk=pk)
    with refusals_told(request):
        inspection.retry(check, by=request.user, at=timezone.now())
        messages.success(request, f"「{check.stored}」已排入重新檢查。")
    return redirect("foundation:check_list")
