"""The form of one exoneration of a customer."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from hacienda.catalogos.exoneracion import CON_ARTICULO, INSTITUCION, TIPO_EXONERACION
from iofacturo.accounts.company_forms import Line
from iofacturo.accounts.furniture import Furnished
from iofacturo.invoicing.catalogue.customer import Customer
from iofacturo.invoicing.catalogue.exoneracion import Exoneracion
from iofacturo.lib import amounts

OTHER = "99"
MOST = Decimal(13)
CODES = re.compile(r"[0-9]{13}")
MOST_CODES = 2_000


class Day(forms.DateField):
    """A day, in the browser's own control."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            error_messages={"invalid": "Elija el día, o escríbalo como 2026-11-23."},
            **kwargs,
        )


class ExoneracionForm(Furnished, forms.Form):
    """`values()` gives the columns of `Exoneracion`."""

    numero_documento = Line(
        label="Número del documento",
        help_text="Tal como está en él, con guiones; una autorización de Hacienda es como "
        "AL-00012345-26.",
        min_length=3,
        max_length=40,
    )
    tipo_documento = forms.ChoiceField(
        label="Documento que exonera",
        choices=[(one.codigo, one.nombre) for one in TIPO_EXONERACION.of_tipo("FE")],
        initial="04",
    )
    tipo_documento_otro = Line(
        label="Descripción del documento",
        help_text="Solo si escogió «Otros».",
        min_length=5,
        max_length=100,
        required=False,
    )
    nombre_institucion = forms.ChoiceField(
        label="Institución que exonera",
        choices=[(one.codigo, one.nombre) for one in INSTITUCION.values()],
        initial="01",
    )
    nombre_institucion_otros = Line(
        label="Nombre de la institución",
        help_text="Solo si escogió «Otros».",
        min_length=5,
        max_length=160,
        required=False,
    )
    articulo = Line(label="Artículo", max_length=6, required=False)
    inciso = Line(label="Inciso", max_length=6, required=False)
    fecha_emision = Day(label="Fecha del documento")
    vence = Day(label="Último día en que vale", required=False)
    tarifa_exonerada = Line(
        label="Puntos exonerados",
        help_text="Los puntos que se perdonan: 13 si es todo el IVA general.",
        max_length=6,
    )
    cabys = forms.CharField(
        label="Códigos CAByS que cubre",
        help_text="Si el documento los nombra. En blanco, cubre todo lo que le venda.",
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=MOST_CODES * 15,
        required=False,
    )

    def __init__(
        self, *args: Any, customer: Customer, row: Exoneracion | None = None, today: date,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        self.customer, self.row, self.today = customer, row, today
        if row is not None:
            kwargs["initial"] = {**shown(row), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.fields["tarifa_exonerada"].widget.attrs["inputmode"] = "decimal"

    def clean_tarifa_exonerada(self) -> Decimal:
        try:
            points = amounts.parse(self.cleaned_data["tarifa_exonerada"].removesuffix("%"), 2)
        except amounts.AmountError as error:
            raise forms.ValidationError(str(error)) from error
        if not 0 < points <= MOST:
            raise forms.ValidationError("Son puntos del IVA: más de 0 y hasta 13.")
        return points

    def clean_articulo(self) -> str:
        text: str = self.cleaned_data["articulo"]
        if text and not (text.isascii() and text.isdecimal()):
            raise forms.ValidationError("El artículo es un número, sin letras.")
        return text

    def clean_inciso(self) -> str:
        text: str = self.cleaned_data["inciso"]
        if text and not (text.isascii() and text.isdecimal()):
            raise forms.ValidationError("El inciso es un número, sin letras.")
        return text

    def clean_cabys(self) -> list[str]:
        words = re.split(r"[\s,;]+", self.cleaned_data["cabys"].strip())
        codes = list(dict.fromkeys(word for word in words if word))
        bad = next((code for code in codes if not CODES.fullmatch(code)), None)
        if bad is not None:
            raise forms.ValidationError(f"«{bad[:30]}» no es un código CAByS: lleva 13 dígitos.")
        return codes

    def clean_fecha_emision(self) -> date:
        day: date = self.cleaned_data["fecha_emision"]
        if day > self.today:
            raise forms.ValidationError("La fecha del documento no puede ser futura.")
        return day

    def clean_numero_documento(self) -> str:
        number: str = self.cleaned_data["numero_documento"]
        same = self.customer.exoneraciones.filter(numero_documento=number, retired_at__isnull=True)
        if self.row is not None:
            same = same.exclude(pk=self.row.pk)
        if same.exists():
            raise forms.ValidationError("Este cliente ya tiene esa exoneración.")
        return number

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for kind, words, told in (
            ("tipo_documento", "tipo_documento_otro", "Diga qué documento es."),
            ("nombre_institucion", "nombre_institucion_otros", "Diga cuál institución es."),
        ):
            if data.get(kind) != OTHER:
                data[words] = ""
                self.errors.pop(words, None)
            elif not data.get(words) and words not in self.errors:
                self.add_error(words, told)
        if data.get("tipo_documento") in CON_ARTICULO and not data.get("articulo"):
            self.add_error("articulo", "Este documento lleva el artículo de la ley.")
        first, last = data.get("fecha_emision"), data.get("vence")
        if first and last and last < first:
            self.add_error("vence", "Es anterior a la fecha del documento.")
        return data

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.fields}


def shown(row: Exoneracion) -> dict[str, Any]:
    """What the form shows of *row*."""
    values = {name: getattr(row, name) for name in ExoneracionForm.base_fields}
    return values | spelled(values)


def spelled(values: dict[str, Any]) -> dict[str, Any]:
    """The columns that a person reads otherwise than they are stored."""
    points = values.get("tarifa_exonerada")
    text = f"{points.normalize():f}".replace(".", ",") if isinstance(points, Decimal) else points
    return {"tarifa_exonerada": text or "", "cabys": "\n".join(values.get("cabys") or [])}
