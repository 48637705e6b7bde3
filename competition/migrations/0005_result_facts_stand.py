from django.db import migrations

TABLE, TRIGGER = "competition_resultset", "result_facts_stand"
FACTS = ("group_id", "number", "payload", "sha256", "finalised_by_id", "finalised_at")
REFUSAL = "a stored result does not change"


def guard(apps, schema_editor):
    """What was decided stands, whoever writes to the table.

    SQLite drops a table's triggers when a later migration rebuilds it; that migration has to call this again
    (`test_the_database_refuses_to_change_a_result` tells).
    """
    if schema_editor.connection.vendor == "sqlite":
        changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in FACTS)
        schema_editor.execute(
            f"CREATE TRIGGER {TRIGGER} BEFORE UPDATE ON {TABLE} WHEN {changed} "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
        return
    changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in FACTS)
    schema_editor.execute(
        f"CREATE FUNCTION {TRIGGER}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    schema_editor.execute(
        f"CREATE TRIGGER {TRIGGER} BEFORE UPDATE ON {TABLE} FOR EACH ROW WHEN ({changed}) "
        f"EXECUTE FUNCTION {TRIGGER}()"
    )


def let_go(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(f"DROP TRIGGER {TRIGGER}")
        return
    schema_editor.execute(f"DROP TRIGGER {TRIGGER} ON {TABLE}")
    schema_editor.execute(f"DROP FUNCTION {TRIGGER}()")


class Migration(migrations.Migration):
    dependencies = [("competition", "0004_results")]

    operations = [migrations.RunPython(guard, let_go)]
