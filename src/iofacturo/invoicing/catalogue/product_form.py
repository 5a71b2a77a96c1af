"""The form of one product, as it will stand in a line of a document."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import forms

from hacienda.catalogos.moneda import COMUNES, MONEDA
from hacienda.catalogos.tarifa_iva import TARIFA_IVA
from hacienda.catalogos.unidad_medida import UNIDAD_MEDIDA
from iofacturo.accounts.company import Company
from iofacturo.accounts.company_forms import Choices, Line
from iofacturo.accounts.furniture import Furnished
from iofacturo.invoicing.catalogue.product import Product, plain
from iofacturo.lib import amounts

USUAL = ("Unid", "Sp", "Os", "St", "Kg", "L", "M", "m²", "h", "Al", "Alc", "Cm")
WITHOUT_IVA = "no"  # how the form says what the column says with nothing
DECIMALS = 5
LARGEST = Decimal(10) ** 13


def units() -> Choices:
    """Those that most people use, then all of them."""
    known = [(code, f"{UNIDAD_MEDIDA[code].nombre} ({code})") for code in USUAL]
    rest = [(c.codigo, f"{c.nombre} ({c.codigo})") for c in UNIDAD_MEDIDA.values()]
    return [
        ("Las más usadas", known),
        ("Todas", sorted((one for one in rest if one[0] not in USUAL), key=lambda one: one[1])),
    ]


def tariffs() -> list[tuple[str, str]]:
    """Those that an invoice of today may carry, the general one first."""
    codes = sorted(TARIFA_IVA.of_tipo("FE"), key=lambda code: (code.codigo != "08", code.codigo))
    return [(code.codigo, code.nombre) for code in codes] + [(WITHOUT_IVA, "Sin IVA")]


def currencies() -> list[tuple[str, str]]:
    codes = sorted(MONEDA.values(), key=lambda code: (code.codigo not in COMUNES, code.nombre))
    return [(code.codigo, f"{code.nombre} ({code.codigo})") for code in codes]


class Amount(forms.CharField):
    """A price as people type it, with up to five decimals."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.attrs.update({"inputmode": "decimal", "autocomplete": "off"})

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            found = amounts.parse(text, DECIMALS)
        except amounts.AmountError as error:
            raise forms.ValidationError(str(error)) from error
        if found >= LARGEST:
            raise forms.ValidationError("Ese precio no cabe en una factura.")
        return found


class ProductForm(Furnished, forms.Form):
    """`values()` gives the columns of `Product`."""

    detalle = Line(
        label="Detalle", help_text="Así sale en la factura.", min_length=3, max_length=200
    )
    codigo = Line(
        label="Código propio",
        help_text="El que usted usa: un SKU o un código de barras.",
        max_length=20,
        required=False,
    )
    cabys = Line(label="Código CAByS", help_text="13 dígitos.", max_length=17)
    unidad = forms.ChoiceField(label="Unidad de medida", choices=units, initial="Unid")
    precio = Amount(label="Precio", max_length=30)
    con_iva = forms.BooleanField(label="El precio ya incluye el IVA", required=False)
    moneda = forms.ChoiceField(label="Moneda", choices=currencies, initial="CRC")
    tarifa_iva = forms.ChoiceField(label="Tarifa de IVA", choices=tariffs, initial="08")

    def __init__(
        self, *args: Any, owner: Company, row: Product | None = None, **kwargs: Any
    ) -> None:
        self.owner, self.row = owner, row
        if row is not None:
            kwargs["initial"] = {**shown(row), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.fields["cabys"].widget.attrs.update({"inputmode": "numeric", "autocomplete": "off"})

    def clean_cabys(self) -> str:
        code = "".join(self.cleaned_data["cabys"].split())
        if not (code.isascii() and code.isdigit() and len(code) == 13):
            raise forms.ValidationError(
                f"Un código CAByS tiene 13 dígitos; este tiene {len(code)}."
                if code.isdigit()
                else "Un código CAByS tiene 13 dígitos. Búsquelo por palabras si no lo sabe."
            )
        return code

    def clean_tarifa_iva(self) -> str:
        code: str = self.cleaned_data["tarifa_iva"]
        return "" if code == WITHOUT_IVA else code

    def clean_codigo(self) -> str:
        code = self.cleaned_data["codigo"]
        if not code:
            return ""
        same = self.owner.products.filter(codigo=code)
        if self.row is not None:
            same = same.exclude(pk=self.row.pk)
        twin = same.first()
        if twin is not None:
            shelf = ", que está archivado" if twin.archived_at else ""
            raise forms.ValidationError(f"Este código ya es de «{twin}»{shelf}.")
        return str(code)

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        precio = data["precio"]
        if data["con_iva"]:
            precio = without_iva(precio, data["tarifa_iva"])
        return {**{name: data[name] for name in Product.COLUMNS}, "precio": precio}


def without_iva(price: Decimal, tariff: str) -> Decimal:
    """The price before the tax that *price* includes, to five decimals."""
    known = TARIFA_IVA.get(tariff)
    rate = (known.tarifa if known else None) or Decimal(0)
    return (price * 100 / (100 + rate)).quantize(Decimal(1).scaleb(-DECIMALS), ROUND_HALF_UP)


def shown(row: Product) -> dict[str, Any]:
    """What the form shows of *row*."""
    text = plain(row.precio).replace(".", ",")
    whole, mark, decimals = text.partition(",")
    # three decimals could be thousands
    if len(decimals) == 3:
        decimals += "0"
    known = {name: getattr(row, name) for name in Product.COLUMNS}
    tariff = row.tarifa_iva or WITHOUT_IVA
    return {**known, "precio": whole + mark + decimals, "tarifa_iva": tariff}
