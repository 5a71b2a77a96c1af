"""What each address with parameters needs: one real object of each kind, all of one company.

A page that is new and not written down here fails `test_every_address_is_written_down`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from allauth.mfa.models import Authenticator

from iofacturo import notifications
from iofacturo.accounts import invitation
from iofacturo.accounts.company import Company
from iofacturo.accounts.invitation import Invitation, StaffInvitation
from iofacturo.accounts.user import User
from iofacturo.folios import ledger
from iofacturo.folios.adjustment import AdjustmentProposal, propose
from iofacturo.help_center import shelf, version
from iofacturo.invoicing import draft as drafts
from iofacturo.invoicing import emission
from iofacturo.invoicing.archive import export, exporting
from iofacturo.invoicing.archive.filters import Filters
from iofacturo.invoicing.editor import proforma, start_page
from iofacturo.invoicing.models import Answer, Customer, Exoneracion, ListImport, Product
from iofacturo.invoicing.paper import public_link
from iofacturo.invoicing.reception.batch import ReceptionBatch
from iofacturo.invoicing.reception.received import Received
from iofacturo.lib import clock
from iofacturo.notifications import preference
from iofacturo.notifications.notice import Notice
from iofacturo.renewals import (
    approval,
    payee,
    provider_invoice,
    provider_issuing,
    returning,
    review,
    taking_back,
)
from iofacturo.renewals.bulk import BulkApproval
from iofacturo.renewals.proof import PaymentProof
from iofacturo.renewals.provider_invoice import ProviderInvoice
from iofacturo.renewals.request import RenewalRequest
from iofacturo.support.incoming import IncomingMail
from iofacturo.uploads import storage
from tests import cast
from tests.cast import seat, staff_person
from tests.invoicing import purchases
from tests.invoicing import scene as invoicing
from tests.renewals import scene, several
from tests.support import scene as tickets


@dataclass
class Scene:
    """The company everything belongs to; objects are made when an address asks for them."""

    company: Company
    owner: User
    senior: User
    admin: User

    @cached_property
    def colleague(self):
        return seat("colega", self.company, "issuer").memberships.get()

    @cached_property
    def invitation(self) -> Invitation:
        return invitation.invite(
            self.company, "invitada@ejemplo.cr", role="reader", by=self.owner, at=clock.now()
        )

    @cached_property
    def article(self) -> version.ArticleVersion:
        """An article of the product that its staff wrote over."""
        slug = "renovar-su-plan"
        text = shelf.own_texts()[slug]
        return version.publish(slug, text, after=0, over="", by=self.admin, at=clock.now())

    @cached_property
    def staff_invitation(self) -> StaffInvitation:
        row, _ = invitation.invite_staff(
            "equipo@ejemplo.cr", role="support", by=self.admin, at=clock.now()
        )
        return row

    @cached_property
    def teammate(self):
        return staff_person("compa", "support").staff

    @cached_property
    def passkey(self) -> Authenticator:
        return Authenticator.objects.create(
            user=self.owner, type=Authenticator.Type.WEBAUTHN, data={"name": "Llave 1"}
        )

    @cached_property
    def house(self) -> None:
        scene.house(self.senior, self.admin)

    @cached_property
    def draft(self) -> RenewalRequest:
        self.house  # noqa: B018 making it is the point
        return scene.drafted(self.company, self.owner, at=clock.now())

    @cached_property
    def request(self) -> RenewalRequest:
        self.house  # noqa: B018 making it is the point
        return scene.sent(self.company, self.owner, at=clock.now())

    @cached_property
    def list_approved(self) -> str:
        """A list that a reviewer approved."""
        who = staff_person("lista", "reviewer")
        return BulkApproval.objects.create(token="lista-1", by=who, at=clock.now()).token

    @cached_property
    def group(self):
        """A draft for several companies, which has one so far, with its proof."""
        self.house  # noqa: B018 making it is the point
        group = several.drafted([self.company], self.owner, at=clock.now())
        several.attached(group, self.owner, at=clock.now())
        return group

    @cached_property
    def statement(self):
        """A file of the bank that nobody confirmed yet."""
        self.house  # noqa: B018 making it is the point
        return scene.uploaded(self.senior)

    @cached_property
    def return_order(self):
        self.house  # noqa: B018 making it is the point
        line = scene.entered(self.senior, 4321, clock.now())
        return returning.open_for_line(
            line, reason="unknown", note="nadie la reclama", by=self.senior, at=clock.now()
        )

    @cached_property
    def withdrawal(self):
        self.house  # noqa: B018 making it is the point
        line = scene.entered(self.senior, 5432, clock.now())
        return taking_back.note(
            line, booked_on=line.booked_on, detail="reverso", by=self.senior, at=clock.now()
        )

    @cached_property
    def bank_line(self):
        """Money that nobody waits for."""
        self.house  # noqa: B018 making it is the point
        return scene.entered(self.senior)

    @cached_property
    def invoice(self) -> ProviderInvoice:
        """Of a plan that was bought: issued, for Hacienda to answer."""
        self.house  # noqa: B018 making it is the point
        seller = Company.objects.filter(is_provider=True).first()
        seller = seller or cast.company("Proveedor Demo S.A.", "3101999999", is_provider=True)
        invoicing.set_up(seller, at=clock.now())
        bought = scene.sent(self.company, self.owner, at=clock.now())
        reviewer = staff_person("activa", "reviewer")
        bought = review.take(bought, by=reviewer, at=clock.now())
        approval.approve(
            bought, by=reviewer, at=clock.now(), version=bought.version,
            lines=[scene.line(bought.given.total, on=clock.local(clock.now()).date())],
        )  # fmt: skip
        provider_issuing.run(clock.now())
        return provider_invoice.of(bought)[0]

    @cached_property
    def written(self):
        """A document that is being written."""
        return start_page.begin(self.company, "FE", by=self.owner, at=clock.now())

    @cached_property
    def offered(self):
        """A document that a customer was offered."""
        row = drafts.write(self.company, invoicing.stated(), by=self.owner, at=clock.now())
        proforma.offer(row, by=self.owner, at=clock.now())
        return row

    @cached_property
    def proposal(self):
        """A payee account that waits for its second person."""
        return payee.propose(
            bank="Otro Banco",
            iban="CR23 0151 0841 0026 0123 45",
            holder="Proveedor Demo S.A.",
            cedula="3-101-123456",
            by=self.admin,
            at=clock.now(),
        )

    @cached_property
    def plan(self) -> str:
        return scene.plan("800", 800).plan.code

    @cached_property
    def promotion(self) -> str:
        return scene.promotion().promotion.code

    @cached_property
    def adjustment(self) -> AdjustmentProposal:
        """Folios that a second person has to agree to."""
        lot = ledger.grant(
            self.company, "courtesy", 10, origin="door", months=1, by=self.admin, at=clock.now()
        )
        return propose(lot, 5, "Faltaron", by=self.admin, at=clock.now())

    @cached_property
    def export(self):
        """A table of the company's documents, ready to be fetched."""
        row = export.ask(self.company, "tabla", Filters(), by=self.owner, at=clock.now())
        exporting.run(clock.now())
        return row

    @cached_property
    def ticket(self):
        """A conversation about a request."""
        return tickets.opened(self.company, self.owner, at=clock.now(), request=self.request)

    @cached_property
    def ticket_file(self):
        row = self.ticket.entries.get().files.create(
            company=self.company, name="captura.png", kind="png", size=1, sha256="0" * 64,
            page_count=1, original="tickets/x", uploaded_by=self.owner, uploaded_at=clock.now(),
        )  # fmt: skip
        row.pages.create(number=1, stored=storage.keep(b"\x89PNG", folder="tickets"), size=4)
        return row

    @cached_property
    def mail(self) -> IncomingMail:
        """One that waits for staff."""
        return IncomingMail.objects.create(
            key="x",
            received_at=clock.now(),
            sender="otra@ejemplo.cr",
            subject="Hola",
            state="waiting",
        )

    @cached_property
    def notice(self) -> Notice:
        notifications.notify(
            "renewal.received",
            company=self.company,
            users=[self.owner],
            subject="Recibimos su solicitud",
            params={},
            url="/mi-plan/",
            key="door",
            at=clock.now(),
        )
        return Notice.objects.filter(user=self.owner).latest("pk")

    @cached_property
    def comprobante(self):
        """A document that was issued and has not been sent yet."""
        if not Company.objects.filter(is_provider=True).exists():
            cast.company("Proveedor Demo S.A.", "3101999999", is_provider=True)
        invoicing.set_up(self.company, at=clock.now())
        draft = invoicing.drafted(self.company, at=clock.now())
        return emission.issue_draft(draft, by=self.owner, at=clock.now())

    @cached_property
    def answered(self):
        """The same document with a word of Hacienda, and a public link."""
        Answer.objects.create(
            comprobante=self.comprobante, estado="aceptado", xml=b"<x/>", received_at=clock.now()
        )
        return self.comprobante

    @cached_property
    def reception(self) -> ReceptionBatch:
        """One purchase, taken in."""
        return purchases.receive(self.company, purchases.purchase(self.company))

    @cached_property
    def received(self) -> Received:
        """A purchase that was answered, and both answered by Hacienda."""
        return purchases.answered_by_hand(self.company)

    @cached_property
    def exoneracion(self) -> Exoneracion:
        now = clock.now()
        return self.company.exoneraciones.create(
            customer=self.customer, numero_documento="AL-00012345-26", tipo_documento="04",
            nombre_institucion="01", fecha_emision=now.date(), tarifa_exonerada=13,
            created_at=now, updated_at=now,
        )  # fmt: skip

    @cached_property
    def customer(self) -> Customer:
        return self.company.customers.create(
            tipo_identificacion="02", identificacion="3101654321", nombre="Cliente de Prueba S.A.",
            created_at=clock.now(), updated_at=clock.now(),
        )  # fmt: skip

    @cached_property
    def product(self) -> Product:
        return self.company.products.create(
            detalle="Café molido", cabys="2391102010200", unidad="Unid", precio=1000,
            tarifa_iva="08", created_at=clock.now(), updated_at=clock.now(),
        )  # fmt: skip

    @cached_property
    def list_import(self) -> ListImport:
        return self.company.list_imports.create(kind="customers", created_at=clock.now())


Kwargs = Callable[[Scene], dict[str, object]]

COLLEAGUE: Kwargs = lambda s: {"pk": s.colleague.pk}  # noqa: E731
INVITATION: Kwargs = lambda s: {"pk": s.invitation.pk}  # noqa: E731
PASSKEY: Kwargs = lambda s: {"pk": s.passkey.pk}  # noqa: E731
DRAFT: Kwargs = lambda s: {"number": s.draft.number}  # noqa: E731
REQUEST: Kwargs = lambda s: {"number": s.request.number}  # noqa: E731
NOTICE: Kwargs = lambda s: {"public_id": s.notice.public_id}  # noqa: E731
COMPANY: Kwargs = lambda s: {"public_id": s.company.public_id}  # noqa: E731
TEAMMATE: Kwargs = lambda s: {"pk": s.teammate.pk}  # noqa: E731
STAFF_INVITATION: Kwargs = lambda s: {"pk": s.staff_invitation.pk}  # noqa: E731
COMPANY_INVITATION: Kwargs = lambda s: COMPANY(s) | INVITATION(s)  # noqa: E731


ARTICLE: Kwargs = lambda s: {"slug": s.article.slug}  # noqa: E731
TERMS: Kwargs = lambda s: {"number": s.request.given.terms.number}  # noqa: E731
PLAN: Kwargs = lambda s: {"code": s.plan}  # noqa: E731
PROMOTION: Kwargs = lambda s: {"code": s.promotion}  # noqa: E731
ADJUSTMENT: Kwargs = lambda s: {"pk": s.adjustment.pk}  # noqa: E731
PROPOSAL: Kwargs = lambda s: {"pk": s.proposal.pk}  # noqa: E731
STATEMENT: Kwargs = lambda s: {"pk": s.statement.pk}  # noqa: E731
BANK_LINE: Kwargs = lambda s: {"pk": s.bank_line.pk}  # noqa: E731
RETURN_ORDER: Kwargs = lambda s: {"pk": s.return_order.pk}  # noqa: E731
WITHDRAWAL: Kwargs = lambda s: {"pk": s.withdrawal.pk}  # noqa: E731


CLAVE: Kwargs = lambda s: {"clave": s.comprobante.clave}  # noqa: E731
PUBLIC: Kwargs = lambda s: {"token": public_link.of(s.answered, at=clock.now()).token}  # noqa: E731
RECEIVED: Kwargs = lambda s: {"public_id": s.received.public_id}  # noqa: E731


TICKET: Kwargs = lambda s: {"number": s.ticket.number}  # noqa: E731
MAIL: Kwargs = lambda s: {"pk": s.mail.pk}  # noqa: E731
TICKET_FILE: Kwargs = lambda s: TICKET(s) | {"file": s.ticket_file.pk, "page": 1}  # noqa: E731


def _proof(s: Scene) -> PaymentProof:
    return s.request.proofs.get()


def _picture(s: Scene) -> dict[str, object]:
    return {"number": s.request.number, "proof": _proof(s).pk, "page": 1}


def _reading(s: Scene) -> dict[str, object]:
    return {"number": s.request.number, "proof": _proof(s).pk}


def _group_row(s: Scene) -> dict[str, object]:
    return {"number": s.group.number, "request_number": s.group.requests.get().number}


def _group_picture(s: Scene) -> dict[str, object]:
    held = PaymentProof.objects.get(request__group=s.group)
    return {"number": s.group.number, "proof": held.pk, "page": 1}


def _invoice(s: Scene) -> dict[str, object]:
    return {"pk": s.invoice.pk}


def _invoice_file(s: Scene) -> dict[str, object]:
    row = s.invoice
    return {"number": row.request.number, "clave": row.comprobante.clave, "which": "pdf"}


LIST: Kwargs = lambda s: {"which": "clientes"}  # noqa: E731
LIST_IMPORT: Kwargs = lambda s: {"which": "clientes", "public_id": s.list_import.public_id}  # noqa: E731
CUSTOMER: Kwargs = lambda s: {"public_id": s.customer.public_id}  # noqa: E731
EXONERACION: Kwargs = lambda s: {  # noqa: E731
    "public_id": s.exoneracion.customer.public_id, "which": s.exoneracion.public_id,
}  # fmt: skip
PRODUCT: Kwargs = lambda s: {"public_id": s.product.public_id}  # noqa: E731


ADDRESSES: dict[str, Kwargs] = {
    "portfolio:group": lambda s: {"number": s.group.number},
    "portfolio:billing": _group_row,
    "portfolio:picture": _group_picture,
    "invoicing:customer": CUSTOMER,
    "invoicing:customer_edit": CUSTOMER,
    "invoicing:customer_archive": CUSTOMER,
    "invoicing:exoneracion_new": CUSTOMER,
    "invoicing:exoneracion_edit": EXONERACION,
    "invoicing:exoneracion_retire": EXONERACION,
    "invoicing:product": PRODUCT,
    "invoicing:product_archive": PRODUCT,
    "invoicing:product_dismiss": PRODUCT,
    "invoicing:import": LIST,
    "invoicing:import_template": LIST,
    "invoicing:import_preview": LIST_IMPORT,
    "invoicing:import_confirm": LIST_IMPORT,
    "invoicing:import_bad": LIST_IMPORT,
    "invoicing:setup_place": lambda s: {"one": 1, "terminal": 1},
    "invoicing:draft": lambda s: {"public_id": s.written.public_id},
    "invoicing:issue": lambda s: {"public_id": s.written.public_id},
    "invoicing:proforma": lambda s: {"public_id": s.offered.public_id},
    "invoicing:export_file": lambda s: {"public_id": s.export.public_id},
    "invoicing:callback": lambda s: {"token": "0" * 40},
    "invoicing:document": CLAVE,
    "invoicing:pdf": CLAVE,
    "invoicing:ticket": CLAVE,
    "invoicing:xml": CLAVE,
    "invoicing:answer_xml": lambda s: {"clave": s.answered.clave},
    "invoicing:share": CLAVE,
    "invoicing:send_mail": CLAVE,
    "invoicing:make_link": CLAVE,
    "invoicing:revoke_link": CLAVE,
    "invoicing:public": PUBLIC,
    "invoicing:public_pdf": PUBLIC,
    "invoicing:public_ticket": PUBLIC,
    "invoicing:public_xml": PUBLIC,
    "invoicing:public_answer": PUBLIC,
    "invoicing:document_state": CLAVE,
    "invoicing:send_again": CLAVE,
    "invoicing:ask_now": CLAVE,
    "invoicing:annul": CLAVE,
    "invoicing:credit_note": CLAVE,
    "invoicing:debit_note": CLAVE,
    "invoicing:replace": CLAVE,
    "invoicing:duplicate": CLAVE,
    "invoicing:payment_receipt": CLAVE,
    "invoicing:received_batch": lambda s: {"public_id": s.reception.public_id},
    "invoicing:received_document": RECEIVED,
    "invoicing:received_state": RECEIVED,
    "invoicing:received_reply": RECEIVED,
    "invoicing:received_ask": RECEIVED,
    "invoicing:received_resend": RECEIVED,
    "invoicing:received_xml": RECEIVED,
    "invoicing:received_word_xml": RECEIVED,
    "invoicing:received_message_xml": RECEIVED,
    "invoicing:received_message_word_xml": RECEIVED,
    "account_confirm_email": lambda s: {"key": "x:y"},
    "account_reset_password_from_key": lambda s: {"uidb36": "1", "key": "x-y"},
    "mfa_remove_webauthn": PASSKEY,
    "mfa_edit_webauthn": PASSKEY,
    "accounts:seat": COLLEAGUE,
    "accounts:seat_removal": COLLEAGUE,
    "accounts:invitation_resend": INVITATION,
    "accounts:invitation_withdraw": INVITATION,
    "accounts:invitation": lambda s: {"token": "x" * 32},
    "renewals:renew": DRAFT,
    "renewals:autosave": DRAFT,
    "renewals:status": REQUEST,
    "renewals:received": REQUEST,
    "renewals:correct": REQUEST,
    "renewals:cancel": REQUEST,
    "renewals:picture": _picture,
    "renewals:reading": _reading,
    "renewals:invoice": REQUEST,
    "renewals:invoice_file": _invoice_file,
    "renewals:terms": TERMS,
    "support:ticket": TICKET,
    "support:answer": TICKET,
    "support:copy": TICKET,
    "support:resolution": TICKET,
    "support:picture": TICKET_FILE,
    "backoffice:ticket": TICKET,
    "backoffice:ticket_reply": TICKET,
    "backoffice:ticket_note": TICKET,
    "backoffice:ticket_assign": TICKET,
    "backoffice:ticket_handover": TICKET,
    "backoffice:ticket_resolve": TICKET,
    "backoffice:ticket_reopen": TICKET,
    "backoffice:ticket_picture": TICKET_FILE,
    "backoffice:ticket_mail_file": MAIL,
    "backoffice:ticket_mail_dismiss": MAIL,
    "notifications:leave": lambda s: {
        "token": preference.leave_url(s.owner, "folios.20").split("/")[-2]
    },
    "notifications:open": NOTICE,
    "notifications:read": NOTICE,
    "outbox:mail": lambda s: {"key": "x"},
    "outbox:frame": lambda s: {"key": "x"},
    "backoffice:renewal": REQUEST,
    "backoffice:renewal_proof": lambda s: REQUEST(s) | {"page": _proof(s).pages.get().pk},
    "backoffice:renewal_take": REQUEST,
    "backoffice:renewal_release": REQUEST,
    "backoffice:renewal_hand_over": REQUEST,
    "backoffice:renewal_note": REQUEST,
    "backoffice:renewals_bulk_result": lambda s: {"token": s.list_approved},
    "backoffice:renewal_approve": REQUEST,
    "backoffice:renewal_correction": REQUEST,
    "backoffice:renewal_reject": REQUEST,
    "backoffice:renewal_reverse": REQUEST,
    "backoffice:renewal_reopen": REQUEST,
    "backoffice:renewal_revive": REQUEST,
    "backoffice:statement": STATEMENT,
    "backoffice:statement_confirm": STATEMENT,
    "backoffice:bank_line": BANK_LINE,
    "backoffice:bank_line_assign": BANK_LINE,
    "backoffice:bank_line_credit": BANK_LINE,
    "backoffice:bank_line_return": BANK_LINE,
    "backoffice:bank_line_withdrawal": BANK_LINE,
    "backoffice:balance": COMPANY,
    "backoffice:balance_return": COMPANY,
    **{
        f"backoffice:return_order{act}": RETURN_ORDER
        for act in ("", "_account", "_signature", "_payment", "_drop")
    },
    **{f"backoffice:withdrawal{act}": WITHDRAWAL for act in ("", "_settle", "_dismiss")},
    "backoffice:invoice_hurry": _invoice,
    "backoffice:invoice_correction": _invoice,
    "backoffice:invoice_file": lambda s: _invoice(s) | {"which": "pdf"},
    "backoffice:company": COMPANY,
    "backoffice:company_edit": COMPANY,
    "backoffice:company_invite": COMPANY,
    "backoffice:company_first_lot": COMPANY,
    "backoffice:company_invitation_resend": COMPANY_INVITATION,
    "backoffice:company_invitation_withdraw": COMPANY_INVITATION,
    "backoffice:plan": PLAN,
    "backoffice:plan_withdrawal": PLAN,
    "backoffice:promotion": PROMOTION,
    "backoffice:promotion_withdrawal": PROMOTION,
    "backoffice:ledger": COMPANY,
    "backoffice:adjustment_proposal": COMPANY,
    "backoffice:adjustment_approval": ADJUSTMENT,
    "backoffice:adjustment_refusal": ADJUSTMENT,
    "backoffice:calendar_opening": lambda s: {"day": "2026-12-25"},
    "backoffice:terms_version": TERMS,
    "backoffice:article": ARTICLE,
    "backoffice:article_version": lambda s: {"slug": s.article.slug, "number": s.article.number},
    "backoffice:article_withdrawal": ARTICLE,
    "help_center:article": ARTICLE,
    "help_center:opinion": ARTICLE,
    "backoffice:payee_confirm": PROPOSAL,
    "backoffice:payee_withdraw": PROPOSAL,
    "backoffice:staff_role": TEAMMATE,
    "backoffice:staff_removal": TEAMMATE,
    "backoffice:staff_invitation_resend": STAFF_INVITATION,
    "backoffice:staff_invitation_withdraw": STAFF_INVITATION,
}
