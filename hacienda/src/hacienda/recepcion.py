"""What is handed in at Hacienda: the body of POST /recepcion.

Source: reference of the reception API. The members are those of the law's own words: clave, fecha,
emisor, receptor, the base64 of the exact bytes of the signed document.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from hacienda.comprobante import (
    COSTA_RICA,
    Comprobante,
    FacturaElectronicaCompra,
    Identificacion,
    MensajeReceptor,
)
from hacienda.errors import InvalidError

V = TypeVar("V")

# Kinds of identification that the API does not take as a receiver: they are in no register.
UNREGISTERED = frozenset({"05", "06"})
MAX_NUMERO = 12


@dataclass(frozen=True, slots=True)
class Parte:
    """Who issues or receives, as the API wants it: type of two digits, number of at most 12."""

    tipo: str
    numero: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recepcion:
    """A signed document in its envelope. `xml` is sent as it is, byte for byte.

    For a MensajeReceptor `clave`, `emisor` and `receptor` are those of the document it confirms,
    and `consecutivo_receptor` tells it from others about the same clave.
    """

    clave: str
    fecha: str
    emisor: Parte
    xml: bytes
    receptor: Parte | None = None
    consecutivo_receptor: str | None = None
    callback_url: str | None = None

    @classmethod
    def of(
        cls,
        xml: bytes,
        *,
        original: Comprobante | bytes | None = None,
        callback_url: str | None = None,
    ) -> Recepcion:
        """Put a signed XML in its envelope.

        `original` is the document that a MensajeReceptor confirms, as a value or as its XML; other
        documents need none. Raises `XMLError` for XML that cannot be read and `InvalidError` for a
        document that lacks what the envelope needs.
        """
        from hacienda.xml.reader import read

        document = read(xml)
        if isinstance(document, MensajeReceptor):
            return _of_mensaje(xml, document, original, callback_url)
        if not isinstance(document, Comprobante):
            raise InvalidError("Una respuesta de Hacienda no se envía a Hacienda.")
        emisor, receptor = partes(document)
        return cls(
            clave=_needed(document.clave, "la clave"),
            fecha=rfc3339(_needed(document.fecha_emision, "la fecha de emisión")),
            emisor=emisor,
            receptor=receptor,
            xml=xml,
            callback_url=callback_url,
        )

    @property
    def identity(self) -> str:
        """How Hacienda names it: the clave, with the receiver's consecutivo for an MR."""
        if self.consecutivo_receptor is None:
            return self.clave
        return f"{self.clave}-{self.consecutivo_receptor}"

    def body(self) -> bytes:
        """The JSON of the request."""
        data: dict[str, Any] = {
            "clave": self.clave,
            "fecha": self.fecha,
            "emisor": _json(self.emisor),
        }
        if self.receptor is not None:
            data["receptor"] = _json(self.receptor)
        if self.callback_url is not None:
            data["callbackUrl"] = self.callback_url
        if self.consecutivo_receptor is not None:
            data["consecutivoReceptor"] = self.consecutivo_receptor
        data["comprobanteXml"] = base64.b64encode(self.xml).decode("ascii")
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def partes(document: Comprobante) -> tuple[Parte, Parte | None]:
    """Issuer and receiver of a document as the API wants them.

    The issuer of a factura electrónica de compra is the buyer, its Receptor, who is given as the
    receiver too: the supplier's foreign id would have no place there.
    """
    emisor = document.emisor.identificacion if document.emisor is not None else None
    receptor = document.receptor.identificacion if document.receptor is not None else None
    if isinstance(document, FacturaElectronicaCompra):
        emisor = receptor
    return _parte(emisor, "del emisor"), _receptor(receptor)


def rfc3339(when: datetime) -> str:
    """The date of the envelope, the document's own instant; without offset, Costa Rica time."""
    return (when if when.tzinfo is not None else when.replace(tzinfo=COSTA_RICA)).isoformat()


def _of_mensaje(
    xml: bytes,
    mensaje: MensajeReceptor,
    original: Comprobante | bytes | None,
    callback_url: str | None,
) -> Recepcion:
    if isinstance(original, bytes):
        from hacienda.xml.reader import read

        value = read(original)
        original = value if isinstance(value, Comprobante) else None
    if original is None:
        raise InvalidError("Para enviar un mensaje receptor se necesita el documento original.")
    clave = _needed(mensaje.clave, "la clave")
    if clave != original.clave:
        raise InvalidError("El mensaje receptor y el documento original no tienen la misma clave.")
    emisor, receptor = partes(original)
    return Recepcion(
        clave=clave,
        fecha=rfc3339(_needed(mensaje.fecha_emision_doc, "la fecha")),
        emisor=emisor,
        receptor=receptor,
        consecutivo_receptor=_needed(mensaje.numero_consecutivo_receptor, "el consecutivo"),
        xml=xml,
        callback_url=callback_url,
    )


def _json(parte: Parte) -> dict[str, str]:
    return {"tipoIdentificacion": parte.tipo, "numeroIdentificacion": parte.numero}


def _parte(identificacion: Identificacion | None, whose: str) -> Parte:
    if identificacion is None or not identificacion.tipo or not identificacion.numero:
        raise InvalidError(f"Al documento le falta la identificación {whose}.")
    return Parte(identificacion.tipo, identificacion.numero)


def _receptor(identificacion: Identificacion | None) -> Parte | None:
    if identificacion is None or not identificacion.tipo or not identificacion.numero:
        return None
    if identificacion.tipo in UNREGISTERED or len(identificacion.numero) > MAX_NUMERO:
        return None
    return Parte(identificacion.tipo, identificacion.numero)


def _needed(value: V | None, what: str) -> V:
    if value is None or value == "":
        raise InvalidError(f"Al documento le falta {what}.")
    return value
