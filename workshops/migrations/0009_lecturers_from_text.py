import re

from django.db import migrations


def names(text):
    """The names in 黃資深、林堃峯: as many as the separators say."""
    return [name.strip() for name in re.split("[、，,；;]", text) if name.strip()]


def to_rows(apps, schema_editor):
    Session, Lecturer = apps.get_model("workshops", "Session"), apps.get_model("workshops", "Lecturer")
    Lecturer.objects.bulk_create(
        Lecturer(session=session, name=name[:100], position=position)
        for session in Session.objects.exclude(lecturer_names="")
        for position, name in enumerate(names(session.lecturer_names), start=1)
    )


def to_text(apps, schema_editor):
    Session = apps.get_model("workshops", "Session")
    for session in Session.objects.all():
        session.lecturer_names = "、".join(session.lecturers.order_by("position", "pk").values_list("name", flat=True))[:300]
        session.save(update_fields=["lecturer_names"])


class Migration(migrations.Migration):
    dependencies = [("workshops", "0008_lecturers")]
    operations = [migrations.RunPython(to_rows, to_text)]
