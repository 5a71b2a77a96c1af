"""Exonerations: the document that grants one (note 10.1) and who issued it (note 23).

Documents 02, 03 and 08 quote the number of the law; 02, 03, 06, 07 and 08 need Articulo.
"""

from __future__ import annotations

from hacienda.catalogos import Catalogo, Codigo

_NOTES = ("NC", "ND")
_WITH_EXONERACION = ("FE", "ND", "NC", "TE", "FEC")

TIPO_EXONERACION = Catalogo(
    "Documento de exoneración",
    "10.1",
    Codigo("01", "Compras autorizadas por la Dirección General de Tributación", _NOTES),
    Codigo("02", "Ventas exentas a diplomáticos", _WITH_EXONERACION),
    Codigo("03", "Autorizado por ley especial", _WITH_EXONERACION),
    Codigo("04", "Dirección General de Hacienda, autorización local genérica", _WITH_EXONERACION),
    Codigo("05", "Dirección General de Hacienda, transitorio V", _NOTES),
    Codigo("06", "Servicios turísticos inscritos ante el ICT", _NOTES),
    Codigo("07", "Transitorio XVII, reciclaje", _NOTES),
    Codigo("08", "Zona franca", _WITH_EXONERACION),
    Codigo(
        "09", "Servicios complementarios para la exportación (artículo 11 RLIVA)", _WITH_EXONERACION
    ),
    Codigo("10", "Órgano de las corporaciones municipales", _WITH_EXONERACION),
    Codigo("11", "Dirección General de Hacienda, autorización local concreta", _WITH_EXONERACION),
    Codigo("99", "Otros", _WITH_EXONERACION),
)

INSTITUCION = Catalogo(
    "Institución que exonera",
    "23",
    Codigo("01", "Ministerio de Hacienda"),
    Codigo("02", "Ministerio de Relaciones Exteriores y Culto"),
    Codigo("03", "Ministerio de Agricultura y Ganadería"),
    Codigo("04", "Ministerio de Economía, Industria y Comercio"),
    Codigo("05", "Cruz Roja Costarricense"),
    Codigo("06", "Benemérito Cuerpo de Bomberos de Costa Rica"),
    Codigo("07", "Asociación Obras del Espíritu Santo"),
    Codigo("08", "Federación Cruzada Nacional de Protección al Anciano (Fecrunapa)"),
    Codigo("09", "Escuela de Agricultura de la Región Húmeda (EARTH)"),
    Codigo("10", "Instituto Centroamericano de Administración de Empresas (INCAE)"),
    Codigo("11", "Junta de Protección Social (JPS)"),
    Codigo("12", "Autoridad Reguladora de los Servicios Públicos (Aresep)"),
    Codigo("99", "Otros"),
)

CON_ARTICULO = frozenset({"02", "03", "06", "07", "08"})
"""Documents that need Articulo."""
