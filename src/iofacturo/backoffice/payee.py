"""`/gestion/cuentas/`: the account customers transfer to, changed by two people."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from iofacturo.accounts import access
from iofacturo.accounts.furniture import Furnished
from iofacturo.accounts.seated import StaffRequest
from iofacturo.lib import clock
from iofacturo.renewals import payee as domain
from iofacturo.renewals.errors import Invalid, RenewalError
from iofacturo.renewals.payee import PayeeAccount

CURRENCIES = [("CRC", "Colones"), ("USD", "Dólares")]


class PayeeForm(Furnished, forms.Form):
    currency = forms.ChoiceField(label="Moneda", choices=CURRENCIES)
    bank = forms.CharField(label="Banco", max_length=80)
    iban = forms.CharField(
        label="Cuenta IBAN", max_length=60, help_text="CR y 20 dígitos, con o sin espacios."
    )
    holder = forms.CharField(label="Nombre de empresa", max_length=100)
    cedula = forms.CharField(label="Cédula jurídica", max_length=30)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["iban"].widget.attrs |= {"class": "input mono", "autocomplete": "off"}
        for field in self.fields.values():
            field.error_messages["required"] = f"Falta este dato: {str(field.label).lower()}."


@access.staff("payee")
@require_http_methods(["GET", "HEAD", "POST"])
def payee(request: StaffRequest) -> HttpResponse:
    """The account in force, its history and, by POST, a proposal that somebody else confirms."""
    now = clock.now()
    form = PayeeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            domain.propose(**form.cleaned_data, by=request.user, at=now)
        except Invalid as error:
            for name, message in error.problems.items():
                form.add_error(name, message)
        except RenewalError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Quedó propuesta. Otra persona la tiene que confirmar.")
            return redirect("backoffice:payee")
    rows = list(
        PayeeAccount.objects.select_related("proposed_by", "confirmed_by", "withdrawn_by").order_by(
            "-id"
        )
    )
    current = [domain.current(now, code) for code, _ in CURRENCIES]
    context = {
        "form": form,
        "current": [row for row in current if row],
        "pending": [row for row in rows if not row.confirmed_at and not row.withdrawn_at],
        "history": [row for row in rows if row.confirmed_at or row.withdrawn_at],
        "now": now,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "backoffice/payee.html", context, status=status)


@access.staff("payee")
@require_POST
def confirm(request: StaffRequest, pk: int) -> HttpResponse:
    """Put a proposal in force; never by who made it."""
    return _act(request, pk, "confirm", "Cuenta confirmada: los clientes la ven desde ahora.")


@access.staff("payee")
@require_POST
def withdraw(request: StaffRequest, pk: int) -> HttpResponse:
    """Drop a proposal."""
    return _act(request, pk, "withdraw", "La propuesta se retiró.")


def _act(request: StaffRequest, pk: int, act: str, done: str) -> HttpResponse:
    row = get_object_or_404(PayeeAccount, pk=pk)
    try:
        getattr(row, act)(by=request.user, at=clock.now())
    except RenewalError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("backoffice:payee")


urlpatterns = [
    path("cuentas/", payee, name="payee"),
    path("cuentas/<int:pk>/confirmacion/", confirm, name="payee_confirm"),
    path("cuentas/<int:pk>/retiro/", withdraw, name="payee_withdraw"),
]
