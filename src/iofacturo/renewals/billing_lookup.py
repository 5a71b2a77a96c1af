"""Hacienda's word on who the plan's invoice is made out to, put into the billing data.

Asking is a button of the form and works without scripts. Hacienda silent changes nothing: the
data stay as they were typed, and the page says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hacienda import identificacion
from iofacturo.accounts.company import Company
from iofacturo.invoicing.catalogue import lookup
from iofacturo.invoicing.catalogue.find_page import warnings
from iofacturo.lib.visible import visible
from iofacturo.renewals.billing import TIPOS, Billing

ACT = "consultar"
UNKNOWN = "Hacienda no tiene inscrita esa identificación. Revise el número, o siga a mano."
NO_NUMBER = "Escriba el número de identificación para consultarlo en Hacienda."


@dataclass(frozen=True)
class Word:
    """What was learnt: the data with it in place, and a sentence to show."""

    billing: Billing
    text: str
    found: bool = False


def ask(company: Company, typed: Billing) -> Word:
    """*typed* with the name, and where it was empty the activity, that Hacienda has.

    A wait of a few seconds at most, outside any transaction; *company* counts for the limit.
    """
    numero = typed.numero.strip()
    if typed.tipo in TIPOS:
        numero = identificacion.compact(typed.tipo, numero)
    if not numero:
        return Word(typed, NO_NUMBER)
    try:
        lookup.allow(company.pk)
        taxpayer = lookup.taxpayer(numero)
    except lookup.Unavailable as reason:
        return Word(typed, str(reason))
    if taxpayer is None:
        return Word(typed, UNKNOWN)
    return Word(_with(typed, taxpayer), " ".join(_sentences(taxpayer)), found=True)


def _with(typed: Billing, taxpayer: lookup.Taxpayer) -> Billing:
    active = taxpayer.actividades_activas
    main = next((one for one in active if one.principal), active[0] if active else None)
    tipo = taxpayer.tipo_identificacion
    return replace(
        typed,
        tipo=tipo if tipo in TIPOS else typed.tipo,
        nombre=visible(taxpayer.nombre)[:100] or typed.nombre,
        actividad=typed.actividad or (main.codigo if main else ""),
    )


def _sentences(taxpayer: lookup.Taxpayer) -> list[str]:
    active = taxpayer.actividades_activas[:6]
    said = [f"En Hacienda: {visible(taxpayer.nombre)[:100]}."]
    if active:
        named = "; ".join(f"{one.codigo} {visible(one.descripcion)}" for one in active)
        said.append(f"Actividades inscritas: {named}.")
    return said + warnings(taxpayer)
