"""`/facturar/preparar/datos/`: the company's data, by Hacienda's public look-up or by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from iofacturo.accounts import company_data
from iofacturo.accounts.access import member
from iofacturo.accounts.company_forms import CompanyForm
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.invoicing.catalogue import actividad, lookup
from iofacturo.lib import clock
from iofacturo.lib.visible import visible

REGISTERED = "registrada"  # hidden fields: an activity that was looked up, as `code description`
MOST_REGISTERED = 60


@dataclass(frozen=True)
class Found:
    """What the look-up said, for the page."""

    tone: str
    title: str
    text: str = ""


class DataForm(CompanyForm):
    """The company's data with what an issuer cannot do without; *registered* are its activities."""

    def __init__(
        self, *args: Any, registered: list[tuple[str, str]] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name in ("actividad", "provincia", "canton", "distrito", "otras_senas", "email_1"):
            self.fields[name].required = True
            self.fields[name].error_messages["required"] = NEEDED[name]
        if registered:
            self._choose_among(registered)
        elif known := actividad.name(self["actividad"].value() or ""):
            self.fields["actividad"].help_text = f"{known}."

    def _choose_among(self, registered: list[tuple[str, str]]) -> None:
        choices = [(code, f"{code} · {what}") for code, what in registered]
        codes = {code for code, _ in choices}
        now = self.company.actividad if self.company is not None else ""
        if now and now not in codes:
            choices.append((now, f"{now} · la que tiene ahora; Hacienda no la tiene inscrita"))
        self.fields["actividad"] = forms.ChoiceField(
            label="Actividad económica",
            choices=choices,
            widget=forms.RadioSelect,
            error_messages={"required": NEEDED["actividad"], "invalid_choice": CHOOSE},
        )


NEEDED = {
    "actividad": "Escriba o escoja la actividad: va en cada comprobante.",
    "provincia": "Escoja la provincia.",
    "canton": "Escoja el cantón.",
    "distrito": "Escoja el distrito.",
    "otras_senas": "Escriba las otras señas: Hacienda las pide.",
    "email_1": "Escriba al menos un correo: va en cada comprobante.",
}
CHOOSE = "Escoja una de estas actividades."


@member("configure")
@require_http_methods(["GET", "HEAD", "POST"])
def data(request: SeatedRequest) -> HttpResponse:
    company = request.company
    if request.method != "POST":
        return _page(request, DataForm(company=company))
    act = request.POST.get("accion", "")
    if act == "consultar":
        return _consulted(request)
    if act == "escribir":
        return _page(request, DataForm(company=company, initial=_typed(request.POST)))
    registered = _registered(request.POST)
    form = DataForm(request.POST, company=company, registered=registered)
    if not form.is_valid():
        return _page(request, form, registered=registered)
    if company_data.edit(company, form.values(), by=request.user, at=clock.now()):
        messages.success(request, "Guardamos los datos de la empresa.")
    return redirect("invoicing:setup")


def _consulted(request: SeatedRequest) -> HttpResponse:
    """The form as it was typed, with what Hacienda's register knows in it."""
    company, typed = request.company, _typed(request.POST)
    try:
        lookup.allow(company.pk)
        taxpayer = lookup.taxpayer(company.identificacion)
    except lookup.Unavailable as reason:
        found = Found("warn", "No se pudo consultar a Hacienda", f"{reason} {BY_HAND}")
        return _page(request, DataForm(company=company, initial=typed), found=found)
    if taxpayer is None:
        found = Found("warn", f"Hacienda no tiene inscrita la cédula {company.cedula}", BY_HAND)
        return _page(request, DataForm(company=company, initial=typed), found=found)
    registered = [
        (visible(one.codigo), visible(one.descripcion)) for one in taxpayer.actividades_activas
    ]
    typed["nombre"] = visible(taxpayer.nombre)[:100] or typed.get("nombre", "")
    codes = [code for code, _ in registered]
    if codes and typed.get("actividad") not in codes:
        first = next((one.codigo for one in taxpayer.actividades_activas if one.principal), "")
        typed["actividad"] = codes[0] if len(codes) == 1 else company.actividad or first
    form = DataForm(company=company, initial=typed, registered=registered)
    return _page(request, form, registered=registered, found=_said(taxpayer, registered))


BY_HAND = "Puede escribir los datos a mano: no hace falta esperar."


def _said(taxpayer: lookup.Taxpayer, registered: list[tuple[str, str]]) -> Found:
    doubts = [
        words
        for words, holds in (
            ("Aparece morosa con Hacienda.", taxpayer.moroso),
            ("Aparece omisa con Hacienda.", taxpayer.omiso),
            ("No tiene actividades activas inscritas: escriba el código a mano.", not registered),
        )
        if holds
    ]
    rest = "Revise el nombre, escoja la actividad y complete lo demás."
    text = " ".join([f"{taxpayer.estado}." if taxpayer.estado else "", *doubts, rest]).strip()
    return Found("warn" if doubts else "ok", "Esto dice Hacienda de su empresa", text)


def _typed(sent: QueryDict) -> dict[str, Any]:
    names = {*CompanyForm.base_fields, "email_1", "email_2", "email_3", "email_4"}
    return {name: sent[name] for name in names if name in sent}


def _registered(sent: QueryDict) -> list[tuple[str, str]]:
    """The activities that the page carries along since the look-up."""
    pairs = (text.partition(" ") for text in sent.getlist(REGISTERED)[:MOST_REGISTERED])
    return [(visible(code)[:10], visible(what)[:200]) for code, _, what in pairs if code]


def _page(
    request: SeatedRequest,
    form: DataForm,
    *,
    registered: list[tuple[str, str]] | None = None,
    found: Found | None = None,
) -> HttpResponse:
    context = {
        "form": form,
        "registered": [f"{code} {what}" for code, what in registered or []],
        "found": found,
    }
    return render(request, "invoicing/setup/data.html", context)
