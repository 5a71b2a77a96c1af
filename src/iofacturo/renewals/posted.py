"""What the renewal's form holds, read once and in one place."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from iofacturo.renewals import billing_form, transfer
from iofacturo.renewals.proof import Upload
from iofacturo.renewals.sent_form import fingerprint

PRICE = re.compile(r"[0-9]{1,12}\.[0-9]{2}")
NOT_CONTENTS = {"csrfmiddlewaretoken", "token", "version", "accion", "empresa"}
CREDIT = {"saldo-si": True, "saldo-no": False}  # buttons of the renewal's page


def whole(text: str) -> int | None:
    """A small whole number in plain digits, or nothing."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def removed(act: str) -> int | None:
    """The proof that the button `quitar-7` takes out."""
    return whole(act.removeprefix("quitar-")) if act.startswith("quitar-") else None


def contents(request: HttpRequest, upload: Upload | None) -> dict[str, Any]:
    """All that a form holds, to tell a repetition from something else."""
    fields = {name: request.POST.getlist(name) for name in request.POST if name not in NOT_CONTENTS}
    return {"fields": fingerprint(fields), "file": upload.cleaned.sha256 if upload else ""}


def typed(request: HttpRequest) -> dict[str, Any]:
    """What a draft remembers of the form. Accepting the terms is not remembered."""
    post = request.POST
    return {
        "billing": billing_form.read(post).as_dict(),
        "transfer": {name: post.get(name, "").strip()[:120] for name in transfer.FIELDS},
        "remember": bool(post.get("recordar")),
        "use_credit": uses_credit(request),
    }


def uses_credit(request: HttpRequest) -> bool:
    """Whether the company's credit is to be used: by the button pressed, else as it was."""
    act = request.POST.get("accion", "")
    if act in CREDIT:
        return CREDIT[act]
    return request.POST.get("usar_saldo") == "1"


def version(request: HttpRequest) -> int | None:
    """The version of the request that the page was made from."""
    return whole(request.POST.get("version", ""))


def consent(request: HttpRequest) -> Decimal | None:
    """The price that the person accepted with the button that names it."""
    if request.POST.get("accion") != "precio":
        return None
    text = request.POST.get("precio", "")
    return Decimal(text) if PRICE.fullmatch(text) else None


def terms(request: HttpRequest) -> int | None:
    """The version of the terms whose box is ticked."""
    return whole(request.POST.get("terminos", ""))
