"""What the portal told one person."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from foundation.paging import paginate

from ..notices import mark_read, unread_count

PER_PAGE = 50


@require_GET
def notice_list(request):
    context = {
        "page": paginate(request, request.user.notices.all(), per_page=PER_PAGE),
        "unread": unread_count(request.user),
    }
    return render(request, "agencies/notice_list.html", context)


@require_POST
def notice_read(request, pk):
    """Mark one as read and go where it points."""
    notice = get_object_or_404(request.user.notices, pk=pk)
    mark_read(user=request.user, notice=notice, at=timezone.now())
    if notice.url and url_has_allowed_host_and_scheme(notice.url, allowed_hosts=None):
        return redirect(notice.url)
    return redirect("agencies:notice_list")


@require_POST
def notice_read_all(request):
    read = mark_read(user=request.user, at=timezone.now())
    messages.success(request, f"已將 {read} 則通知標為已讀。")
    return redirect("agencies:notice_list")
