"""Plain sales for the tests of the client and the sandbox, worked out by hand and signed."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

from hacienda_llaves import authority

from hacienda import clave
from hacienda.comprobante import (
    COSTA_RICA,
    TIPOS,
    CodigoTipoMoneda,
    Comprobante,
    Emisor,
    Identificacion,
    Impuesto,
    InformacionReferencia,
    LineaDetalle,
    MedioPago,
    Receptor,
    ResumenFactura,
    TotalDesgloseImpuesto,
    Ubicacion,
)
from hacienda.firma import build_sign
from hacienda.llave import Llave

CEDULA = "3101123456"
CLIENTE = "3101654321"
USER = "cpj-3-101-123456@stag.comprobanteselectronicos.go.cr"
CLIENTE_USER = "cpj-3-101-654321@stag.comprobanteselectronicos.go.cr"
PASSWORD = "cl&ve %lárga=1"
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=COSTA_RICA)
CODIGO_BY_TIPO = {"FE": "01", "ND": "02", "NC": "03", "TE": "04"}


@cache
def llave(serial: str = "CPJ-3-101-123456") -> Llave:
    """A key of this holder; all holders share one RSA key, which is quick to make once."""
    return authority().llave(serial)


def ubicacion() -> Ubicacion:
    return Ubicacion(
        provincia="1", canton="01", distrito="01", otras_senas="Frente al parque central"
    )


def venta(
    numero: int = 1,
    tipo: str = "FE",
    *,
    precio: str = "1000",
    cantidad: str = "2",
    when: datetime = NOW,
    emisor: str = CEDULA,
    cabys: str = "2391102010200",
    original: Comprobante | None = None,
    **changes: object,
) -> Comprobante:
    """A sale of one line of goods at 13 %, cash; a note refers to `original`."""
    total = Decimal(cantidad) * Decimal(precio)
    impuesto = (total * 13 / 100).quantize(Decimal("0.00001"))
    consecutivo = clave.Consecutivo.build(1, 1, tipo, numero)
    referencia: tuple[InformacionReferencia, ...] = ()
    if original is not None:
        referencia = (
            InformacionReferencia(
                tipo_doc_ir=CODIGO_BY_TIPO[original.tipo],
                numero=original.clave,
                fecha_emision_ir=original.fecha_emision,
                codigo="01",
                razon="Devolución de la mercadería",
            ),
        )
    linea = LineaDetalle(
        numero_linea=1,
        codigo_cabys=cabys,
        cantidad=Decimal(cantidad),
        unidad_medida="Kg",
        detalle="Café molido",
        precio_unitario=Decimal(precio),
        monto_total=total,
        sub_total=total,
        base_imponible=total,
        impuesto=(
            Impuesto(codigo="01", codigo_tarifa_iva="08", tarifa=Decimal("13.00"), monto=impuesto),
        ),
        impuesto_asumido_emisor_fabrica=Decimal(0),
        impuesto_neto=impuesto,
        monto_total_linea=total + impuesto,
    )
    resumen = ResumenFactura(
        codigo_tipo_moneda=CodigoTipoMoneda(codigo_moneda="CRC", tipo_cambio=Decimal(1)),
        total_mercancias_gravadas=total,
        total_gravado=total,
        total_venta=total,
        total_venta_neta=total,
        total_desglose_impuesto=(
            TotalDesgloseImpuesto(
                codigo="01", codigo_tarifa_iva="08", total_monto_impuesto=impuesto
            ),
        ),
        total_impuesto=impuesto,
        medio_pago=(MedioPago(tipo_medio_pago="01", total_medio_pago=total + impuesto),),
        total_comprobante=total + impuesto,
    )
    values: dict[str, object] = {
        "clave": clave.build(when, emisor, consecutivo, codigo=f"{numero % 10**8:08}"),
        "proveedor_sistemas": "3101999999",
        "codigo_actividad_emisor": "6201.0",
        "numero_consecutivo": consecutivo,
        "fecha_emision": when,
        "emisor": Emisor(
            nombre="Café Prueba S.A.",
            identificacion=Identificacion(tipo="02", numero=emisor),
            ubicacion=ubicacion(),
            correo_electronico=("ventas@cafeprueba.cr",),
        ),
        "receptor": Receptor(
            nombre="Cliente de Prueba S.A.",
            identificacion=Identificacion(tipo="02", numero=CLIENTE),
            correo_electronico="compras@cliente.cr",
        ),
        "condicion_venta": "01",
        "detalle_servicio": (linea,),
        "resumen_factura": resumen,
        "informacion_referencia": referencia,
    }
    cls = TIPOS[tipo]
    return cls(**{**values, **changes})


def with_line(comprobante: Comprobante, **changes: object) -> Comprobante:
    """The same, with other values in its only line."""
    (linea,) = comprobante.detalle_servicio
    return dataclasses.replace(
        comprobante, detalle_servicio=(dataclasses.replace(linea, **changes),)
    )


def with_resumen(comprobante: Comprobante, **changes: object) -> Comprobante:
    """The same, with other values in its summary."""
    resumen = dataclasses.replace(comprobante.resumen_factura, **changes)
    return dataclasses.replace(comprobante, resumen_factura=resumen)


def signed(
    comprobante: object, serial: str = "CPJ-3-101-123456", *, when: datetime | None = None
) -> bytes:
    """Its signed XML."""
    moment = when or getattr(comprobante, "fecha_emision", None) or NOW
    return build_sign(comprobante, llave(serial), when=moment)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)
