"""The tables of this room, each told in the file of its own noun."""

from iofacturo.renewals.bank import Allocation, BankLine, LineReturn, MoneyEntry
from iofacturo.renewals.bank_statement import BankStatement
from iofacturo.renewals.billing import BillingProfile, BillingSnapshot
from iofacturo.renewals.bulk import BulkApproval, BulkResult
from iofacturo.renewals.daily_report import ReportReader
from iofacturo.renewals.decision import ReviewDecision
from iofacturo.renewals.due import DueTime
from iofacturo.renewals.group import RenewalGroup
from iofacturo.renewals.internal_note import InternalNote
from iofacturo.renewals.invoice_intent import InvoiceIntent
from iofacturo.renewals.machine_reading import MachineReading
from iofacturo.renewals.payee import PayeeAccount
from iofacturo.renewals.proof import PaymentProof, ProofPage
from iofacturo.renewals.provider_invoice import ProviderInvoice
from iofacturo.renewals.quote import Quote
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.return_order import ReturnOrder
from iofacturo.renewals.sent_form import SentForm
from iofacturo.renewals.statement_profile import StatementProfile
from iofacturo.renewals.terms import TermsAcceptance, TermsVersion
from iofacturo.renewals.turnaround import Turnaround
from iofacturo.renewals.withdrawal import Withdrawal

__all__ = [
    "Allocation",
    "BankLine",
    "BankStatement",
    "BillingProfile",
    "BillingSnapshot",
    "BulkApproval",
    "BulkResult",
    "DueTime",
    "InternalNote",
    "InvoiceIntent",
    "LineReturn",
    "MachineReading",
    "MoneyEntry",
    "PayeeAccount",
    "PaymentProof",
    "ProofPage",
    "ProviderInvoice",
    "Quote",
    "RenewalGroup",
    "RenewalRequest",
    "ReportReader",
    "ReturnOrder",
    "ReviewDecision",
    "SentForm",
    "StatementProfile",
    "TermsAcceptance",
    "TermsVersion",
    "Turnaround",
    "Withdrawal",
]
