"""Customers as rows of a list: which columns there are, and what a row of them means."""

from __future__ import annotations

from typing import Any

from hacienda import identificacion, ubicacion
from hacienda.catalogos.condicion_venta import CON_PLAZO
from hacienda.errors import InvalidError
from iofacturo.invoicing.catalogue import cells
from iofacturo.invoicing.catalogue.cells import CellError
from iofacturo.invoicing.catalogue.customer import Customer
from iofacturo.lib.folding import fold

HEADINGS = (
    "Tipo de identificación", "Identificación", "Nombre", "Nombre comercial", "Correos", "Teléfono",
    "Actividad", "Provincia", "Cantón", "Distrito", "Barrio", "Otras señas", "Condición de venta",
    "Plazo",
)  # fmt: skip
EXAMPLE = (
    "02", "3-101-123456", "Sodas del Valle S.A.", "Soda La Esquina",
    "compras@ejemplo.cr; pagos@ejemplo.cr", "2222-3344", "5610.0", "San José", "Escazú",
    "San Rafael", "", "200 metros norte de la iglesia", "Crédito", "30",
)  # fmt: skip
NAMES = {
    "tipo de identificacion": "tipo", "tipo identificacion": "tipo", "tipo cedula": "tipo",
    "tipo de cedula": "tipo", "tipo": "tipo", "tipo id": "tipo",
    "identificacion": "numero", "numero de identificacion": "numero", "cedula": "numero",
    "numero de cedula": "numero", "cedula juridica": "numero", "id": "numero", "numero": "numero",
    "nombre": "nombre", "razon social": "nombre", "nombre o razon social": "nombre",
    "cliente": "nombre", "nombre completo": "nombre", "nombre del cliente": "nombre",
    "nombre comercial": "nombre_comercial", "nombre de fantasia": "nombre_comercial",
    "correos": "emails", "correo": "emails", "correo electronico": "emails", "email": "emails",
    "e mail": "emails", "mail": "emails",
    "telefono": "telefono", "tel": "telefono", "celular": "telefono",
    "actividad": "actividad", "actividad economica": "actividad",
    "codigo de actividad": "actividad", "codigo actividad": "actividad",
    "provincia": "provincia", "canton": "canton", "distrito": "distrito", "barrio": "barrio",
    "otras senas": "otras_senas", "direccion": "otras_senas", "senas": "otras_senas",
    "condicion de venta": "condicion_venta", "condicion": "condicion_venta",
    "plazo": "plazo", "plazo de credito": "plazo", "plazo en dias": "plazo",
    "dias de credito": "plazo",
}  # fmt: skip
REQUIRED = (frozenset({"numero"}), frozenset({"nombre"}))


def row_of(row: Customer) -> list[object]:
    """A customer as the cells of HEADINGS."""
    names = ("", "", "")
    if row.distrito:
        names = (
            ubicacion.nombre(row.provincia),
            ubicacion.nombre(row.provincia, row.canton),
            ubicacion.nombre(row.provincia, row.canton, row.distrito),
        )
    return [
        row.tipo_identificacion, row.cedula, row.nombre, row.nombre_comercial,
        "; ".join(row.emails), row.telefono, row.actividad, *names, row.barrio, row.otras_senas,
        row.condition, str(row.plazo or ""),
    ]  # fmt: skip


def values(given: dict[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The columns of `Customer` that a row states, and everything that is wrong with it.

    An empty cell states nothing: what is known already stays.
    """
    said = {name: cell for name, cell in given.items() if cell}
    found: dict[str, Any] = {}
    problems: list[str] = []

    def take(name: str, value: Any) -> None:
        try:
            found[name] = value(said[name])
        except CellError as error:
            problems.append(str(error))

    try:
        found["tipo_identificacion"], found["identificacion"] = _number(said)
    except CellError as error:
        problems.append(str(error))
    if "nombre" not in said:
        problems.append("Falta el nombre.")
    for name, what, least, most in (
        ("nombre", "El nombre", 3, 100),
        ("nombre_comercial", "El nombre comercial", 3, 80),
        ("barrio", "El barrio", 5, 50),
        ("otras_senas", "Las otras señas", 5, 250),
    ):
        if name in said:
            take(name, lambda cell, w=what, a=least, b=most: cells.text(cell, w, a, b))
    for name in ("emails", "telefono", "actividad", "condicion_venta", "plazo"):
        if name in said:
            take(name, getattr(cells, name))
    _place(said, found, problems)
    if found.get("condicion_venta") in CON_PLAZO and "plazo" not in found and "plazo" not in said:
        problems.append("Una venta a crédito lleva su plazo en días.")
    if "condicion_venta" in found and found["condicion_venta"] not in CON_PLAZO:
        found["plazo"] = None
    elif "plazo" in found and "condicion_venta" not in found:
        del found["plazo"]  # days without credit say nothing
    return found, problems


def _number(said: dict[str, str]) -> tuple[str, str]:
    numero = said.get("numero", "")
    if not numero:
        raise CellError("Falta la identificación.")
    kind = said.get("tipo", "")
    tipo = kind.zfill(2) if kind.isdigit() else _kind(kind)
    if not tipo:
        likely = identificacion.tipos(numero)
        if not likely or likely[0] in ("05", "06"):
            raise CellError(
                f"«{numero[:30]}» no es una cédula, un DIMEX ni un NITE. Si es de un extranjero, "
                "ponga 05 en la columna del tipo."
            )
        tipo = likely[0]
    try:
        return tipo, identificacion.validate(tipo, numero)
    except InvalidError as error:
        raise CellError(error.message) from error


KINDS = {
    "fisica": "01", "cedula fisica": "01", "persona fisica": "01", "juridica": "02",
    "cedula juridica": "02", "persona juridica": "02", "dimex": "03", "nite": "04",
    "extranjero": "05", "extranjero no domiciliado": "05", "pasaporte": "05",
    "no contribuyente": "06",
}  # fmt: skip


def _kind(word: str) -> str:
    if not word:
        return ""
    found = KINDS.get(fold(word))
    if found is None:
        raise CellError(f"«{word[:30]}» no es un tipo de identificación, como 01 o Física.")
    return found


def _place(said: dict[str, str], found: dict[str, Any], problems: list[str]) -> None:
    """Province, canton and district together, or none of them."""
    parts = [said.get(name, "") for name in ("provincia", "canton", "distrito")]
    if not any(parts) or found.get("tipo_identificacion") == "05":
        return
    if not all(parts):
        problems.append("La dirección va completa: provincia, cantón y distrito, o ninguno.")
        return
    try:
        place = cells.distrito(*parts)
    except CellError as error:
        problems.append(str(error))
        return
    found.update(zip(("provincia", "canton", "distrito"), place, strict=True))
    if "otras_senas" not in said:
        problems.append("La dirección lleva otras señas: Hacienda las pide.")
