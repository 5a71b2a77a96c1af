"""What the elements of a document are called on screen, and which codes may stand in them.

Keyed by element, or by `Parent/Element` where the same name means several things.
"""

from __future__ import annotations

from hacienda.catalogos import Catalogo
from hacienda.catalogos.codigo_comercial import CODIGO_COMERCIAL
from hacienda.catalogos.condicion_venta import CONDICION_VENTA
from hacienda.catalogos.descuento import DESCUENTO
from hacienda.catalogos.exoneracion import INSTITUCION, TIPO_EXONERACION
from hacienda.catalogos.forma_farmaceutica import FORMA_FARMACEUTICA
from hacienda.catalogos.impuesto import IMPUESTO
from hacienda.catalogos.iva_cobrado_fabrica import IVA_COBRADO_FABRICA
from hacienda.catalogos.medio_pago import MEDIO_PAGO
from hacienda.catalogos.moneda import MONEDA
from hacienda.catalogos.otros_cargos import OTROS_CARGOS
from hacienda.catalogos.referencia import CODIGO_REFERENCIA, TIPO_DOCUMENTO_REFERENCIA
from hacienda.catalogos.tarifa_iva import TARIFA_IVA
from hacienda.catalogos.tipo_identificacion import TIPO_IDENTIFICACION
from hacienda.catalogos.tipo_transaccion import TIPO_TRANSACCION

CODES: dict[str, Catalogo] = {
    "Identificacion/Tipo": TIPO_IDENTIFICACION,
    "IdentificacionTercero/Tipo": TIPO_IDENTIFICACION,
    "CondicionVenta": CONDICION_VENTA,
    "TipoMedioPago": MEDIO_PAGO,
    "CodigoMoneda": MONEDA,
    "CodigoComercial/Tipo": CODIGO_COMERCIAL,
    "TipoTransaccion": TIPO_TRANSACCION,
    "FormaFarmaceutica": FORMA_FARMACEUTICA,
    "IVACobradoFabrica": IVA_COBRADO_FABRICA,
    "CodigoDescuento": DESCUENTO,
    "Impuesto/Codigo": IMPUESTO,
    "CodigoTarifaIVA": TARIFA_IVA,
    "TipoDocumentoEX1": TIPO_EXONERACION,
    "NombreInstitucion": INSTITUCION,
    "TipoDocumentoOC": OTROS_CARGOS,
    "TipoDocIR": TIPO_DOCUMENTO_REFERENCIA,
    "InformacionReferencia/Codigo": CODIGO_REFERENCIA,
}

COMMON: dict[str, tuple[str, ...]] = {
    "CodigoMoneda": ("CRC", "USD", "EUR"),
    "TipoMedioPago": ("01", "06", "04", "02"),
    "FEC/Identificacion/Tipo": ("01", "02"),
    "FEE/Identificacion/Tipo": ("05",),
    "FEC/InformacionReferencia/TipoDocIR": ("14", "16"),
    "ND/InformacionReferencia/Codigo": ("02",),
}
"""Codes that are offered before the rest, in one type of document or in all."""

LABELS: dict[str, str] = {
    "Receptor": "Cliente",
    "Emisor": "Proveedor",
    "Nombre": "Nombre o razón social",
    "Identificacion": "Identificación",
    "Identificacion/Tipo": "Tipo de identificación",
    "Identificacion/Numero": "Número de identificación",
    "IdentificacionTercero": "Identificación del tercero",
    "IdentificacionTercero/Tipo": "Tipo de identificación del tercero",
    "IdentificacionTercero/Numero": "Número de identificación del tercero",
    "NombreComercial": "Nombre comercial",
    "Ubicacion": "Dirección",
    "Ubicacion/Provincia": "Provincia",
    "Ubicacion/Canton": "Cantón",
    "Ubicacion/Distrito": "Distrito",
    "Barrio": "Barrio",
    "OtrasSenas": "Otras señas",
    "OtrasSenasExtranjero": "Dirección en el extranjero",
    "Telefono": "Teléfono",
    "CodigoPais": "Código de país",
    "NumTelefono": "Teléfono",
    "CorreoElectronico": "Correo electrónico",
    "Registrofiscal8707": "Registro de bebidas alcohólicas",
    "CodigoActividadEmisor": "Actividad económica con que vende",
    "CodigoActividadReceptor": "Actividad económica del cliente",
    "CondicionVenta": "Condición de venta",
    "CondicionVentaOtros": "Descripción de la condición",
    "PlazoCredito": "Plazo en días",
    "LineaDetalle": "Línea",
    "DetalleServicio": "Líneas",
    "NumeroLinea": "Número de línea",
    "PartidaArancelaria": "Partida arancelaria",
    "CodigoCABYS": "Código CAByS",
    "CodigoComercial": "Código comercial",
    "CodigoComercial/Tipo": "Tipo de código",
    "CodigoComercial/Codigo": "Código",
    "Cantidad": "Cantidad",
    "UnidadMedida": "Unidad",
    "TipoTransaccion": "Tipo de transacción",
    "UnidadMedidaComercial": "Unidad comercial",
    "LineaDetalle/Detalle": "Detalle",
    "NumeroVINoSerie": "Número de VIN o serie",
    "RegistroMedicamento": "Registro del medicamento",
    "FormaFarmaceutica": "Forma farmacéutica",
    "DetalleSurtido": "Artículos del surtido",
    "PrecioUnitario": "Precio unitario",
    "MontoTotal": "Monto sin impuesto",
    "Descuento": "Descuento",
    "MontoDescuento": "Monto del descuento",
    "CodigoDescuento": "Tipo de descuento",
    "CodigoDescuentoOTRO": "Descripción del tipo",
    "NaturalezaDescuento": "Motivo del descuento",
    "SubTotal": "Monto en que se calcula el IVA",
    "IVACobradoFabrica": "IVA cobrado en fábrica",
    "BaseImponible": "Base imponible",
    "Impuesto": "Impuesto",
    "Impuesto/Codigo": "Impuesto",
    "CodigoImpuestoOTRO": "Descripción del impuesto",
    "CodigoTarifaIVA": "Tarifa de IVA",
    "Tarifa": "Tarifa (%)",
    "FactorCalculoIVA": "Factor de cálculo",
    "DatosImpuestoEspecifico": "Datos del impuesto específico",
    "CantidadUnidadMedida": "Cantidad de la unidad de medida",
    "Porcentaje": "Porcentaje de alcohol",
    "Proporcion": "Proporción",
    "VolumenUnidadConsumo": "Volumen por unidad de consumo",
    "ImpuestoUnidad": "Impuesto por unidad",
    "Impuesto/Monto": "Monto del impuesto",
    "MontoExportacion": "Monto de exportación",
    "Exoneracion": "Exoneración",
    "TipoDocumentoEX1": "Documento que exonera",
    "TipoDocumentoOTRO": "Descripción del documento",
    "NumeroDocumento": "Número del documento",
    "Articulo": "Artículo",
    "Inciso": "Inciso",
    "NombreInstitucion": "Institución que exonera",
    "NombreInstitucionOtros": "Nombre de la institución",
    "FechaEmisionEX": "Fecha del documento",
    "TarifaExonerada": "Puntos exonerados",
    "MontoExoneracion": "Monto exonerado",
    "OtrosCargos": "Otro cargo",
    "TipoDocumentoOC": "Tipo de cargo",
    "TipoDocumentoOTROS": "Descripción del tipo",
    "NombreTercero": "Nombre del tercero",
    "OtrosCargos/Detalle": "Detalle del cargo",
    "PorcentajeOC": "Porcentaje",
    "MontoCargo": "Monto",
    "ResumenFactura": "Totales",
    "CodigoTipoMoneda": "Moneda",
    "CodigoMoneda": "Moneda",
    "TipoCambio": "Tipo de cambio",
    "TotalIVADevuelto": "IVA devuelto",
    "MedioPago": "Medio de pago",
    "TipoMedioPago": "Medio de pago",
    "MedioPagoOtros": "Descripción del medio",
    "TotalMedioPago": "Monto",
    "InformacionReferencia": "Documento de referencia",
    "TipoDocIR": "Tipo de documento",
    "TipoDocRefOTRO": "Descripción del documento",
    "InformacionReferencia/Numero": "Clave o número",
    "FechaEmisionIR": "Fecha y hora de emisión",
    "InformacionReferencia/Codigo": "Por qué se refiere",
    "CodigoReferenciaOTRO": "Descripción del motivo",
    "Razon": "Razón",
    "Otros": "Nota",
    "OtroTexto": "Nota para el cliente",
}

HINTS: dict[str, str] = {
    "Receptor/CorreoElectronico": "Ahí le llegan el PDF y el XML.",
    "CodigoActividadReceptor": "Hacienda la pide para que su cliente pueda deducir el gasto.",
    "TarifaExonerada": "Los puntos que se perdonan: 13 si se exonera todo el IVA general.",
    "NumeroDocumento": "Tal como está en el documento, con guiones.",
    "InformacionReferencia/Numero": "La clave o el número. Si el documento es suyo, traemos los demás datos.",
    "FechaEmisionIR": "La misma del documento original.",
    "Razon": "En pocas palabras, por qué se emite este comprobante.",
    "PartidaArancelaria": "12 dígitos; la llevan las mercancías que se exportan.",
    "SubTotal": "Déjelo en blanco si es el mismo monto.",
    "TotalMedioPago": "En blanco, lo que falte.",
    "PlazoCredito": "Cuántos días tiene el cliente para pagar.",
    "Ubicacion/Distrito": "Escriba el distrito y el cantón, por ejemplo San Rafael, Escazú.",
    "NumeroVINoSerie": "Uno por renglón.",
    "TotalIVADevuelto": "Servicios de salud que se pagan con tarjeta.",
}


def called(words: dict[str, str], steps: list[str], default: str = "") -> str:
    """What *words* say of the element at the end of *steps*, by its parent's name first."""
    return words.get("/".join(steps[-2:]), words.get(steps[-1], default)) if steps else default


def called_codes(steps: list[str]) -> Catalogo | None:
    """The table of codes of the element at the end of *steps*."""
    return CODES.get("/".join(steps[-2:])) or CODES.get(steps[-1])


def called_common(tipo: str, steps: list[str]) -> tuple[str, ...]:
    """The codes that come first in the element at the end of *steps*, in a document of *tipo*."""
    name = "/".join(steps[-2:])
    for key in (f"{tipo}/{name}", name, steps[-1]):
        if key in COMMON:
            return COMMON[key]
    return ()
