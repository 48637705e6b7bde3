"""Pages of the forum topics that indicator 4 counts."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.current import required_programme
from agencies.permissions import staff_required
from foundation.refusals import refusals_on
from platform_updates import actions
from platform_updates.forms import TopicChangeForm, TopicForm
from platform_updates.lists import TOPIC_COLUMNS, topic_rows
from platform_updates.models import ForumTopic
from platform_updates.permissions import office_or_contact_required

from .reviewed import item_appeal, item_context, item_export, item_list, item_review, item_review_many

ORDERS = {
    "-date": ("-posted_on", "-pk"),
    "date": ("posted_on", "pk"),
    "unit": ("unit__unit__code", "-posted_on"),
    "-unit": ("-unit__unit__code", "-posted_on"),
    "-replies": ("-replies", "-posted_on"),
    "replies": ("replies", "-posted_on"),
}


@require_GET
@office_or_contact_required
def topic_list(request):
    return item_list(
        request,
        ForumTopic,
        template="platform_updates/topic_list.html",
        shown=("posted_on", "replies"),
        orders=ORDERS,
    )


@require_GET
@office_or_contact_required
def topic_export(request, fmt):
    return item_export(request, ForumTopic, fmt, columns=TOPIC_COLUMNS, rows=topic_rows, orders=ORDERS)


@require_http_methods(["GET", "POST"])
@office_or_contact_required
def topic_create(request):
    programme = required_programme(request)
    form = TopicForm(request.POST or None, programme=programme, by=request.user)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            topic = actions.register_topic(**form.cleaned_data, by=request.user, at=timezone.now())
            _say(request, topic, "已登錄")
            return redirect("platform_updates:topic_detail", pk=topic.pk)
    context = {"programme": programme, "form": form}
    return render(request, "platform_updates/topic_form.html", context)


@require_GET
def topic_detail(request, pk):
    topic = _topic_for(request, pk)
    return render(request, "platform_updates/topic_detail.html", item_context(request, topic))


@require_http_methods(["GET", "POST"])
def topic_change(request, pk):
    """Correct a topic, raise its replies."""
    topic = _topic_for(request, pk)
    form = TopicChangeForm(request.POST or None, topic=topic)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            topic = actions.change_topic(topic=topic, **form.cleaned_data, by=request.user, at=timezone.now())
            _say(request, topic, "已更新")
            return redirect("platform_updates:topic_detail", pk=topic.pk)
    context = {"programme": topic.programme, "form": form, "topic": topic}
    return render(request, "platform_updates/topic_form.html", context)


@require_http_methods(["GET", "POST"])
@staff_required
def topic_review(request, pk):
    return item_review(request, _topic_for(request, pk), url=_url(pk))


@require_POST
@staff_required
def topic_review_many(request):
    return item_review_many(request, ForumTopic, list_url=reverse("platform_updates:topic_list"))


@require_http_methods(["GET", "POST"])
def topic_appeal(request, pk):
    return item_appeal(request, _topic_for(request, pk), url=_url(pk))


def _topic_for(request, pk):
    topics = ForumTopic.objects.visible_to(request.user)
    return get_object_or_404(
        topics.select_related("programme", "unit__unit", "created_by", "reviewed_by"), pk=pk
    )


def _say(request, topic, done):
    """What became of it, and whether it counts by now."""
    reason = topic.why_not_counted
    if reason:
        messages.warning(request, f"「{topic}」{done}；目前不計：{reason}。")
    else:
        messages.success(request, f"「{topic}」{done}，列計。")


def _url(pk):
    return reverse("platform_updates:topic_detail", args=[pk])
