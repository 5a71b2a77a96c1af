"""The renewal's form: one page that survives being left and come back to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from iofacturo.accounts.access import member
from iofacturo.folios import offer as offers
from iofacturo.lib import clock
from iofacturo.renewals import (
    bank,
    billing_form,
    billing_lookup,
    credit,
    draft,
    due,
    payee,
    posted,
    proof,
    proof_checks,
    receiving,
    slip,
    submission,
    transfer,
)
from iofacturo.renewals.conflict import conflict
from iofacturo.renewals.errors import (
    Invalid,
    NotOffered,
    PriceRose,
    RenewalError,
    Repeated,
    Stale,
    WrongState,
)
from iofacturo.renewals.payee import PayeeAccount
from iofacturo.renewals.proof import Upload
from iofacturo.renewals.quote import Quote
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.seated import SeatedRequest
from iofacturo.renewals.sent_form import new_token

# -- the form ------------------------------------------------------------------------------------


@member("renew")
@require_http_methods(["GET", "HEAD", "POST"])
def renew(request: SeatedRequest, number: str) -> HttpResponse:
    """`/mi-plan/renovar/SR-…/`: one draft; every button of the form posts here."""
    found = _found(request, number)
    if found.in_making:
        return _together(request, found)
    if request.method == "POST":
        return _acted(request, found, clock.now())
    if not is_open(found):
        page = "correct" if found.state == RenewalRequest.NEEDS_INFO else "status"
        return redirect(f"renewals:{page}", number)
    return _page(request, found, clock.now())


def _together(request: SeatedRequest, found: RenewalRequest) -> HttpResponse:
    """A draft that is sent with others: its maker goes on with the group, the rest only look."""
    if found.group is not None and found.group.created_by_id == request.user.pk:
        return redirect("portfolio:group", found.group.number)
    return redirect("renewals:status", found.number)


def is_open(found: RenewalRequest) -> bool:
    """Whether it is still the customer's draft by itself, its guarantee running or not."""
    if found.in_making:
        return False
    return found.state == RenewalRequest.DRAFT or (
        found.state == RenewalRequest.EXPIRED and found.submitted_at is None
    )


def _found(request: SeatedRequest, number: str) -> RenewalRequest:
    rows = request.company.renewal_requests.select_related(
        "quote", "quote__payee", "quote__terms", "quote__promotion_version", "group",
        "quote__plan_version__plan",
    )  # fmt: skip
    found: RenewalRequest = get_object_or_404(rows, number=number)
    return found


def _acted(request: SeatedRequest, found: RenewalRequest, now: datetime) -> HttpResponse:
    act = request.POST.get("accion", "guardar")
    try:
        upload = receiving.receive(request, now)
    except Invalid as error:
        return _again(request, found, now, error)
    try:
        if act == "enviar" and not _must_be_told(request, found, upload):
            submit(request, found, upload, now)
            return redirect("renewals:received", found.number)
        _keep(request, found, upload, now)
        if act == billing_lookup.ACT:
            _look_up(request, found, now)
        if act == "precio":
            draft.refresh(found, by=request.user, at=now, consent=posted.consent(request))
    except Repeated as error:
        return conflict(request, error, f"/mi-plan/solicitudes/{found.number}/")
    except RenewalError as error:
        return _again(request, found, now, error, upload)
    if act == "salir":
        messages.success(request, "Guardamos su borrador. Lo encuentra en Solicitudes.")
        return redirect("renewals:mi_plan")
    if _wants_json(request):
        return JsonResponse({"listo": True})
    section = {
        "subir": "#prueba",
        "enviar": "#prueba",
        "precio": "#pago",
        "saldo-si": "#pago",
        "saldo-no": "#pago",
        billing_lookup.ACT: "#factura",
    }.get(act, "#prueba" if "quitar" in act else "")
    return redirect(f"/mi-plan/renovar/{found.number}/{section}")


def _must_be_told(request: SeatedRequest, found: RenewalRequest, upload: Upload | None) -> bool:
    """Whether a file that comes along with the sending was seen before: said first, sent after.

    The file is kept, so that sending once more, now knowingly, goes through.
    """
    if upload is None or not is_open(found) or not proof.was_sent_before(upload, found):
        return False
    messages.warning(
        request,
        "Todavía no la enviamos: el archivo que acaba de agregar ya se usó en otra solicitud. "
        "Si es el correcto, acepte los términos y envíela de nuevo.",
    )
    return True


def submit(
    request: SeatedRequest, found: RenewalRequest, upload: Upload | None, now: datetime
) -> None:
    """Send the draft as the form says, once."""
    post = request.POST
    submission.submit(
        found,
        by=request.user,
        at=now,
        token=post.get("token", ""),
        contents=posted.contents(request, upload),
        terms=posted.terms(request),
        typed=posted.typed(request),
        upload=upload,
        ip=request.META.get("REMOTE_ADDR") or None,
        seen=posted.version(request),
        consent=posted.consent(request),
        remember=bool(post.get("recordar")),
    )


def _keep(
    request: SeatedRequest, found: RenewalRequest, upload: Upload | None, now: datetime
) -> None:
    """Save what was typed, and do what the smaller buttons say."""
    if upload is not None:
        proof.add(found, upload, by=request.user, at=now)
    taken_out = posted.removed(request.POST.get("accion", ""))
    if taken_out is not None:
        proof.remove(found, taken_out, at=now)
    seen = None if upload or taken_out is not None else posted.version(request)
    draft.save(found, posted.typed(request), at=now, seen=seen)


def _look_up(request: SeatedRequest, found: RenewalRequest, now: datetime) -> None:
    """Keep in the draft what Hacienda says of the number in the billing data."""
    typed = posted.typed(request)
    word = billing_lookup.ask(request.company, billing_form.read(request.POST))
    (messages.success if word.found else messages.warning)(request, word.text)
    draft.save(found, {**typed, "billing": word.billing.as_dict()}, at=now)


def _wants_json(request: SeatedRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _again(
    request: SeatedRequest,
    found: RenewalRequest,
    now: datetime,
    error: RenewalError,
    upload: Upload | None = None,
) -> HttpResponse:
    """The page once more with what was typed, which is kept too where that is possible."""
    seen = _found(request, found.number)
    if not is_open(seen):
        return conflict(request, error, f"/mi-plan/solicitudes/{found.number}/")
    if not isinstance(error, Stale):
        try:
            if upload is not None:
                proof.add(seen, upload, by=request.user, at=now)
            draft.save(seen, posted.typed(request), at=now)
        except RenewalError as other:
            error = other
    problems = error.problems if isinstance(error, Invalid) else {}
    if _wants_json(request):
        return JsonResponse({"listo": False, "mensaje": str(error)}, status=422)
    seen = _found(request, found.number)
    if not is_open(seen):
        return conflict(request, error, f"/mi-plan/solicitudes/{found.number}/")
    status = 409 if isinstance(error, WrongState) else 422
    checking = request.POST.get("accion") == "enviar" and not isinstance(error, Stale)
    return _page(request, seen, now, problems, error, checking=checking, status=status)


@member("renew")
@require_POST
def autosave(request: SeatedRequest, number: str) -> JsonResponse:
    """What the page's script saves while people type: `{"version": 7, "hora": "3:05 p. m."}`."""
    from iofacturo.lib.formats import hora

    now, found = clock.now(), _found(request, number)
    if found.in_making:
        return JsonResponse({"mensaje": "Se prepara junto con otras empresas."}, status=409)
    try:
        saved = draft.save(found, posted.typed(request), at=now, seen=posted.version(request))
    except WrongState as error:
        return JsonResponse({"mensaje": str(error)}, status=409)
    return JsonResponse({"version": saved.version, "hora": hora(now)})


# -- the page ------------------------------------------------------------------------------------


def _page(
    request: SeatedRequest,
    found: RenewalRequest,
    now: datetime,
    problems: dict[str, str] | None = None,
    error: RenewalError | None = None,
    *,
    checking: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The form over *found*; with *checking* it says everything that is missing."""
    quote = found.given
    told = _told(request, found)
    billing = billing_form.read(request.POST) if error else found.typed
    if checking:
        problems = submission.problems(found, terms=posted.terms(request)) | (problems or {})
    proofs = proof_checks.shown(found, quote, now=now)
    lapsed = not submission.is_honoured(found, now)
    there = credit.available(found.company, quote.currency, but=found)
    planned = min(there, quote.total) if _uses_credit(request, found) else bank.ZERO
    rest = quote.total - planned
    context: dict[str, Any] = {
        "now": now,
        "found": found,
        "quote": quote,
        "slip": slip.entries(found, quote, rest),
        "qr": slip.qr(found, quote, rest),
        "proofs": proofs,
        "reading": any(one.waiting for one in proofs),
        "billing": billing_form.shown(billing, problems=checking),
        "told": told,
        "doubts": transfer.doubts(told, rest, quote.currency, clock.local(now).date()),
        "remember": found.draft.get("remember", False),
        "problems": problems or {},
        "problem_links": problem_links(problems or {}),
        "error": error,
        "stale": isinstance(error, Stale),
        "token": request.POST.get("token") or new_token(),
        "due": due.expected(now),
        "others": others(found),
        "newer_payee": newer_payee(quote, now),
        "credit": there,
        "planned": planned,
        "rest": rest,
        "lapsed": _lapse(found, now, error) if lapsed else None,
        "promotion_over": _promotion_over(found, now),
        "accepted": bool(error) and posted.terms(request) == quote.terms_id,
    }
    return render(request, "renewals/renew.html", context, status=status)


ANCHORS = {
    "archivo": ("archivo", "Comprobante"),
    "terminos": ("terminos", "Términos"),
    "plan": ("resumen", "Plan"),
}


def problem_links(problems: dict[str, str]) -> list[dict[str, str]]:
    """The error summary: where each problem is, what the field is called, what is wrong."""
    links = []
    for name, message in problems.items():
        field = billing_form.BillingForm.base_fields.get(name)
        anchor, label = ANCHORS.get(name, (f"id_{name}", str(field.label) if field else name))
        links.append({"anchor": anchor, "label": label, "message": message})
    return links


def _told(request: SeatedRequest, found: RenewalRequest) -> dict[str, str]:
    """The fields about the transfer as typed."""
    if request.method == "POST":
        return {name: request.POST.get(name, "") for name in transfer.FIELDS}
    kept = found.draft.get("transfer", {})
    return {name: str(kept.get(name, "")) for name in transfer.FIELDS}


def others(found: RenewalRequest) -> list[RenewalRequest]:
    """The company's other requests that are waiting for an answer."""
    rows = RenewalRequest.objects.filter(
        company=found.company_id, state__in=RenewalRequest.SENT
    ).exclude(pk=found.pk)
    return list(rows.select_related("quote").order_by("-id")[:5])


def _uses_credit(request: SeatedRequest, found: RenewalRequest) -> bool:
    if request.method == "POST":
        return posted.uses_credit(request)
    return bool(found.draft.get("use_credit"))


def newer_payee(quote: Quote, now: datetime) -> PayeeAccount | None:
    """The account of today when it is not the one this quote was given."""
    today = payee.current(now, quote.currency)
    return today if today is not None and today.iban != quote.payee.iban else None


def _promotion_over(found: RenewalRequest, now: datetime) -> datetime | None:
    gift = found.given.promotion_version
    return gift.ends_at if gift is not None and gift.ends_at <= now else None


def _lapse(found: RenewalRequest, now: datetime, error: RenewalError | None) -> dict[str, Any]:
    """What to say when the guarantee ended: the price of today, and whether it needs consent."""
    quote = found.given
    today = offers.offer_for(found.company, quote.plan_version.plan.code, now)
    return {
        "today": today,
        "rose": today is not None and today.total > quote.total,
        "fell": today is not None and today.total < quote.total,
        "asked": isinstance(error, (PriceRose, NotOffered)),
    }
