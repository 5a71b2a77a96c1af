"""The documents that one refers to, and those that refer to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import hacienda
from hacienda import clave as claves
from hacienda.catalogos.referencia import CODIGO_REFERENCIA, TIPO_DOCUMENTO_REFERENCIA
from iofacturo.invoicing.comprobante import Comprobante

MOST = 20


@dataclass(frozen=True)
class Relative:
    """Another document: `row` when it is the company's own."""

    why: str
    label: str
    numero: str
    fecha: datetime | None = None
    razon: str = ""
    row: Comprobante | None = None


def referred(row: Comprobante, document: hacienda.Comprobante) -> list[Relative]:
    """What *document* refers to."""
    references = document.informacion_referencia
    wanted = {claves.compact(one.numero) for one in references if one.numero}
    own = (
        {one.clave: one for one in row.company.comprobantes.filter(clave__in=wanted)}
        if wanted
        else {}
    )
    told = []
    for one in references:
        held = own.get(claves.compact(one.numero)) if one.numero else None
        kind = one.tipo_doc_ref_otro or TIPO_DOCUMENTO_REFERENCIA.nombre_de(one.tipo_doc_ir)
        told.append(
            Relative(
                why=one.codigo_referencia_otro or CODIGO_REFERENCIA.nombre_de(one.codigo),
                label=held.label if held else kind,
                numero=one.numero or "",
                fecha=one.fecha_emision_ir,
                razon=one.razon or "",
                row=held,
            )
        )
    return told


def referring(row: Comprobante) -> list[Comprobante]:
    """The company's documents that refer to *row*, the newest first, with their submissions."""
    rows = row.company.comprobantes.filter(referencia=row.clave).select_related("submission")
    return list(rows.order_by("-fecha", "-id")[:MOST])
