"""Third level: a document against what the sandbox has in its registers.

An original that the sandbox does not hold is a warning, never a refusal: it may be on another
Hacienda, or older than this one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from hacienda.comprobante import (
    Comprobante,
    Identificacion,
    InformacionReferencia,
    MensajeReceptor,
    NotaCreditoElectronica,
    NotaDebitoElectronica,
    dia,
)
from hacienda.errors import XMLError
from hacienda.recepcion import UNREGISTERED
from hacienda.respuesta import ACEPTADO, RECHAZADO, Fila
from hacienda.sandbox import codes
from hacienda.sandbox.registers import Registers
from hacienda.sandbox.store import Document, Store
from hacienda.xml.reader import read

# Kinds of reference whose Numero must be a clave (annexes, InformacionReferencia).
CLAVE_TIPOS = frozenset({"01", "02", "03", "04", "09", "11", "12", "15"})
# A reference of these types names a document of this code; others may name several.
CODIGO_BY_TIPO = {"01": "01", "02": "02", "03": "03", "04": "04", "19": "09", "20": "10"}
# Documents whose parties must be registered today; a note names those of its original.
REGISTERED_TIPOS = frozenset({"FE", "FEE", "TE"})
# Financial notes may speak of other goods than the invoice.
FINANCIAL = frozenset({"09", "10"})


@dataclass(frozen=True, slots=True)
class Findings:
    errors: list[Fila]
    warnings: list[Fila]


class References:
    """What needs the memory of the sandbox to be checked."""

    def __init__(self, store: Store, registers: Registers) -> None:
        self._store = store
        self._registers = registers

    def check(self, document: Document, comprobante: Comprobante) -> Findings:
        """A comprobante against numbers used, originals, CAByS and activities."""
        found = Findings([], [])
        self._number(document, comprobante.numero_consecutivo, found)
        self._codes(comprobante, found)
        self._people(comprobante, found)
        self._exonerations(comprobante, found)
        for reference in comprobante.informacion_referencia:
            self._reference(comprobante, reference, found)
        return found

    def check_mensaje(self, document: Document, mensaje: MensajeReceptor) -> Findings:
        """A receiver's message against the document it speaks of."""
        found = Findings([], [])
        self._number(document, mensaje.numero_consecutivo_receptor, found)
        held = self._held(mensaje.clave, found)
        if held is None:
            return found
        original = held
        totals = original.resumen_factura
        if totals is not None and totals.total_comprobante != mensaje.total_factura:
            found.errors.append(
                _row(codes.MENSAJE, "El total no es el del comprobante que se confirma.")
            )
        tax = totals.total_impuesto if totals is not None else None
        if (mensaje.monto_total_impuesto or Decimal(0)) != (tax or Decimal(0)):
            found.errors.append(
                _row(codes.MENSAJE, "El impuesto no es el del comprobante que se confirma.")
            )
        for who, numero, name in (
            (original.emisor, mensaje.numero_cedula_emisor, "emisor"),
            (original.receptor, mensaje.numero_cedula_receptor, "receptor"),
        ):
            known = who.identificacion if who is not None else None
            if not _is_same(known, numero):
                found.errors.append(
                    _row(codes.MENSAJE, f"El {name} no es el del comprobante que se confirma.")
                )
        return found

    def remember(self, document: Document, comprobante: Comprobante) -> None:
        """Keep what an accepted comprobante teaches about others."""
        monto = _total(comprobante)
        for clave in {r.numero for r in comprobante.informacion_referencia if r.numero}:
            self._store.execute(
                "INSERT OR IGNORE INTO adjustments VALUES (?, ?, ?, ?, ?)",
                (clave, document.clave, comprobante.tipo, str(monto), document.fecha),
            )
        for who in (comprobante.emisor, comprobante.receptor):
            if who is not None and who.identificacion is not None and who.nombre:
                self._registers.remember(who.identificacion, who.nombre)

    def spend(self, document: Document, consecutivo: str | None) -> None:
        """The number is used from now on, whatever became of the document."""
        if consecutivo:
            self._store.execute(
                "INSERT OR IGNORE INTO numbers VALUES (?, ?, ?)",
                (_owner(document), consecutivo, document.identity),
            )

    def _number(self, document: Document, consecutivo: str | None, found: Findings) -> None:
        other = self._store.value(
            "SELECT clave FROM numbers WHERE emisor = ? AND consecutivo = ?",
            (_owner(document), consecutivo),
        )
        if other is not None and other != document.identity:
            found.errors.append(
                _row(codes.NUMERO, f"El consecutivo {consecutivo} ya fue usado en {other}.")
            )

    def _codes(self, comprobante: Comprobante, found: Findings) -> None:
        for number, line in enumerate(comprobante.detalle_servicio, 1):
            if line.codigo_cabys and not self._registers.has_cabys(line.codigo_cabys):
                found.errors.append(
                    _row(
                        codes.CABYS,
                        f"Línea {number}: el código CAByS {line.codigo_cabys} no existe.",
                    )
                )
        for who, activity in (
            (comprobante.emisor, comprobante.codigo_actividad_emisor),
            (comprobante.receptor, comprobante.codigo_actividad_receptor),
        ):
            known = who.identificacion if who is not None else None
            if activity and known is not None and known.numero:
                self._activity(known.numero, activity, found)

    def _people(self, comprobante: Comprobante, found: Findings) -> None:
        for who, name in ((comprobante.emisor, "emisor"), (comprobante.receptor, "receptor")):
            known = who.identificacion if who is not None else None
            if known is None or known.tipo in UNREGISTERED or not known.numero:
                continue
            if comprobante.tipo in REGISTERED_TIPOS and not self._registers.has(known.numero):
                found.errors.append(
                    _row(codes.REGISTRO, f"El {name} {known.numero} no está en los registros.")
                )
        seller = comprobante.emisor
        if seller is None or seller.ubicacion is None or seller.identificacion is None:
            return
        place = seller.ubicacion
        registered = self._registers.location(seller.identificacion.numero or "")
        if registered is not None and registered != (
            place.provincia,
            place.canton,
            place.distrito,
        ):
            found.warnings.append(
                _row(codes.UBICACION, "La ubicación del emisor no es la del registro.")
            )

    def _exonerations(self, comprobante: Comprobante, found: Findings) -> None:
        """What is exempt against the authorisations that are listed."""
        day = dia(comprobante.fecha_emision) if comprobante.fecha_emision is not None else None
        for number, line in enumerate(comprobante.detalle_servicio, 1):
            for exemption in (t.exoneracion for t in line.impuesto if t.exoneracion is not None):
                listed = self._registers.exoneration(exemption.numero_documento or "")
                if listed is None:
                    continue
                if day is not None and str(listed.get("fechaVencimiento", "9"))[:10] < str(day):
                    why = "está vencida"
                elif (exemption.tarifa_exonerada or 0) > Decimal(
                    str(listed.get("porcentajeExoneracion", 100))
                ):
                    why = "es de un porcentaje menor"
                elif listed.get("cabys") and line.codigo_cabys not in listed["cabys"]:
                    why = "no incluye el código CAByS"
                else:
                    continue
                found.errors.append(
                    _row(codes.EXONERACION, f"Línea {number}: la exoneración {why}.")
                )

    def _activity(self, numero: str, activity: str, found: Findings) -> None:
        its_own = self._registers.activities(numero)
        if its_own is not None and activity not in its_own:
            found.warnings.append(
                _row(
                    codes.ACTIVIDAD,
                    f"La actividad {activity} no está inscrita a nombre de {numero}.",
                )
            )

    def _reference(
        self, comprobante: Comprobante, reference: InformacionReferencia, found: Findings
    ) -> None:
        clave, tipo = reference.numero or "", reference.tipo_doc_ir or ""
        if tipo not in CLAVE_TIPOS and tipo not in CODIGO_BY_TIPO:
            return
        if not re.fullmatch(r"[0-9A-Za-z]{50}", clave):
            if tipo in CLAVE_TIPOS:
                found.errors.append(_row(codes.REFERENCIA, "La referencia no lleva una clave."))
            return
        if clave == comprobante.clave:
            found.errors.append(_row(codes.REFERENCIA, "El comprobante se refiere a sí mismo."))
            return
        if CODIGO_BY_TIPO.get(tipo, clave[29:31]) != clave[29:31]:
            found.errors.append(
                _row(codes.REFERENCIA, "El tipo de la referencia no es el de su clave.")
            )
        original = self._held(clave, found)
        if original is not None and isinstance(
            comprobante, NotaCreditoElectronica | NotaDebitoElectronica
        ):
            found.errors.extend(self._against(comprobante, original, reference))

    def _held(self, clave: str | None, found: Findings) -> Comprobante | None:
        """The accepted original, if it is here; says so if it is not."""
        document = self._store.document(clave or "")
        if document is not None and document.state == ACEPTADO:
            try:
                value = read(document.xml)
            except XMLError:
                return None
            return value if isinstance(value, Comprobante) else None
        if document is not None and document.state == RECHAZADO:
            found.errors.append(_row(codes.REFERENCIA, f"El comprobante {clave} fue rechazado."))
        else:
            found.warnings.append(
                _row(codes.REFERENCIA, f"El comprobante de referencia {clave} no se encuentra.")
            )
        return None

    def _against(
        self, note: Comprobante, original: Comprobante, reference: InformacionReferencia
    ) -> Iterator[Fila]:
        """A note against its original: parties, date, currency, CAByS, amount."""
        for mine, its_own, name in (
            (note.emisor, original.emisor, "emisor"),
            (note.receptor, original.receptor, "receptor"),
        ):
            before = its_own.identificacion if its_own is not None else None
            after = mine.identificacion if mine is not None else None
            if before is not None and (after is None or not _is_same(before, after.numero)):
                yield _row(codes.REFERENCIA, f"El {name} no es el del comprobante de referencia.")
        when = reference.fecha_emision_ir
        if (
            when is not None
            and original.fecha_emision is not None
            and not _same_instant(when, original.fecha_emision)
        ):
            yield _row(codes.REFERENCIA, "La fecha no es la del comprobante de referencia.")
        if _currency(note) != _currency(original):
            yield _row(
                codes.REFERENCIA,
                "La moneda o el tipo de cambio no son los del comprobante de referencia.",
            )
        if reference.codigo not in FINANCIAL:
            had = {line.codigo_cabys for line in original.detalle_servicio}
            for number, line in enumerate(note.detalle_servicio, 1):
                if had and line.codigo_cabys is not None and line.codigo_cabys not in had:
                    yield _row(
                        codes.REFERENCIA,
                        f"Línea {number}: el código CAByS no está en el comprobante de referencia.",
                    )
        if isinstance(note, NotaCreditoElectronica):
            left = _total(original) + self._adjusted(original, "ND", note)
            if self._adjusted(original, "NC", note) + _total(note) > left:
                yield _row(
                    codes.REFERENCIA,
                    "El monto de los ajustes es mayor que el del comprobante de referencia.",
                )

    def _adjusted(self, original: Comprobante, tipo: str, but: Comprobante) -> Decimal:
        """The sum of the accepted notes of a kind about a document."""
        rows = self._store.rows(
            "SELECT monto FROM adjustments WHERE original = ? AND tipo = ? AND clave <> ?",
            (original.clave, tipo, but.clave),
        )
        return sum((Decimal(row["monto"]) for row in rows), Decimal(0))


def _owner(document: Document) -> str:
    """Whose series of numbers it is: a receiver's message has the receiver's own."""
    return document.receptor if document.identity != document.clave else document.emisor


def _total(comprobante: Comprobante) -> Decimal:
    summary = comprobante.resumen_factura
    total = summary.total_comprobante if summary is not None else None
    return total if total is not None else Decimal(0)


def _currency(comprobante: Comprobante) -> tuple[str | None, Decimal | None]:
    summary = comprobante.resumen_factura
    if summary is None or summary.codigo_tipo_moneda is None:
        return "CRC", Decimal(1)
    return summary.codigo_tipo_moneda.codigo_moneda, summary.codigo_tipo_moneda.tipo_cambio


def _same_instant(one: datetime, other: datetime) -> bool:
    return abs((one - other).total_seconds()) < 1


def _is_same(known: Identificacion | None, numero: str | None) -> bool:
    if known is None or known.numero is None:
        return True
    # A message pads short numbers with zeros to nine digits and more.
    return known.numero.strip().upper().lstrip("0") == (numero or "").strip().upper().lstrip("0")


def _row(codigo: str, mensaje: str) -> Fila:
    return Fila(codigo, mensaje, 0, 0)
