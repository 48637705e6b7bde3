from django.db import migrations

from foundation.text import split_names


def split_fields(apps, schema_editor):
    """Each field of a tutor becomes a row; a longer one than the new column holds is cut there."""
    Expertise = apps.get_model("workshops", "Expertise")
    for tutor in apps.get_model("workshops", "Tutor").objects.exclude(fields=""):
        names = dict.fromkeys(name[:50] for name in split_names(tutor.fields))
        Expertise.objects.bulk_create(
            Expertise(tutor=tutor, name=name, position=position) for position, name in enumerate(names, start=1)
        )


def join_fields(apps, schema_editor):
    for tutor in apps.get_model("workshops", "Tutor").objects.all():
        tutor.fields = "、".join(tutor.expertises.order_by("position").values_list("name", flat=True))[:300]
        tutor.save(update_fields=["fields"])


class Migration(migrations.Migration):
    dependencies = [("workshops", "0003_tutoring")]

    operations = [migrations.RunPython(split_fields, join_fields)]
