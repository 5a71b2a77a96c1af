"""Charges outside the lines (note 16); 99 is described in TipoDocumentoOTROS.

04 needs the third party. A document may consist of nothing but charges 04, 08, 09 and 10.
"""

from __future__ import annotations

from hacienda.catalogos import Catalogo, Codigo

OTROS_CARGOS = Catalogo(
    "Otros cargos",
    "16",
    Codigo("01", "Contribución parafiscal"),
    Codigo("02", "Timbre de la Cruz Roja"),
    Codigo("03", "Timbre del Benemérito Cuerpo de Bomberos"),
    Codigo("04", "Cobro de un tercero"),
    Codigo("05", "Costos de exportación"),
    Codigo("06", "Impuesto de servicio 10 %"),
    Codigo("07", "Timbre de colegios profesionales"),
    Codigo("08", "Depósitos de garantía"),
    Codigo("09", "Multas o penalizaciones"),
    Codigo("10", "Intereses moratorios"),
    Codigo("99", "Otros cargos"),
)

SIN_LINEAS = frozenset({"04", "08", "09", "10"})
"""Charges that may make up a whole document."""
