import django.db.models.deletion
from django.db import migrations, models


def queue(apps, schema_editor):
    """What was sold before there was a queue is in it from the beginning."""
    intent, outcome = (apps.get_model("renewals", name) for name in ("InvoiceIntent", "ProviderInvoice"))
    for row in intent.objects.order_by("pk").iterator():
        outcome.objects.create(intent=row, due_at=row.created_at, changed_at=row.created_at)


class Migration(migrations.Migration):

    dependencies = [
        ('invoicing', '0001_initial'),
        ('renewals', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProviderInvoice',
            fields=[
                ('intent', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='outcome', serialize=False, to='renewals.invoiceintent')),
                ('state', models.CharField(choices=[('waiting', 'Por emitir'), ('issued', 'En Hacienda'), ('accepted', 'Aceptada'), ('correction', 'Por corregir'), ('dropped', 'No se emite')], default='waiting', max_length=10)),
                ('attempt', models.PositiveSmallIntegerField(default=1)),
                ('asks_customer', models.BooleanField(default=False)),
                ('reason', models.TextField(blank=True)),
                ('due_at', models.DateTimeField()),
                ('failures', models.PositiveIntegerField(default=0)),
                ('changed_at', models.DateTimeField()),
                ('billing', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='renewals.billingsnapshot')),
                ('comprobante', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='provider_invoice', to='invoicing.comprobante')),
            ],
            options={
                'verbose_name': 'factura de un plan',
                'verbose_name_plural': 'facturas de planes',
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['due_at'], name='provider_invoice_due'), models.Index(condition=models.Q(('state__in', ['accepted', 'dropped']), _negated=True), fields=['state', 'changed_at'], name='provider_invoice_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'dropped']), ('comprobante__isnull', False), _connector='OR'), name='provider_invoice_document'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'dropped'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='provider_invoice_why')],
            },
        ),
        migrations.RunPython(queue, migrations.RunPython.noop),
    ]
