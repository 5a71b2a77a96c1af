"""What staff choose about a bank's file, and about a movement that no request waits for."""

from dataclasses import fields
from typing import Any

from django import forms

from iofacturo.accounts.company import Company
from iofacturo.accounts.furniture import Furnished
from iofacturo.lib import formats
from iofacturo.lib.folding import fold
from iofacturo.renewals import bank_statement, statement_profile
from iofacturo.renewals.return_order import ReturnOrder
from iofacturo.renewals.statement.profile import DAY_ORDERS, DECIMAL_MARKS, ColumnProfile

ACCEPT = ".csv,.txt,.xlsx,.xml"
FEW = 8


class FileField(forms.FileField):
    """A bank's file; what it is shows in its bytes, not in its name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label="Archivo del banco",
            max_length=200,
            help_text="CSV, Excel (XLSX) o camt.053, de hasta 25 MB.",
            error_messages={
                "required": "Escoja el archivo que descargó del banco.",
                "empty": "El archivo está vacío.",
                "max_length": "El nombre del archivo es demasiado largo.",
            },
            **kwargs,
        )
        self.widget.attrs["accept"] = ACCEPT

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if file and file.size > bank_statement.LARGEST:
            raise forms.ValidationError("El archivo pasa de 25 MB: pártalo por fechas.")
        return file


class UploadForm(Furnished, forms.Form):
    """A file, the bank whose columns it has, and the account it is of."""

    file = FileField()
    bank = forms.ChoiceField(label="Banco")
    iban = forms.ChoiceField(
        label="Cuenta", required=False,
        help_text="Si el archivo dice su cuenta, tiene que ser una de estas.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [one.bank for one in statement_profile.known()]
        self.fields["bank"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]
        accounts = [
            (row.iban, f"{row.bank}, {formats.iban(row.iban)}, {row.currency}")
            for row in bank_statement.accounts()
        ]
        blank = [] if len(accounts) == 1 else [("", "La que dice el archivo")]
        self.fields["iban"].choices = [*blank, *accounts]  # type: ignore[attr-defined]


class ProfileForm(Furnished, forms.Form):
    """The columns of a bank's files."""

    bank = forms.CharField(label="Banco", max_length=60)
    date = forms.CharField(label="Columna de la fecha", max_length=60)
    detail = forms.CharField(
        label="Columna del detalle", max_length=120,
        help_text="Donde viene la referencia que escribe el cliente. Pueden ser varias, separadas por comas.",
    )  # fmt: skip
    reference = forms.CharField(
        label="Columna de la referencia del banco", max_length=60, required=False
    )
    credit = forms.CharField(
        label="Columna de los créditos", max_length=60, required=False,
        help_text="Si el banco separa lo que entra de lo que sale.",
    )  # fmt: skip
    debit = forms.CharField(label="Columna de los débitos", max_length=60, required=False)
    amount = forms.CharField(
        label="Columna del monto", max_length=60, required=False,
        help_text="Si hay una sola, con signo o solo con lo que entra.",
    )  # fmt: skip
    payer = forms.CharField(label="Columna de quien paga", max_length=60, required=False)
    currency = forms.CharField(label="Columna de la moneda", max_length=60, required=False)
    day_order = forms.ChoiceField(label="Orden de la fecha", choices=list(DAY_ORDERS.items()))
    decimal_mark = forms.ChoiceField(
        label="Marca de los decimales", choices=list(DECIMAL_MARKS.items()), required=False
    )

    def columns(self) -> ColumnProfile:
        """The profile as it was typed."""
        data = self.cleaned_data
        return ColumnProfile(**{field.name: data[field.name] for field in fields(ColumnProfile)})

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors:
            for name, problem in self.columns().problems().items():
                self.add_error(name, problem)
        return data


class TrialForm(ProfileForm):
    """The columns, with the file they are tried on."""

    file = FileField(required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    tried = forms.CharField(widget=forms.HiddenInput, required=False, max_length=4000)


class CompanyField(forms.CharField):
    """A company by its identification, or by a name that only one has."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        bare = "".join(c for c in text if c.isalnum())
        found = list(Company.objects.filter(identificacion=bare)[:1])
        if not found:
            rows = Company.objects.all()
            for word in fold(text).split():
                rows = rows.filter(folded__contains=word)
            found = list(rows.order_by("nombre")[:FEW])
        if len(found) == 1:
            return found[0]
        if not found:
            raise forms.ValidationError("Ninguna empresa se llama así ni tiene esa cédula.")
        names = ", ".join(row.nombre for row in found)
        raise forms.ValidationError(f"Varias empresas coinciden: {names}. Escriba la cédula.")


class CreditForm(Furnished, forms.Form):
    """Whose money it is, although it sent no request."""

    company = CompanyField(label="Empresa", max_length=100, help_text="Cédula o nombre.")
    note = forms.CharField(label="Cómo lo sabe", max_length=200)


class ReturnForm(Furnished, forms.Form):
    """Why the money goes back; the account is a senior's to type."""

    reason = forms.ChoiceField(label="Motivo", choices=[("", "Escoja"), *ReturnOrder.REASONS])
    note = forms.CharField(
        label="Qué pasó", max_length=200, help_text="Y cómo lo sabe: lo lee quien la transfiere.",
    )  # fmt: skip


class AssignForm(Furnished, forms.Form):
    """A request, by its number or its payment reference."""

    request = forms.CharField(
        label="Solicitud", max_length=40, help_text="Su número (SR-…) o su referencia (IOF…)."
    )
