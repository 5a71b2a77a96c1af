"""The form of one customer: everything a Receptor takes, and how they usually buy."""

from __future__ import annotations

from typing import Any

from django import forms

from hacienda import identificacion
from hacienda.catalogos.condicion_venta import CON_PLAZO, CONDICION_VENTA
from hacienda.errors import InvalidError
from iofacturo.accounts.company import Company
from iofacturo.accounts.company_forms import CompanyForm, Line, initial
from iofacturo.invoicing.catalogue.customer import FOREIGN, Customer

CONDITIONS = [
    ("", "La que escoja al facturar"),
    *((code.codigo, code.nombre) for code in CONDICION_VENTA.of_tipo("FE") if code.codigo != "99"),
]
LONGEST_TERM = 3650  # days


class CustomerForm(CompanyForm):
    """`values()` gives the columns of `Customer`."""

    tipo_identificacion = forms.ChoiceField(
        label="Tipo de identificación", choices=[("", "Escoja…"), *Customer.TIPOS]
    )
    identificacion = Line(
        label="Número de identificación", help_text="Con o sin guiones.", max_length=30
    )
    nombre = Line(label="Nombre o razón social", min_length=3, max_length=100)
    condicion_venta = forms.ChoiceField(
        label="Condición de venta", choices=CONDITIONS, required=False
    )
    plazo = forms.IntegerField(
        label="Plazo de crédito, en días",
        min_value=1,
        max_value=LONGEST_TERM,
        required=False,
        error_messages={"invalid": "Escriba los días en números, como 30."},
    )

    field_order = ["tipo_identificacion", "identificacion", "nombre"]

    def __init__(
        self, *args: Any, owner: Company, row: Customer | None = None, **kwargs: Any
    ) -> None:
        self.owner, self.row = owner, row
        self.twin: Customer | None = None
        if row is not None:
            kwargs["initial"] = {**shown(row), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.fields["actividad"].help_text = "La pide Hacienda en compras que dan crédito de IVA."
        self.fields[
            "email_1"
        ].help_text = "Los comprobantes llegan al primero, y con copia a los demás."
        self.fields["otras_senas"].widget.attrs["maxlength"] = 250

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        self._clean_identificacion(data)
        code = data.get("condicion_venta") or ""
        if code in CON_PLAZO and not data.get("plazo") and "plazo" not in self.errors:
            self.add_error("plazo", "Una venta a crédito lleva su plazo en días.")
        if code not in CON_PLAZO:
            data["plazo"] = None
        return data

    def _clean_identificacion(self, data: dict[str, Any]) -> None:
        tipo, numero = data.get("tipo_identificacion"), data.get("identificacion")
        if not tipo or not numero:
            return
        try:
            data["identificacion"] = identificacion.validate(tipo, numero)
        except InvalidError as error:
            self.add_error("identificacion", error.message)
            return
        same = self.owner.customers.filter(identificacion=data["identificacion"])
        if self.row is not None:
            same = same.exclude(pk=self.row.pk)
        self.twin = same.first()
        if self.twin is not None:
            shelf = ", archivado" if self.twin.archived_at else ""
            self.add_error(
                "identificacion", f"Ya tiene un cliente con este número{shelf}: {self.twin}."
            )

    def _clean_place(self, data: dict[str, Any]) -> None:
        if data.get("tipo_identificacion") == FOREIGN:  # abroad there are no districts of ours
            data.update(provincia="", canton="", distrito="")
            return
        super()._clean_place(data)

    def values(self) -> dict[str, Any]:
        names = ("tipo_identificacion", "identificacion", "condicion_venta", "plazo")
        return {**super().values(), **{name: self.cleaned_data[name] for name in names}}


def shown(row: Customer) -> dict[str, Any]:
    """What the form shows of *row*."""
    known = initial(row)  # type: ignore[arg-type]  # the columns have the names of a company's
    return {**known, "condicion_venta": row.condicion_venta, "plazo": row.plazo}
