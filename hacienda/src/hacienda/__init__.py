"""Comprobantes electrónicos of Costa Rica, version 4.4, as plain values and plain functions.

Build a document from its facts, calculate it, number it, check it, write it, sign it, send it; read,
verify and check what others send. No database and no framework.

>>> from decimal import Decimal
>>> import hacienda
>>> factura = hacienda.calculate(hacienda.FacturaElectronica(detalle_servicio=(
...     hacienda.LineaDetalle(
...         codigo_cabys="8314100000000", cantidad=Decimal(1), unidad_medida="Sp",
...         detalle="Diseño", precio_unitario=Decimal(100000),
...         impuesto=(hacienda.Impuesto(codigo="01", codigo_tarifa_iva="08"),)),
... )))
>>> print(factura.resumen_factura.total_comprobante)
113000.00000

What is named here is imported when it is first used, so `import hacienda` costs next to nothing.
The modules can be used as well: `hacienda.clave.build`, `hacienda.identificacion.validate`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the redundant aliases are how a type checker sees a re-export
    from hacienda import catalogos as catalogos
    from hacienda import clave as clave
    from hacienda import consultas as consultas
    from hacienda import estructura as estructura
    from hacienda import identificacion as identificacion
    from hacienda import mensaje_receptor as mensaje_receptor
    from hacienda import montos as montos
    from hacienda import reglas as reglas
    from hacienda import ubicacion as ubicacion
    from hacienda.clave import Clave as Clave
    from hacienda.clave import Consecutivo as Consecutivo
    from hacienda.cliente import AsyncCliente as AsyncCliente
    from hacienda.cliente import Cliente as Cliente
    from hacienda.cliente import Envio as Envio
    from hacienda.comprobante import COSTA_RICA as COSTA_RICA
    from hacienda.comprobante import TIPOS as TIPOS
    from hacienda.comprobante import CodigoComercial as CodigoComercial
    from hacienda.comprobante import CodigoTipoMoneda as CodigoTipoMoneda
    from hacienda.comprobante import Comprobante as Comprobante
    from hacienda.comprobante import DatosImpuestoEspecifico as DatosImpuestoEspecifico
    from hacienda.comprobante import Descuento as Descuento
    from hacienda.comprobante import Documento as Documento
    from hacienda.comprobante import Emisor as Emisor
    from hacienda.comprobante import Exoneracion as Exoneracion
    from hacienda.comprobante import Extra as Extra
    from hacienda.comprobante import FacturaElectronica as FacturaElectronica
    from hacienda.comprobante import FacturaElectronicaCompra as FacturaElectronicaCompra
    from hacienda.comprobante import FacturaElectronicaExportacion as FacturaElectronicaExportacion
    from hacienda.comprobante import FechaHora as FechaHora
    from hacienda.comprobante import Identificacion as Identificacion
    from hacienda.comprobante import Impuesto as Impuesto
    from hacienda.comprobante import InformacionReferencia as InformacionReferencia
    from hacienda.comprobante import LineaDetalle as LineaDetalle
    from hacienda.comprobante import MedioPago as MedioPago
    from hacienda.comprobante import MensajeHacienda as MensajeHacienda
    from hacienda.comprobante import MensajeReceptor as MensajeReceptor
    from hacienda.comprobante import NotaCreditoElectronica as NotaCreditoElectronica
    from hacienda.comprobante import NotaDebitoElectronica as NotaDebitoElectronica
    from hacienda.comprobante import OtroContenido as OtroContenido
    from hacienda.comprobante import Otros as Otros
    from hacienda.comprobante import OtrosCargos as OtrosCargos
    from hacienda.comprobante import OtroTexto as OtroTexto
    from hacienda.comprobante import Receptor as Receptor
    from hacienda.comprobante import ReciboElectronicoPago as ReciboElectronicoPago
    from hacienda.comprobante import ResumenFactura as ResumenFactura
    from hacienda.comprobante import Telefono as Telefono
    from hacienda.comprobante import TiqueteElectronico as TiqueteElectronico
    from hacienda.comprobante import TotalDesgloseImpuesto as TotalDesgloseImpuesto
    from hacienda.comprobante import Ubicacion as Ubicacion
    from hacienda.confianza import Roots as Roots
    from hacienda.documento_json import from_json as from_json
    from hacienda.documento_json import to_json as to_json
    from hacienda.errors import FirmaError as FirmaError
    from hacienda.errors import HaciendaError as HaciendaError
    from hacienda.errors import InvalidError as InvalidError
    from hacienda.errors import LlaveError as LlaveError
    from hacienda.errors import Problem as Problem
    from hacienda.errors import SendError as SendError
    from hacienda.errors import XMLError as XMLError
    from hacienda.firma import build_sign as build_sign
    from hacienda.firma import sign as sign
    from hacienda.llave import Llave as Llave
    from hacienda.llave import check_owner as check_owner
    from hacienda.llave import check_validity as check_validity
    from hacienda.llavero import KeyRing as KeyRing
    from hacienda.montos import calculate as calculate
    from hacienda.montos import differences as differences
    from hacienda.reglas import check as check
    from hacienda.respuesta import Respuesta as Respuesta
    from hacienda.verificacion import Verification as Verification
    from hacienda.verificacion import verify as verify
    from hacienda.xml.reader import read as read
    from hacienda.xml.schema import validate as validate
    from hacienda.xml.writer import write as write

# Where each name lives. The imports above say the same to type checkers; a test compares them.
_NAMES: dict[str, tuple[str, ...]] = {
    "hacienda.clave": ("Clave", "Consecutivo"),
    "hacienda.cliente": ("AsyncCliente", "Cliente", "Envio"),
    "hacienda.comprobante": (
        "COSTA_RICA",
        "TIPOS",
        "CodigoComercial",
        "CodigoTipoMoneda",
        "Comprobante",
        "DatosImpuestoEspecifico",
        "Descuento",
        "Documento",
        "Emisor",
        "Exoneracion",
        "Extra",
        "FacturaElectronica",
        "FacturaElectronicaCompra",
        "FacturaElectronicaExportacion",
        "FechaHora",
        "Identificacion",
        "Impuesto",
        "InformacionReferencia",
        "LineaDetalle",
        "MedioPago",
        "MensajeHacienda",
        "MensajeReceptor",
        "NotaCreditoElectronica",
        "NotaDebitoElectronica",
        "OtroContenido",
        "OtroTexto",
        "Otros",
        "OtrosCargos",
        "Receptor",
        "ReciboElectronicoPago",
        "ResumenFactura",
        "Telefono",
        "TiqueteElectronico",
        "TotalDesgloseImpuesto",
        "Ubicacion",
    ),
    "hacienda.confianza": ("Roots",),
    "hacienda.documento_json": ("from_json", "to_json"),
    "hacienda.errors": (
        "FirmaError",
        "HaciendaError",
        "InvalidError",
        "LlaveError",
        "Problem",
        "SendError",
        "XMLError",
    ),
    "hacienda.firma": ("build_sign", "sign"),
    "hacienda.llave": ("Llave", "check_owner", "check_validity"),
    "hacienda.llavero": ("KeyRing",),
    "hacienda.montos": ("calculate", "differences"),
    "hacienda.reglas": ("check",),
    "hacienda.respuesta": ("Respuesta",),
    "hacienda.verificacion": ("Verification", "verify"),
    "hacienda.xml.reader": ("read",),
    "hacienda.xml.schema": ("validate",),
    "hacienda.xml.writer": ("write",),
}
_MODULES = (
    "catalogos",
    "clave",
    "consultas",
    "estructura",
    "identificacion",
    "mensaje_receptor",
    "montos",
    "reglas",
    "ubicacion",
)
_HOMES = {name: home for home, names in _NAMES.items() for name in names}

__all__ = [*_HOMES, *_MODULES]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is not None:
        value = getattr(import_module(home), name)
    elif name in _MODULES:
        value = import_module(f"hacienda.{name}")
    else:
        raise AttributeError(f"module 'hacienda' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
