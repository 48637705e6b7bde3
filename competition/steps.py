"""The pages on which a work is described: what each shows, whether it holds, and what it changes."""

from typing import NamedTuple

from django.urls import reverse

from .completeness import gaps, steps_of
from .forms.entries import AuthorFormSet, MakingForm, MaterialFormSet, WorkForm
from .models import Topic
from .versions import TITLES, content_of


class Step:
    """One page of a work, showing what is stored or, with `data`, what was typed."""

    subjects = ()  # of a version, to compare what is stored with what is typed

    def __init__(self, entry, data=None):
        self.entry = entry
        # What is typed into an unfinished work is kept as far as it goes.
        self.is_draft = entry.is_unfinished
        self.build(data)

    @property
    def template(self):
        return f"competition/_step_{self.name}.html"

    def is_valid(self):
        # Every part is asked, so that all refusals show at once.
        return sum(not part.is_valid() for part in self.parts) == 0

    def complaints(self):
        """Each refusal as a sentence, for the line of the autosave."""
        for form in self._forms():
            for name, errors in form.errors.items():
                label = f"{form.fields[name].label}：" if name in form.fields else ""
                yield from (f"{label}{error}" for error in errors)
        yield from (
            error for part in self.parts if hasattr(part, "forms") for error in part.non_form_errors()
        )

    def _forms(self):
        for part in self.parts:
            yield from getattr(part, "forms", [part])

    def stored(self):
        """(title, text) of what is stored, beside what somebody has typed."""
        content = content_of(self.entry)
        return [(TITLES[name], content[name]) for name in self.subjects]

    def arrange(self, act):
        """Move or remove a typed row, or show one more; False for a button that does not do so."""
        return False


class WorkStep(Step):
    name = "work"
    subjects = ("title", "topic", "synopsis")

    def build(self, data):
        entry = self.entry
        # The topic a work has is allowed whatever group its unit is in since.
        topics = Topic.objects.filter(group__competition=entry.competition_id)
        topics = topics.filter(group__key=entry.unit.competition_group) | topics.filter(pk=entry.topic_id)
        initial = {name: getattr(entry, name) for name in ("title", "topic", "axis", "synopsis")}
        self.form = WorkForm(data, topics=topics, initial=initial, is_draft=self.is_draft)
        if not entry.is_online:
            self.form.fields["synopsis"].required = False
        self.parts = [self.form]

    def changes(self):
        return self.form.cleaned_data


class RowsStep(Step):
    """A page with rows: `rows` are shown, the last of `parts` is what was typed."""

    def arrange(self, act):
        rows = self.rows.arranged(act)
        if rows is None:
            return False
        data = {f"{self.prefix}-TOTAL_FORMS": len(rows), f"{self.prefix}-INITIAL_FORMS": 0}
        for number, row in enumerate(rows):
            data |= {f"{self.prefix}-{number}-{name}": value for name, value in row.items()}
        self.parts[-1] = self._typed(data)
        self.rows = self._shown(rows)
        return True

    def _shown(self, rows):
        formset = self.formset(initial=rows, prefix=self.prefix, form_kwargs={"is_draft": self.is_draft})
        formset.extra = 0 if rows else 1
        return formset

    def _typed(self, data):
        return self.formset(data, prefix=self.prefix, form_kwargs={"is_draft": self.is_draft})


class AuthorsStep(RowsStep):
    name = "authors"
    subjects = ("authors",)
    formset, prefix = AuthorFormSet, "author"

    def build(self, data):
        rows = [
            {"name": name, "title": title, "share": "" if share is None else f"{share.normalize():f}"}
            for name, title, share in self.entry.author_rows()
        ]
        self.rows = self._typed(data) if data else self._shown(rows)
        self.parts = [self.rows]

    def changes(self):
        return {"authors": self.parts[-1].rows()}


class MakingStep(RowsStep):
    name = "making"
    subjects = ("making", "materials")
    formset, prefix = MaterialFormSet, "material"

    def build(self, data):
        entry = self.entry
        uses = {True: "yes", False: "no", None: ""}[entry.uses_materials]
        self.form = MakingForm(data, initial={"making": entry.making, "uses_materials": uses})
        rows = [
            {"name": name, "source": source, "licence": licence}
            for name, source, licence in entry.material_rows()
        ]
        self.rows = self._typed(data) if data else self._shown(rows)
        self.parts = [self.form, self.rows]

    def changes(self):
        return {**self.form.cleaned_data, "materials": self.parts[-1].rows()}


WRITTEN = {step.name: step for step in (WorkStep, AuthorsStep, MakingStep)}


class Stage(NamedTuple):
    """One step as the strip above the pages shows it."""

    name: str
    label: str
    url: str
    gaps: list


class Stages(list):
    """Every step of a work, in order."""

    @property
    def lacking(self):
        """The first one that still lacks something; None: the work can be handed in."""
        return next((stage for stage in self if stage.gaps), None)


def stages(entry):
    """Every step of a work, with what it still lacks."""
    found = gaps(entry)
    return Stages(
        Stage(name, label, step_url(entry, name), [gap.text for gap in found if gap.step == name])
        for name, label in steps_of(entry).items()
    )


def step_url(entry, name):
    if name in WRITTEN:
        return reverse("competition:entry_edit", args=[entry.pk, name])
    return reverse(f"competition:entry_{name}", args=[entry.pk])
