"""Units of measure (note 15): 101 symbols, in which upper and lower case matter.

`UNIDAD_MEDIDA_4_3` lists the symbols of the older generation, which differ in their case.
"""

# ruff: noqa: SIM905 - lists of symbols read better as one text
from __future__ import annotations

from hacienda.catalogos import Catalogo, Codigo

UNIDAD_MEDIDA = Catalogo(
    "Unidad de medida",
    "15",
    Codigo("1", "Uno (índice de refracción)"),
    Codigo("´", "Minuto"),
    Codigo("´´", "Segundo"),
    Codigo("°C", "Grado celsius"),
    Codigo("1/m", "1 por metro"),
    Codigo("A", "Amperio"),
    Codigo("A/m", "Amperio por metro"),
    Codigo("A/m²", "Amperio por metro cuadrado"),
    Codigo("Acv", "Activo virtual"),
    Codigo("Al", "Alquiler de uso habitacional"),
    Codigo("Alc", "Alquiler de uso comercial"),
    Codigo("B", "Bel"),
    Codigo("Bq", "Becquerel"),
    Codigo("C", "Culombio"),
    Codigo("C/kg", "Culombio por kilogramo"),
    Codigo("C/m²", "Culombio por metro cuadrado"),
    Codigo("C/m³", "Culombio por metro cúbico"),
    Codigo("Cc", "Cajuela de café"),
    Codigo("Cd", "Candela"),
    Codigo("cd/m²", "Candela por metro cuadrado"),
    Codigo("Cm", "Comisión"),
    Codigo("cm", "Centímetro"),
    Codigo("Cu", "Cuartillo de café"),
    Codigo("D", "Día"),
    Codigo("eV", "Electronvolt"),
    Codigo("F", "Farad"),
    Codigo("F/m", "Farad por metro"),
    Codigo("Fa", "Fanega de café"),
    Codigo("G", "Gramo"),
    Codigo("Gal", "Galón"),
    Codigo("Gy", "Gray"),
    Codigo("Gy/s", "Gray por segundo"),
    Codigo("h", "Hora"),
    Codigo("H", "Henry"),
    Codigo("H/m", "Henry por metro"),
    Codigo("Hz", "Hertz"),
    Codigo("I", "Interés"),
    Codigo("J", "Julio"),
    Codigo("J/(kg·K)", "Julio por kilogramo kelvin"),
    Codigo("J/(mol·K)", "Julio por mol kelvin"),
    Codigo("J/K", "Julio por kelvin"),
    Codigo("J/kg", "Julio por kilogramo"),
    Codigo("J/m³", "Julio por metro cúbico"),
    Codigo("J/mol", "Julio por mol"),
    Codigo("K", "Kelvin"),
    Codigo("Kat", "Katal"),
    Codigo("kat/m³", "Katal por metro cúbico"),
    Codigo("Kg", "Kilogramo"),
    Codigo("kg/m³", "Kilogramo por metro cúbico"),
    Codigo("Km", "Kilómetro"),
    Codigo("Kw", "Kilovatio"),
    Codigo("kWh", "Kilovatio hora"),
    Codigo("L", "Litro"),
    Codigo("Lm", "Lumen"),
    Codigo("Ln", "Pulgada"),
    Codigo("Lx", "Lux"),
    Codigo("M", "Metro"),
    Codigo("m/s", "Metro por segundo"),
    Codigo("m/s²", "Metro por segundo cuadrado"),
    Codigo("m²", "Metro cuadrado"),
    Codigo("m³", "Metro cúbico"),
    Codigo("Min", "Minuto"),
    Codigo("mL", "Mililitro"),
    Codigo("Mm", "Milímetro"),
    Codigo("Mol", "Mol"),
    Codigo("mol/m³", "Mol por metro cúbico"),
    Codigo("N", "Newton"),
    Codigo("N/m", "Newton por metro"),
    Codigo("N·m", "Newton metro"),
    Codigo("Np", "Neper"),
    Codigo("º", "Grado"),
    Codigo("Os", "Otro tipo de servicio"),
    Codigo("Otros", "Otra unidad (se describe en la unidad comercial)"),
    Codigo("Oz", "Onza"),
    Codigo("Pa", "Pascal"),
    Codigo("Pa·s", "Pascal segundo"),
    Codigo("Qq", "Quintal"),
    Codigo("Rad", "Radián"),
    Codigo("rad/s", "Radián por segundo"),
    Codigo("rad/s²", "Radián por segundo cuadrado"),
    Codigo("S", "Segundo"),
    Codigo("s", "Siemens"),
    Codigo("Sp", "Servicio profesional"),
    Codigo("Spe", "Servicio personal"),
    Codigo("Sr", "Estereorradián"),
    Codigo("St", "Servicio técnico"),
    Codigo("Sv", "Sievert"),
    Codigo("t", "Tesla"),
    Codigo("T", "Tonelada"),
    Codigo("U", "Unidad de masa atómica unificada"),
    Codigo("Ua", "Unidad astronómica"),
    Codigo("Unid", "Unidad"),
    Codigo("V", "Voltio"),
    Codigo("V/m", "Voltio por metro"),
    Codigo("W", "Vatio"),
    Codigo("W/(m·K)", "Vatio por metro kelvin"),
    Codigo("W/(m²·sr)", "Vatio por metro cuadrado estereorradián"),
    Codigo("W/m²", "Vatio por metro cuadrado"),
    Codigo("W/sr", "Vatio por estereorradián"),
    Codigo("Wb", "Weber"),
    Codigo("Ω", "Ohm"),
)

UNIDAD_MEDIDA_4_3: tuple[str, ...] = tuple(
    (
        "Al Alc Cm I Os Sp Spe St m kg s A K mol cd m² m³ m/s m/s² 1/m kg/m³ A/m² A/m "
        "mol/m³ cd/m² 1 rad sr Hz N Pa J W C V F Ω S Wb T H °C lm lx Bq Gy Sv kat Pa·s "
        "N·m N/m rad/s rad/s² W/m² J/K J/(kg·K) J/kg W/(m·K) J/m³ V/m C/m³ C/m² F/m H/m "
        "J/mol J/(mol·K) C/kg Gy/s W/sr W/(m²·sr) kat/m³ min h d º ´ ´´ L t Np B eV u ua "
        "Unid Gal g Km Kw ln cm mL mm Oz Otros "
    ).split()
)

SERVICIOS = frozenset({"Al", "Alc", "Cm", "I", "Os", "Sp", "Spe", "St"})
"""Units that only a service is counted in."""

COMUNES = tuple("Unid Kg L M m² h D Sp Spe St Os Al Alc Cm I Otros".split())
"""The ones most people need, for the top of a list."""
