"""What must always hold of units and those who stand for them."""

from django.db.models import F

from agencies.models import Contact, ProgrammeUnit


def breaches():
    """Each breach as a Chinese sentence."""
    units = ProgrammeUnit.objects.select_related("programme", "unit")
    for unit in units.exclude(parent=None).exclude(parent__programme=F("programme")):
        yield f"機關：{unit.programme}「{unit}」的上級機關屬於別的年度。"
    parents = dict(ProgrammeUnit.objects.values_list("pk", "parent"))
    for unit in units.exclude(parent=None):
        if _is_below_itself(unit.pk, parents):
            yield f"機關：{unit.programme}「{unit}」隸屬於自己的下級。"
    deputies = Contact.objects.exclude(deputy_for=None).select_related("unit", "user")
    for deputy in deputies.exclude(deputy_for__unit=F("unit")):
        yield f"聯絡人：{deputy}代理的是別的機關的聯絡人。"


def _is_below_itself(pk, parents):
    above, steps = parents[pk], 0
    while above is not None and above != pk and steps <= len(parents):
        above, steps = parents[above], steps + 1
    return above == pk
