"""The room's entry in Django's registry."""

from django.apps import AppConfig

from iofacturo.lib import append_only


class InvoicingConfig(AppConfig):
    name = "iofacturo.invoicing"
    verbose_name = "comprobantes"

    def ready(self) -> None:
        from iofacturo.accounts import sealing
        from iofacturo.invoicing import credentials, key
        from iofacturo.invoicing.paper import mailing, public_link
        from iofacturo.outbox import attachment

        append_only.declare(
            "invoicing_answer",
            "invoicing_comprobante",
            "invoicing_haciendaword",
            "invoicing_mailcopy",
            "invoicing_received",
            "invoicing_receivedtax",
            "invoicing_receivedxml",
            "invoicing_receivermessage",
            "invoicing_receivermessagexml",
            "invoicing_receptionbatch",
            "invoicing_seriesstart",
            "invoicing_signedxml",
        )
        sealing.also_rotates(key.rotate, credentials.rotate, public_link.rotate)
        attachment.register(mailing.MAKER, mailing.files)
