import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from iofacturo.lib.append_only import protect, removal
from iofacturo.lib.folding import fold


def unprotect(apps, schema_editor):
    """What came before is filled in below; then the table is closed again."""
    for sql in removal(schema_editor.connection.vendor, "renewals_bankline"):
        schema_editor.execute(sql, params=None)


def fill(apps, schema_editor):
    """Lines typed before can be searched like those that come in files."""
    for line in apps.get_model("renewals", "BankLine").objects.iterator():
        line.folded = fold(f"{line.reference} {line.payer}")[:420]
        line.save(update_fields=["folded"])


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('renewals', '0002_provider_invoice'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BankStatement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='nombre')),
                ('kind', models.CharField(max_length=8)),
                ('size', models.PositiveIntegerField()),
                ('sha256', models.CharField(db_index=True, max_length=64)),
                ('stored', models.CharField(max_length=120)),
                ('iban', models.CharField(max_length=34, verbose_name='cuenta')),
                ('currency', models.CharField(max_length=3)),
                ('bank', models.CharField(max_length=60, verbose_name='banco')),
                ('columns', models.JSONField()),
                ('uploaded_at', models.DateTimeField()),
                ('imported_at', models.DateTimeField(null=True)),
                ('added', models.PositiveIntegerField(null=True)),
                ('known', models.PositiveIntegerField(null=True)),
                ('bad', models.PositiveIntegerField(null=True)),
                ('outgoing', models.PositiveIntegerField(null=True)),
                ('total', models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ('first_day', models.DateField(null=True)),
                ('last_day', models.DateField(null=True)),
            ],
            options={
                'verbose_name': 'archivo del banco',
                'verbose_name_plural': 'archivos del banco',
            },
        ),
        migrations.CreateModel(
            name='LineReturn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14)),
                ('reason', models.CharField(choices=[('unknown', 'Nadie sabe de quién es'), ('mistake', 'Nos la mandaron por error'), ('twice', 'Se pagó dos veces'), ('asked', 'La pidió quien pagó')], max_length=8, verbose_name='motivo')),
                ('note', models.CharField(max_length=200, verbose_name='cómo se devolvió')),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'devolución',
                'verbose_name_plural': 'devoluciones',
            },
        ),
        migrations.CreateModel(
            name='StatementProfile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('bank', models.CharField(max_length=60, verbose_name='banco')),
                ('folded', models.CharField(max_length=120)),
                ('number', models.PositiveIntegerField(verbose_name='versión')),
                ('columns', models.JSONField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'perfil de banco',
                'verbose_name_plural': 'perfiles de banco',
            },
        ),
        migrations.RunPython(unprotect, migrations.RunPython.noop),
        migrations.RemoveConstraint(
            model_name='bankline',
            name='bank_line_once',
        ),
        migrations.RemoveConstraint(
            model_name='moneyentry',
            name='money_sign',
        ),
        migrations.RemoveConstraint(
            model_name='moneyentry',
            name='money_from_a_line',
        ),
        migrations.AddField(
            model_name='bankline',
            name='detail',
            field=models.CharField(blank=True, max_length=200, verbose_name='detalle'),
        ),
        migrations.AddField(
            model_name='bankline',
            name='folded',
            field=models.CharField(blank=True, max_length=420),
        ),
        migrations.AddField(
            model_name='bankline',
            name='occurrence',
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='bankline',
            name='words',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AlterField(
            model_name='bankline',
            name='reference',
            field=models.CharField(blank=True, max_length=40, verbose_name='referencia del banco'),
        ),
        migrations.AlterField(
            model_name='moneyentry',
            name='kind',
            field=models.CharField(choices=[('excess', 'Pagó de más'), ('released', 'Pago de una solicitud que no se activó'), ('refund', 'Devolución de un plan revertido'), ('used', 'Usado en una solicitud'), ('returned', 'Devuelto al cliente'), ('debt', 'El banco retiró el dinero'), ('credited', 'Pago sin solicitud')], max_length=8),
        ),
        migrations.AddConstraint(
            model_name='moneyentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount__gt', 0), ('kind__in', ['excess', 'released', 'refund', 'credited'])), models.Q(('amount__lt', 0), ('kind__in', ['used', 'returned', 'debt'])), _connector='OR'), name='money_sign'),
        ),
        migrations.AddConstraint(
            model_name='moneyentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['excess', 'released', 'credited']), _negated=True), ('line__isnull', False), _connector='OR'), name='money_from_a_line'),
        ),
        migrations.AddField(
            model_name='bankstatement',
            name='imported_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='bankstatement',
            name='uploaded_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='bankline',
            name='statement',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='renewals.bankstatement'),
        ),
        migrations.AddIndex(
            model_name='bankline',
            index=models.Index(fields=['iban', 'booked_on'], name='bank_line_day'),
        ),
        migrations.AddConstraint(
            model_name='bankline',
            constraint=models.UniqueConstraint(fields=('iban', 'reference', 'booked_on', 'amount', 'currency', 'words', 'occurrence'), name='bank_line_once'),
        ),
        migrations.AddConstraint(
            model_name='bankline',
            constraint=models.CheckConstraint(condition=models.Q(('occurrence__gte', 1)), name='bank_line_counted'),
        ),
        migrations.AddField(
            model_name='linereturn',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='linereturn',
            name='line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='renewals.bankline'),
        ),
        migrations.AddField(
            model_name='statementprofile',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='bankstatement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('added', None), ('imported_at', None), ('imported_by', None)), models.Q(('added__isnull', False), ('imported_at__isnull', False), ('imported_by__isnull', False)), _connector='OR'), name='statement_imported_whole'),
        ),
        migrations.AddConstraint(
            model_name='linereturn',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='return_positive'),
        ),
        migrations.AddConstraint(
            model_name='statementprofile',
            constraint=models.UniqueConstraint(fields=('folded', 'number'), name='statement_profile_once'),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        # remaking a table on SQLite loses its triggers
        protect("renewals_bankline"),
        protect("renewals_linereturn"),
        protect("renewals_moneyentry"),
        protect("renewals_statementprofile"),
        protect("renewals_bankstatement", ('name', 'kind', 'size', 'sha256', 'stored', 'iban', 'currency', 'bank', 'columns', 'uploaded_by_id', 'uploaded_at')),
    ]
