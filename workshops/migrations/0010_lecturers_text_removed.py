from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("workshops", "0009_lecturers_from_text")]
    operations = [migrations.RemoveField(model_name="session", name="lecturer_names")]
