"""What must hold of mails and public links."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F

from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.paper.due_mail import DueMail
from iofacturo.invoicing.paper.mail_copy import MailCopy
from iofacturo.invoicing.paper.public_link import PublicLink


def broken() -> Iterator[str]:
    """One line in Spanish for each offender."""
    early = DueMail.objects.exclude(comprobante__state=Comprobante.ACCEPTED)
    for clave in early.values_list("comprobante__clave", flat=True):
        yield f"Comprobante {clave}: se mandó a enviar por correo sin que Hacienda lo aceptara."
    forgotten = Comprobante.objects.filter(state=Comprobante.ACCEPTED, due_mail__isnull=True)
    for clave in forgotten.values_list("clave", flat=True):
        yield f"Comprobante {clave}: Hacienda lo aceptó y nadie lo envía por correo."
    for what, rows in (("copia", MailCopy.objects), ("enlace", PublicLink.objects)):
        strange = rows.exclude(company_id=F("comprobante__company_id"))
        for pk, clave in strange.values_list("pk", "comprobante__clave"):
            yield f"Comprobante {clave}: su {what} por correo o público {pk} es de otra empresa."
