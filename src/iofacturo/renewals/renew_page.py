"""The renewal's form: choose a plan, then one page that survives being left and come back to."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from iofacturo.accounts.access import member
from iofacturo.folios import offer as offers
from iofacturo.folios import summary
from iofacturo.lib import clock
from iofacturo.renewals import (
    billing_form,
    draft,
    due,
    plan_page,
    proof,
    proof_checks,
    receiving,
    slip,
    submission,
    transfer,
)
from iofacturo.renewals.errors import (
    Invalid,
    NotOffered,
    PriceRose,
    RenewalError,
    Repeated,
    Stale,
    WrongState,
)
from iofacturo.renewals.proof import Upload
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.seated import SeatedRequest
from iofacturo.renewals.sent_form import fingerprint, new_token

NOT_CONTENTS = {"csrfmiddlewaretoken", "token", "version", "accion", "empresa"}


# -- choosing ------------------------------------------------------------------------------------


@member("renew")
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: SeatedRequest) -> HttpResponse:
    """`/mi-plan/renovar/?plan=…`: the plans; a POST makes the draft and goes to its own address."""
    now, company = clock.now(), request.company
    if not summary.has_ever_had_plan(company):
        return render(request, "renewals/contract.html", status=200)
    problem = ""
    previous = _previous(request)
    if request.method == "POST":
        try:
            made = _chosen(request, previous, now)
        except Repeated as error:
            return conflict(request, error)
        except RenewalError as error:
            problem = str(error)
        else:
            return redirect("renewals:renew", made.number)
    context = plan_page.choices(company, now, request.GET.get("plan", ""))
    context |= {"changing": _changing(request), "now": now, "token": new_token(), "problem": problem, "previous": previous,
                "may_renew": True}  # fmt: skip
    return render(request, "renewals/choose.html", context, status=422 if problem else 200)


def _previous(request: SeatedRequest) -> RenewalRequest | None:
    """The rejected request that a new one repeats, if the link or the form names one."""
    number = request.POST.get("anterior") or request.GET.get("anterior")
    if not number:
        return None
    rejected = request.company.renewal_requests.filter(state=RenewalRequest.REJECTED)
    return rejected.select_related("billing", "quote").filter(number=number).first()


def _changing(request: SeatedRequest) -> RenewalRequest | None:
    """The draft that gets another plan, if the link or the form names one."""
    number = request.POST.get("solicitud") or request.GET.get("solicitud")
    if not number:
        return None
    found: RenewalRequest = get_object_or_404(request.company.renewal_requests, number=number)
    return found


def _chosen(
    request: SeatedRequest, previous: RenewalRequest | None, now: datetime
) -> RenewalRequest:
    code = request.POST.get("plan", "")
    if not code:
        raise Invalid({"plan": "Escoja un plan para continuar."})
    changing = _changing(request)
    if changing is not None:
        return draft.change_plan(changing, code, by=request.user, at=now)
    token = request.POST.get("token", "")
    return draft.choose(
        request.company, code, by=request.user, at=now, token=token, previous=previous
    )


def conflict(request: SeatedRequest, error: Exception, back: str = "/mi-plan/") -> HttpResponse:
    """409: what happened, and the way back. Nothing was stored."""
    context = {
        "title": "Esto ya se había enviado",
        "message": str(error),
        "back": back,
        "back_label": "Ver cómo quedó",
    }
    return render(request, "409.html", context, status=409)


# -- the form ------------------------------------------------------------------------------------


@member("renew")
@require_http_methods(["GET", "HEAD", "POST"])
def renew(request: SeatedRequest, number: str) -> HttpResponse:
    """`/mi-plan/renovar/SR-…/`: one draft; every button of the form posts here."""
    found = _found(request, number)
    if request.method == "POST":
        return _acted(request, found, clock.now())
    if not is_open(found):
        page = "correct" if found.state == RenewalRequest.NEEDS_INFO else "status"
        return redirect(f"renewals:{page}", number)
    return _page(request, found, clock.now())


def is_open(found: RenewalRequest) -> bool:
    """Whether it is still the customer's draft, its guarantee running or not."""
    return found.state == RenewalRequest.DRAFT or (
        found.state == RenewalRequest.EXPIRED and found.submitted_at is None
    )


def _found(request: SeatedRequest, number: str) -> RenewalRequest:
    rows = request.company.renewal_requests.select_related(
        "quote", "quote__payee", "quote__terms", "quote__promotion_version",
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
        if act == "precio":
            draft.refresh(found, by=request.user, at=now, consent=_consent(request))
    except Repeated as error:
        return conflict(request, error, f"/mi-plan/solicitudes/{found.number}/")
    except RenewalError as error:
        return _again(request, found, now, error, upload)
    if act == "salir":
        messages.success(request, "Guardamos su borrador. Lo encuentra en Solicitudes.")
        return redirect("renewals:mi_plan")
    if _wants_json(request):
        return JsonResponse({"listo": True})
    section = {"subir": "#prueba", "enviar": "#prueba", "precio": "#pago"}.get(
        act, "#prueba" if "quitar" in act else ""
    )
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
        contents=contents(request, upload),
        terms=int(post["terminos"]) if post.get("terminos", "").isdigit() else None,
        typed=typed(request),
        upload=upload,
        ip=request.META.get("REMOTE_ADDR") or None,
        seen=_version(request),
        consent=_consent(request),
        remember=bool(post.get("recordar")),
    )


def contents(request: SeatedRequest, upload: Upload | None) -> dict[str, Any]:
    """All that a form holds, to tell a repetition from something else."""
    fields = {name: request.POST.getlist(name) for name in request.POST if name not in NOT_CONTENTS}
    return {"fields": fingerprint(fields), "file": upload.cleaned.sha256 if upload else ""}


def typed(request: SeatedRequest) -> dict[str, Any]:
    """What a draft remembers of the form. Accepting the terms is not remembered."""
    post = request.POST
    return {
        "billing": billing_form.read(post).as_dict(),
        "transfer": {name: post.get(name, "").strip()[:120] for name in transfer.FIELDS},
        "remember": bool(post.get("recordar")),
    }


def _keep(
    request: SeatedRequest, found: RenewalRequest, upload: Upload | None, now: datetime
) -> None:
    """Save what was typed, and do what the smaller buttons say."""
    if upload is not None:
        proof.add(found, upload, by=request.user, at=now)
    act = request.POST.get("accion", "")
    if act.startswith("quitar-") and act.removeprefix("quitar-").isdigit():
        proof.remove(found, int(act.removeprefix("quitar-")), at=now)
    seen = None if upload or "quitar" in act else _version(request)
    draft.save(found, typed(request), at=now, seen=seen)


def _version(request: SeatedRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isdigit() and len(text) < 10 else None


def _consent(request: SeatedRequest) -> Decimal | None:
    """The price that the person accepted with the button that names it."""
    if request.POST.get("accion") != "precio":
        return None
    try:
        return Decimal(request.POST.get("precio", ""))
    except InvalidOperation:
        return None


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
            draft.save(seen, typed(request), at=now)
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
    try:
        saved = draft.save(found, typed(request), at=now, seen=_version(request))
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
        problems = submission.problems(found, terms=_terms(request)) | (problems or {})
    proofs = proof_checks.shown(found, quote)
    lapsed = not quote.holds(now) and not any(
        one.proof.paid_on and quote.covers(one.proof.paid_on) for one in proofs
    )
    context: dict[str, Any] = {
        "now": now,
        "found": found,
        "quote": quote,
        "slip": slip.entries(found, quote),
        "qr": slip.qr(found, quote),
        "proofs": proofs,
        "billing": billing_form.shown(billing, problems=checking),
        "told": told,
        "doubts": transfer.doubts(told, quote.total, quote.currency, clock.local(now).date()),
        "remember": found.draft.get("remember", False),
        "problems": problems or {},
        "problem_links": problem_links(problems or {}),
        "error": error,
        "stale": isinstance(error, Stale),
        "token": request.POST.get("token") or new_token(),
        "due": due.expected(now),
        "others": others(found),
        "lapsed": _lapse(found, now, error) if lapsed else None,
        "promotion_over": _promotion_over(found, now),
        "accepted": bool(error) and _terms(request) == quote.terms_id,
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


def _terms(request: SeatedRequest) -> int | None:
    text = request.POST.get("terminos", "")
    return int(text) if text.isdigit() and len(text) < 10 else None


def others(found: RenewalRequest) -> list[RenewalRequest]:
    """The company's other requests that are waiting for an answer."""
    rows = RenewalRequest.objects.filter(
        company=found.company_id, state__in=RenewalRequest.SENT
    ).exclude(pk=found.pk)
    return list(rows.select_related("quote").order_by("-id")[:5])


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
