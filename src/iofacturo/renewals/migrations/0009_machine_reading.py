import django.db.models.deletion
from django.db import migrations, models

from iofacturo.lib.append_only import protect


class Migration(migrations.Migration):

    dependencies = [
        ('renewals', '0008_turnaround_untimed'),
    ]

    operations = [
        migrations.CreateModel(
            name='MachineReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveSmallIntegerField()),
                ('state', models.CharField(choices=[('read', 'Leído'), ('unreadable', 'No se pudo')], max_length=10)),
                ('facts', models.JSONField(null=True)),
                ('pages', models.JSONField(default=list)),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, null=True)),
                ('day', models.DateField(null=True)),
                ('reference', models.CharField(blank=True, max_length=40)),
                ('milliseconds', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'lectura de un comprobante',
                'verbose_name_plural': 'lecturas de comprobantes',
            },
        ),
        migrations.AddField(
            model_name='paymentproof',
            name='reading_due_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='paymentproof',
            name='reading_tries',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='proofpage',
            name='words',
            field=models.JSONField(null=True),
        ),
        migrations.AddIndex(
            model_name='paymentproof',
            index=models.Index(condition=models.Q(('reading_due_at__isnull', False)), fields=['reading_due_at'], name='proof_reading_due'),
        ),
        migrations.AddField(
            model_name='machinereading',
            name='proof',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='renewals.paymentproof'),
        ),
        migrations.AddIndex(
            model_name='machinereading',
            index=models.Index(condition=models.Q(('reference', ''), _negated=True), fields=['reference'], name='reading_reference'),
        ),
        migrations.AddConstraint(
            model_name='machinereading',
            constraint=models.UniqueConstraint(fields=('proof', 'version'), name='reading_once'),
        ),
        migrations.AddConstraint(
            model_name='machinereading',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('facts__isnull', False), ('state', 'read')), models.Q(('facts__isnull', True), ('state', 'unreadable')), _connector='OR'), name='reading_whole'),
        ),
        protect("renewals_machinereading"),
        # remaking a table on SQLite loses its triggers
        protect("renewals_proofpage"),
        protect(
            "renewals_paymentproof",
            ("company_id", "request_id", "name", "kind", "size", "sha256", "phash", "original",
             "uploaded_by_id", "uploaded_at"),
        ),
    ]
