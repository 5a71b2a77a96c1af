"""Files of a message's form on their way in: each cleaned, stored and kept for the form's token."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.support import attachment
from iofacturo.support.attachment import TicketFile
from iofacturo.support.errors import Invalid
from iofacturo.uploads import cleaning

FIELD = "archivo"


def token(request: HttpRequest) -> str:
    """The form's own token, as it was sent."""
    return request.POST.get("token", "").strip()[:64]


def receive(request: HttpRequest, company: Company, user: User, at: datetime) -> None:
    """Keep the files of the form. Invalid says which were refused; the others are kept.

    Takes a second or so for each: never inside a transaction.
    """
    files = [file for file in request.FILES.getlist(FIELD) if isinstance(file, UploadedFile)]
    if not files:
        return
    form = token(request)
    if not form:
        raise Invalid({FIELD: "El formulario llegó incompleto. Vuelva a cargar la página."})
    attachment.check_room(company, user, form, len(files))
    refused: list[str] = []
    there = {file.sha256 for file in attachment.waiting(company, user, form)}
    for file in files:
        name = file.name or "archivo"
        data = file.read(cleaning.LARGEST + 1)  # one byte more is enough to be refused for its size
        try:
            upload = attachment.receive(data, name, at, file.size)
        except cleaning.Refused as refusal:
            refused.append(refusal.message)
            continue
        if upload.cleaned.sha256 not in there:
            there.add(upload.cleaned.sha256)
            attachment.add(company, upload, by=user, at=at, token=form)
    if refused:
        raise Invalid({FIELD: " ".join(refused)})


def removed(act: str) -> int | None:
    """The file that the button `quitar-7` takes out."""
    text = act.removeprefix("quitar-")
    return (
        int(text)
        if act != text and text.isascii() and text.isdecimal() and len(text) < 18
        else None
    )


def waiting(request: HttpRequest, company: Company, user: User) -> Sequence[TicketFile]:
    return attachment.waiting(company, user, token(request))
