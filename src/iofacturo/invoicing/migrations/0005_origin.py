import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('invoicing', '0005_paper'),
    ]

    operations = [
        migrations.CreateModel(
            name='Origin',
            fields=[
                ('draft', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='origin', serialize=False, to='invoicing.draft', verbose_name='borrador')),
                ('act', models.CharField(choices=[('credit', 'Nota de crédito'), ('debit', 'Nota de débito'), ('replacement', 'Reemplazo'), ('copy', 'Copia'), ('payment', 'Recibo de pago')], max_length=11)),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='draft_origins', to='accounts.company')),
                ('comprobante', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='successors', to='invoicing.comprobante')),
            ],
            options={
                'verbose_name': 'origen de un borrador',
                'verbose_name_plural': 'orígenes de borradores',
                'indexes': [models.Index(fields=['company', 'comprobante', 'act'], name='origin_of_comprobante')],
            },
        ),
    ]
