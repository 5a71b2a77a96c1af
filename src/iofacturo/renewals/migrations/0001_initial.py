import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import iofacturo.lib.clock
import iofacturo.renewals.number
import iofacturo.renewals.reference
from iofacturo.lib.append_only import protect


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('business_time', '0001_initial'),
        ('folios', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BankLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('iban', models.CharField(max_length=34, verbose_name='cuenta')),
                ('booked_on', models.DateField(verbose_name='fecha')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='monto')),
                ('currency', models.CharField(default='CRC', max_length=3)),
                ('reference', models.CharField(max_length=40, verbose_name='referencia del banco')),
                ('payer', models.CharField(blank=True, max_length=120, verbose_name='quien paga')),
                ('source', models.CharField(default='typed', max_length=8)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'movimiento del banco',
                'verbose_name_plural': 'movimientos del banco',
            },
        ),
        migrations.CreateModel(
            name='BillingProfile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('data', models.JSONField()),
                ('updated_at', models.DateTimeField()),
                ('company', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='billing_profile', to='accounts.company')),
                ('updated_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='BillingSnapshot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tipo', models.CharField(max_length=2)),
                ('numero', models.CharField(max_length=20)),
                ('nombre', models.CharField(max_length=100)),
                ('actividad', models.CharField(blank=True, max_length=6)),
                ('correos', models.JSONField()),
                ('provincia', models.CharField(max_length=1)),
                ('canton', models.CharField(max_length=2)),
                ('distrito', models.CharField(max_length=2)),
                ('barrio', models.CharField(blank=True, max_length=50)),
                ('otras_senas', models.CharField(max_length=250)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'datos de facturación',
                'verbose_name_plural': 'datos de facturación',
            },
        ),
        migrations.CreateModel(
            name='PayeeAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('bank', models.CharField(max_length=80, verbose_name='banco')),
                ('iban', models.CharField(max_length=34, verbose_name='cuenta IBAN')),
                ('holder', models.CharField(max_length=100, verbose_name='nombre de empresa')),
                ('cedula', models.CharField(max_length=12, verbose_name='cédula jurídica')),
                ('currency', models.CharField(default='CRC', max_length=3, verbose_name='moneda')),
                ('proposed_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('withdrawn_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'cuenta para pagos',
                'verbose_name_plural': 'cuentas para pagos',
            },
        ),
        migrations.CreateModel(
            name='PaymentProof',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='nombre')),
                ('kind', models.CharField(max_length=8)),
                ('size', models.PositiveIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('phash', models.CharField(max_length=16)),
                ('band0', models.CharField(db_index=True, max_length=4)),
                ('band1', models.CharField(db_index=True, max_length=4)),
                ('band2', models.CharField(db_index=True, max_length=4)),
                ('band3', models.CharField(db_index=True, max_length=4)),
                ('original', models.CharField(max_length=120)),
                ('uploaded_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('removed_at', models.DateTimeField(null=True)),
                ('paid_on', models.DateField(null=True, verbose_name='fecha')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, null=True, verbose_name='monto')),
                ('bank', models.CharField(blank=True, max_length=80, verbose_name='banco')),
                ('bank_reference', models.CharField(blank=True, max_length=40, verbose_name='número de la transferencia')),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payment_proofs', to='accounts.company')),
                ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'comprobante de pago',
                'verbose_name_plural': 'comprobantes de pago',
            },
        ),
        migrations.CreateModel(
            name='ProofPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('stored', models.CharField(max_length=120)),
                ('size', models.PositiveIntegerField()),
                ('proof', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pages', to='renewals.paymentproof')),
            ],
            options={
                'ordering': ['proof_id', 'number'],
            },
        ),
        migrations.CreateModel(
            name='Quote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan_name', models.CharField(max_length=80)),
                ('promotion_name', models.CharField(blank=True, max_length=120)),
                ('folios', models.PositiveIntegerField()),
                ('bonus_folios', models.PositiveIntegerField(default=0)),
                ('months', models.PositiveSmallIntegerField()),
                ('cabys', models.CharField(max_length=13)),
                ('price', models.DecimalField(decimal_places=2, max_digits=14)),
                ('discount', models.DecimalField(decimal_places=2, max_digits=14)),
                ('tax_rate', models.DecimalField(decimal_places=2, max_digits=5)),
                ('tax', models.DecimalField(decimal_places=2, max_digits=14)),
                ('total', models.DecimalField(decimal_places=2, max_digits=14)),
                ('currency', models.CharField(default='CRC', max_length=3)),
                ('created_at', models.DateTimeField()),
                ('valid_until', models.DateTimeField()),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('payee', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='renewals.payeeaccount')),
                ('plan_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='folios.planversion')),
                ('promotion_version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='folios.promotionversion')),
            ],
            options={
                'verbose_name': 'cotización',
                'verbose_name_plural': 'cotizaciones',
            },
        ),
        migrations.CreateModel(
            name='RenewalRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(default=iofacturo.renewals.number.new, max_length=11, unique=True, verbose_name='número')),
                ('reference', models.CharField(default=iofacturo.renewals.reference.new, max_length=10, unique=True, verbose_name='referencia')),
                ('state', models.CharField(choices=[('draft', 'Borrador'), ('in_review', 'Enviada'), ('needs_info', 'Corrección solicitada'), ('active', 'Activada'), ('rejected', 'Rechazada'), ('cancelled', 'Cancelada'), ('expired', 'Vencida'), ('reversed', 'Revertida')], default='draft', max_length=12, verbose_name='estado')),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('draft', models.JSONField(default=dict)),
                ('saved_at', models.DateTimeField()),
                ('submitted_at', models.DateTimeField(null=True)),
                ('due_at', models.DateTimeField(null=True)),
                ('seconds_left', models.PositiveIntegerField(null=True)),
                ('correct_until', models.DateTimeField(null=True)),
                ('to_correct', models.JSONField(default=list)),
                ('taken_until', models.DateTimeField(null=True)),
                ('first_approved_at', models.DateTimeField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('billing', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='renewals.billingsnapshot')),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='renewal_requests', to='accounts.company')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('due_calendar', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='business_time.calendarversion')),
                ('first_approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('previous', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='successors', to='renewals.renewalrequest')),
                ('quote', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='renewals.quote')),
                ('submitted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('taken_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'solicitud de renovación',
                'verbose_name_plural': 'solicitudes de renovación',
            },
        ),
        migrations.AddField(
            model_name='quote',
            name='request',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='quotes', to='renewals.renewalrequest'),
        ),
        migrations.AddField(
            model_name='paymentproof',
            name='request',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proofs', to='renewals.renewalrequest'),
        ),
        migrations.CreateModel(
            name='MoneyEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('excess', 'Pagó de más'), ('released', 'Pago de una solicitud que no se activó'), ('refund', 'Devolución de un plan revertido'), ('used', 'Usado en una solicitud'), ('returned', 'Devuelto al cliente'), ('debt', 'El banco retiró el dinero')], max_length=8)),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14)),
                ('currency', models.CharField(default='CRC', max_length=3)),
                ('operation', models.CharField(max_length=80, unique=True)),
                ('created_at', models.DateTimeField()),
                ('note', models.CharField(blank=True, max_length=200)),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='money_entries', to='accounts.company')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('line', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='money_entries', to='renewals.bankline')),
                ('request', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='money_entries', to='renewals.renewalrequest')),
            ],
            options={
                'verbose_name': 'movimiento de saldo',
                'verbose_name_plural': 'movimientos de saldo',
            },
        ),
        migrations.CreateModel(
            name='InvoiceIntent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('invoice', 'Factura'), ('credit_note', 'Nota de crédito')], max_length=12)),
                ('net', models.DecimalField(decimal_places=2, max_digits=14)),
                ('discount', models.DecimalField(decimal_places=2, max_digits=14)),
                ('tax_rate', models.DecimalField(decimal_places=2, max_digits=5)),
                ('tax', models.DecimalField(decimal_places=2, max_digits=14)),
                ('total', models.DecimalField(decimal_places=2, max_digits=14)),
                ('currency', models.CharField(max_length=3)),
                ('data', models.JSONField()),
                ('created_at', models.DateTimeField()),
                ('corrects', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='renewals.invoiceintent')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invoice_intents', to='renewals.renewalrequest')),
            ],
            options={
                'verbose_name': 'factura por emitir',
                'verbose_name_plural': 'facturas por emitir',
            },
        ),
        migrations.CreateModel(
            name='DueTime',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cause', models.CharField(choices=[('submitted', 'submitted'), ('answered', 'answered'), ('calendar', 'calendar'), ('reopened', 'reopened')], max_length=10)),
                ('start', models.DateTimeField()),
                ('seconds', models.PositiveIntegerField()),
                ('due_at', models.DateTimeField()),
                ('before', models.DateTimeField(null=True)),
                ('made_at', models.DateTimeField()),
                ('calendar', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='business_time.calendarversion')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='due_times', to='renewals.renewalrequest')),
            ],
            options={
                'verbose_name': 'plazo',
                'verbose_name_plural': 'plazos',
            },
        ),
        migrations.AddField(
            model_name='billingsnapshot',
            name='request',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='billings', to='renewals.renewalrequest'),
        ),
        migrations.CreateModel(
            name='Allocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='renewals.bankline')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='renewals.renewalrequest')),
            ],
            options={
                'verbose_name': 'asignación',
                'verbose_name_plural': 'asignaciones',
            },
        ),
        migrations.CreateModel(
            name='ReviewDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('side', models.CharField(choices=[('customer', 'cliente'), ('staff', 'proveedor'), ('clock', 'reloj')], max_length=8)),
                ('action', models.CharField(choices=[('chosen', 'chosen'), ('quoted', 'quoted'), ('submitted', 'submitted'), ('taken', 'taken'), ('released', 'released'), ('correction', 'correction'), ('answered', 'answered'), ('first_approval', 'first_approval'), ('approved', 'approved'), ('rejected', 'rejected'), ('cancelled', 'cancelled'), ('expired', 'expired'), ('resurrected', 'resurrected'), ('reversed', 'reversed'), ('rescheduled', 'rescheduled')], max_length=16)),
                ('from_state', models.CharField(blank=True, max_length=12)),
                ('to_state', models.CharField(max_length=12)),
                ('reason', models.CharField(blank=True, max_length=32)),
                ('note', models.TextField(blank=True)),
                ('internal_note', models.TextField(blank=True)),
                ('detail', models.JSONField(default=dict)),
                ('version', models.PositiveIntegerField()),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='renewals.renewalrequest')),
            ],
            options={
                'verbose_name': 'paso',
                'verbose_name_plural': 'pasos',
            },
        ),
        migrations.CreateModel(
            name='SentForm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.CharField(max_length=64)),
                ('purpose', models.CharField(max_length=12)),
                ('fingerprint', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.company')),
                ('request', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='renewals.renewalrequest')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='TermsVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(unique=True, verbose_name='versión')),
                ('text', models.TextField(verbose_name='texto')),
                ('sha256', models.CharField(max_length=64)),
                ('effective_at', models.DateTimeField(verbose_name='rige desde')),
                ('published_at', models.DateTimeField(default=iofacturo.lib.clock.now)),
                ('published_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'términos',
                'verbose_name_plural': 'términos',
                'ordering': ['-effective_at', '-number'],
            },
        ),
        migrations.CreateModel(
            name='TermsAcceptance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('ip', models.GenericIPAddressField(null=True)),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to='renewals.renewalrequest')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('terms', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='renewals.termsversion')),
            ],
        ),
        migrations.AddField(
            model_name='quote',
            name='terms',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='renewals.termsversion'),
        ),
        migrations.AddConstraint(
            model_name='bankline',
            constraint=models.UniqueConstraint(fields=('iban', 'reference', 'booked_on', 'amount'), name='bank_line_once'),
        ),
        migrations.AddConstraint(
            model_name='bankline',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='bank_line_positive'),
        ),
        migrations.AddConstraint(
            model_name='payeeaccount',
            constraint=models.CheckConstraint(condition=models.Q(('confirmed_by__isnull', True), models.Q(('confirmed_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='payee_two_people'),
        ),
        migrations.AddConstraint(
            model_name='payeeaccount',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at__isnull', True), ('confirmed_by__isnull', True)), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False), ('withdrawn_at', None)), _connector='OR'), name='payee_confirmed_whole'),
        ),
        migrations.AddConstraint(
            model_name='payeeaccount',
            constraint=models.UniqueConstraint(models.F('currency'), condition=models.Q(('confirmed_at__isnull', True), ('withdrawn_at__isnull', True)), name='payee_one_proposal'),
        ),
        migrations.AddConstraint(
            model_name='proofpage',
            constraint=models.UniqueConstraint(fields=('proof', 'number'), name='proof_page_once'),
        ),
        migrations.AddIndex(
            model_name='renewalrequest',
            index=models.Index(fields=['company', '-id'], name='request_company'),
        ),
        migrations.AddIndex(
            model_name='renewalrequest',
            index=models.Index(fields=['state', 'due_at', 'id'], name='request_queue'),
        ),
        migrations.AddIndex(
            model_name='renewalrequest',
            index=models.Index(condition=models.Q(('state', 'needs_info')), fields=['correct_until'], name='request_correction'),
        ),
        migrations.AddIndex(
            model_name='renewalrequest',
            index=models.Index(condition=models.Q(('state', 'draft')), fields=['changed_at'], name='request_drafts'),
        ),
        migrations.AddConstraint(
            model_name='renewalrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['in_review', 'needs_info', 'active', 'rejected', 'reversed']), _negated=True), models.Q(('billing__isnull', False), ('quote__isnull', False), ('submitted_at__isnull', False)), _connector='OR'), name='request_sent_whole'),
        ),
        migrations.AddConstraint(
            model_name='renewalrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'in_review'), _negated=True), ('due_at__isnull', False), _connector='OR'), name='request_review_is_due'),
        ),
        migrations.AddConstraint(
            model_name='renewalrequest',
            constraint=models.CheckConstraint(condition=models.Q(('first_approved_by__isnull', True), models.Q(('first_approved_by', models.F('submitted_by')), _negated=True), _connector='OR'), name='request_not_self_approved'),
        ),
        migrations.AddIndex(
            model_name='paymentproof',
            index=models.Index(fields=['sha256'], name='proof_sha256'),
        ),
        migrations.AddIndex(
            model_name='paymentproof',
            index=models.Index(fields=['company', '-id'], name='proof_company'),
        ),
        migrations.AddIndex(
            model_name='paymentproof',
            index=models.Index(condition=models.Q(('bank_reference', ''), _negated=True), fields=['bank_reference'], name='proof_reference'),
        ),
        migrations.AddConstraint(
            model_name='paymentproof',
            constraint=models.CheckConstraint(condition=models.Q(('removed_at__isnull', True), ('sent_at__isnull', True), _connector='OR'), name='proof_sent_stays'),
        ),
        migrations.AddIndex(
            model_name='moneyentry',
            index=models.Index(fields=['company', '-id'], name='money_company'),
        ),
        migrations.AddConstraint(
            model_name='moneyentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount__gt', 0), ('kind__in', ['excess', 'released', 'refund'])), models.Q(('amount__lt', 0), ('kind__in', ['used', 'returned', 'debt'])), _connector='OR'), name='money_sign'),
        ),
        migrations.AddConstraint(
            model_name='moneyentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['excess', 'released']), _negated=True), ('line__isnull', False), _connector='OR'), name='money_from_a_line'),
        ),
        migrations.AddConstraint(
            model_name='invoiceintent',
            constraint=models.UniqueConstraint(fields=('request', 'kind'), name='intent_once'),
        ),
        migrations.AddConstraint(
            model_name='invoiceintent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('corrects__isnull', True), ('kind', 'invoice')), models.Q(('corrects__isnull', False), ('kind', 'credit_note')), _connector='OR'), name='intent_note_corrects'),
        ),
        migrations.AddIndex(
            model_name='duetime',
            index=models.Index(fields=['request', 'id'], name='due_request'),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.CheckConstraint(condition=models.Q(('amount', 0), _negated=True), name='allocation_not_zero'),
        ),
        migrations.AddIndex(
            model_name='reviewdecision',
            index=models.Index(fields=['request', 'id'], name='decision_request'),
        ),
        migrations.AddConstraint(
            model_name='reviewdecision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('actor__isnull', True), ('side', 'clock')), models.Q(('actor__isnull', False), ('side__in', ('customer', 'staff'))), _connector='OR'), name='decision_has_actor'),
        ),
        migrations.AddConstraint(
            model_name='sentform',
            constraint=models.UniqueConstraint(fields=('company', 'token'), name='sent_form_once'),
        ),
        migrations.AddConstraint(
            model_name='quote',
            constraint=models.CheckConstraint(condition=models.Q(('discount__gte', 0), ('folios__gt', 0), ('months__gt', 0), ('tax__gte', 0), ('total__gte', 0)), name='quote_sane'),
        ),
        migrations.AddConstraint(
            model_name='quote',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until__gt', models.F('created_at'))), name='quote_lasts'),
        ),
        protect("renewals_allocation"),
        protect("renewals_bankline"),
        protect("renewals_billingsnapshot"),
        protect("renewals_duetime"),
        protect("renewals_invoiceintent"),
        protect("renewals_moneyentry"),
        protect("renewals_proofpage"),
        protect("renewals_quote"),
        protect("renewals_reviewdecision"),
        protect("renewals_termsacceptance"),
        protect("renewals_termsversion"),
        protect("renewals_payeeaccount", ('bank', 'iban', 'holder', 'cedula', 'currency', 'proposed_by_id', 'proposed_at')),
        protect("renewals_paymentproof", ('company_id', 'request_id', 'name', 'kind', 'size', 'sha256', 'phash', 'original', 'uploaded_by_id', 'uploaded_at')),
        protect("renewals_renewalrequest", ('company_id', 'number', 'reference', 'previous_id', 'created_at', 'created_by_id')),
    ]
