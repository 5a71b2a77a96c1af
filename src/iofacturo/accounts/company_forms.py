"""The data of a company, as a form: what Hacienda asks of an issuer, and what people mistype."""

import re
from functools import cache
from typing import Any

from django import forms

from hacienda import identificacion, ubicacion
from hacienda.errors import InvalidError
from iofacturo.accounts.company import Company
from iofacturo.accounts.furniture import Furnished
from iofacturo.lib.visible import visible

MOST_EMAILS = 4
EMAIL_FIELDS = [f"email_{number}" for number in range(1, MOST_EMAILS + 1)]

Choices = list[tuple[str, Any]]


class Line(forms.CharField):
    """One line of text, with its white space put in order and nothing invisible in it."""

    default_error_messages = {
        "required": "Escriba este dato.",
        "min_length": "Escriba al menos %(limit_value)d caracteres; aquí hay %(show_value)d.",
        "max_length": "Escriba como máximo %(limit_value)d caracteres; aquí hay %(show_value)d.",
    }

    def to_python(self, value: Any) -> str:
        return visible(super().to_python(value) or "")


@cache
def provincias() -> Choices:
    return [("", "Escoja…"), *ubicacion.provincias()]


@cache
def cantones() -> Choices:
    """Grouped by province; the value is `provincia-cantón`."""
    groups: Choices = [("", "Escoja…")]
    for provincia, nombre in ubicacion.provincias():
        inside = ubicacion.cantones(provincia)
        groups.append((nombre, [(f"{provincia}-{code}", name) for code, name in inside]))
    return groups


@cache
def distritos() -> Choices:
    """Grouped by canton; the value is `provincia-cantón-distrito`."""
    groups: Choices = [("", "Escoja…")]
    for provincia, nombre in ubicacion.provincias():
        for canton, name in ubicacion.cantones(provincia):
            inside = ubicacion.distritos(provincia, canton)
            options = [(f"{provincia}-{canton}-{code}", district) for code, district in inside]
            groups.append((f"{name}, {nombre}", options))
    return groups


class CompanyForm(Furnished, forms.Form):
    """`values()` gives the columns of `Company`; the identification is not among them."""

    nombre = Line(label="Nombre o razón social", min_length=5, max_length=100)
    nombre_comercial = Line(label="Nombre comercial", min_length=3, max_length=80, required=False)
    actividad = Line(
        label="Actividad económica",
        help_text="El código de 6 caracteres con que está inscrita en Hacienda, como 5610.0.",
        max_length=10,
        required=False,
    )
    provincia = forms.ChoiceField(label="Provincia", choices=provincias, required=False)
    canton = forms.ChoiceField(label="Cantón", choices=cantones, required=False)
    distrito = forms.ChoiceField(label="Distrito", choices=distritos, required=False)
    barrio = Line(label="Barrio", min_length=5, max_length=50, required=False)
    otras_senas = Line(
        label="Otras señas",
        help_text="Cómo llegar: «200 metros norte de la iglesia, casa azul».",
        min_length=5,
        max_length=250,
        required=False,
    )
    telefono = Line(label="Teléfono", max_length=20, required=False)

    def __init__(self, *args: Any, company: Company | None = None, **kwargs: Any) -> None:
        self.company = company
        if company is not None:
            kwargs["initial"] = {**initial(company), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        for number, name in enumerate(EMAIL_FIELDS, 1):
            field = forms.EmailField(
                label="Correo" if number == 1 else f"Correo {number}",
                required=False,
                max_length=160,
                help_text="A estos correos llegan las facturas." if number == 1 else "",
            )
            field.widget.attrs.update({"class": "input", "autocomplete": "off"})
            self.fields[name] = field
        for level in ("provincia", "canton", "distrito"):
            self.fields[level].widget.attrs["data-ubicacion"] = level
        self.fields["telefono"].widget.input_type = "tel"

    @property
    def correos(self) -> list[forms.BoundField]:
        return [self[name] for name in EMAIL_FIELDS]

    def clean_actividad(self) -> str:
        code = self.cleaned_data["actividad"].replace(" ", "")
        if re.fullmatch(r"[0-9]{5}", code):
            code = f"{code[:4]}.{code[4]}"
        if code and not re.fullmatch(r"[0-9]{4}\.[0-9]|[0-9]{6}", code):
            raise forms.ValidationError("Son 4 números, un punto y 1 número, como 5610.0.")
        return code

    def clean_telefono(self) -> str:
        text = self.cleaned_data["telefono"]
        digits = re.sub(r"[\s().+–-]", "", text)
        if text and not re.fullmatch(r"[0-9]{8,15}", digits):
            raise forms.ValidationError("Un teléfono tiene 8 números, como 2222-3344.")
        return text

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self._clean_place(data)
        seen: set[str] = set()
        for name in EMAIL_FIELDS:
            email = data.get(name, "").lower()
            if email and email in seen:
                self.add_error(name, "Este correo ya está arriba.")
            seen.add(email)
        return data

    def _clean_place(self, data: dict[str, Any]) -> None:
        """The district decides; what was chosen above it must agree."""
        provincia, canton, distrito = (
            data.get(level) or "" for level in ("provincia", "canton", "distrito")
        )
        if not distrito:
            if (provincia or canton) and "distrito" not in self.errors:
                self.add_error("distrito", "Escoja el distrito: la dirección va completa.")
            return
        if canton and not distrito.startswith(f"{canton}-"):
            self.add_error("distrito", "Este distrito no es del cantón escogido.")
        elif provincia and not distrito.startswith(f"{provincia}-"):
            self.add_error("distrito", "Este distrito no es de la provincia escogida.")
        elif not data.get("otras_senas") and "otras_senas" not in self.errors:
            self.add_error("otras_senas", "Escriba las otras señas: Hacienda las pide.")

    def values(self) -> dict[str, Any]:
        """The columns of the company, from clean data."""
        data = self.cleaned_data
        place = data["distrito"].split("-") if data["distrito"] else ["", "", ""]
        names = ("nombre", "nombre_comercial", "actividad", "barrio", "otras_senas", "telefono")
        emails = [data[name] for name in EMAIL_FIELDS if data[name]]
        columns = dict(zip(("provincia", "canton", "distrito"), place, strict=True))
        return {**{name: data[name] for name in names}, **columns, "emails": emails}


def initial(company: Company) -> dict[str, Any]:
    """What the form shows of *company*."""
    provincia, canton, distrito = company.provincia, company.canton, company.distrito
    names = ("nombre", "nombre_comercial", "actividad", "barrio", "otras_senas", "telefono")
    return {
        **{name: getattr(company, name) for name in names},
        "provincia": provincia,
        "canton": f"{provincia}-{canton}" if canton else "",
        "distrito": f"{provincia}-{canton}-{distrito}" if distrito else "",
        **dict(zip(EMAIL_FIELDS, company.emails, strict=False)),
        "tipo_identificacion": company.tipo_identificacion,
        "identificacion": company.cedula,
    }


class IdentifiedCompanyForm(CompanyForm):
    """With tipo and número: for those who create a company. One cédula, one company."""

    tipo_identificacion = forms.ChoiceField(
        label="Tipo de identificación", choices=[("", "Escoja…"), *Company.TIPOS]
    )
    identificacion = Line(
        label="Número de identificación",
        help_text="Con o sin guiones, como 3-101-123456.",
        max_length=30,
    )

    field_order = ["tipo_identificacion", "identificacion", "nombre"]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        self._clean_identificacion(data)
        return data

    def _clean_identificacion(self, data: dict[str, Any]) -> None:
        tipo, numero = data.get("tipo_identificacion"), data.get("identificacion")
        if not tipo or not numero:
            return
        try:
            data["identificacion"] = identificacion.validate(tipo, numero)
        except InvalidError as error:
            self.add_error("identificacion", str(error))
            return
        same = Company.objects.filter(identificacion=data["identificacion"])
        if self.company is not None:
            same = same.exclude(pk=self.company.pk)
        if same.exists():
            self.add_error("identificacion", "Ya hay una empresa con este número.")

    def values(self) -> dict[str, Any]:
        names = ("tipo_identificacion", "identificacion")
        return {**super().values(), **{name: self.cleaned_data[name] for name in names}}
