"""Issuer and receiver: ids by kind and place, location, e-mail (annex, notes 4 and 4.1)."""

from __future__ import annotations

import re

from hacienda import identificacion, ubicacion
from hacienda.comprobante import Comprobante, Emisor, Identificacion, Receptor, Ubicacion
from hacienda.errors import InvalidError
from hacienda.reglas.findings import Findings

# One @, no blanks inside, and a dot in the domain; the annex's own expression is laxer.
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")
_DOMICILED = ("01", "02", "03", "04")
LONGEST_RECEIVER_ADDRESS = 160  # the annex prints 160 where the schema lets 250 pass


def check(documento: Comprobante, found: Findings) -> None:
    if documento.emisor is not None:
        _emisor(documento, documento.emisor, found)
    if documento.receptor is not None:
        _receptor(documento, documento.receptor, found)


def _emisor(documento: Comprobante, emisor: Emisor, found: Findings) -> None:
    path = "Emisor/Identificacion"
    tipo = _identificacion(emisor.identificacion, path, found)
    if tipo in ("05", "06") and documento.tipo != "FEC":
        found.error(
            "emisor-no-inscrito",
            f"{path}/Tipo",
            f"Solo en una factura de compra el emisor puede ser de tipo {tipo}.",
        )
    if documento.tipo == "FEC" and tipo == "06" and documento.condicion_venta not in (None, "13"):
        found.error(
            "compra-sin-condicion-13",
            "CondicionVenta",
            "La compra a quien no es contribuyente lleva la condición de venta 13.",
        )
    _ubicacion(emisor.ubicacion, "Emisor/Ubicacion", found)
    for index, address in enumerate(emisor.correo_electronico, 1):
        _email(address, f"Emisor/CorreoElectronico[{index}]", found)


def _receptor(documento: Comprobante, receptor: Receptor, found: Findings) -> None:
    path = "Receptor/Identificacion"
    tipo = _identificacion(receptor.identificacion, path, found)
    if tipo == "06":
        found.error(
            "receptor-no-contribuyente",
            f"{path}/Tipo",
            "El tipo 06 es del proveedor en una factura de compra, nunca del receptor.",
        )
    if tipo == "05":
        if documento.tipo in ("FEC", "REP"):
            found.error(
                "receptor-extranjero",
                f"{path}/Tipo",
                "El receptor de este comprobante no puede ser un extranjero no domiciliado.",
            )
        if documento.tipo == "FE" and documento.version == "4.4":
            _foreign_buyer(documento, found)
        if receptor.ubicacion is not None:
            found.warning(
                "ubicacion-de-extranjero",
                "Receptor/Ubicacion",
                "Un extranjero no domiciliado no lleva ubicación en el país.",
                "Use OtrasSenasExtranjero.",
            )
    if documento.tipo == "FEE" and receptor.identificacion is None and documento.version == "4.4":
        found.warning(
            "falta-identificacion-receptor",
            path,
            "La factura de exportación debería identificar a quien compra.",
        )
    _ubicacion(receptor.ubicacion, "Receptor/Ubicacion", found)
    if receptor.ubicacion is not None:
        senas = receptor.ubicacion.otras_senas or ""
        if LONGEST_RECEIVER_ADDRESS < len(senas) <= 250:
            found.warning(
                "senas-largas",
                "Receptor/Ubicacion/OtrasSenas",
                "Las señas del receptor deberían tener 160 caracteres como máximo.",
            )
    if receptor.correo_electronico is not None:
        _email(receptor.correo_electronico, "Receptor/CorreoElectronico", found)


def _foreign_buyer(documento: Comprobante, found: Findings) -> None:
    if documento.condicion_venta != "12":
        found.error(
            "extranjero-sin-condicion-12",
            "CondicionVenta",
            "A un extranjero no domiciliado se le factura solo con la condición de venta 12; "
            "si no es mercancía no nacionalizada, emita un tiquete o una factura de exportación.",
        )
    if not documento.informacion_referencia:
        found.error(
            "extranjero-sin-referencia",
            "InformacionReferencia",
            "La venta a un extranjero no domiciliado lleva su documento de respaldo como referencia.",
        )


def _identificacion(held: Identificacion | None, path: str, found: Findings) -> str | None:
    """The kind, if there is one; the number is checked by its kind."""
    if held is None or held.tipo is None:
        return None
    if held.numero is not None and held.tipo in identificacion.TIPOS:
        number = held.numero
        try:
            valid = identificacion.validate(held.tipo, number)
        except InvalidError as problem:
            found.error("identificacion-mal-formada", f"{path}/Numero", problem.message)
        else:
            if held.tipo in _DOMICILED and valid != number.strip().upper():
                found.error(
                    "identificacion-con-otra-forma",
                    f"{path}/Numero",
                    f"El número va sin guiones ni ceros de más: {valid}.",
                )
    return held.tipo


def _ubicacion(held: Ubicacion | None, path: str, found: Findings) -> None:
    if held is None or held.provincia is None or held.canton is None or held.distrito is None:
        return
    if ubicacion.is_valid(held.provincia, held.canton, held.distrito):
        return
    cantons = {code for code, _ in ubicacion.cantones(held.provincia)}
    if held.canton not in cantons:
        found.error(
            "ubicacion-desconocida",
            f"{path}/Canton",
            f"La provincia {held.provincia} no tiene el cantón {held.canton}.",
        )
    else:  # districts are created every year: our list may be the older one
        found.warning(
            "distrito-desconocido",
            f"{path}/Distrito",
            f"El cantón {held.canton} no tiene el distrito {held.distrito} en nuestra lista.",
        )


def _email(address: str, path: str, found: Findings) -> None:
    if not _EMAIL.fullmatch(address.strip()):
        found.error(
            "correo-mal-formado",
            path,
            f"«{address[:60]}» no es un correo electrónico.",
            "Escríbalo como nombre@dominio.com.",
        )
