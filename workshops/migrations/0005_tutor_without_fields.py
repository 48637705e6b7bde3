from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("workshops", "0004_tutor_expertises")]

    operations = [migrations.RemoveField(model_name="tutor", name="fields")]
