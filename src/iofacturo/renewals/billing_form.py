"""The billing data as form controls. What is right or wrong is decided by `billing.check`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from iofacturo.accounts import company_forms
from iofacturo.accounts.company import Company
from iofacturo.accounts.furniture import Furnished
from iofacturo.renewals.billing import Billing, check

PLACES = ("provincia", "canton", "distrito")


class Typed(forms.CharField):
    """Takes any text: the rules live in one place, and a draft keeps what is wrong too."""

    def validate(self, value: Any) -> None:
        pass

    def run_validators(self, value: Any) -> None:
        pass


def choice(label: str, choices: Any, **kwargs: Any) -> Typed:
    return Typed(label=label, widget=forms.Select(choices=choices), **kwargs)


class BillingForm(Furnished, forms.Form):
    """With `initial=` it shows data; with `data=` it also says what is wrong with them."""

    use_required_attribute = False

    tipo = choice("Tipo de identificación", Company.TIPOS)
    numero = Typed(label="Número de identificación", help_text="Con o sin guiones.")
    nombre = Typed(label="Nombre o razón social")
    actividad = Typed(
        label="Actividad económica",
        required=False,
        help_text="El código de 6 caracteres con que está inscrita en Hacienda, como 5610.0.",
    )
    correos = Typed(label="Correo para la factura", help_text="Hasta cuatro, separados por coma.")
    provincia = choice("Provincia", company_forms.provincias)
    canton = choice("Cantón", company_forms.cantones)
    distrito = choice("Distrito", company_forms.distritos)
    barrio = Typed(label="Barrio", required=False)
    otras_senas = Typed(label="Otras señas")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for level in PLACES:
            self.fields[level].widget.attrs["data-ubicacion"] = level
        self.fields["numero"].widget.attrs["autocomplete"] = "off"
        self.fields["nombre"].widget.attrs["autocomplete"] = "organization"
        self.fields["correos"].widget.attrs |= {"autocomplete": "email", "inputmode": "email"}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.checked, problems = check(read(data))
        for name, message in problems.items():
            self.add_error(name, message)
        return data


def read(data: Mapping[str, Any]) -> Billing:
    """The billing data in *data*, whose places say all that lies above them (`1-02-03`)."""
    typed = {name: data.get(name, "") for name in BillingForm.base_fields}
    provincia, canton, distrito = (str(typed[level] or "") for level in PLACES)
    # without its script the page cannot keep the three lists in step: what disagrees is not kept
    if not canton.startswith(f"{provincia}-"):
        canton = ""
    if not distrito.startswith(f"{canton}-") or not canton:
        distrito = ""
    typed |= {"canton": canton.split("-")[-1], "distrito": distrito.split("-")[-1]}
    return Billing.from_mapping(typed)


def write(billing: Billing) -> dict[str, str]:
    """*billing* as the form's fields show it."""
    data = billing.as_dict()
    provincia, canton, distrito = billing.provincia, billing.canton, billing.distrito
    data["canton"] = f"{provincia}-{canton}" if canton else ""
    data["distrito"] = f"{provincia}-{canton}-{distrito}" if distrito else ""
    return data


def shown(billing: Billing, *, problems: bool = False) -> BillingForm:
    """The form over *billing*; with *problems* it says what is wrong."""
    data = write(billing)
    return BillingForm(data=data) if problems else BillingForm(initial=data)
