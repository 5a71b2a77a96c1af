"""What a company does once before it issues, step by step, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Subquery
from django.urls import reverse

from iofacturo.accounts.company import Company
from iofacturo.invoicing.credentials import Credentials
from iofacturo.invoicing.key import Key
from iofacturo.invoicing.series import Series
from iofacturo.invoicing.setup import key_watch
from iofacturo.invoicing.setup.letterhead import Letterhead
from iofacturo.invoicing.submission import Submission
from iofacturo.lib import clock, formats

DONE, MISSING, ATTENTION = "done", "missing", "attention"


@dataclass(frozen=True)
class Step:
    """One step. `blocks`: nothing can be issued as it stands; `required`: some day it would be."""

    name: str
    label: str
    state: str  # DONE, MISSING or ATTENTION
    text: str
    required: bool = True
    blocks: bool = False

    @property
    def url(self) -> str:
        return reverse(f"invoicing:setup_{self.name}")

    @property
    def badge(self) -> tuple[str, str, str]:
        """Word, tone and icon."""
        if self.state == DONE:
            return "Listo", "ok", "good"
        if self.state == ATTENTION:
            return "Revise", "warn", "alert"
        return ("Falta", "", "ring") if self.required else ("Opcional", "", "ring")


def of(company: Company, at: datetime) -> list[Step]:
    """Every step of *company* as it stands at *at*; one query."""
    found = _found(company)
    return [
        _data(company),
        _series(found),
        _key(found, at),
        _access(found),
        _logo(found),
        _mail(found, company),
    ]


def missing(company: Company, at: datetime) -> list[Step]:
    """What still keeps *company* from issuing, in the order of the page; one query."""
    return [step for step in of(company, at) if step.blocks]


def _found(company: Company) -> dict[str, object]:
    mine = {"company": OuterRef("pk"), "retired_at__isnull": True}
    key = Key.objects.filter(**mine)
    access = Credentials.objects.filter(**mine, environment=settings.HACIENDA_ENV)
    head = Letterhead.objects.filter(company=OuterRef("pk"))
    stopped = Submission.objects.filter(
        company=OuterRef("pk"),
        environment=settings.HACIENDA_ENV,
        state=Submission.STOPPED,
        stopped_for=Submission.CREDENTIALS,
    )
    places = (
        Series.objects.filter(company=OuterRef("pk"))
        .values("company")
        .annotate(n=Count("id"))
        .values("n")
    )
    row = (
        Company.objects.filter(pk=company.pk)
        .values(
            key_from=Subquery(key.values("not_before")[:1]),
            key_until=Subquery(key.values("not_after")[:1]),
            access_user=Subquery(access.values("user")[:1]),
            access_tried=Subquery(access.values("tried_at")[:1]),
            stopped=Exists(stopped),
            opened=Subquery(places),
            logo=Subquery(head.values("logo")[:1]),
            mail_text=Subquery(head.values("mail_text")[:1]),
            reply_to=Subquery(head.values("reply_to")[:1]),
        )
        .get()
    )
    return dict(row)


def _data(company: Company) -> Step:
    lacking = [
        word
        for word, there in (
            ("la actividad económica", company.actividad),
            ("la dirección", company.distrito and company.otras_senas),
            ("un correo", company.emails),
        )
        if not there
    ]
    label = "Datos de la empresa"
    if lacking:
        return Step("data", label, MISSING, f"Falta {_joined(lacking)}.", blocks=True)
    return Step("data", label, DONE, f"{company.nombre}, actividad {company.actividad}.")


def _joined(words: list[str]) -> str:
    return " y ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _series(found: dict[str, object]) -> Step:
    label = "Sucursales y numeración"
    count = found["opened"]
    if not isinstance(count, int) or not count:
        return Step(
            "series", label, MISSING,
            "Diga desde qué número sigue cada comprobante; si empieza, desde el 1.", blocks=True,
        )  # fmt: skip
    what = "1 serie abierta" if count == 1 else f"{formats.numero(count)} series abiertas"
    return Step("series", label, DONE, f"{what}.")


def _key(found: dict[str, object], at: datetime) -> Step:
    label = "Llave criptográfica"
    since, until = found["key_from"], found["key_until"]
    if not isinstance(since, datetime) or not isinstance(until, datetime):
        return Step(
            "key", label, MISSING, "El archivo .p12 de Hacienda y su PIN: con ella se firma.",
            blocks=True,
        )  # fmt: skip
    if at < since:
        day = formats.dia_largo(clock.local(since))
        return Step("key", label, ATTENTION, f"La llave vale desde el {day}.", blocks=True)
    warning = key_watch.told(until, at)
    if warning is not None:
        return Step("key", label, ATTENTION, f"{warning.title}.", blocks=at > until)
    return Step("key", label, DONE, f"Vence el {formats.dia_largo(clock.local(until))}.")


def _access(found: dict[str, object]) -> Step:
    label = "Usuario y contraseña de Hacienda"
    user = found["access_user"]
    if not user:
        return Step("access", label, MISSING, "Con ellos se envían sus comprobantes.", blocks=True)
    if found["stopped"]:
        return Step(
            "access", label, ATTENTION,
            "Hacienda no los aceptó: hay comprobantes que esperan. Escríbalos de nuevo.",
        )  # fmt: skip
    if found["access_tried"] is None:
        return Step("access", label, ATTENTION, "Guardados sin probar con Hacienda.")
    return Step("access", label, DONE, f"{user}")


def _logo(found: dict[str, object]) -> Step:
    label = "Logotipo"
    if found["logo"]:
        return Step("logo", label, DONE, "Sale en sus facturas.", required=False)
    return Step("logo", label, MISSING, "Para que sus facturas lo lleven.", required=False)


def _mail(found: dict[str, object], company: Company) -> Step:
    label = "Correo a sus clientes"
    if found["mail_text"] or found["reply_to"]:
        text = f"Las respuestas llegan a {found['reply_to']}." if found["reply_to"] else ""
        return Step("mail", label, DONE, text or "Con su propio texto.", required=False)
    text = "Un texto suyo y a dónde llegan las respuestas."
    return Step("mail", label, MISSING, text, required=False)
