"""An exoneration is written on the document's lines; no page ever kept one with the customer."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0008_proforma")]

    operations = [migrations.RemoveField("customer", "exoneracion")]
