"""Documents that suppliers issue to the company: made by the library, with keys of their own."""

from __future__ import annotations

import io
import itertools
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import uuid4

from tests.invoicing import scene
from tests.invoicing.scene import AT, PIN

import hacienda
from hacienda import clave as claves
from hacienda import firma, montos
from hacienda.cliente import Cliente
from hacienda.llave import Llave
from hacienda.recepcion import Recepcion
from iofacturo.accounts.company import Company
from iofacturo.invoicing.reception import intake
from iofacturo.invoicing.reception.batch import ReceptionBatch
from iofacturo.invoicing.reception.errand import Errand
from iofacturo.invoicing.reception.received import Received

SUPPLIER = ("3101222333", "Distribuidora La Central S.A.")
OTHER = ("3101777888", "Empaques del Valle S.A.")
ISSUED = AT - timedelta(hours=2)
_numbers = itertools.count(1)


@cache
def key_of(numero: str) -> Llave:
    """The supplier's key, under its own name."""
    return Llave.from_p12(scene.p12(f"CPJ-{numero[0]}-{numero[1:4]}-{numero[4:]}"), PIN)


def identificacion(numero: str) -> hacienda.Identificacion:
    return hacienda.Identificacion(tipo="02", numero=numero)


def document(
    company: Company,
    tipo: str = "FE",
    *,
    supplier: tuple[str, str] = SUPPLIER,
    precio: str = "1000",
    at: datetime = ISSUED,
    number: int | None = None,
    tarifa: tuple[str, str] = ("08", "13"),
    **changes: Any,
) -> hacienda.Comprobante:
    """A whole document of *supplier* for *company*, not signed."""
    cls = {
        "FE": hacienda.FacturaElectronica, "NC": hacienda.NotaCreditoElectronica,
        "ND": hacienda.NotaDebitoElectronica, "TE": hacienda.TiqueteElectronico,
    }[tipo]  # fmt: skip
    numero, nombre = supplier
    consecutivo = claves.Consecutivo.build(1, 1, cls.codigo, number or next(_numbers))
    when = at.astimezone(hacienda.COSTA_RICA).replace(microsecond=0)
    value = cls(
        clave=claves.build(when, numero, consecutivo),
        proveedor_sistemas="3101999999",
        codigo_actividad_emisor="4711.0",
        codigo_actividad_receptor=None if tipo == "TE" else company.actividad,
        numero_consecutivo=consecutivo,
        fecha_emision=when,
        emisor=hacienda.Emisor(
            nombre=nombre,
            identificacion=identificacion(numero),
            ubicacion=hacienda.Ubicacion(
                provincia="1", canton="01", distrito="01", otras_senas="Calle 3, local 4"
            ),
            correo_electronico=("ventas@central.cr",),
        ),
        receptor=hacienda.Receptor(
            nombre=company.nombre, identificacion=identificacion(company.identificacion)
        ),
        condicion_venta="01",
        detalle_servicio=(
            hacienda.LineaDetalle(
                numero_linea=1,
                codigo_cabys="2391102010200",
                cantidad=Decimal(2),
                unidad_medida="Kg",
                detalle="Café en grano",
                precio_unitario=Decimal(precio),
                impuesto=(
                    hacienda.Impuesto(
                        codigo="01", codigo_tarifa_iva=tarifa[0], tarifa=Decimal(tarifa[1])
                    ),
                ),
            ),
        ),
        resumen_factura=hacienda.ResumenFactura(
            codigo_tipo_moneda=hacienda.CodigoTipoMoneda(
                codigo_moneda="CRC", tipo_cambio=Decimal(1)
            ),
            medio_pago=(hacienda.MedioPago(tipo_medio_pago="01"),),
        ),
        **changes,
    )
    return montos.calculate(value)


def signed(value: hacienda.Comprobante, *, by: str | None = None, at: datetime = ISSUED) -> bytes:
    signer = by or value.emisor.identificacion.numero
    return firma.build_sign(value, key_of(signer), when=at)


def purchase(company: Company, tipo: str = "FE", **more: Any) -> bytes:
    """A signed document of a supplier for *company*."""
    return signed(document(company, tipo, **more))


def referring(clave: str) -> dict[str, Any]:
    """What a note says of the invoice it is about."""
    return {
        "informacion_referencia": (
            hacienda.InformacionReferencia(
                tipo_doc_ir="01", numero=clave, fecha_emision_ir=ISSUED.astimezone(
                    hacienda.COSTA_RICA).replace(microsecond=0),
                codigo="06", razon="Devolución de mercadería",
            ),
        )
    }  # fmt: skip


def without_receiver(value: hacienda.Comprobante) -> hacienda.Comprobante:
    return replace(value, receptor=None)


def zipped(**files: bytes) -> bytes:
    """A ZIP; names with their dot as `a__xml`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "."), data)
    return out.getvalue()


def receive(
    company: Company, *files: bytes | tuple[str, bytes], at: datetime = AT, by: Any = None
) -> ReceptionBatch:
    """Drop *files*."""
    named = [
        one if isinstance(one, tuple) else (f"archivo-{n}.xml", one)
        for n, one in enumerate(files, 1)
    ]
    return intake.receive(
        company, [(name, io.BytesIO(data)) for name, data in named], token=uuid4(), by=by, at=at
    )


def received(
    company: Company,
    tipo: str = "FE",
    *,
    xml: bytes | None = None,
    received_at: datetime = AT,
    **more: Any,
) -> Received:
    """One good document, taken in."""
    batch = receive(company, xml or purchase(company, tipo, **more), at=received_at)
    (told,) = batch.outcomes
    assert told["kind"] == "new", told
    return company.received.get(public_id=told["received"])


def accepted(company: Company, tipo: str = "FE", **more: Any) -> Received:
    """One that Hacienda is known to have accepted, by a word of its own."""
    from hacienda.respuesta import Respuesta
    from iofacturo.invoicing.reception import hacienda_word

    row = received(company, tipo, **more)
    hacienda_word.keep(Respuesta(row.clave, "aceptado"), row, at=AT)
    Received.objects.filter(pk=row.pk).update(verdict=Received.ACCEPTED, verdict_at=AT)
    Errand.objects.filter(received=row, message=None).update(state=Errand.DONE)
    row.refresh_from_db()
    return row


def user_of(numero: str) -> str:
    return f"cpj-{numero[0]}-{numero[1:4]}-{numero[4:]}@stag.comprobanteselectronicos.go.cr"


def hand_in(near: Any, xml: bytes, numero: str = SUPPLIER[0]) -> None:
    """The supplier sends its document to Hacienda."""
    with Cliente("sandbox-local", user_of(numero), "x", url=near.server.url) as client:
        answer = client.deliver(Recepcion.of(xml), wait=5)
    assert answer.final, answer


def answered_by_hand(company: Company) -> Received:
    """A purchase with every file its page may offer, for a company without a key."""
    from iofacturo.invoicing.reception.hacienda_word import HaciendaWord
    from iofacturo.invoicing.reception.message import ReceiverMessage, ReceiverMessageXML

    row = received(company)
    message = ReceiverMessage.objects.create(
        received=row, company=company, mensaje="1", consecutivo="00100001050000000001", fecha=AT
    )
    ReceiverMessageXML.objects.create(message=message, xml=b"<x/>", sha256="")
    Errand.objects.create(
        received=row, message=message, company=company, environment="sandbox-local",
        state=Errand.WAITING, due_at=AT,
    )  # fmt: skip
    for about in (None, message):
        HaciendaWord.objects.create(
            received=row, message=about, estado="aceptado", xml=b"<x/>", sha256="", at=AT
        )
    return row
