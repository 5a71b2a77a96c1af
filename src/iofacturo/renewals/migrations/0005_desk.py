import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from iofacturo.lib.append_only import protect


class Migration(migrations.Migration):

    dependencies = [
        ("renewals", "0004_renewal_group"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkApproval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.CharField(max_length=64, unique=True)),
                ("at", models.DateTimeField()),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={"verbose_name": "aprobación en lote", "verbose_name_plural": "aprobaciones en lote"},
        ),
        migrations.CreateModel(
            name="BulkResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("approved", models.BooleanField()),
                ("told", models.TextField()),
                ("at", models.DateTimeField()),
                ("bulk", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="results", to="renewals.bulkapproval")),
                ("request", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="renewals.renewalrequest")),
            ],
            options={
                "verbose_name": "resultado del lote",
                "verbose_name_plural": "resultados del lote",
                "constraints": [models.UniqueConstraint(fields=("bulk", "request"), name="bulk_result_once")],
            },
        ),
        migrations.CreateModel(
            name="InternalNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("text", models.TextField(max_length=1000)),
                ("token", models.CharField(max_length=64, unique=True)),
                ("author", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("request", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="internal_notes", to="renewals.renewalrequest")),
            ],
            options={"verbose_name": "nota interna", "verbose_name_plural": "notas internas"},
        ),
        migrations.CreateModel(
            name="ReportReader",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField()),
                ("user", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={"verbose_name": "lector del informe diario", "verbose_name_plural": "lectores del informe diario"},
        ),
        migrations.CreateModel(
            name="Turnaround",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("kind", models.CharField(choices=[("approved", "aprobada"), ("rejected", "rechazada"), ("correction", "corrección")], max_length=10)),
                ("minutes", models.PositiveIntegerField()),
                ("late", models.BooleanField()),
                ("amount", models.DecimalField(decimal_places=2, max_digits=14)),
                ("currency", models.CharField(max_length=3)),
                ("actor", models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("decision", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="turnaround", to="renewals.reviewdecision")),
            ],
            options={
                "verbose_name": "tiempo de respuesta",
                "verbose_name_plural": "tiempos de respuesta",
                "indexes": [models.Index(fields=["day", "actor", "kind", "currency", "late", "minutes", "amount"], name="turnaround_board")],
            },
        ),
        migrations.AlterField(
            model_name="reviewdecision",
            name="action",
            field=models.CharField(choices=[("chosen", "chosen"), ("quoted", "quoted"), ("submitted", "submitted"), ("taken", "taken"), ("released", "released"), ("handed_over", "handed_over"), ("correction", "correction"), ("answered", "answered"), ("first_approval", "first_approval"), ("approved", "approved"), ("rejected", "rejected"), ("cancelled", "cancelled"), ("expired", "expired"), ("resurrected", "resurrected"), ("reversed", "reversed"), ("rescheduled", "rescheduled")], max_length=16),
        ),
        protect("renewals_bulkapproval"),
        protect("renewals_bulkresult"),
        protect("renewals_internalnote"),
        protect("renewals_turnaround"),
    ]
