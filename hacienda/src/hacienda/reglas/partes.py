"""Issuer and receiver: ids by kind and place, location, e-mail (annex, notes 4 and 4.1)."""

from __future__ import annotations

import re

from hacienda import identificacion, ubicacion
from hacienda.comprobante import (
    Comprobante,
    Emisor,
    Identificacion,
    Receptor,
    Telefono,
    Ubicacion,
)
from hacienda.errors import InvalidError
from hacienda.reglas.findings import Findings

# One @, no blanks inside, and a dot in the domain.
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")
# The annex's own expression is laxer: what it lets pass is odd at most.
_LAX_EMAIL = re.compile(r"\s*[^@\s]+@[^@\s]*\.[^@\s]*\s*")
_DOMICILED = ("01", "02", "03", "04")
LONGEST_RECEIVER_ADDRESS = 160  # the annex prints 160 where the schema lets 250 pass


def check(documento: Comprobante, found: Findings) -> None:
    if documento.emisor is not None:
        _emisor(documento, documento.emisor, found)
    if documento.receptor is not None:
        _receptor(documento, documento.receptor, found)


def _emisor(documento: Comprobante, emisor: Emisor, found: Findings) -> None:
    tipo = check_identificacion(emisor.identificacion, "Emisor/Identificacion", found)
    if documento.tipo == "FEC":
        _supplier(documento, emisor, tipo, found)
    elif tipo in ("05", "06"):
        found.error(
            "emisor-no-inscrito",
            "Emisor/Identificacion/Tipo",
            f"Solo en una factura de compra el emisor puede ser de tipo {tipo}.",
        )
    _ubicacion(emisor.ubicacion, "Emisor/Ubicacion", found)
    _foreign_address(emisor, tipo, "Emisor", found)
    _telefono(emisor.telefono, "Emisor/Telefono", found)
    for index, address in enumerate(emisor.correo_electronico, 1):
        _email(address, f"Emisor/CorreoElectronico[{index}]", found)


def _supplier(documento: Comprobante, emisor: Emisor, tipo: str | None, found: Findings) -> None:
    """Who sells in a factura de compra: not obliged to invoice, foreign, or no taxpayer at all."""
    code = documento.condicion_venta
    if tipo == "06" and code not in (None, "13"):
        found.error(
            "compra-sin-condicion-13",
            "CondicionVenta",
            "La compra a quien no es contribuyente lleva la condición de venta 13.",
        )
    elif code == "13" and tipo not in (None, "06"):
        found.warning(
            "condicion-13-de-contribuyente",
            "CondicionVenta",
            "La condición 13 es de bienes usados que vende quien no es contribuyente (tipo 06).",
        )
    if tipo in _DOMICILED and emisor.ubicacion is None and documento.version == "4.4":
        found.warning(
            "falta-ubicacion-del-proveedor",
            "Emisor/Ubicacion",
            "El proveedor que vive en el país lleva su ubicación.",
        )


def _receptor(documento: Comprobante, receptor: Receptor, found: Findings) -> None:
    path = "Receptor/Identificacion"
    tipo = check_identificacion(receptor.identificacion, path, found)
    if tipo == "06":
        found.error(
            "receptor-no-contribuyente",
            f"{path}/Tipo",
            "El tipo 06 es del proveedor en una factura de compra, nunca del receptor.",
        )
    if tipo == "05":
        _foreign_receiver(documento, receptor, found)
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
    if documento.tipo != "FEE":
        _foreign_address(receptor, tipo, "Receptor", found)
    _telefono(receptor.telefono, "Receptor/Telefono", found)
    if receptor.correo_electronico:
        _email(receptor.correo_electronico, "Receptor/CorreoElectronico", found)


def _foreign_receiver(documento: Comprobante, receptor: Receptor, found: Findings) -> None:
    if documento.tipo in ("FEC", "REP"):
        found.error(
            "receptor-extranjero",
            "Receptor/Identificacion/Tipo",
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


def _foreign_address(
    party: Emisor | Receptor, tipo: str | None, path: str, found: Findings
) -> None:
    if party.otras_senas_extranjero and tipo in _DOMICILED:
        found.warning(
            "senas-de-extranjero",
            f"{path}/OtrasSenasExtranjero",
            "Las señas en el extranjero son de quien no vive en el país (tipo 05).",
        )


def check_identificacion(held: Identificacion | None, path: str, found: Findings) -> str | None:
    """The kind, if there is one; the number is checked by its kind."""
    if held is None or held.tipo is None:
        return None
    if held.numero is not None and held.tipo in identificacion.TIPOS:
        _numero(held.tipo, held.numero, f"{path}/Numero", found)
    return held.tipo


def _numero(tipo: str, number: str, path: str, found: Findings) -> None:
    try:
        valid = identificacion.validate(tipo, number)
    except InvalidError as problem:
        # what a foreign number may look like is less settled
        if tipo in _DOMICILED or not number.strip():
            found.error("identificacion-mal-formada", path, problem.message)
        else:
            found.warning("identificacion-mal-formada", path, problem.message)
        return
    if tipo in _DOMICILED and valid != number.strip().upper():
        found.error(
            "identificacion-con-otra-forma",
            path,
            f"El número va sin guiones ni ceros de más: {valid}.",
        )


def _ubicacion(held: Ubicacion | None, path: str, found: Findings) -> None:
    if held is None or held.provincia is None or held.canton is None or held.distrito is None:
        return
    if ubicacion.is_valid(held.provincia, held.canton, held.distrito):
        return
    cantons = {code for code, _ in ubicacion.cantones(held.provincia)}
    if not cantons:
        found.error(
            "ubicacion-desconocida", f"{path}/Provincia", f"No hay provincia {held.provincia[:9]}."
        )
    elif held.canton not in cantons:
        found.error(
            "ubicacion-desconocida",
            f"{path}/Canton",
            f"La provincia {held.provincia} no tiene el cantón {held.canton[:9]}.",
        )
    else:  # districts are created every year: our list may be the older one
        found.warning(
            "distrito-desconocido",
            f"{path}/Distrito",
            f"El cantón {held.canton} no tiene el distrito {held.distrito[:9]} en nuestra lista.",
        )


def _telefono(held: Telefono | None, path: str, found: Findings) -> None:
    """Costa Rica's numbers have eight digits; since 2026 short ones (911) are allowed."""
    if held is None or held.num_telefono is None or held.codigo_pais is None:
        return
    if held.codigo_pais.strip().lstrip("+0") == "506" and len(held.num_telefono.strip()) != 8:
        found.warning(
            "telefono-sin-8-digitos",
            f"{path}/NumTelefono",
            "Los teléfonos de Costa Rica tienen 8 dígitos.",
        )


def _email(address: str, path: str, found: Findings) -> None:
    if _EMAIL.fullmatch(address.strip()):
        return
    report = found.warning if _LAX_EMAIL.fullmatch(address) else found.error
    report(
        "correo-mal-formado",
        path,
        f"«{address[:60]}» no es un correo electrónico.",
        "Escríbalo como nombre@dominio.com.",
    )
