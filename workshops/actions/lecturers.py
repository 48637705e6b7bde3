"""Who teaches, and the files for the participants."""

from django.db import transaction
from django.db.models import Max, Q

from foundation.errors import Refused

from ..models import Lecturer, Material
from .locks import lock, record

MOST_MATERIALS = 30


class LecturerRefused(Refused):
    """The lecturer or the material is not taken."""


@transaction.atomic
def add_lecturer(*, session, by, at, person=None, name="", title="", unit_name="", topic=""):
    """A colleague is listed as known; others as written."""
    session = lock(session)
    if person is not None:
        name, title, unit_name = person.name, person.title, person.unit.name if person.unit else unit_name
    if not name:
        raise LecturerRefused("請從資深學員選一位，或填講師姓名。")
    same = Q(person=person) if person else Q(person=None, name=name, title=title, unit_name=unit_name)
    if session.lecturers.filter(same).exists():
        raise LecturerRefused(f"{name}已是{session}的講師。")
    last = session.lecturers.aggregate(last=Max("position"))["last"] or 0
    lecturer = Lecturer.objects.create(
        session=session,
        person=person,
        name=name,
        title=title,
        unit_name=unit_name,
        topic=topic,
        position=last + 1,
    )
    record("session.lecturer_added", session, by=by, at=at, summary=f"{session}講師加入{lecturer}", name=name)
    return lecturer


@transaction.atomic
def remove_lecturer(*, lecturer, by, at):
    session = lock(lecturer.session)
    if not Lecturer.objects.filter(pk=lecturer.pk).delete()[0]:
        raise LecturerRefused("這位講師已經移除。")
    record(
        "session.lecturer_removed",
        session,
        by=by,
        at=at,
        summary=f"{session}講師移除{lecturer}",
        name=lecturer.name,
    )


@transaction.atomic
def raise_lecturer(*, lecturer, by, at):
    """Named one place earlier."""
    session = lock(lecturer.session)
    order = list(session.lecturers.all())
    if lecturer not in order:
        raise LecturerRefused("這位講師已經移除。")
    place = order.index(lecturer)
    if place == 0:
        raise LecturerRefused(f"{lecturer}已經排在第一位。")
    order.insert(place - 1, order.pop(place))
    for position, listed in enumerate(order, start=1):
        listed.position = position
    Lecturer.objects.bulk_update(order, ["position"])
    record(
        "session.lecturer_raised",
        session,
        by=by,
        at=at,
        summary=f"{session}講師{lecturer}上移為第 {place} 位",
        name=lecturer.name,
    )


def may_add_material(user, session):
    """The office, and who teaches the session."""
    return user.is_staff or session.lecturers.filter(person__user=user).exists()


@transaction.atomic
def add_material(*, session, title, stored, by, at):
    """Put a stored file among the session's materials."""
    session = lock(session)
    if not may_add_material(by, session):
        raise LecturerRefused("教材由承辦人與本梯次的講師加入。")
    if session.materials.filter(file__sha256=stored.sha256).exists():
        raise LecturerRefused("這個檔案已在教材中。")
    if session.materials.count() >= MOST_MATERIALS:
        raise LecturerRefused(f"一個梯次最多 {MOST_MATERIALS} 個教材；請先移除不用的。")
    material = Material.objects.create(session=session, title=title, file=stored, added_by=by, added_at=at)
    record(
        "session.material_added",
        session,
        by=by,
        at=at,
        summary=f"{session}教材加入「{title}」（{stored.name}）",
        sha256=stored.sha256,
        size=stored.size,
    )
    return material


@transaction.atomic
def remove_material(*, material, by, at):
    session = lock(material.session)
    if not may_add_material(by, session):
        raise LecturerRefused("教材由承辦人與本梯次的講師移除。")
    if not Material.objects.filter(pk=material.pk).delete()[0]:
        raise LecturerRefused("這個教材已經移除。")
    record(
        "session.material_removed",
        session,
        by=by,
        at=at,
        summary=f"{session}教材移除「{material}」",
        sha256=material.file.sha256,
    )
