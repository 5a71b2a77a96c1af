"""The tables of this room, each told in the file of its own noun."""

from iofacturo.invoicing.answer import Answer
from iofacturo.invoicing.archive.counterpart import Counterpart, CounterpartWord
from iofacturo.invoicing.archive.export import Export
from iofacturo.invoicing.breaker import Breaker
from iofacturo.invoicing.catalogue.actividad import Actividad
from iofacturo.invoicing.catalogue.cabys import CabysChange, CabysEdition, CabysItem
from iofacturo.invoicing.catalogue.customer import Customer
from iofacturo.invoicing.catalogue.exoneracion import Exoneracion
from iofacturo.invoicing.catalogue.list_import import ListImport
from iofacturo.invoicing.catalogue.product import Product
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.credentials import Credentials
from iofacturo.invoicing.documents.origin import Origin
from iofacturo.invoicing.draft import Draft
from iofacturo.invoicing.editor.proforma import Proforma
from iofacturo.invoicing.key import Key
from iofacturo.invoicing.paper.due_mail import DueMail
from iofacturo.invoicing.paper.mail_copy import MailCopy
from iofacturo.invoicing.paper.public_link import PublicLink
from iofacturo.invoicing.reception.batch import ReceptionBatch
from iofacturo.invoicing.reception.errand import Errand
from iofacturo.invoicing.reception.hacienda_word import HaciendaWord
from iofacturo.invoicing.reception.message import ReceiverMessage, ReceiverMessageXML
from iofacturo.invoicing.reception.received import Received, ReceivedTax, ReceivedXML
from iofacturo.invoicing.series import Series, SeriesStart
from iofacturo.invoicing.setup.letterhead import Letterhead
from iofacturo.invoicing.setup.sucursal import Sucursal
from iofacturo.invoicing.signed_xml import SignedXML
from iofacturo.invoicing.submission import Submission

__all__ = [
    "Actividad", "Answer", "Breaker", "CabysChange", "CabysEdition", "CabysItem", "Comprobante",
    "Counterpart", "CounterpartWord", "Credentials", "Customer", "Draft", "DueMail", "Errand",
    "Exoneracion", "Export", "HaciendaWord", "Key", "Letterhead", "ListImport", "MailCopy", "Origin",
    "Product", "Proforma", "PublicLink", "Received", "ReceivedTax", "ReceivedXML",
    "ReceiverMessage", "ReceiverMessageXML", "ReceptionBatch", "Series", "SeriesStart",
    "SignedXML", "Submission", "Sucursal",
]  # fmt: skip
