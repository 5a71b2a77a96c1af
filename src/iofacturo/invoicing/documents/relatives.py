"""The documents that one refers to, and those that refer to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

import hacienda
from hacienda import clave as claves
from hacienda import comprobante as ley
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


def of(
    row: Comprobante, document: hacienda.Comprobante
) -> tuple[list[Relative], list[Comprobante]]:
    """What *document* refers to, and the company's documents that refer to it, the newest first."""
    references = document.informacion_referencia
    wanted = {claves.compact(one.numero) for one in references if one.numero}
    about = Q(referencia=row.clave)
    rows = row.company.comprobantes.filter(about | Q(clave__in=wanted) if wanted else about)
    near = list(rows.order_by("-fecha", "-id")[: MOST + len(wanted)])
    own = {one.clave: one for one in near if one.clave in wanted}
    referring = [one for one in near if one.referencia == row.clave]
    return [_relative(one, own) for one in references], referring


def _relative(one: ley.InformacionReferencia, own: dict[str, Comprobante]) -> Relative:
    held = own.get(claves.compact(one.numero)) if one.numero else None
    kind = one.tipo_doc_ref_otro or TIPO_DOCUMENTO_REFERENCIA.nombre_de(one.tipo_doc_ir)
    return Relative(
        why=one.codigo_referencia_otro or CODIGO_REFERENCIA.nombre_de(one.codigo),
        label=held.label if held else kind,
        numero=one.numero or "",
        fecha=one.fecha_emision_ir,
        razon=one.razon or "",
        row=held,
    )
