import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from iofacturo.folios import posting
from iofacturo.folios.grace import Grace
from iofacturo.folios.lot import FolioLot
from iofacturo.lib import append_only


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('folios', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        posting.not_by_trigger(),
        migrations.CreateModel(
            name='Grace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('given_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'gracia',
                'verbose_name_plural': 'gracias',
            },
        ),
        migrations.RemoveConstraint(
            model_name='folioentry',
            name='entry_sign',
        ),
        migrations.RemoveConstraint(
            model_name='foliolot',
            name='lot_one_origin',
        ),
        migrations.AlterField(
            model_name='folioentry',
            name='kind',
            field=models.CharField(choices=[('grant', 'Entrega'), ('consume', 'Uso'), ('reverse', 'Devolución'), ('expire', 'Vencimiento'), ('void', 'Anulación'), ('adjust', 'Ajuste'), ('repay', 'Reposición de gracia')], max_length=8, verbose_name='movimiento'),
        ),
        migrations.AlterField(
            model_name='foliolot',
            name='kind',
            field=models.CharField(choices=[('paid', 'Plan'), ('promo', 'Promoción'), ('courtesy', 'Cortesía'), ('migration', 'Migración'), ('replacement', 'Reposición'), ('grace', 'Gracia')], max_length=12, verbose_name='clase'),
        ),
        migrations.AddConstraint(
            model_name='folioentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'grant'), ('qty__gt', 0)), models.Q(('kind', 'consume'), ('qty', -1)), models.Q(('kind', 'reverse'), ('qty', 1)), models.Q(('kind', 'expire'), ('qty__lt', 0)), models.Q(('kind', 'void'), ('qty__lte', 0)), models.Q(('kind__in', ['adjust', 'repay']), models.Q(('qty', 0), _negated=True)), _connector='OR'), name='entry_sign'),
        ),
        migrations.AddConstraint(
            model_name='foliolot',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['paid', 'promo', 'courtesy', 'migration', 'replacement', 'grace']), models.Q(('origin', ''), _negated=True)), name='lot_one_origin'),
        ),
        migrations.AddField(
            model_name='grace',
            name='company',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='graces', to='accounts.company'),
        ),
        migrations.AddField(
            model_name='grace',
            name='lot',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='grace', to='folios.foliolot'),
        ),
        migrations.AddConstraint(
            model_name='grace',
            constraint=models.UniqueConstraint(condition=models.Q(('settled_at__isnull', True)), fields=('company',), name='grace_one_at_a_time'),
        ),
        # remaking a table on SQLite loses its triggers
        append_only.protect("folios_folioentry"),
        append_only.protect("folios_foliolot", FolioLot.FROZEN),
        append_only.protect("folios_grace", Grace.FROZEN),
        posting.post_by_trigger(),
    ]
