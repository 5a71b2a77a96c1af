import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def watch_keys_in_use(apps, schema_editor):
    """Keys from before there was a watch are looked at in its first round."""
    keys = apps.get_model("invoicing", "Key").objects.filter(retired_at__isnull=True)
    keys.update(watch_at=models.F("installed_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("invoicing", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Letterhead",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("logo", models.CharField(blank=True, max_length=120)),
                (
                    "mail_text",
                    models.TextField(blank=True, max_length=1000, verbose_name="texto del correo"),
                ),
                (
                    "reply_to",
                    models.EmailField(
                        blank=True, max_length=160, verbose_name="correo para respuestas"
                    ),
                ),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "membrete",
                "verbose_name_plural": "membretes",
            },
        ),
        migrations.CreateModel(
            name="Sucursal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="número")),
                ("name", models.CharField(max_length=60, verbose_name="nombre")),
                ("address", models.CharField(blank=True, max_length=250, verbose_name="dirección")),
            ],
            options={
                "verbose_name": "sucursal",
                "verbose_name_plural": "sucursales",
            },
        ),
        migrations.AddField(
            model_name="key",
            name="watch_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="key",
            index=models.Index(
                condition=models.Q(("retired_at__isnull", True)),
                fields=["watch_at"],
                name="key_watched",
            ),
        ),
        migrations.AddField(
            model_name="letterhead",
            name="changed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="letterhead",
            name="company",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="letterhead",
                to="accounts.company",
                verbose_name="empresa",
            ),
        ),
        migrations.AddField(
            model_name="sucursal",
            name="company",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sucursales",
                to="accounts.company",
                verbose_name="empresa",
            ),
        ),
        migrations.AddConstraint(
            model_name="sucursal",
            constraint=models.UniqueConstraint(fields=("company", "number"), name="sucursal_once"),
        ),
        migrations.AddConstraint(
            model_name="sucursal",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1), ("number__lte", 999)), name="sucursal_number"
            ),
        ),
        migrations.RunPython(watch_keys_in_use, migrations.RunPython.noop),
    ]
