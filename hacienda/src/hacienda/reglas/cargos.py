"""Charges outside the lines (annex, note 16)."""

from __future__ import annotations

from hacienda.catalogos.otros_cargos import SIN_LINEAS
from hacienda.comprobante import Comprobante, OtrosCargos
from hacienda.reglas.findings import Findings
from hacienda.reglas.partes import check_identificacion


def check(documento: Comprobante, found: Findings) -> None:
    if not documento.detalle_servicio and documento.tipo in ("FE", "TE", "NC", "ND"):
        kinds = {charge.tipo_documento_oc for charge in documento.otros_cargos}
        if not kinds or not kinds <= SIN_LINEAS:
            found.error(
                "sin-lineas",
                "DetalleServicio",
                "El comprobante no tiene líneas.",
                "Agregue al menos una, salvo que sea solo un cobro de tipo 04, 08, 09 o 10.",
            )
    for index, charge in enumerate(documento.otros_cargos, 1):
        _charge(charge, f"OtrosCargos[{index}]", found)


def _charge(charge: OtrosCargos, path: str, found: Findings) -> None:
    kind = charge.tipo_documento_oc
    if kind == "99":
        if not charge.tipo_documento_otros:
            found.error(
                "falta-cargo-otro",
                f"{path}/TipoDocumentoOTROS",
                "El cargo es de tipo 99 y falta describirlo.",
            )
    elif charge.tipo_documento_otros and kind:
        found.spare(f"{path}/", "TipoDocumentoOTROS", kind)
    if kind == "04":
        for name, value in (
            ("IdentificacionTercero", charge.identificacion_tercero),
            ("NombreTercero", charge.nombre_tercero),
        ):
            if not value:
                found.error(
                    "falta-tercero", f"{path}/{name}", f"El cobro de un tercero necesita {name}."
                )
    check_identificacion(charge.identificacion_tercero, f"{path}/IdentificacionTercero", found)
    if charge.monto_cargo is not None and charge.monto_cargo == 0:
        found.error("cargo-cero", f"{path}/MontoCargo", "El cargo debe ser mayor que cero.")
