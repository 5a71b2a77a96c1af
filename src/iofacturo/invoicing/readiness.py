"""Step one of issuing, outside any transaction: is everything there, and is the document right?

What a person stated becomes a whole document: the company's data, the provider's id and the instant
are put in, the amounts calculated, the rules asked. The key is opened here, so that within the
transaction nothing is left that could fail but the numbers and the folios.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings

import hacienda
from hacienda import clave, montos, reglas
from hacienda import comprobante as ley
from hacienda.errors import HaciendaError, InvalidError, LlaveError, Problem
from hacienda.estructura import of
from hacienda.llave import Llave
from hacienda.xml.writer import write_canonical
from iofacturo.accounts.company import Company
from iofacturo.invoicing import credentials, key
from iofacturo.invoicing.documents import limits
from iofacturo.invoicing.draft import Draft
from iofacturo.invoicing.errors import NotReady
from iofacturo.lib import statement

LONGEST_OPERATION = 80
ANY_CODE = "00000000"  # stands where the security code will be, while the rules are asked
WITHOUT_ACTIVITY = (ley.ReciboElectronicoPago,)


@dataclass(frozen=True)
class Ready:
    """A document that only lacks its number. `warnings` are worth showing and hold up nothing."""

    company: Company
    document: hacienda.Comprobante
    series_id: int
    sucursal: int
    terminal: int
    operation: str
    fingerprint: str
    llave: Llave = field(repr=False)
    at: datetime
    warnings: tuple[Problem, ...] = ()
    draft: Draft | None = None


@dataclass(frozen=True)
class Standing:
    """What issuing needs to know of a company, asked once for one document or for ten thousand."""

    company: Company
    proveedor: str
    llave: Llave = field(repr=False)
    series: dict[tuple[int, int, str], int]
    at: datetime

    def ready(
        self,
        stated: hacienda.Comprobante,
        *,
        operation: str,
        sucursal: int = 1,
        terminal: int = 1,
        draft: Draft | None = None,
    ) -> Ready:
        """*stated*, finished, calculated and checked. NotReady with every problem."""
        if len(operation) > LONGEST_OPERATION:
            raise ValueError(f"an operation has at most {LONGEST_OPERATION} characters")
        place = (sucursal, terminal, stated.codigo)
        series_id = self.series.get(place)
        if series_id is None:
            raise NotReady([_no_series(*place)])
        try:
            fingerprint = hashlib.sha256(write_canonical(stated)).hexdigest()
            document = finish(stated, self, sucursal, terminal)
        except InvalidError as error:
            raise NotReady([Problem("valor-imposible", "", "error", error.message)]) from error
        problems = [
            *reglas.check(document, today=self.at, adds_up=montos.leaves_sums_open(stated)),
            *limits.problems(self.company, document),
        ]
        if any(problem.is_error for problem in problems):
            raise NotReady(problems)
        return Ready(
            company=self.company,
            document=document,
            series_id=series_id,
            sucursal=sucursal,
            terminal=terminal,
            operation=operation,
            fingerprint=fingerprint,
            llave=self.llave,
            at=self.at,
            warnings=tuple(problems),
            draft=draft,
        )


# One plain statement: this is asked for every document.
STANDING = """
SELECT k.id, k.fingerprint,
       EXISTS (SELECT 1 FROM invoicing_credentials a
               WHERE a.company_id = c.id AND a.environment = %s AND a.retired_at IS NULL),
       (SELECT identificacion FROM accounts_company WHERE is_provider),
       s.id, s.sucursal, s.terminal, s.tipo
FROM accounts_company c
LEFT JOIN invoicing_key k ON k.company_id = c.id AND k.retired_at IS NULL
LEFT JOIN invoicing_series s ON s.company_id = c.id
WHERE c.id = %s
"""


def standing(company: Company, at: datetime) -> Standing:
    """How *company* stands at *at*. NotReady when it cannot issue anything."""
    rows = statement.rows(STANDING, [settings.HACIENDA_ENV, company.pk])
    found: tuple[Any, ...] = rows[0][:4] if rows else (None,) * 4
    key_id, fingerprint, has_access, proveedor = found
    missing = [
        problem
        for problem, there in (
            (key.MISSING, key_id), (credentials.MISSING, has_access), (NO_PROVIDER, proveedor),
        )
        if not there
    ]  # fmt: skip
    if missing:
        raise NotReady(missing)
    try:
        llave = key.opened(company, key_id, fingerprint, at)
    except LlaveError as error:
        raise NotReady([Problem("llave-no-abre", "", "error", error.message)]) from error
    series = {(sucursal, terminal, tipo): pk for *_, pk, sucursal, terminal, tipo in rows}
    return Standing(company=company, proveedor=proveedor, llave=llave, series=series, at=at)


def ready(draft: Draft, at: datetime) -> Ready:
    """*draft*, ready to be issued at *at*. NotReady with every problem."""
    return standing(draft.company, at).ready(
        draft.document(),
        operation=draft.operation,
        sucursal=draft.sucursal,
        terminal=draft.terminal,
        draft=draft,
    )


def problems(draft: Draft, at: datetime) -> tuple[Problem, ...]:
    """Everything to be said about *draft* as it stands, warnings too, for the editor."""
    try:
        return ready(draft, at).warnings
    except NotReady as refusal:
        return refusal.problems


def finish(
    stated: hacienda.Comprobante, standing: Standing, sucursal: int, terminal: int
) -> hacienda.Comprobante:
    """The whole document, calculated, under a number that is not its own yet."""
    company, at = standing.company, standing.at
    number = clave.Consecutivo.build(sucursal, terminal, stated.codigo, 1)
    values = {
        "clave": clave.build(at, company.identificacion, number, "1", ANY_CODE),
        "proveedor_sistemas": standing.proveedor,
        "numero_consecutivo": number,
        "fecha_emision": at.astimezone(ley.COSTA_RICA).replace(microsecond=0),
        **own_side(stated, company),
    }
    try:
        return montos.calculate(replace(stated, **values))  # type: ignore[arg-type]
    except HaciendaError:
        raise
    except (ArithmeticError, TypeError, ValueError) as error:
        raise InvalidError("Hay un monto que no se puede calcular.") from error


def own_side(stated: hacienda.Comprobante, company: Company) -> dict[str, object]:
    """What the company says of itself: the issuer, or the receiver of a factura de compra."""
    if isinstance(stated, ley.FacturaElectronicaCompra):
        return {
            "receptor": _admitted(
                stated,
                ley.Receptor,
                nombre=company.nombre,
                identificacion=_identificacion(company),
                nombre_comercial=company.nombre_comercial or None,
                ubicacion=_ubicacion(company),
                telefono=_telefono(company),
                correo_electronico=next(iter(company.emails), None),
            ),
            "codigo_actividad_receptor": stated.codigo_actividad_receptor or company.actividad,
        }
    values: dict[str, object] = {
        "emisor": _admitted(
            stated,
            ley.Emisor,
            nombre=company.nombre,
            identificacion=_identificacion(company),
            registrofiscal8707=stated.emisor.registrofiscal8707 if stated.emisor else None,
            nombre_comercial=company.nombre_comercial or None,
            ubicacion=_ubicacion(company),
            telefono=_telefono(company),
            correo_electronico=tuple(company.emails[:4]),
        )
    }
    if not isinstance(stated, WITHOUT_ACTIVITY):
        values["codigo_actividad_emisor"] = stated.codigo_actividad_emisor or company.actividad
    return values


def _admitted(stated: hacienda.Comprobante, side: type[Any], **values: object) -> Any:
    """The company's side, without what this type of document has no place for."""
    admitted = _elements(stated.tipo, side.__name__.lower())
    return side(**{name: value for name, value in values.items() if name in admitted})


@cache
def _elements(tipo: str, side: str) -> frozenset[str]:
    (group,) = (one for one in of(tipo).children if one.attribute == side)
    return frozenset(one.attribute for one in group.children)


def _identificacion(company: Company) -> ley.Identificacion:
    return ley.Identificacion(tipo=company.tipo_identificacion, numero=company.identificacion)


def _ubicacion(company: Company) -> ley.Ubicacion:
    return ley.Ubicacion(
        provincia=company.provincia or None,
        canton=company.canton or None,
        distrito=company.distrito or None,
        barrio=company.barrio if len(company.barrio) >= 5 else None,  # the schema's least
        otras_senas=company.otras_senas or None,
    )


def _telefono(company: Company) -> ley.Telefono | None:
    digits = re.sub(r"\D", "", company.telefono)
    if len(digits) > 8 and digits.startswith("506"):
        digits = digits[3:]
    return ley.Telefono(codigo_pais="506", num_telefono=digits) if len(digits) >= 8 else None


def _no_series(sucursal: int, terminal: int, tipo: str) -> Problem:
    return Problem(
        "serie-falta",
        "NumeroConsecutivo",
        "error",
        f"No está abierta la serie de «{clave.TIPOS[tipo]}» en la sucursal {sucursal:03}, "
        f"terminal {terminal:05}.",
        "Ábrala en Empresa, «Preparar facturación», con el número en que debe empezar.",
    )


NO_PROVIDER = Problem(
    "proveedor-falta",
    "ProveedorSistemas",
    "error",
    "Este sistema todavía no tiene registrada la empresa que lo ofrece.",
    "Avísele a soporte: su identificación va en cada comprobante.",
)
