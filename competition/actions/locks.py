"""The order in which a competition's rows are locked: the year, the competition, then the entry."""

from django.db.models import Q

from competition.models import Competition, Entry, ResultSet


def locked_competition(competition):
    """The competition, locked, in a year that still takes changes."""
    competition.programme.require_open()
    return (
        Competition.objects.select_for_update(of=("self",)).select_related("programme").get(pk=competition.pk)
    )


def locked_entry(entry):
    """The entry as it stands now; nobody changes it, its sheets or its group's result meanwhile."""
    locked_competition(entry.competition)
    return (
        Entry.objects.select_for_update(of=("self",))
        .select_related("unit__unit", "topic__group", "competition__programme")
        .get(pk=entry.pk)
    )


def is_final(group):
    return ResultSet.objects.final().filter(group=group).exists()


def has_signed_sheet(competition):
    """Whether anybody ever signed, also where the signature was taken back: the rules of the judging stand."""
    ever = Q(sheets__signed_at__isnull=False) | Q(sheets__unsigned_at__isnull=False)
    return competition.entries.filter(ever).exists()
