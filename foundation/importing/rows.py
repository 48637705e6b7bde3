"""The rows that a batch writes, with what they were before, and back again."""

import json
from collections import defaultdict
from datetime import UTC, datetime
from itertools import islice

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder

from foundation.errors import Refused
from foundation.models import ImportWrite

WRITE_BATCH = 500
HELD = 2000  # How many notes of what was written are in memory at a time.


class ImportRefused(Refused):
    """The batch as a whole cannot be applied or undone."""


def write(batch, changes):
    """Insert what is new and update what differs, noting each row's fields before and after."""
    created = defaultdict(list)
    for change in changes:
        for instance in change.creates:
            created[type(instance)].append(instance)
    created = {model: created[model] for model in _in_dependency_order(created)}
    for model, instances in created.items():
        model._default_manager.bulk_create(instances, batch_size=WRITE_BATCH)

    new = {id(instance) for instances in created.values() for instance in instances}
    changed, before = defaultdict(dict), {}
    for change in changes:
        for instance, wanted in change.updates + change.unseen:
            names = changed[type(instance)].setdefault(id(instance), (instance, set()))[1]
            if id(instance) not in new:
                stored = before.setdefault(id(instance), {})
                for name in wanted:
                    stored.setdefault(name, _plain(instance, name))
            for name, value in wanted.items():
                setattr(instance, name, value)
            names.update(wanted)
    for model, touched in changed.items():
        by_fields = defaultdict(list)
        for instance, names in touched.values():
            by_fields[tuple(sorted(names))].append(instance)
        for names, instances in by_fields.items():
            model._default_manager.bulk_update(instances, names, batch_size=WRITE_BATCH)

    writes = _write_rows(batch, created, changed, before)
    while some := list(islice(writes, HELD)):
        ImportWrite.objects.bulk_create(some, batch_size=WRITE_BATCH)


def _write_rows(batch, created, changed, before):
    for model, instances in created.items():
        names = [f.name for f in model._meta.concrete_fields if not f.primary_key]
        for instance in instances:
            yield _write_row(batch, instance, None, names)
    for touched in changed.values():
        for instance, names in touched.values():
            if id(instance) in before:
                yield _write_row(batch, instance, before[id(instance)], sorted(names))


def _in_dependency_order(models_created):
    """Referenced models before those that refer to them."""
    ordered = []

    def place(model):
        for model_field in model._meta.concrete_fields:
            referred = model_field.related_model
            if referred in models_created and referred is not model and referred not in ordered:
                place(referred)
        if model not in ordered:
            ordered.append(model)

    for model in models_created:
        place(model)
    return ordered


def _write_row(batch, instance, before, names):
    return ImportWrite(
        batch=batch,
        model=instance._meta.label_lower,
        object_id=instance.pk,
        before=before,
        after={name: _plain(instance, name) for name in names},
    )


def _plain(instance, name):
    """A field's value as JSON holds it; `to_python` of the field reads it back."""
    model_field = instance._meta.get_field(name)
    value = getattr(instance, model_field.attname)
    if value is None or type(value) in (str, int, bool, list, dict):
        return value
    return json.loads(json.dumps(value, cls=_Plain))


class _Plain(DjangoJSONEncoder):
    """Keeps the microseconds that Django's encoder drops; the same moment in any zone is the same text."""

    def default(self, value):
        if isinstance(value, datetime) and value.tzinfo:
            value = value.astimezone(UTC)
        return value.isoformat() if hasattr(value, "isoformat") else super().default(value)


def take_back(batch):
    """Put back what the batch wrote; raises ImportRefused, before a change, when it can no longer be parted."""
    written = defaultdict(dict)
    for write in batch.writes.all():
        written[apps.get_model(write.model)][write.object_id] = write
    stored = {model: model._default_manager.in_bulk(list(writes)) for model, writes in written.items()}
    for model, writes in written.items():
        for object_id, write in writes.items():
            _require_untouched(model, stored[model].get(object_id), write)
    created = {
        model: {pk for pk, write in writes.items() if write.before is None}
        for model, writes in written.items()
    }
    _require_independent(created)
    _restore(written, stored)
    for model in reversed(list(created)):
        rows = model._default_manager.filter(pk__in=created[model])
        rows._raw_delete(using=rows.db)


def _require_untouched(model, instance, write):
    name = model._meta.verbose_name
    if instance is None:
        raise ImportRefused(f"匯入後，這一批的「{name}」已有一筆被刪除，不能復原。")
    for field_name, value in write.after.items():
        if _plain(instance, field_name) != value:
            title = model._meta.get_field(field_name).verbose_name
            raise ImportRefused(f"匯入後，「{instance}」的「{title}」又有變更，不能復原這一批。")


def _require_independent(created):
    """Refuse when a row outside the batch refers to one that the batch created."""
    for model, pks in created.items():
        if not pks:
            continue
        for relation in model._meta.related_objects:
            if relation.many_to_many:
                continue
            name = relation.field.name
            rows = relation.related_model._base_manager
            own = created.get(relation.related_model, set())
            dependent = {
                pk
                for start in range(0, len(pks), WRITE_BATCH)
                for pk in rows.filter(
                    **{f"{name}__in": sorted(pks)[start : start + WRITE_BATCH]}
                ).values_list("pk", flat=True)
            } - own
            if dependent:
                raise ImportRefused(
                    f"已有 {len(dependent)} 筆「{relation.related_model._meta.verbose_name}」"
                    f"用到這一批新增的「{model._meta.verbose_name}」，不能復原。"
                )


def _restore(written, stored):
    for model, writes in written.items():
        by_fields = defaultdict(list)
        for object_id, write in writes.items():
            if write.before is None:
                continue
            instance = stored[model][object_id]
            for name, value in write.before.items():
                model_field = model._meta.get_field(name)
                setattr(instance, model_field.attname, model_field.to_python(value))
            by_fields[tuple(sorted(write.before))].append(instance)
        for names, instances in by_fields.items():
            model._default_manager.bulk_update(instances, names, batch_size=WRITE_BATCH)
