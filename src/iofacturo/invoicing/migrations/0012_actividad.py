from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('invoicing', '0011_word_signature'),
    ]

    operations = [
        migrations.CreateModel(
            name='Actividad',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('codigo', models.CharField(max_length=6, unique=True, verbose_name='código')),
                ('descripcion', models.CharField(max_length=300, verbose_name='descripción')),
            ],
            options={
                'verbose_name': 'actividad económica',
                'verbose_name_plural': 'actividades económicas',
            },
        ),
    ]
