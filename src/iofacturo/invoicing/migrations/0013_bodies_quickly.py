from django.db import migrations

OFFERS_LZ4 = "SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"
COLUMN = "ALTER TABLE invoicing_signedxml ALTER COLUMN xml "


def quickly(apps, schema_editor):
    """PostgreSQL's own compression of a signed document costs as much as signing it: lz4, or none."""
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(OFFERS_LZ4)
        (lz4,) = cursor.fetchone()
    schema_editor.execute(COLUMN + ("SET COMPRESSION lz4" if lz4 else "SET STORAGE EXTERNAL"))


def as_before(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(COLUMN + "SET STORAGE EXTENDED")
        schema_editor.execute(COLUMN + "SET COMPRESSION default")


class Migration(migrations.Migration):

    dependencies = [("invoicing", "0012_actividad")]

    operations = [migrations.RunPython(quickly, as_before)]
