"""What the buttons of the editor do to the draft: each takes the JSON and says what to show next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime
from typing import Any

from hacienda.catalogos.moneda import MONEDA
from iofacturo.accounts.company import Company
from iofacturo.invoicing.catalogue import cabys, customer, exoneracion, lookup, product
from iofacturo.invoicing.catalogue.cabys import CabysItem
from iofacturo.invoicing.catalogue.customer import Customer
from iofacturo.invoicing.catalogue.exoneracion import Exoneracion
from iofacturo.invoicing.catalogue.find_page import warnings
from iofacturo.invoicing.catalogue.product import Product, plain
from iofacturo.invoicing.editor import (
    cargos,
    cliente,
    condiciones,
    exoneraciones,
    form,
    linea,
    lineas,
    place,
)
from iofacturo.invoicing.editor.posted import State, whole
from iofacturo.lib import clock, formats
from iofacturo.lib.visible import visible

Json = dict[str, Any]
TOO_MANY_LINES = "Un comprobante lleva 1000 líneas como máximo."


@dataclass
class Turn:
    """One press of a button: what was stated, and what comes of it."""

    company: Company
    tipo: str
    data: Json
    state: State
    at: datetime
    sent: dict[str, str]
    about: str = ""
    # what comes of it
    anchor: str = ""
    focus: str = ""
    said: dict[str, str] = attribute(default_factory=dict)  # by place: a sentence about the act
    customers: list[Customer] | None = None
    products: list[Product] | None = None
    codes: dict[int, list[CabysItem]] = attribute(default_factory=dict)
    activities: list[tuple[str, str]] = attribute(default_factory=list)

    @property
    def shows_something(self) -> bool:
        """Whether the answer is a page of its own, and not the draft as it stands."""
        found = (self.customers, self.products)
        return bool(self.said or self.codes or self.activities) or any(
            one is not None for one in found
        )

    def typed(self, name: str) -> str:
        return visible(self.sent.get(name, "")[:200])


def add_line(turn: Turn) -> None:
    """A blank line at the end, which is shown and ready to be typed in."""
    _append_line(turn, linea.blank(turn.tipo) or {})


def _append_line(turn: Turn, line: Json, *, focus: str = "Detalle") -> None:
    held = place.items(turn.data, place.LINES)
    if len(held) >= place.MOST_LINES:
        turn.said["lineas"] = TOO_MANY_LINES
        return
    index = len(held) + 1
    if held and linea.is_blank(held[-1], turn.tipo) and line != linea.blank(turn.tipo):
        index -= 1  # the product goes where a blank line waits
    place.put(turn.data, f"{place.LINES}[{index}]", line)
    form.renumber(turn.data)
    turn.state = turn.state.but(desde=index)
    turn.anchor, turn.focus = "lineas", f"L{index}/{focus}"


def remove(turn: Turn) -> None:
    """Take out a line or a row of anything that repeats."""
    name = turn.about
    if not form.stated_by_people(turn.tipo, name):
        return
    path = place.long(name)
    place.take(turn.data, path)
    found = place.LINE.fullmatch(place.short(path))
    if found and not found[2]:
        form.renumber(turn.data)
        opened = turn.state.linea
        if opened is not None and opened >= int(found[1]):
            turn.state = turn.state.but(linea=opened - 1 if opened > int(found[1]) else None)
    turn.data = place.swept_owner(turn.data, path)
    turn.anchor = _section(path)


def add(turn: Turn) -> None:
    """A blank row of something that repeats."""
    name = turn.about
    if not form.stated_by_people(turn.tipo, name):
        return
    count = len(place.items(turn.data, name))
    shown_blank = count == 0 and not name.startswith("OtrosCargos")
    most = lineas.MOST.get(name.rsplit("/", 1)[-1], 15)
    for index in range(count + 1, min(count + (2 if shown_blank else 1), most) + 1):
        place.put(turn.data, f"{name}[{index}]", {})
    turn.anchor = _section(place.long(name))


def add_service(turn: Turn) -> None:
    """The ten percent for service, computed from what is sold."""
    held = place.items(turn.data, cargos.NAME)
    if turn.tipo == "REP" or len(held) >= cargos.MOST:
        return
    place.put(turn.data, f"{cargos.NAME}[{len(held) + 1}]", dict(cargos.SERVICE))
    turn.anchor = "cargos"


def open_line(turn: Turn) -> None:
    """Show a line whole, or no line."""
    index = whole(turn.about)
    turn.state = turn.state.but(linea=index, desde=index or turn.state.desde)
    turn.anchor = f"L{index}" if index else "lineas"


def turn_page(turn: Turn) -> None:
    """Show the lines from another one on."""
    turn.state = turn.state.but(desde=whole(turn.about) or 1, linea=None)
    turn.anchor = "lineas"


def find_customer(turn: Turn) -> None:
    """Customers for the words typed; a number that is nobody's yet is asked about at Hacienda."""
    asked = turn.typed("buscar_cliente")
    turn.customers = customer.search(turn.company, asked)
    turn.state = turn.state.but(cliente=True)
    turn.anchor = "cliente"
    if not turn.customers and cliente.identified(asked):
        _from_hacienda(turn, asked)


def pick_customer(turn: Turn) -> None:
    """Put a customer down as the other side, with the terms that are usual with them."""
    row = customer.live(turn.company).filter(public_id=turn.about).first()
    if row is None:
        turn.said["cliente"] = "Ese cliente ya no está en su lista."
        return
    cliente.put(turn.data, turn.tipo, row.receptor(), row.actividad)
    if cliente.side(turn.tipo) == "Emisor" and row.emails:
        place.put(turn.data, "Emisor/CorreoElectronico", row.emails[: customer.MOST_EMAILS])
    if (
        row.condicion_venta
        and turn.tipo in ("FE", "TE")
        and turn.data.get("CondicionVenta") == "01"
    ):
        turn.data["CondicionVenta"] = row.condicion_venta
        if row.plazo and row.condicion_venta in condiciones.WITH_TERM:
            turn.data["PlazoCredito"] = str(row.plazo)
    turn.state = turn.state.but(cliente=False)
    turn.anchor = "cliente"


def change_customer(turn: Turn) -> None:
    """Open the other side's fields again; what is there stays until another is chosen."""
    turn.state = turn.state.but(cliente=not turn.state.cliente)
    turn.anchor, turn.focus = "cliente", "buscar_cliente"


def drop_customer(turn: Turn) -> None:
    """No other side at all, where the law lets it be."""
    turn.data.pop(cliente.side(turn.tipo), None)
    turn.data.pop("CodigoActividadReceptor", None)
    turn.state = turn.state.but(cliente=False)
    turn.anchor = "cliente"


def ask_hacienda(turn: Turn) -> None:
    """Who has the number that was typed."""
    who = cliente.side(turn.tipo)
    held = place.get(turn.data, f"{who}/Identificacion/Numero")
    asked = turn.typed("buscar_cliente") or (held if isinstance(held, str) else "")
    turn.anchor = "cliente"
    if turn.about == "actividades":
        _activities(turn, asked)
    elif cliente.identified(asked) is None:
        turn.state = turn.state.but(cliente=True)
        turn.said["cliente"] = "Escriba el número de cédula completo y vuelva a consultar."
    else:
        _from_hacienda(turn, asked)


def _from_hacienda(turn: Turn, asked: str) -> None:
    known = cliente.identified(asked)
    found = _taxpayer(turn, asked)
    if found is None or known is None:
        turn.state = turn.state.but(cliente=True)
        return
    active = found.actividades_activas
    receptor = {
        "Nombre": visible(found.nombre)[:100],
        "Identificacion": {
            "Tipo": found.tipo_identificacion or known[0],
            "Numero": found.identificacion or known[1],
        },
    }
    cliente.put(turn.data, turn.tipo, receptor, active[0].codigo if len(active) == 1 else "")
    turn.activities = [(one.codigo, f"{one.codigo} · {one.descripcion}") for one in active]
    turn.said["cliente"] = " ".join(["Así está inscrito en Hacienda.", *warnings(found)])
    turn.state = turn.state.but(cliente=False)
    turn.customers = None


def _activities(turn: Turn, asked: str) -> None:
    numero = turn.company.identificacion if turn.tipo == "FEC" else asked
    found = _taxpayer(turn, numero)
    if found is None:
        return
    active = found.actividades_activas
    turn.activities = [(one.codigo, f"{one.codigo} · {one.descripcion}") for one in active]
    if not active:
        turn.said["cliente"] = "Hacienda no le tiene actividades activas. Puede dejarla en blanco."
    elif len(active) == 1 and not turn.data.get("CodigoActividadReceptor"):
        turn.data["CodigoActividadReceptor"] = active[0].codigo


def _taxpayer(turn: Turn, asked: str) -> lookup.Taxpayer | None:
    known = cliente.identified(asked)
    if known is None:
        turn.said["cliente"] = "Ese número no tiene la forma de una cédula."
        return None
    try:
        lookup.allow(turn.company.pk)
        found = lookup.taxpayer(known[1])
    except lookup.Unavailable as reason:
        turn.said["cliente"] = str(reason)
        return None
    if found is None:
        turn.said["cliente"] = (
            "Hacienda no tiene inscrita esa identificación. Revise el número o escriba los datos."
        )
    return found


def find_product(turn: Turn) -> None:
    turn.products = product.search(turn.company, turn.typed("buscar_producto"))
    turn.anchor = "lineas"


def pick_product(turn: Turn) -> None:
    """A line of a product, its price in the document's currency if it is the same."""
    row = product.live(turn.company).filter(public_id=turn.about).first()
    if row is None or turn.tipo == "REP":
        turn.said["productos"] = "Ese producto ya no está en su lista."
        return
    line = {
        name: held
        for name, held in row.linea().items()
        if cliente.sheet_has(turn.tipo, f"{place.LINES}/{name}")
    }
    if turn.tipo == "FEE":
        linea.write_iva(line, linea.EXENTA)
    currency = place.get(turn.data, condiciones.CURRENCY) or "CRC"
    if row.moneda != currency:
        line.pop("PrecioUnitario", None)
        price = f"{plain(row.precio)} {MONEDA.nombre_de(row.moneda)}"
        turn.said["productos"] = (
            f"Su precio está en otra moneda ({price}): escriba el de esta factura."
        )
    _append_line(turn, line, focus="Cantidad")
    turn.anchor = "lineas"


def find_code(turn: Turn) -> None:
    """CAByS for the words in the line's own field; without words, for its detail."""
    index = whole(turn.about) or 1
    line = place.get(turn.data, f"L{index}") or {}
    asked = line.get("CodigoCABYS") or line.get("Detalle") or ""
    turn.codes[index] = cabys.search(asked[:100], 10) if asked else []
    if not asked:
        turn.said[f"L{index}"] = (
            "Escriba en el código CAByS lo que vende, por ejemplo «café molido», y búsquelo."
        )
    elif cabys.in_force() is None:
        turn.said[f"L{index}"] = (
            "El catálogo CAByS no está cargado en este sistema. Escriba los 13 dígitos del código."
        )
    turn.state = turn.state.but(desde=index)
    turn.anchor = f"L{index}"


def pick_code(turn: Turn) -> None:
    """Put a code into its line, and the tariff that the catalogue gives it."""
    number, _, code = turn.about.partition(":")
    index = whole(number)
    if (
        index is None
        or not form.reachable(turn.data, f"L{index}/CodigoCABYS")
        or turn.tipo == "REP"
    ):
        return
    item = cabys.find(code)
    if item is None:
        return
    if place.get(turn.data, f"L{index}") is None:
        place.put(turn.data, f"L{index}", linea.blank(turn.tipo))
    place.put(turn.data, f"L{index}/CodigoCABYS", item.codigo)
    line = place.get(turn.data, f"L{index}")
    if not line.get("Detalle"):
        line["Detalle"] = item.descripcion[:200]
    if item.es_servicio and line.get("UnidadMedida") == "Unid":
        line["UnidadMedida"] = "Sp"
    if item.tarifa and not linea.show_iva(line):
        linea.write_iva(line, item.tarifa)
    turn.state = turn.state.but(desde=index)
    turn.anchor, turn.focus = f"L{index}", f"L{index}/Cantidad"


def suggest(data: Json) -> None:
    """The tariff that the catalogue gives, where a code was typed and no tax was chosen yet."""
    for line in place.items(data, place.LINES):
        if not isinstance(line, dict) or line.get("Impuesto"):
            continue
        code = line.get("CodigoCABYS")
        if isinstance(code, str) and len(code) == 13:
            item = cabys.find(code)
            if item is not None and item.tarifa:
                linea.write_iva(line, item.tarifa)


def bring_rate(turn: Turn) -> None:
    """The day's rate of the currency, at which it is sold."""
    currency = place.get(turn.data, condiciones.CURRENCY)
    turn.anchor = "condiciones"
    try:
        lookup.allow(turn.company.pk)
        today = clock.local(turn.at).date()
        rate = lookup.dollar(today, today) if currency == "USD" else None
    except lookup.Unavailable as reason:
        turn.said["condiciones"] = str(reason)
        return
    if rate is None:
        turn.said["condiciones"] = (
            "Hacienda solo publica el tipo de cambio del dólar. Escríbalo a mano."
        )
        return
    place.put(turn.data, condiciones.RATE, plain(rate.venta))
    if rate.fecha is not None and rate.fecha != today:
        turn.said["condiciones"] = (
            f"Es el del {formats.dia_largo(rate.fecha)}, el último publicado."
        )


def ask_exoneration(turn: Turn) -> None:
    """Fill in an exoneration from its number, as Hacienda granted it: `3:1` line and tax."""
    first, _, second = turn.about.partition(":")
    path = f"L{whole(first) or 1}/Impuesto[{whole(second) or 1}]/Exoneracion"
    spot = f"L{whole(first) or 1}"
    turn.anchor = spot
    asked = place.get(turn.data, f"{path}/NumeroDocumento")
    try:
        lookup.allow(turn.company.pk)
        found = lookup.exoneration(asked) if isinstance(asked, str) else None
    except lookup.Unavailable as reason:
        turn.said[spot] = str(reason)
        return
    if found is None:
        turn.said[spot] = "Hacienda no tiene una exoneración con ese número."
        return
    told = exoneracion.stated(found)
    values = {
        "TipoDocumentoEX1": told["tipo_documento"],
        "NombreInstitucion": told["nombre_institucion"],
        "FechaEmisionEX": f"{found.emision.isoformat()}T00:00:00-06:00" if found.emision else None,
        "TarifaExonerada": plain(found.porcentaje) if found.porcentaje is not None else None,
    }
    for name, value in values.items():
        if value is not None and not place.get(turn.data, f"{path}/{name}"):
            place.put(turn.data, f"{path}/{name}", value)
    until = f" Vence el {formats.dia_largo(found.vencimiento)}." if found.vencimiento else ""
    if found.vencimiento and found.vencimiento < clock.local(turn.at).date():
        until = f" Venció el {formats.dia_largo(found.vencimiento)}."
    turn.said[spot] = f"Exoneración encontrada.{until}"


def exonerate(turn: Turn) -> None:
    """Put an exoneration of the customer's into every line that it covers."""
    row = _exoneration(turn)
    turn.anchor = "cliente"
    if row is None:
        turn.said["exoneraciones"] = "Esa exoneración ya no está entre las de este cliente."
        return
    if row.is_over(clock.local(turn.at).date()):
        turn.said["exoneraciones"] = f"La exoneración {row} ya venció."
        return
    done, left = exoneraciones.put(turn.data, row)
    said = f"La exoneración quedó en {counted(done, 'línea', 'líneas')}." if done else ""
    if left:
        said += f" No cubre el CAByS de {counted(left, 'línea', 'líneas')}."
    turn.said["exoneraciones"] = said.strip() or (
        "Todavía no hay líneas con IVA: agregue lo que vende y aplíquela después."
    )


def counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def unexonerate(turn: Turn) -> None:
    row = _exoneration(turn)
    turn.anchor = "cliente"
    if row is not None:
        exoneraciones.take_out(turn.data, row)


def _exoneration(turn: Turn) -> Exoneracion | None:
    known = exoneracion.known(turn.company, exoneraciones.numero(turn.data))
    return next((row for row in known if row.public_id == turn.about), None)


def _section(path: str) -> str:
    found = place.LINE.fullmatch(place.short(path))
    if found:
        return f"L{found[1]}" if found[2] else "lineas"
    root = path.split("/")[0].split("[")[0]
    return {
        "OtrosCargos": "cargos",
        "InformacionReferencia": "referencias",
        "ResumenFactura": "condiciones",
    }.get(root, "")


ACTS: dict[str, Callable[[Turn], None]] = {
    "linea": add_line,
    "quitar": remove,
    "agregar": add,
    "servicio": add_service,
    "abrir": open_line,
    "lineas": turn_page,
    "buscar-cliente": find_customer,
    "cliente": pick_customer,
    "cambiar-cliente": change_customer,
    "sin-cliente": drop_customer,
    "consultar": ask_hacienda,
    "buscar-producto": find_product,
    "producto": pick_product,
    "buscar-cabys": find_code,
    "cabys": pick_code,
    "tipo-de-cambio": bring_rate,
    "exoneracion": ask_exoneration,
    "exonerar": exonerate,
    "sin-exonerar": unexonerate,
}
KEEP_BLANKS = {"linea", "agregar"}
"""Acts after which a blank row is meant to stand."""
