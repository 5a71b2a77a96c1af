"""`/facturar/preparar/hacienda/`: Hacienda's user and password, tried on the spot, then sealed."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from hacienda.errors import LlaveError
from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.invoicing import credentials
from iofacturo.invoicing.credentials import Credentials
from iofacturo.invoicing.setup import access
from iofacturo.lib import clock
from iofacturo.lib.visible import visible

USER, PASSWORD = "usuario", "contrasena"
LONGEST_USER, LONGEST_PASSWORD = 160, 200
ENVIRONMENTS = {
    "prod": "producción",
    "stag": "pruebas de Hacienda",
    "sandbox-local": "pruebas de esta instalación",
}


@member("configure")
@sensitive_post_parameters(PASSWORD)
@require_http_methods(["GET", "HEAD", "POST"])
def install(request: SeatedRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, _current(request))
    now = clock.now()
    if request.POST.get("accion") == "probar":
        return _tried_again(request, now)
    return _kept(request, now)


@sensitive_variables("password")
def _kept(request: SeatedRequest, now: datetime) -> HttpResponse:
    user = visible(request.POST.get(USER, ""))
    password = request.POST.get(PASSWORD, "")
    problems = {}
    if not user or len(user) > LONGEST_USER:
        problems[USER] = "Escriba el usuario tal como se lo dio Hacienda."
    if not password or len(password) > LONGEST_PASSWORD:
        problems[PASSWORD] = "Escriba la contraseña que se le dio junto con el usuario."
    if problems:
        return _page(request, _current(request), user, problems)
    untried = request.POST.get("accion") == "guardar-sin-probar"
    if not untried:
        try:
            access.attempt(request.company, user, password)
        except access.Wrong as wrong:
            return _page(request, _current(request), user, {PASSWORD: str(wrong)})
        except access.Unreachable as reason:
            return _page(request, _current(request), user, unreachable=str(reason))
    credentials.install(
        request.company, settings.HACIENDA_ENV, user, password,
        by=request.user, at=now, tried=not untried,
    )  # fmt: skip
    if untried:
        messages.warning(request, "Los guardamos sin probar. Pruébelos cuando Hacienda responda.")
    else:
        messages.success(request, "Hacienda los aceptó y quedaron guardados.")
    if access.somebody_elses(request.company, user):
        messages.warning(
            request,
            f"Ese usuario parece de otra cédula, no de la {request.company.cedula}. "
            "Si es así, Hacienda no recibirá sus comprobantes.",
        )
    return redirect("invoicing:setup_access")


@sensitive_variables("password")
def _tried_again(request: SeatedRequest, now: datetime) -> HttpResponse:
    """Those that are kept, tried once more."""
    row = _current(request)
    if row is None:
        return redirect("invoicing:setup_access")
    try:
        password = row.password()
        access.attempt(request.company, row.user, password)
    except LlaveError:
        messages.error(request, "La contraseña guardada ya no se puede abrir: escríbala de nuevo.")
    except access.Wrong:
        messages.error(request, "Hacienda no los acepta. Escríbalos de nuevo.")
    except access.Unreachable as reason:
        messages.warning(request, f"{reason} Inténtelo más tarde.")
    else:
        credentials.install(
            request.company, settings.HACIENDA_ENV, row.user, password,
            by=request.user, at=now, tried=True,
        )  # fmt: skip
        messages.success(request, "Hacienda los aceptó.")
    return redirect("invoicing:setup_access")


def _current(request: SeatedRequest) -> Credentials | None:
    return (
        request.company.credentials.filter(
            environment=settings.HACIENDA_ENV, retired_at__isnull=True
        )
        .select_related("company", "installed_by")
        .first()
    )


def _page(
    request: SeatedRequest,
    row: Credentials | None,
    user: str | None = None,
    problems: dict[str, str] | None = None,
    unreachable: str = "",
) -> HttpResponse:
    context = {
        "row": row,
        "typed_user": user if user is not None else (row.user if row else ""),
        "problems": problems or {},
        "unreachable": unreachable,
        "environment": ENVIRONMENTS[settings.HACIENDA_ENV],
    }
    return render(request, "invoicing/setup/access.html", context)
