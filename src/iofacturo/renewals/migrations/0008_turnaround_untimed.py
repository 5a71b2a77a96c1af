from django.db import migrations, models

from iofacturo.lib.append_only import protect


class Migration(migrations.Migration):

    dependencies = [("renewals", "0007_money_that_does_not_fit")]

    operations = [
        migrations.AlterField(
            model_name="turnaround",
            name="minutes",
            field=models.PositiveIntegerField(null=True),
        ),
        # remaking a table on SQLite loses its triggers
        protect("renewals_turnaround"),
    ]
