"""Which judge may see and score which work: never the own unit's, never one in conflict."""

from collections import defaultdict

from agencies.models import Contact, Person

from .models import Conflict, Entry, ExtraReview


def own_units(judges):
    """The lasting units that each judge belongs to: as appointed, as a person, as a contact today.

    Returns {judge pk: {unit pk, …}} in two queries, however many judges there are.
    """
    judges = list(judges)
    users = {judge.user_id for judge in judges}
    of_user = defaultdict(set)
    people = Person.objects.filter(user__in=users).exclude(unit=None)
    for user, unit in people.values_list("user", "unit"):
        of_user[user].add(unit)
    contacts = Contact.objects.in_force().filter(user__in=users)
    for user, unit in contacts.values_list("user", "unit"):
        of_user[user].add(unit)
    return {
        judge.pk: of_user[judge.user_id] | ({judge.unit_id} if judge.unit_id else set()) for judge in judges
    }


def works_of(judge):
    """The submitted works of the panel's group that this judge may see and score, as rows to ask further.

    What the judge's pages list and what the actions let through rest on the same facts: see `Eligibility`.
    """
    if judge.resigned_at:
        return Entry.objects.none()
    works = (
        Entry.objects.submitted()
        .filter(topic__group=judge.group_id)
        .exclude(unit__unit__in=own_units([judge])[judge.pk])
        .exclude(conflicts__judge=judge)
    )
    return works.filter(extra_reviews__judge=judge) if judge.is_extra else works


def declared_conflicts(judges):
    """{(judge pk, entry pk), …} of the conflicts on record."""
    pks = [judge.pk for judge in judges]
    return set(Conflict.objects.filter(judge__in=pks).values_list("judge", "entry"))


def extra_reviews(judges):
    """{(judge pk, entry pk), …} of the works that judges called for single ones (加評) were given."""
    pks = [judge.pk for judge in judges if judge.is_extra]
    return set(ExtraReview.objects.filter(judge__in=pks).values_list("judge", "entry")) if pks else set()


class Eligibility:
    """Answers for many judges and entries without a query each; entries need `unit` loaded."""

    def __init__(self, judges):
        judges = list(judges)
        self._own_units = own_units(judges)
        self._conflicts = declared_conflicts(judges)
        self._extra = extra_reviews(judges)
        self._called = {judge.pk for judge in judges if judge.is_extra}

    @property
    def restricted(self):
        """The judges to whom any work at all is barred; the others need not be asked about each."""
        barred = {judge for judge, units in self._own_units.items() if units}
        return barred | {judge for judge, _ in self._conflicts} | self._called

    def is_own_unit(self, judge, entry):
        return entry.unit.unit_id in self._own_units[judge.pk]

    def is_in_conflict(self, judge, entry):
        return (judge.pk, entry.pk) in self._conflicts

    def is_elsewhere(self, judge, entry):
        """Called for other works than this one."""
        return judge.is_extra and (judge.pk, entry.pk) not in self._extra

    def refusal(self, judge, entry):
        """Why this judge has nothing to do with this entry; empty when there is no reason."""
        if self.is_elsewhere(judge, entry):
            return "這位評審只評指定加評的作品。"
        if self.is_own_unit(judge, entry):
            return "評審不評自己機關的作品。"
        if self.is_in_conflict(judge, entry):
            return "評審已迴避這件作品。"
        return ""


def may_judge(judge, entry):
    """Whether this one judge may see and score this one entry."""
    return not Eligibility([judge]).refusal(judge, entry)
