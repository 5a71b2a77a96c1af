"""`/gestion/movimientos/bancos/`: the columns of each bank's files, tried before they are saved."""

import json
from dataclasses import asdict

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from iofacturo.accounts.access import staff
from iofacturo.accounts.seated import StaffRequest
from iofacturo.backoffice.forms_statements import TrialForm
from iofacturo.lib import clock
from iofacturo.renewals import statement_profile
from iofacturo.renewals.errors import Invalid, RenewalError
from iofacturo.renewals.statement import Statement, bounded
from iofacturo.renewals.statement.profile import ColumnProfile
from iofacturo.renewals.statement.row import UnusableStatement

SALT = "statement profile that read a file"
FIRST = 10
HOURS = 12 * 3600


@staff("payee")
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: StaffRequest) -> HttpResponse:
    """The columns of one bank (`?banco=`), or of a new one: tried on a file, then saved."""
    known = statement_profile.of(request.GET.get("banco", ""))
    if request.GET.get("banco") and known is None:
        raise Http404
    if request.method != "POST":
        start: dict[str, object] = {"seen": known.number if known else 0}
        if known:
            start |= {"bank": known.bank, **known.columns.as_json()}
        return _page(request, TrialForm(initial=start))
    form = TrialForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=422)
    columns = form.columns()
    if request.POST.get("accion") == "guardar":
        return _save(request, form, columns)
    if not form.cleaned_data["file"]:
        form.add_error("file", "Escoja un archivo de este banco para probar.")
        return _page(request, form, status=422)
    try:
        found = bounded.read(form.cleaned_data["file"].read(), columns)
    except UnusableStatement as error:
        form.add_error("file", str(error))
        return _page(request, form, status=422, cells=getattr(error, "cells", []))
    tried = signing.dumps(_fingerprint(columns), salt=SALT) if found.rows else ""
    data = request.POST.copy()
    data["tried"] = tried
    form.data = data
    return _page(request, form, found=found, tried=bool(tried))


def _fingerprint(columns: ColumnProfile) -> str:
    return json.dumps(asdict(columns), sort_keys=True)


def _was_tried(form: TrialForm, columns: ColumnProfile) -> bool:
    try:
        tried = signing.loads(form.cleaned_data["tried"], salt=SALT, max_age=HOURS)
    except signing.BadSignature:
        return False
    return bool(tried == _fingerprint(columns))


def _save(request: StaffRequest, form: TrialForm, columns: ColumnProfile) -> HttpResponse:
    if not _was_tried(form, columns):
        form.add_error(
            "file", "Pruebe estas columnas con un archivo del banco antes de guardarlas."
        )
        return _page(request, form, status=422)
    try:
        row = statement_profile.save(
            form.cleaned_data["bank"], columns,
            seen=form.cleaned_data["seen"], by=request.user, at=clock.now(),
        )  # fmt: skip
    except Invalid as error:
        for name, message in error.problems.items():
            form.add_error(name, message)
        return _page(request, form, status=422)
    except RenewalError as error:
        form.add_error(None, str(error))
        return _page(request, form, status=409)
    messages.success(request, f"Guardamos las columnas de {row.bank}, versión {row.number}.")
    return redirect("backoffice:statements")


def _page(
    request: StaffRequest,
    form: TrialForm,
    *,
    status: int = 200,
    found: Statement | None = None,
    cells: list[list[str]] | None = None,
    tried: bool = False,
) -> HttpResponse:
    context = {
        "form": form,
        "banks": statement_profile.known(),
        "found": found,
        "first": found.rows[:FIRST] if found else [],
        "bad": found.bad[:FIRST] if found else [],
        "cells": cells or [],
        "tried": tried,
    }
    return render(request, "backoffice/statement_profile.html", context, status=status)


urlpatterns = [path("movimientos/bancos/", profile, name="statement_profile")]
