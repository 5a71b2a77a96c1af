"""Products as rows of a list: which columns there are, and what a row of them means."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hacienda.catalogos.cabys import es_servicio
from iofacturo.invoicing.catalogue import cells
from iofacturo.invoicing.catalogue.cabys import CabysItem
from iofacturo.invoicing.catalogue.cells import CellError
from iofacturo.invoicing.catalogue.product import Product, plain
from iofacturo.invoicing.catalogue.product_form import without_iva

HEADINGS = (
    "Código", "Detalle", "CAByS", "Unidad", "Precio sin IVA", "Precio con IVA", "Moneda",
    "Tarifa de IVA",
)  # fmt: skip
EXAMPLE = ("CAF-500", "Café molido 500 g", "2391102010200", "Unid", "3500", "", "CRC", "1")
NAMES = {
    "codigo": "codigo", "codigo propio": "codigo", "sku": "codigo", "codigo interno": "codigo",
    "codigo del producto": "codigo", "codigo de barras": "codigo", "referencia": "codigo",
    "detalle": "detalle", "descripcion": "detalle", "nombre": "detalle", "producto": "detalle",
    "nombre del producto": "detalle", "articulo": "detalle", "servicio": "detalle",
    "cabys": "cabys", "codigo cabys": "cabys", "cabys codigo": "cabys",
    "unidad": "unidad", "unidad de medida": "unidad", "medida": "unidad", "um": "unidad",
    "precio": "precio", "precio sin iva": "precio", "precio unitario": "precio",
    "precio de venta": "precio", "precio neto": "precio",
    "precio con iva": "precio_con_iva", "precio final": "precio_con_iva",
    "precio iva incluido": "precio_con_iva", "precio ivai": "precio_con_iva",
    "moneda": "moneda",
    "tarifa de iva": "tarifa_iva", "tarifa": "tarifa_iva", "iva": "tarifa_iva",
    "impuesto": "tarifa_iva", "tarifa iva": "tarifa_iva", "porcentaje de iva": "tarifa_iva",
}  # fmt: skip
REQUIRED = (
    frozenset({"detalle"}), frozenset({"cabys"}), frozenset({"precio", "precio_con_iva"}),
)  # fmt: skip


def row_of(row: Product) -> list[object]:
    """A product as the cells of HEADINGS; prices are numbers."""
    rate = "Sin IVA" if not row.tarifa_iva else row.tarifa_iva
    return [
        row.codigo, row.detalle, row.cabys, row.unidad, _number(row.precio), row.precio_con_iva,
        row.moneda, rate,
    ]  # fmt: skip


def _number(price: Decimal) -> Decimal:
    """*price* without needless zeros; never with three decimals, which could be thousands."""
    number = Decimal(plain(price))
    return number.quantize(Decimal("0.0001")) if number.as_tuple().exponent == -3 else number


def values(
    given: dict[str, str], mark: str, entry: Callable[[str], CabysItem | None]
) -> tuple[dict[str, Any], list[str]]:
    """The columns of `Product` that a row states, and everything that is wrong with it.

    *mark* is the decimal mark of the file, *entry* finds a code of the catalogue.
    """
    said = {name: cell for name, cell in given.items() if cell}
    found: dict[str, Any] = {}
    problems: list[str] = []

    def take(name: str, value: Callable[[str], Any], missing: str = "") -> None:
        if name not in said:
            if missing:
                problems.append(missing)
            return
        try:
            found[name] = value(said[name])
        except CellError as error:
            problems.append(str(error))

    take("codigo", lambda cell: cells.text(cell, "El código", 1, 20))
    take("detalle", lambda cell: cells.text(cell, "El detalle", 3, 200), "Falta el detalle.")
    take("cabys", cells.cabys, "Falta el código CAByS.")
    take("unidad", cells.unidad)
    take("moneda", cells.moneda)
    take("tarifa_iva", cells.tarifa_iva)
    code = found.get("cabys", "")
    if code and "unidad" not in said:
        found["unidad"] = "Os" if es_servicio(code) else "Unid"
    if code and "tarifa_iva" not in said:
        known = entry(code)
        if known is None or not known.tarifa:
            problems.append("Falta la tarifa de IVA.")
        else:
            found["tarifa_iva"] = known.tarifa
    _price(said, found, problems, mark)
    return found, problems


def _price(said: dict[str, str], found: dict[str, Any], problems: list[str], mark: str) -> None:
    name = "precio" if "precio" in said else "precio_con_iva"
    if name not in said:
        problems.append("Falta el precio.")
        return
    try:
        price = cells.precio(said[name], mark)
    except CellError as error:
        problems.append(str(error))
        return
    if name == "precio_con_iva":
        price = without_iva(price, found.get("tarifa_iva", ""))
    found["precio"] = price
