"""`/facturar/preparar/logotipo/`: the company's logo, seen, changed and taken away."""

from __future__ import annotations

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.invoicing.setup import letterhead
from iofacturo.invoicing.setup import logo as logos
from iofacturo.lib import clock

FIELD = "archivo"
POLICY = "sandbox; default-src 'none'"
CHOOSE = "Elija un archivo PNG o JPG."


@member("configure")
@require_http_methods(["GET", "HEAD", "POST"])
def logo(request: SeatedRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request)
    if request.POST.get("accion") == "quitar":
        if letterhead.change(request.company, by=request.user, at=clock.now(), logo=""):
            messages.success(request, "Quitamos el logotipo: sus facturas salen sin él.")
        return redirect("invoicing:setup_logo")
    file = request.FILES.get(FIELD)
    if not isinstance(file, UploadedFile):
        return _page(request, CHOOSE)
    try:
        data = file.read(logos.LARGEST + 1)
        png = logos.clean(data, file.name or "archivo", file.size)
    except logos.Refused as refused:
        return _page(request, str(refused))
    if letterhead.of(request.company).logo_png() != png:  # the same again needs no new file
        name = logos.store(png)
        letterhead.change(request.company, by=request.user, at=clock.now(), logo=name)
        messages.success(request, "Guardamos el logotipo: saldrá en sus facturas.")
    return redirect("invoicing:setup_logo")


def _page(request: SeatedRequest, error: str = "") -> HttpResponse:
    row = letterhead.of(request.company)
    context = {
        "has_logo": bool(row.logo),
        "version": row.logo.rsplit("/", 1)[-1][:8],
        "error": error,
    }
    return render(request, "invoicing/setup/logo.html", context)


@member("see")
@require_safe
def picture(request: SeatedRequest) -> HttpResponse:
    """The logo itself, so that nothing in it can act as a page of ours."""
    png = letterhead.of(request.company).logo_png()
    if png is None:
        raise Http404
    answer = HttpResponse(png, content_type="image/png")
    answer["Content-Disposition"] = 'inline; filename="logotipo.png"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = POLICY
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "private, no-store"
    return answer
