"""What the company says of a purchase, as a form, with defaults that need no accountant."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from hacienda.mensaje_receptor import MAX_DETALLE, MIN_DETALLE
from iofacturo.accounts.company_forms import Line
from iofacturo.accounts.furniture import Furnished
from iofacturo.invoicing.reception.received import Received
from iofacturo.invoicing.reception.reply import Decision
from iofacturo.lib import amounts, formats

MENSAJES = [
    ("1", "Aceptarlo"),
    ("2", "Aceptarlo en parte"),
    ("3", "Rechazarlo"),
]
CONDICIONES = [
    ("", "No digo nada del impuesto"),
    ("01", "Crédito completo: la compra es para vender con IVA"),
    ("02", "Crédito de una parte: solo algo de la compra es para eso"),
    ("03", "Bienes de capital: equipo o maquinaria"),
    ("04", "Sin crédito: solo es un gasto"),
    ("05", "Proporcionalidad: se reparte al final del año"),
]
WITH_AMOUNTS = ("01", "02", "03")


class Amount(forms.CharField):
    """An amount as people type it; empty is None. `exact` is what it shows rounded at first."""

    exact: Decimal | None = None

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            typed = amounts.parse(text)
        except amounts.AmountError as error:
            raise forms.ValidationError(str(error)) from error
        if self.exact is not None and abs(typed - self.exact) < Decimal("0.01"):
            return self.exact
        return typed


class ReplyForm(Furnished, forms.Form):
    """The answer to *received*."""

    use_required_attribute = False

    mensaje = forms.ChoiceField(
        label="¿Qué responde?",
        choices=MENSAJES,
        widget=forms.RadioSelect,
        error_messages={"required": "Escoja si lo acepta o lo rechaza."},
    )
    detalle = Line(
        label="Motivo",
        required=False,
        help_text="Obligatorio si lo rechaza o lo acepta en parte. Lo leen Hacienda y el proveedor.",
        min_length=MIN_DETALLE,
        max_length=MAX_DETALLE,
    )
    condicion = forms.ChoiceField(
        label="Qué hace con el IVA",
        required=False,
        choices=CONDICIONES,
        help_text="Si no está seguro, pregúntele a su contador antes de enviar.",
    )
    acreditar = Amount(
        label="IVA que se acredita",
        required=False,
        help_text="La parte del IVA de esta compra que resta del que usted debe pagar.",
    )
    gasto = Amount(
        label="Monto que es gasto",
        required=False,
        help_text="Lo que de esta compra cuenta como gasto deducible de renta.",
    )
    actividad = Line(
        label="Actividad a la que corresponde",
        required=False,
        max_length=6,
        help_text="El código con que su empresa está inscrita, como 5610.0.",
    )

    def __init__(self, received: Received, *args: Any, **kwargs: Any) -> None:
        self.received = received
        self.iva = min(received.iva, received.impuesto)
        exact = {"acreditar": self.iva or None, "gasto": received.total - self.iva}
        initial = {
            "condicion": "01" if self.iva else "",
            "actividad": received.actividad or received.company.actividad,
            **{name: shown(value) for name, value in exact.items() if value is not None},
        }
        kwargs["initial"] = initial | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        for name, value in exact.items():
            field = self.fields[name]
            assert isinstance(field, Amount)  # noqa: S101 - as declared above
            field.exact = value
            field.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}
            field.label = f"{field.label} ({received.moneda})"
        self.fields["detalle"].widget = forms.Textarea(
            attrs={"rows": 3, "maxlength": MAX_DETALLE, "class": "textarea"}
        )
        if not self.iva:
            del self.fields["acreditar"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        mensaje, condicion = data.get("mensaje"), data.get("condicion") or ""
        if mensaje in ("2", "3") and not data.get("detalle") and "detalle" not in self.errors:
            verb = "lo rechaza" if mensaje == "3" else "lo acepta solo en parte"
            self.add_error("detalle", f"Diga por qué {verb}.")
        if mensaje == "3":
            return data
        credit, expense = data.get("acreditar"), data.get("gasto")
        if credit is not None and credit > self.received.impuesto:
            self.add_error(
                "acreditar", f"No puede pasar de {shown(self.iva)}, el IVA de la compra."
            )
        if expense is not None and expense > self.received.total:
            self.add_error(
                "gasto", f"No puede pasar de {shown(self.received.total)}, el total de la compra."
            )
        if condicion == "02" and credit is not None and credit >= self.iva > 0:
            self.add_error("acreditar", "Con crédito de una parte, escriba menos que todo el IVA.")
        return data

    def decision(self) -> Decision:
        """What was decided; a rejection and the conditions without amounts leave the rest out."""
        data = self.cleaned_data
        mensaje, condicion = data["mensaje"], data.get("condicion") or ""
        if mensaje == "3":
            return Decision(mensaje, data["detalle"])
        credit = data.get("acreditar") if condicion in WITH_AMOUNTS else None
        expense = data.get("gasto") if condicion else None
        return Decision(
            mensaje,
            data["detalle"],
            condicion,
            data.get("actividad") or "" if condicion else "",
            credit,
            self.received.total if condicion == "04" and expense is None else expense,
        )


def shown(amount: Decimal) -> str:
    """As it stands in a field: two decimals."""
    return formats.numero(amount, 2)
