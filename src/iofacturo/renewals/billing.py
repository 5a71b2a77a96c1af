"""To whom the plan's invoice is made out: typed as text, checked, then kept for this invoice.

Changing it touches neither the company's own data nor older invoices. Only when asked, the same
data is offered the next time (`BillingProfile`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import models

from hacienda import identificacion, ubicacion
from hacienda.errors import HaciendaError
from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.lib.visible import visible

MOST_EMAILS = 4
LONGEST = 1000  # letters of a field that a draft keeps
TIPOS = dict(Company.TIPOS)
_email = EmailValidator()


@dataclass(frozen=True)
class Billing:
    """Billing data as typed (draft) or checked (`check`). Emails are separated by commas."""

    tipo: str = ""
    numero: str = ""
    nombre: str = ""
    actividad: str = ""
    correos: str = ""
    provincia: str = ""
    canton: str = ""
    distrito: str = ""
    barrio: str = ""
    otras_senas: str = ""

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any]) -> Billing:
        """What is there of our fields, as text of one line."""
        return cls(**{f.name: visible(str(data.get(f.name, ""))[:LONGEST]) for f in fields(cls)})

    @classmethod
    def of_company(cls, company: Company) -> Billing:
        return cls(
            tipo=company.tipo_identificacion,
            numero=company.cedula,
            nombre=company.nombre,
            actividad=company.actividad,
            correos=", ".join(company.emails[:MOST_EMAILS]),
            provincia=company.provincia,
            canton=company.canton,
            distrito=company.distrito,
            barrio=company.barrio,
            otras_senas=company.otras_senas,
        )

    def as_dict(self) -> dict[str, str]:
        return asdict(self)

    @property
    def emails(self) -> list[str]:
        parts = self.correos.replace(";", ",").replace(" ", ",").split(",")
        return list(dict.fromkeys(part for part in parts if part))


def check(billing: Billing) -> tuple[Billing, dict[str, str]]:
    """The normalised data and the problems by field name; without problems it may be invoiced."""
    problems: dict[str, str] = {}
    numero = identificacion.compact(billing.tipo, billing.numero) if billing.tipo in TIPOS else ""
    if billing.tipo not in TIPOS:
        problems["tipo"] = "Escoja el tipo de identificación."
    else:
        try:
            identificacion.validate(billing.tipo, numero)
        except HaciendaError as error:
            problems["numero"] = _wrong_number(billing.tipo, numero) or str(error)
    if not billing.nombre:
        problems["nombre"] = "Escriba el nombre o la razón social."
    elif len(billing.nombre) > 100:
        problems["nombre"] = "El nombre tiene más de 100 letras: Hacienda no admite tantas."
    actividad = billing.actividad.replace(" ", "")
    if len(actividad) == 5 and actividad.isdigit():
        actividad = f"{actividad[:4]}.{actividad[4]}"
    if actividad and not _is_actividad(actividad):
        problems["actividad"] = "El código de actividad tiene 6 caracteres, como 5610.0."
    problems |= _email_problems(billing)
    problems |= _place_problems(billing)
    checked = Billing(
        **{**billing.as_dict(), "numero": numero, "actividad": actividad,
           "correos": ", ".join(billing.emails)}
    )  # fmt: skip
    return checked, problems


LENGTHS = {"01": (9, 9), "02": (10, 10), "03": (11, 12), "04": (10, 10)}


def _wrong_number(tipo: str, numero: str) -> str:
    """What is wrong with a number made of digits, counted for whoever typed it."""
    least, most = LENGTHS[tipo]
    if not numero:
        return "Escriba el número de identificación."
    if not numero.isdigit() or least <= len(numero) <= most:
        return ""
    name = TIPOS[tipo] if tipo in ("03", "04") else TIPOS[tipo].lower()
    wanted = f"{least}" if least == most else f"{least} o {most}"
    off = least - len(numero) if len(numero) < least else len(numero) - most
    what = "falta" if len(numero) < least else "sobra"
    digits = "un dígito" if off == 1 else f"{off} dígitos"
    verb = what if off == 1 else f"{what}n"
    return f"Al número le {verb} {digits}: {name} lleva {wanted} y aquí hay {len(numero)}."


def _is_actividad(code: str) -> bool:
    return len(code) == 6 and code.replace(".", "", 1).isdigit() and code.isascii()


def _email_problems(billing: Billing) -> dict[str, str]:
    emails = billing.emails
    if not emails:
        return {"correos": "Escriba al menos un correo para la factura."}
    if len(emails) > MOST_EMAILS:
        return {"correos": f"Son {len(emails)} correos y caben {MOST_EMAILS}."}
    for email in emails:
        try:
            _email(email)
        except ValidationError:
            return {"correos": f"«{email}» no es una dirección de correo."}
        if len(email) > 160:
            return {"correos": f"«{email[:30]}…» es demasiado largo."}
    return {}


def _place_problems(billing: Billing) -> dict[str, str]:
    problems: dict[str, str] = {}
    for name in ("provincia", "canton", "distrito"):
        if not getattr(billing, name):
            label = {"provincia": "la provincia", "canton": "el cantón", "distrito": "el distrito"}
            problems[name] = f"Escoja {label[name]}."
    if not problems and not ubicacion.is_valid(billing.provincia, billing.canton, billing.distrito):
        problems["distrito"] = "Ese distrito no es de ese cantón: escoja los tres de nuevo."
    if billing.barrio and not 5 <= len(billing.barrio) <= 50:
        problems["barrio"] = "El barrio tiene entre 5 y 50 letras, o se deja vacío."
    if len(billing.otras_senas) < 5:
        problems["otras_senas"] = "Escriba las otras señas: al menos 5 letras."
    elif len(billing.otras_senas) > 250:
        problems["otras_senas"] = "Las otras señas tienen más de 250 letras."
    return problems


class BillingSnapshot(models.Model):
    """Checked billing data as sent with a request; a correction is a new row. Append-only."""

    request = models.ForeignKey("RenewalRequest", models.PROTECT, related_name="billings")
    tipo = models.CharField(max_length=2)
    numero = models.CharField(max_length=20)
    nombre = models.CharField(max_length=100)
    actividad = models.CharField(max_length=6, blank=True)
    correos = models.JSONField()
    provincia = models.CharField(max_length=1)
    canton = models.CharField(max_length=2)
    distrito = models.CharField(max_length=2)
    barrio = models.CharField(max_length=50, blank=True)
    otras_senas = models.CharField(max_length=250)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "datos de facturación"
        verbose_name_plural = "datos de facturación"

    @property
    def cedula(self) -> str:
        return identificacion.format(self.tipo, self.numero)

    @property
    def place(self) -> str:
        """`Carmen, San José, San José`: distrito, cantón, provincia."""
        return ubicacion.describe(self.provincia, self.canton, self.distrito)

    def as_billing(self) -> Billing:
        return Billing(
            **{f.name: str(getattr(self, f.name)) for f in fields(Billing)
               if f.name not in {"correos", "numero"}},
            numero=self.cedula,
            correos=", ".join(self.correos),
        )  # fmt: skip


def keep(request: Any, billing: Billing, *, by: User, at: datetime) -> BillingSnapshot:
    """Store checked *billing* for the request's invoice."""
    data = billing.as_dict() | {"correos": billing.emails}
    return BillingSnapshot.objects.create(request=request, created_by=by, created_at=at, **data)


class BillingProfile(models.Model):
    """What a company asked us to offer the next time."""

    company = models.OneToOneField(Company, models.PROTECT, related_name="billing_profile")
    data = models.JSONField()
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(User, models.PROTECT, related_name="+")


def prefilled(company: Company) -> Billing:
    """What a new request begins with: what was asked to be kept, else the company's own data."""
    profile = BillingProfile.objects.filter(company=company).first()
    return Billing.from_mapping(profile.data) if profile else Billing.of_company(company)


def last_confirmed(company: Company) -> Billing:
    """What was asked to be kept, else what was sent last, else the company's own data."""
    if not BillingProfile.objects.filter(company=company).exists():
        sent = BillingSnapshot.objects.filter(request__company=company).order_by("-pk").first()
        if sent is not None:
            return sent.as_billing()
    return prefilled(company)


def remember(company: Company, billing: Billing, *, by: User, at: datetime) -> None:
    """Offer *billing* the next time."""
    BillingProfile.objects.update_or_create(
        company=company,
        defaults={"data": billing.as_dict(), "updated_at": at, "updated_by": by},
    )
