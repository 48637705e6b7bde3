"""Opening a year: the programme itself, its timetable and its units."""

from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Q

from foundation.errors import Refused

from . import document
from .models import Programme, ProgrammeUnit, ScheduleItem
from .models.programme import ROC_EPOCH

# What a copy takes over as it stands.
_COPIED = (
    "update_multiplier",
    "update_target",
    "work_target",
    "topic_target",
    "reply_target",
    "weight_updates",
    "weight_workshop",
    "weight_competition",
    "weight_forum",
)


class ProgrammeRefused(Refused):
    """The year cannot be opened or changed so."""


def moved(day, years):
    """The same day that many years on; 29 February becomes the 28th; None stays None."""
    if day is None:
        return None
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


@transaction.atomic
def open_year(*, year, like=None):
    """The draft programme of a year: the document's defaults, or a copy of `like` with its dates moved.

    The other apps' parts follow in `chiayi_elearn.programmes.open_programme`, in one transaction.
    """
    if not 1 <= year <= 999:
        raise ProgrammeRefused("年度須在 1 至 999 之間。")
    if Programme.objects.filter(year=year).exists():
        raise ProgrammeRefused(f"{year}年度已經開辦，不能重複開辦。")
    programme = _copy(year, like) if like else _by_the_document(year)
    try:
        with transaction.atomic():
            programme.save()
    except IntegrityError:  # opened by somebody else since we looked
        raise ProgrammeRefused(f"{year}年度已經開辦，不能重複開辦。") from None
    if like:
        _copy_schedule(programme, like)
        _copy_units(programme, like)
    else:
        ScheduleItem.objects.bulk_create(
            ScheduleItem(programme=programme, number=number, title=title, first_month=first, last_month=last)
            for number, (title, first, last) in enumerate(
                document.schedule(programme.competition_edition), start=1
            )
        )
    return programme


def _by_the_document(year):
    programme = Programme(
        year=year,
        title=document.title(year),
        competition_edition=document.edition(year),
        starts_on=date(year + ROC_EPOCH, 3, 1),
        ends_on=date(year + ROC_EPOCH, 9, 30),
    )
    if year == document.DOCUMENT_YEAR:
        programme.document_number = document.DOCUMENT_NUMBER
        programme.document_date = document.DOCUMENT_DATE
        programme.legal_basis = document.LEGAL_BASIS
        programme.objectives = document.OBJECTIVES
    return programme


def _copy(year, like):
    years = year - like.year
    return Programme(
        year=year,
        title=renumbered(like.title, like, year),
        competition_edition=max(like.competition_edition + years, 1),
        legal_basis=renumbered(like.legal_basis, like, year),
        objectives=renumbered(like.objectives, like, year),
        starts_on=moved(like.starts_on, years),
        ends_on=moved(like.ends_on, years),
        reference_date=moved(like.reference_date, years),
        **{name: getattr(like, name) for name in _COPIED},
    )


def renumbered(text, like, year):
    """A text of another year with its year and its 屆次 put right."""
    edition = max(like.competition_edition + year - like.year, 1)
    return text.replace(f"{like.year}年度", f"{year}年度").replace(
        f"第{like.competition_edition}屆", f"第{edition}屆"
    )


def _copy_schedule(programme, like):
    ScheduleItem.objects.bulk_create(
        ScheduleItem(
            programme=programme,
            number=item.number,
            title=renumbered(item.title, like, programme.year),
            first_month=item.first_month,
            last_month=item.last_month,
        )
        for item in like.schedule.all()
    )


def _copy_units(programme, like):
    """The units that still exist when the year starts, without headcounts: those must be imported anew.

    Last year's headcounts would be taken for this year's, and every update rate would be wrong unseen.
    """
    still_there = Q(unit__closed_on=None) | Q(unit__closed_on__gt=programme.starts_on)
    older = list(like.units.filter(still_there).select_related("unit"))
    # A rename recorded in a year between the two holds for this one too.
    names = dict(
        ProgrammeUnit.objects.filter(programme__year__gte=like.year, programme__year__lt=programme.year)
        .order_by("programme__year")
        .values_list("unit_id", "name")
    )
    copies = {
        unit.pk: ProgrammeUnit(
            programme=programme,
            unit=unit.unit,
            name=names.get(unit.unit_id, unit.name),
            category=unit.category,
            competition_group=unit.competition_group,
            on_board=unit.on_board,
        )
        for unit in older
    }
    ProgrammeUnit.objects.bulk_create(copies.values(), batch_size=500)
    with_parent = []
    for unit in older:
        if unit.parent_id in copies:
            copies[unit.pk].parent = copies[unit.parent_id]
            with_parent.append(copies[unit.pk])
    ProgrammeUnit.objects.bulk_update(with_parent, ["parent"], batch_size=500)


def units_without_headcount(programme):
    """Units on the board with no headcount on the reference date: indicator 1 does not apply to them."""
    return (
        ProgrammeUnit.objects.filter(programme=programme, on_board=True)
        .with_headcount()
        .filter(Q(headcount=None) | Q(headcount=0))
    )
