"""The staff's door: each room's pages stand in the file of that room."""

from iofacturo.backoffice import (
    articles,
    balances,
    bank_lines,
    board,
    calendar,
    companies,
    invoices,
    ledger,
    payee,
    plans,
    provider,
    renewals,
    review_acts,
    review_bulk,
    staff,
    statement_profiles,
    statements,
    terms,
    ticket_mail,
    tickets,
)

app_name = "backoffice"
urlpatterns = [
    *board.urlpatterns,
    *review_bulk.urlpatterns,  # before the numbers of requests
    *renewals.urlpatterns,
    *review_acts.urlpatterns,
    *tickets.urlpatterns,
    *ticket_mail.urlpatterns,
    *bank_lines.urlpatterns,
    *balances.urlpatterns,
    *statements.urlpatterns,
    *statement_profiles.urlpatterns,
    *companies.urlpatterns,
    *invoices.urlpatterns,
    *plans.urlpatterns,
    *ledger.urlpatterns,
    *calendar.urlpatterns,
    *terms.urlpatterns,
    *articles.urlpatterns,
    *payee.urlpatterns,
    *staff.urlpatterns,
    *provider.urlpatterns,
]
