"""The room of renewals."""

from django.apps import AppConfig

from iofacturo.lib import append_only

APPEND_ONLY = (
    "renewals_allocation",
    "renewals_bankline",
    "renewals_billingsnapshot",
    "renewals_bulkapproval",
    "renewals_bulkresult",
    "renewals_duetime",
    "renewals_internalnote",
    "renewals_invoiceintent",
    "renewals_linereturn",
    "renewals_machinereading",
    "renewals_moneyentry",
    "renewals_proofpage",
    "renewals_quote",
    "renewals_reviewdecision",
    "renewals_statementprofile",
    "renewals_termsacceptance",
    "renewals_termsversion",
    "renewals_turnaround",
)
FROZEN = {
    # what identifies a row never moves; its state does
    "renewals_bankstatement": (
        "name", "kind", "size", "sha256", "stored", "iban", "currency", "bank", "columns",
        "uploaded_by_id", "uploaded_at",
    ),
    "renewals_payeeaccount": (
        "bank", "iban", "holder", "cedula", "currency", "proposed_by_id", "proposed_at",
    ),
    "renewals_paymentproof": (
        "company_id", "request_id", "name", "kind", "size", "sha256", "phash", "original",
        "uploaded_by_id", "uploaded_at",
    ),
    "renewals_returnorder": (
        "company_id", "line_id", "amount", "currency", "reason", "note", "opened_by_id",
        "opened_at",
    ),
    "renewals_withdrawal": (
        "line_id", "identity", "booked_on", "detail", "statement_id", "noted_by_id", "noted_at",
    ),
    "renewals_renewalrequest": (
        "company_id", "number", "reference", "previous_id", "created_at", "created_by_id",
    ),
}  # fmt: skip


class RenewalsConfig(AppConfig):
    name = "iofacturo.renewals"
    verbose_name = "Renovaciones"

    def ready(self) -> None:
        from iofacturo.folios import plans_page
        from iofacturo.renewals import invoice_page

        plans_page.invoices_from(invoice_page.links)
        append_only.declare(*APPEND_ONLY, *FROZEN)
