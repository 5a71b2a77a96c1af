from django.db import migrations, models

from iofacturo.lib import append_only


class Migration(migrations.Migration):

    dependencies = [
        ('invoicing', '0010_exoneracion'),
    ]

    operations = [
        migrations.AddField(
            model_name='haciendaword',
            name='firma',
            field=models.CharField(blank=True, choices=[('trusted', 'Su firma vale y viene de una autoridad que este sistema conoce'), ('unknown', 'Su firma vale; no sabemos de qué autoridad viene, porque este sistema no tiene los certificados de las autoridades'), ('untrusted', 'Su firma no viene de una autoridad que este sistema conozca'), ('broken', 'Su firma no vale, o no trae ninguna')], default='', max_length=9),
        ),
        migrations.AddField(
            model_name='haciendaword',
            name='firmante',
            field=models.CharField(blank=True, default='', max_length=120),
        ),
        append_only.protect("invoicing_haciendaword"),
    ]
