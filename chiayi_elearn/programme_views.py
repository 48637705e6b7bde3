"""Opening a year and editing one: both concern every app."""

import hashlib
import json

from django import forms
from django.contrib import messages
from django.core.serializers.json import DjangoJSONEncoder
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from agencies.actions import change_programme
from agencies.forms.programmes import ProgrammeForm, ScheduleFormSet
from agencies.models import Programme
from agencies.permissions import staff_required
from foundation.errors import Refused
from foundation.refusals import refusals_on

from .programmes import consequences, open_programme


class OpenProgrammeForm(forms.Form):
    year = forms.IntegerField(
        label="年度",
        min_value=1,
        max_value=999,
        help_text="民國年度，例：106",
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    like = forms.TypedChoiceField(
        label="比照",
        required=False,
        coerce=int,
        empty_value=None,
        help_text="比照時複製目標、權重、時程、梯次、競賽設定與未裁撤的機關，日期移到新年度。",
    )

    def __init__(self, *args, years, **options):
        super().__init__(*args, **options)
        self.fields["like"].choices = [("", "不比照，採計畫預設")] + [(year, f"{year}年度") for year in years]


@require_http_methods(["GET", "POST"])
@staff_required
def programme_open(request):
    years = list(Programme.objects.order_by("-year").values_list("year", flat=True))
    newest = years[0] if years else None
    initial = {"year": newest + 1 if newest else None, "like": newest}
    form = OpenProgrammeForm(request.POST or None, years=years, initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            programme = open_programme(by=request.user, at=timezone.now(), **form.cleaned_data)
            messages.success(request, f"已開辦{programme}。下一步：確認日期，匯入單位人數與名額。")
            return redirect("agencies:programme_detail", year=programme.year)
    return render(request, "portal/programme_open.html", {"form": form, "newest": newest})


@require_http_methods(["GET", "POST"])
@staff_required
def programme_edit(request, year):
    """All fields of a year; what a change would do to facts already there is shown before it is saved."""
    programme = get_object_or_404(Programme, year=year)
    # The form changes its own copy, so that the page keeps naming the stored year.
    form = ProgrammeForm(request.POST or None, instance=Programme.objects.get(pk=programme.pk))
    schedule = ScheduleFormSet(
        request.POST or None, queryset=programme.schedule.order_by("number"), prefix="schedule"
    )
    context = {"shown": programme, "form": form, "schedule": schedule, "warnings": []}
    if request.method == "POST" and form.is_valid() and schedule.is_valid():
        context["warnings"] = consequences(programme, form.cleaned_data)
        context["confirmation"] = _confirmation(form.cleaned_data, context["warnings"])
        if not context["warnings"] or request.POST.get("confirmed") == context["confirmation"]:
            try:
                _save(programme, form, schedule, by=request.user)
            except Refused as refusal:
                form.add_error(None, str(refusal))
                context["warnings"] = []
            else:
                messages.success(request, f"已儲存{programme}的設定。")
                return redirect("agencies:programme_detail", year=year)
    return render(request, "portal/programme_edit.html", context)


def _confirmation(values, warnings):
    """Stands for what was shown: other values or other consequences ask again."""
    text = json.dumps([values, warnings], cls=DjangoJSONEncoder, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _save(programme, form, schedule, *, by):
    items = [item_form.instance for item_form in schedule.forms]
    change_programme(programme=programme, schedule=items, by=by, at=timezone.now(), **form.cleaned_data)
