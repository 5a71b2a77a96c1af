"""The staff's door: each room's pages stand in the file of that room."""

from iofacturo.backoffice import (
    calendar,
    companies,
    invoices,
    ledger,
    payee,
    plans,
    provider,
    renewals,
    staff,
    terms,
)

app_name = "backoffice"
urlpatterns = [
    *renewals.urlpatterns,
    *companies.urlpatterns,
    *invoices.urlpatterns,
    *plans.urlpatterns,
    *ledger.urlpatterns,
    *calendar.urlpatterns,
    *terms.urlpatterns,
    *payee.urlpatterns,
    *staff.urlpatterns,
    *provider.urlpatterns,
]
