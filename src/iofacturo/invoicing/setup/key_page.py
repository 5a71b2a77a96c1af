"""`/facturar/preparar/llave/`: the p12 and its PIN, opened once; neither is kept, written or shown."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from hacienda.errors import LlaveError
from hacienda.llave import MAX_P12_BYTES
from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.invoicing import key
from iofacturo.invoicing.errors import NotReady
from iofacturo.invoicing.key import Key
from iofacturo.invoicing.setup import key_watch
from iofacturo.lib import clock, formats

FILE, PIN = "llave", "pin"
LONGEST_PIN = 100
CHOOSE = "Elija el archivo .p12 que le dio Hacienda."
TYPE = "Escriba el PIN con que generó la llave."


@member("configure")
@sensitive_post_parameters(PIN)
@require_http_methods(["GET", "HEAD", "POST"])
def install(request: SeatedRequest) -> HttpResponse:
    now = clock.now()
    if request.method != "POST":
        return _page(request, now)
    problems = _tried(request, now)
    if problems:
        return _page(request, now, problems)
    return redirect("invoicing:setup_key")


@sensitive_variables("data", "pin")
def _tried(request: SeatedRequest, now: datetime) -> dict[str, str]:
    """What is wrong with what was sent, by field; nothing when the key is in use from now on."""
    file, pin = request.FILES.get(FILE), request.POST.get(PIN, "")
    problems = {}
    if not isinstance(file, UploadedFile) or not file.size:
        problems[FILE] = CHOOSE
    if not pin or len(pin) > LONGEST_PIN:
        problems[PIN] = TYPE
    if problems or not isinstance(file, UploadedFile):
        return problems
    before = request.company.keys.filter(retired_at__isnull=True).values_list("pk").first()
    try:
        data = file.read(MAX_P12_BYTES + 1)
        row = key.install(request.company, data, pin, by=request.user, at=now)
    except LlaveError as error:
        return {PIN if error.message.startswith("El PIN") else FILE: error.message}
    except NotReady as refusal:
        return {FILE: " ".join(f"{one.message} {one.remedy}" for one in refusal.problems)}
    if before != (row.pk,):
        day = formats.dia_largo(clock.local(row.not_after))
        messages.success(request, f"La llave quedó guardada. Vence el {day}.")
    else:
        messages.info(request, "Esa es la llave que ya estaba en uso: no cambió nada.")
    return {}


def _page(
    request: SeatedRequest, now: datetime, problems: dict[str, str] | None = None
) -> HttpResponse:
    row = (
        request.company.keys.filter(retired_at__isnull=True).select_related("installed_by").first()
    )
    context = {
        "problems": problems or {},
        "key": row,
        "days": None if row is None else key_watch.days_left(row.not_after, now),
        "fingerprint": "" if row is None else _grouped(row),
        "warning": None if row is None else key_watch.told(row.not_after, now),
    }
    return render(request, "invoicing/setup/key.html", context)


def _grouped(row: Key) -> str:
    """The fingerprint as programs show it, in capitals and groups of four."""
    text = row.fingerprint.upper()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))
