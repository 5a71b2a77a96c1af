"""`/facturar/preparar/correo/`: the text of the mail that takes documents to customers."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from iofacturo.accounts.access import member
from iofacturo.accounts.furniture import Furnished
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.invoicing.setup import letterhead
from iofacturo.lib import clock
from iofacturo.lib.visible import visible


class MailForm(Furnished, forms.Form):
    mail_text = forms.CharField(
        label="Texto para el correo",
        help_text="Va antes de los datos de la factura. Sin formato, hasta 1000 letras.",
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=letterhead.LONGEST_MAIL_TEXT,
        required=False,
        error_messages={"max_length": "Escriba como máximo 1000 letras; aquí hay %(show_value)d."},
    )
    reply_to = forms.EmailField(
        label="Correo para respuestas",
        help_text="A dónde llega lo que su cliente responda.",
        max_length=160,
        required=False,
    )

    def clean_mail_text(self) -> str:
        """Lines of plain text; what nobody types on purpose is left out."""
        lines = [visible(line) for line in self.cleaned_data["mail_text"].splitlines()]
        return "\n".join(lines).strip()


@member("configure")
@require_http_methods(["GET", "HEAD", "POST"])
def mail(request: SeatedRequest) -> HttpResponse:
    row = letterhead.of(request.company)
    first = {"mail_text": row.mail_text, "reply_to": row.reply_to}
    form = MailForm(request.POST if request.method == "POST" else None, initial=first)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        changed = letterhead.change(
            request.company,
            by=request.user,
            at=clock.now(),
            mail_text=data["mail_text"],
            reply_to=data["reply_to"],
        )
        if changed:
            messages.success(request, "Guardamos el correo para sus clientes.")
        return redirect("invoicing:setup")
    return render(request, "invoicing/setup/mail.html", {"form": form})
