import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import iofacturo.accounts.company
import iofacturo.invoicing.comprobante


def remember(apps, schema_editor) -> None:
    """Note the people of the documents that are there already."""
    from iofacturo.invoicing.archive import counterpart

    rows = apps.get_model("invoicing", "Comprobante").objects.exclude(
        receptor_numero="", folded=""
    ).values_list("company_id", "receptor_numero", "folded").distinct()
    chunk = []
    for row in rows.iterator(chunk_size=500):
        chunk.append(row)
        if len(chunk) == 500:
            counterpart.add(chunk)
            chunk = []
    counterpart.add(chunk)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('invoicing', '0002_letterhead'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Counterpart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('numero', models.CharField(blank=True, max_length=20)),
                ('folded', models.CharField(blank=True, max_length=120)),
                ('words', models.CharField(max_length=320)),
            ],
            options={
                'verbose_name': 'contraparte',
                'verbose_name_plural': 'contrapartes',
            },
        ),
        migrations.CreateModel(
            name='CounterpartWord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('word', models.CharField(max_length=41)),
            ],
            options={
                'verbose_name': 'palabra de una contraparte',
                'verbose_name_plural': 'palabras de contrapartes',
            },
        ),
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=iofacturo.accounts.company.public_id, editable=False, max_length=12, unique=True)),
                ('kind', models.CharField(choices=[('tabla', 'Tabla CSV'), ('archivos', 'XML, respuestas y tabla'), ('todo', 'XML, respuestas, PDF y tabla')], max_length=8)),
                ('asked', models.JSONField(default=dict)),
                ('told', models.CharField(max_length=300)),
                ('fingerprint', models.CharField(max_length=64)),
                ('last_id', models.BigIntegerField()),
                ('created_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('waiting', 'En preparación'), ('ready', 'Lista'), ('failed', 'No se pudo preparar'), ('expired', 'Ya no está')], default='waiting', max_length=8)),
                ('due_at', models.DateTimeField()),
                ('lease', models.UUIDField(null=True)),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('total', models.PositiveIntegerField(null=True)),
                ('done', models.PositiveIntegerField(default=0)),
                ('desk', models.CharField(blank=True, max_length=32)),
                ('position', models.JSONField(default=dict)),
                ('file', models.CharField(blank=True, max_length=200)),
                ('size', models.BigIntegerField(default=0)),
                ('ready_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'descarga',
                'verbose_name_plural': 'descargas',
            },
        ),
        migrations.RemoveIndex(
            model_name='comprobante',
            name='comprobante_receptor',
        ),
        migrations.AddIndex(
            model_name='comprobante',
            index=models.Index(fields=['company', 'tipo', 'state', '-fecha', '-id'], name='comprobante_shelf'),
        ),
        migrations.AddIndex(
            model_name='comprobante',
            index=models.Index(models.F('company'), iofacturo.invoicing.comprobante.Place('consecutivo'), models.F('tipo'), models.F('state'), models.OrderBy(models.F('fecha'), descending=True), models.OrderBy(models.F('id'), descending=True), name='comprobante_place'),
        ),
        migrations.AddIndex(
            model_name='comprobante',
            index=models.Index(fields=['company', 'receptor_numero', 'folded', '-fecha', '-id'], name='comprobante_counterpart'),
        ),
        migrations.AddField(
            model_name='counterpart',
            name='company',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='counterparts', to='accounts.company', verbose_name='empresa'),
        ),
        migrations.AddField(
            model_name='counterpartword',
            name='company',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company'),
        ),
        migrations.AddField(
            model_name='counterpartword',
            name='counterpart',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='invoicing.counterpart'),
        ),
        migrations.AddField(
            model_name='export',
            name='company',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='exports', to='accounts.company', verbose_name='empresa'),
        ),
        migrations.AddField(
            model_name='export',
            name='created_by',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='counterpart',
            constraint=models.UniqueConstraint(fields=('company', 'numero', 'folded'), name='counterpart_once'),
        ),
        migrations.AddIndex(
            model_name='counterpartword',
            index=models.Index(fields=['company', 'word', 'counterpart'], name='counterpart_word', opclasses=['int8_ops', 'varchar_pattern_ops', 'int8_ops']),
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(fields=['company', '-id'], name='export_company'),
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['due_at'], name='export_due'),
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(condition=models.Q(('state', 'ready')), fields=['expires_at'], name='export_expiring'),
        ),
        migrations.AddConstraint(
            model_name='export',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('company', 'fingerprint'), name='export_once'),
        ),
        migrations.AddConstraint(
            model_name='export',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('expires_at__isnull', False), ('ready_at__isnull', False), ('state', 'ready'), models.Q(('file', ''), _negated=True)), models.Q(models.Q(('state', 'ready'), _negated=True), ('file', '')), _connector='OR'), name='export_ready'),
        ),
        migrations.RunPython(remember, migrations.RunPython.noop),
    ]
