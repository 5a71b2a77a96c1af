"""What staff type about money that goes back, and about money that the bank took back."""

from typing import Any

from django import forms

from iofacturo.accounts.furniture import Furnished
from iofacturo.backoffice.forms_review import AmountField
from iofacturo.renewals.return_order import ReturnOrder


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class CreditReturnForm(Furnished, forms.Form):
    """A return of a company's credit: how much and why."""

    amount = AmountField(label="Monto")
    reason = forms.ChoiceField(label="Motivo", choices=[("", "Escoja"), *ReturnOrder.REASONS])
    note = forms.CharField(label="Qué pasó", max_length=200, help_text="Quién la pidió y cuándo.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].initial = ReturnOrder.ASKED


class AccountForm(Furnished, forms.Form):
    """Where the money goes."""

    iban = forms.CharField(
        label="Cuenta IBAN",
        max_length=60,
        help_text="CR y 20 dígitos; se revisa dígito por dígito.",
    )
    holder = forms.CharField(label="A nombre de", max_length=120)


class PaidForm(Furnished, forms.Form):
    """The transfer that was made."""

    paid_on = _day("Fecha de la transferencia")
    reference = forms.CharField(label="Referencia del banco", max_length=40)


class WhyForm(Furnished, forms.Form):
    """A reason in words."""

    why = forms.CharField(label="Por qué", max_length=200)


class NoteForm(Furnished, forms.Form):
    """What happened, for the history."""

    note = forms.CharField(
        label="Qué pasó", max_length=500, help_text="Queda en el historial.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class WithdrawalForm(Furnished, forms.Form):
    """What the bank says of the money it took back."""

    booked_on = _day("Fecha en que lo retiró")
    detail = forms.CharField(label="Qué dice el banco", max_length=200)
