"""What the pages of updates and of topics do alike: list, export, review, appeal."""

from django.contrib import messages
from django.db.models import F
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import escape
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString

from agencies.current import required_programme
from agencies.models import ProgrammeUnit
from foundation.http import file_response
from foundation.paging import paginate
from foundation.refusals import cleaned, refusals_on, refusals_told
from foundation.sheets import FORMATS, write_table
from foundation.templatetags.portal import piece, roc_plain, row_url
from platform_updates import actions
from platform_updates.forms import AppealForm, ReviewForm
from platform_updates.lists import COUNTED, SOURCES, Filters, review_picks
from platform_updates.models import Appeal, ForumTopic, Update
from platform_updates.permissions import can_act_for, can_review

AT_ONCE = 500
SHOWN = ("title", "external_id", "review", "programme_id")
DETAIL = {Update: "platform_updates:update_detail", ForumTopic: "platform_updates:topic_detail"}


def item_list(request, model, *, template, shown, orders):
    """One list page; `orders` are the orderings that ?sort= may ask for, the first is the default.

    `shown` names the fields that this list prints beside those that both print.
    """
    programme = required_programme(request)
    visible = model.objects.of(programme).visible_to(request.user)
    filters = Filters.of(request)
    picks, count = review_picks(request, visible, filters)
    page = paginate(
        request,
        ordered(request, filters.apply(visible), orders),
        count=count,
        dress=lambda items: (
            items.select_related(None)
            .annotate(unit_name=F("unit__name"), unit_code=F("unit__unit__code"))
            .only(*SHOWN, *shown)
        ),
    )
    context = {
        "programme": programme,
        "what": model._meta.verbose_name,
        "page": page,
        "rows": rows(page, programme),
        "filters": filters,
        "picks": picks,
        "counted_choices": COUNTED,
        "source_choices": SOURCES,
        "formats": list(FORMATS),
        "unit": ProgrammeUnit.objects.filter(programme=programme, unit__code=filters.unit).first()
        if filters.unit
        else None,
        "may_review": can_review(request.user),
        "waiting_appeals": _waiting_appeals(programme) if can_review(request.user) else 0,
    }
    return render(request, template, context)


def _waiting_appeals(programme):
    waiting = Appeal.objects.waiting()
    return waiting.of(programme).count() if waiting.exists() else 0


def rows(page, programme):
    """What the table prints of each item, escaped here once: there are a hundred of them."""
    return [_row(item, programme) for item in page.object_list]


def _row(item, programme):
    item.programme = programme  # the reason asks for its period
    return {
        "pk": SafeString(item.pk),
        "url": SafeString(row_url(DETAIL[type(item)], item.pk)),
        "date": SafeString(roc_plain(item.dated_on)),
        "title": escape(item.title),
        "unit": piece("platform_updates/_unit_cell.html", name=item.unit_name, code=item.unit_code),
        "number": escape(item.external_id) if item.external_id else "",
        "replies": SafeString(item.replies) if isinstance(item, ForumTopic) else "",
        "states": piece(
            "platform_updates/_state_cells.html",
            review=item.review,
            reason=item.why_not_counted,
            is_later=item.is_not_yet_counted,
        ),
    }


def ordered(request, items, orders):
    fields = orders.get(request.GET.get("sort"), next(iter(orders.values())))
    return items.order_by(*fields, "pk")


def item_export(request, model, fmt, *, columns, rows, orders):
    if fmt not in FORMATS:
        raise Http404("沒有這種檔案格式。")
    programme = required_programme(request)
    items = model.objects.of(programme).visible_to(request.user)
    items = ordered(request, Filters.of(request).apply(items), orders)
    items = items.select_related("unit__unit", "programme").iterator(chunk_size=2000)
    title = model._meta.verbose_name
    written = write_table(fmt, title=title, columns=columns, rows=rows(items))
    return file_response(written, name=f"{programme.year}年度{title}.{fmt}")


def item_context(request, item):
    """What the detail page of an update or a topic shows beside its own facts."""
    appeals = item.appeals.select_related("created_by", "answered_by").order_by("pk")
    is_own = can_act_for(request.user, item.unit)
    is_waiting = any(appeal.answered_at is None for appeal in appeals)
    is_open = item.programme.is_open
    return {
        "item": item,
        "appeals": appeals,
        "may_review": is_open and can_review(request.user),
        "may_change": is_open and is_own,
        "may_appeal": is_open and is_own and item.is_rejected and not is_waiting,
    }


def item_review(request, item, *, url):
    """Staff accept or reject one item, with a reason."""
    form = ReviewForm(request.POST or None, initial={"decision": request.GET.get("decision", "")})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.review(item=item, **form.cleaned_data, by=request.user, at=timezone.now())
            item.refresh_from_db()
            messages.success(request, f"「{item}」審查為「{item.get_review_display()}」。")
            return redirect(url)
    context = {"item": item, "form": form, "item_url": url}
    return render(request, "platform_updates/review_form.html", context)


def item_review_many(request, model, *, list_url):
    """Staff accept or reject the items ticked on a list; all or none."""
    programme = required_programme(request)
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = list_url
    chosen = [pk for pk in request.POST.getlist("items") if pk.isdecimal()][:AT_ONCE]
    items = list(model.objects.of(programme).filter(pk__in=chosen).select_related("programme"))
    form = ReviewForm(request.POST)
    if not items:
        messages.warning(request, "還沒有勾選任何一筆；請先勾選要審查的項目。")
    else:
        with refusals_told(request, "沒有變更任何一筆。"):
            actions.review_many(items=items, **cleaned(form), by=request.user, at=timezone.now())
            label = dict(form.fields["decision"].choices)[form.cleaned_data["decision"]]
            messages.success(request, f"{len(items)} 筆已審查為「{label}」。")
    return redirect(back)


def item_appeal(request, item, *, url):
    """The unit asks the office to look again."""
    form = AppealForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            actions.appeal(item=item, text=form.cleaned_data["text"], by=request.user, at=timezone.now())
            messages.success(request, "申復已送出，人事處答復後會通知您。")
            return redirect(url)
    context = {"item": item, "form": form, "item_url": url}
    return render(request, "platform_updates/appeal_form.html", context)
