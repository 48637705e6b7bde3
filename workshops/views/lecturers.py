"""Lecturers of a session, and the materials for its participants."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.current import year_query
from agencies.models import Person
from agencies.permissions import staff_required
from foundation import files
from foundation.http import file_response
from foundation.refusals import refusals_on, refusals_told

from .. import actions, permissions
from ..forms.the_day import LecturerForm, MaterialForm
from ..models import Enrolment, Lecturer, Material
from .common import page_in_section, posted, session_of

MOST_SUGGESTED = 300


@require_http_methods(["GET", "POST"])
@staff_required
def lecturer_list(request, number):
    """Who teaches; posting adds one. Those who came to an earlier year are suggested (資深學員)."""
    session = session_of(request, number)
    form = LecturerForm(posted(request), seniors=_seniors(session.programme))
    if form.is_bound and form.is_valid():
        with refusals_on(form):
            lecturer = actions.add_lecturer(
                session=session, by=request.user, at=timezone.now(), **form.cleaned_data
            )
            messages.success(request, f"{lecturer}已列為{session}講師。")
            return redirect(_list_of(request, "lecturer", session))
    context = {"session": session, "form": form, "lecturers": list(session.lecturers.all())}
    return page_in_section(request, "workshops/lecturer_list.html", context, programme=session.programme)


def _seniors(programme):
    earlier = Enrolment.objects.came().filter(session__programme__year__lt=programme.year)
    people = Person.objects.filter(pk__in=earlier.values("person")).select_related("unit")
    return list(people.order_by("unit__code", "name", "pk")[:MOST_SUGGESTED])


def _list_of(request, kind, session):
    return reverse(f"workshops:{kind}_list", args=[session.number]) + year_query(request)


@require_POST
@staff_required
def lecturer_remove(request, pk):
    lecturer = get_object_or_404(Lecturer.objects.select_related("session__programme"), pk=pk)
    with refusals_told(request, "未移除。"):
        actions.remove_lecturer(lecturer=lecturer, by=request.user, at=timezone.now())
        messages.success(request, f"已移除講師{lecturer}。")
    return redirect(_list_of(request, "lecturer", lecturer.session))


@require_POST
@staff_required
def lecturer_raise(request, pk):
    lecturer = get_object_or_404(Lecturer.objects.select_related("session__programme"), pk=pk)
    with refusals_told(request, "未移動。"):
        actions.raise_lecturer(lecturer=lecturer, by=request.user, at=timezone.now())
        messages.success(request, f"講師{lecturer}已上移一位。")
    return redirect(_list_of(request, "lecturer", lecturer.session))


@require_http_methods(["GET", "POST"])
def material_list(request, number):
    """The files of a session; the office and its lecturers add to them here."""
    session = session_of(request, number)
    if not permissions.can_see_materials(request.user, session):
        raise Http404("這個梯次的教材由錄取的同仁、其機關聯絡人與講師使用。")
    may_add = actions.may_add_material(request.user, session)
    if request.method == "POST" and not may_add:
        raise PermissionDenied("教材由承辦人與本梯次的講師加入。")
    form = MaterialForm(posted(request), request.FILES or None)
    if form.is_bound and form.is_valid():
        brought, now = form.cleaned_data["file"], timezone.now()
        with refusals_on(form):
            session.programme.require_open()
            stored = files.store(brought, name=brought.name, by=request.user, at=now)
            actions.add_material(
                session=session, title=form.cleaned_data["title"], stored=stored, by=request.user, at=now
            )
            messages.success(request, f"已加入教材「{form.cleaned_data['title']}」。")
            return redirect(_list_of(request, "material", session))
    context = {
        "session": session,
        "form": form if may_add and session.programme.is_open else None,
        "sees_sessions": permissions.can_see_sessions(request.user),
        "materials": list(session.materials.select_related("file", "added_by")),
    }
    return page_in_section(request, "workshops/material_list.html", context, programme=session.programme)


def _material_of(request, pk):
    materials = Material.objects.visible_to(request.user).select_related("file", "session__programme")
    return get_object_or_404(materials, pk=pk)


@require_GET
def material_file(request, pk):
    material = _material_of(request, pk)
    return file_response(material.file, name=material.file.name, request=request)


@require_POST
def material_remove(request, pk):
    material = _material_of(request, pk)
    if not actions.may_add_material(request.user, material.session):
        raise PermissionDenied("教材由承辦人與本梯次的講師移除。")
    with refusals_told(request, "未移除。"):
        actions.remove_material(material=material, by=request.user, at=timezone.now())
        messages.success(request, f"已移除教材「{material}」。")
    return redirect(_list_of(request, "material", material.session))
