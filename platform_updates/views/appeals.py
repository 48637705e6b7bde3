"""申復: what waits for the office, and its answer."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from agencies.current import required_programme
from agencies.permissions import staff_required
from foundation.paging import paginate
from foundation.refusals import refusals_on
from platform_updates import actions
from platform_updates.forms import AnswerForm
from platform_updates.models import Appeal

ITEMS = ("update__unit__unit", "update__programme", "topic__unit__unit", "topic__programme")


@require_GET
@staff_required
def appeal_list(request):
    """Waiting ones first, the oldest on top."""
    programme = required_programme(request)
    appeals = Appeal.objects.of(programme).select_related(*ITEMS, "created_by", "answered_by")
    waiting = appeals.waiting().order_by("pk")
    answered = appeals.exclude(answered_at=None).order_by("-answered_at", "-pk")
    context = {
        "programme": programme,
        "waiting": waiting,
        "page": paginate(request, answered, per_page=25),
        "may_review": True,
    }
    return render(request, "platform_updates/appeal_list.html", context)


@require_http_methods(["GET", "POST"])
@staff_required
def appeal_answer(request, pk):
    appeal = get_object_or_404(Appeal.objects.select_related(*ITEMS, "created_by", "answered_by"), pk=pk)
    item = appeal.item
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.answer_appeal(appeal=appeal, **form.cleaned_data, by=request.user, at=timezone.now())
            messages.success(request, f"已答復{item.unit}就「{item}」的申復。")
            return redirect("platform_updates:appeal_list")
    context = {
        "programme": item.programme,
        "appeal": appeal,
        "item": item,
        "item_url": actions.item_url(item),
        "item_name": item._meta.verbose_name,
        "form": form,
    }
    return render(request, "platform_updates/appeal_answer.html", context)
