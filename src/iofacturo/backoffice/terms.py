"""`/gestion/terminos/`: the terms of service, version by version."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_safe

from iofacturo.accounts import access
from iofacturo.accounts.furniture import Furnished
from iofacturo.accounts.seated import StaffRequest
from iofacturo.lib import clock
from iofacturo.renewals import terms as domain
from iofacturo.renewals.terms import TermsVersion


class TermsForm(Furnished, forms.Form):
    text = forms.CharField(
        label="Texto",
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "true"}),
        help_text="Deje una línea en blanco entre párrafos. Un párrafo que empieza con # es un título.",
        error_messages={"required": "Escriba el texto de los términos."},
    )
    effective_on = forms.DateField(
        label="Rigen desde",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Desde las cero horas de ese día. Si lo deja vacío, desde ahora.",
        error_messages={"invalid": "Escriba una fecha, como 2026-12-01."},
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        self.now = now
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        day = data.get("effective_on")
        self.effective_at = clock.midnight(day) if day else self.now
        if day and self.effective_at < self.now:
            self.add_error("effective_on", "Escoja un día que todavía no empieza, o déjelo vacío.")
        return data


@access.staff("catalogue")
@require_http_methods(["GET", "HEAD", "POST"])
def terms(request: StaffRequest) -> HttpResponse:
    """Every version and, by POST, a new one. What was accepted stays as it was."""
    now = clock.now()
    versions = list(TermsVersion.objects.select_related("published_by").order_by("-number"))
    start = {"text": versions[0].text if versions else ""}
    form = TermsForm(request.POST or None, now=now, initial=start)
    if request.method == "POST" and form.is_valid():
        made = domain.publish(
            form.cleaned_data["text"], effective_at=form.effective_at, by=request.user, at=now
        )
        messages.success(request, f"Se publicó la versión {made.number} de los términos.")
        return redirect("backoffice:terms")
    context = {
        "form": form,
        "versions": versions,
        "current": domain.current(now),
        "now": now,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "backoffice/terms.html", context, status=status)


@access.staff("catalogue")
@require_safe
def version(request: StaffRequest, number: int) -> HttpResponse:
    """One version as it reads, also one that is not in force yet."""
    found = get_object_or_404(TermsVersion, number=number)
    return render(request, "backoffice/terms_version.html", {"version": found})


urlpatterns = [
    path("terminos/", terms, name="terms"),
    path("terminos/<int:number>/", version, name="terms_version"),
]
