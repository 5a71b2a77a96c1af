"""A group on screen: while it is written, and after it was sent.

Only its maker opens it, and only as far as the companies still let them in: who lost a company
finds the group without it at the next click.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from iofacturo.accounts.access import person
from iofacturo.accounts.seated import PersonRequest
from iofacturo.business_time import calendar
from iofacturo.folios import offer as offers
from iofacturo.folios.offer import Offer
from iofacturo.lib import clock
from iofacturo.renewals import billing as billings
from iofacturo.renewals import due, posted, proof, receiving, slip, transfer
from iofacturo.renewals.billing import Billing
from iofacturo.renewals.conflict import conflict
from iofacturo.renewals.errors import Invalid, RenewalError, Repeated, Stale
from iofacturo.renewals.group import sum_of
from iofacturo.renewals.portfolio import making, sending
from iofacturo.renewals.portfolio.seen_group import SeenGroup, found_group
from iofacturo.renewals.portfolio.sending import Closed, NotSent, Problems
from iofacturo.renewals.proof import PaymentProof, ProofPage, Upload
from iofacturo.renewals.renew_page import newer_payee
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.sent_form import new_token
from iofacturo.renewals.terms import TermsVersion

FACTS = {"archivo": "Comprobante", "terminos": "Términos", "empresas": "Empresas"}


@dataclass
class Row:
    """A request of the group on the page, with what can be chosen and what is wrong with it."""

    request: RenewalRequest
    offers: Sequence[Offer] = ()
    billing: Billing = field(default_factory=Billing)
    lapsed: Offer | None = None  # the plan of today, where the guarantee ended
    is_lapsed: bool = False
    is_elsewhere: bool = False  # quoted for an older account than the others
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def rose(self) -> bool:
        return self.lapsed is not None and self.lapsed.total > self.request.given.total

    @property
    def code(self) -> str:
        return self.request.given.plan_version.plan.code


@person
@require_http_methods(["GET", "HEAD", "POST"])
def group(request: PersonRequest, number: str) -> HttpResponse:
    """`/cartera/grupos/GR-…/`: a draft's form, whose buttons all post here; or how it goes."""
    now, found = clock.now(), found_group(request, number)
    if request.method == "POST":
        return _acted(request, found, now)
    if found.is_draft:
        return _form(request, found, now)
    return _status(request, found, now)


def _told(request: PersonRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "").strip()[:120] for name in transfer.FIELDS}


def _numbers(request: PersonRequest) -> set[str]:
    """The requests that the page showed."""
    return set(request.POST.getlist("fila"))


def _terms(request: PersonRequest) -> set[int]:
    found = (posted.whole(text) for text in request.POST.getlist("terminos"))
    return {number for number in found if number is not None}


# -- acts ------------------------------------------------------------------------------------------


def _acted(request: PersonRequest, found: SeenGroup, now: datetime) -> HttpResponse:
    act = request.POST.get("accion", "guardar")
    try:
        upload = receiving.receive(request, now)
    except Invalid as error:
        return _again(request, found, now, error)
    if found.is_draft and found.hidden:
        return _closed(request, found, upload, now)
    try:
        return _done(request, found, act, upload, now)
    except Repeated as error:
        return conflict(request, error, _address(found))
    except RenewalError as error:
        return _again(request, found, now, error, upload)


def _done(
    request: PersonRequest, found: SeenGroup, act: str, upload: Upload | None, now: datetime
) -> HttpResponse:
    user = request.user
    if act == "enviar":
        if found.is_draft and (told := _before_sending(request, found, upload, now)):
            return told
        _send(request, found, upload, now)
        return redirect("portfolio:group", found.group.number)
    if not found.is_draft:
        return redirect("portfolio:group", found.group.number)
    if act == "descartar":
        making.discard(found.requests, by=user, at=now)
        messages.success(request, "Descartamos el grupo. No se envió nada.")
        return redirect("portfolio:portfolio")
    where = _kept(request, found, act, upload, now)
    if act == "salir":
        messages.success(request, "Guardamos el grupo. Lo encuentra en su cartera.")
        return redirect("portfolio:portfolio")
    return redirect(f"{_address(found)}{where}")


def _address(found: SeenGroup) -> str:
    return reverse("portfolio:group", args=[found.group.number])


def _send(request: PersonRequest, found: SeenGroup, upload: Upload | None, now: datetime) -> None:
    sending.send(
        found.group,
        by=request.user,
        at=now,
        token=request.POST.get("token", ""),
        contents=posted.contents(request, upload),
        numbers=_numbers(request),
        terms=_terms(request),
        told=_told(request),
        upload=upload,
        seen=posted.version(request),
        ip=request.META.get("REMOTE_ADDR") or None,
    )


def _before_sending(
    request: PersonRequest, found: SeenGroup, upload: Upload | None, now: datetime
) -> HttpResponse | None:
    """What must be seen before it goes out: another plan, another price, a file used before."""
    failures = _plans_changed(request, found, now)
    if failures is not None:
        _keep(request, found, upload, now)
        if not failures:
            messages.warning(
                request,
                "Todavía no lo enviamos: cambió un plan. Revise el total y envíelo de nuevo.",
            )
        return _form(request, found_group(request, found.group.number), now, failures=failures)
    if _refreshed(request, found, now):
        _keep(request, found, upload, now)
        messages.warning(
            request,
            "Todavía no lo enviamos: venció un precio garantizado y pusimos el de hoy. "
            "Revise el total y envíelo de nuevo.",
        )
        return redirect(_address(found))
    first = found.requests[0] if found.requests else None
    if upload is not None and first is not None and proof.was_sent_before(upload, first):
        _keep(request, found, upload, now)
        messages.warning(
            request,
            "Todavía no lo enviamos: el archivo que acaba de agregar ya se usó en otra solicitud. "
            "Si es el correcto, acepte los términos y envíe de nuevo.",
        )
        return redirect(f"{_address(found)}#prueba")
    return None


def _refreshed(request: PersonRequest, found: SeenGroup, now: datetime) -> bool:
    """Whether a lapsed price was brought up to date; one that rose waits for its consent."""
    lapsed = [row for row in found.requests if sending.is_lapsed(row, _told(request), now)]
    failures = making.refresh(lapsed, {}, by=request.user, at=now)
    return len(failures) < len(lapsed)


def _plans_changed(
    request: PersonRequest, found: SeenGroup, now: datetime
) -> making.Failures | None:
    """None when every plan is the one that the row has; else what could not be had."""
    codes = {row.number: request.POST.get(f"plan-{row.number}", "") for row in found.requests}
    changed, failures = making.change_plans(found.requests, codes, by=request.user, at=now)
    return failures if changed or failures else None


def _keep(request: PersonRequest, found: SeenGroup, upload: Upload | None, now: datetime) -> None:
    making.keep(found.group, found.requests, _told(request), upload, by=request.user, at=now)


def _kept(
    request: PersonRequest, found: SeenGroup, act: str, upload: Upload | None, now: datetime
) -> str:
    """Save what was typed, and do what the smaller buttons say; where on the page to go on."""
    making.keep(
        found.group, found.requests, _told(request), upload, by=request.user, at=now,
        seen=None if upload else posted.version(request),
    )  # fmt: skip
    failures = _plans_changed(request, found, now) or {}
    rows = {row.number: row for row in found.requests}
    verb, _, what = act.partition(":")
    if verb == "quitar" and what in rows:
        making.remove(rows[what], by=request.user, at=now)
        messages.success(request, f"Quitamos a {rows[what].company.nombre} del grupo.")
    elif verb == "archivo":
        making.take_out_proof(found.group, found.requests, what, at=now)
    elif verb == "precio":
        failures |= _prices(request, found, what, now)
    for number, error in failures.items():
        messages.error(request, f"{rows[number].company.nombre}: {error}")
    if verb in ("archivo", "subir"):
        return "#prueba"
    return {"factura": f"{what}/factura/"}.get(verb, "") if what in rows else ""


def _prices(
    request: PersonRequest, found: SeenGroup, number: str, now: datetime
) -> making.Failures:
    """Bring prices up to date: of one row with the consent that its button gives, or of all."""
    rows = [row for row in found.requests if not number or row.number == number]
    text = request.POST.get(f"precio-{number}", "")
    consents = {number: Decimal(text)} if posted.PRICE.fullmatch(text) else {}
    older = [row for row in rows if sending.is_elsewhere(row, found.requests)]
    for row in older:
        making.requote(row, by=request.user, at=now)
    rest = [row for row in rows if row not in older]
    return making.refresh(rest, consents, by=request.user, at=now)


def _closed(
    request: PersonRequest, found: SeenGroup, upload: Upload | None, now: datetime
) -> HttpResponse:
    """A company was closed to them meanwhile: it leaves, the rest is kept, and they are told."""
    gone = making.drop_closed(found.group, by=request.user, at=now)
    found = found_group(request, found.group.number)
    making.keep(found.group, found.requests, _told(request), upload, by=request.user, at=now)
    if gone:
        which = "una empresa, que salió" if gone == 1 else f"{gone} empresas, que salieron"
        why = f"ya no tiene permiso para renovar {which} del grupo"
    else:
        why = "una empresa descartó su parte y salió del grupo"
    messages.warning(request, f"No se envió: {why}. Lo demás quedó guardado. Revise el total.")
    return redirect(_address(found))


def _again(
    request: PersonRequest,
    found: SeenGroup,
    now: datetime,
    error: RenewalError,
    upload: Upload | None = None,
) -> HttpResponse:
    """The form once more, with what was typed, which is kept too where that is possible."""
    now_found = found_group(request, found.group.number)
    if not now_found.is_draft:
        return conflict(request, error, _address(found))
    if isinstance(error, Closed):
        return _closed(request, now_found, upload, now)
    if not isinstance(error, Stale):
        try:
            _keep(request, now_found, upload, now)
        except RenewalError as other:
            error = other
        now_found = found_group(request, found.group.number)
    status = 409 if isinstance(error, Stale) else 422
    return _form(request, now_found, now, error=error, status=status)


# -- the form --------------------------------------------------------------------------------------


def _form(
    request: PersonRequest,
    found: SeenGroup,
    now: datetime,
    *,
    error: RenewalError | None = None,
    failures: making.Failures | None = None,
    status: int = 200,
) -> HttpResponse:
    """The draft's page; the same number of queries however many companies it has."""
    told = _told(request) if error else dict(found.group.draft.get("transfer", {}))
    problems: Problems = error.problems if isinstance(error, NotSent) else {}
    if isinstance(error, Invalid):
        problems = {"": error.problems}
    failed: dict[str, RenewalError] = failures or {}
    for number, refusal in failed.items():
        problems = problems | {number: {"plan": str(refusal)}}
    rows = _rows(found, told, problems, now)
    quotes = [row.request.given for row in rows]
    total, currency = found.total, found.currency
    first = rows[0].request if rows else None
    context: dict[str, Any] = {
        "now": now,
        "found": found,
        "group": found.group,
        "rows": rows,
        "total": total,
        "currency": currency,
        "folios": sum(quote.all_folios for quote in quotes),
        "payable": bool(rows) and not any(row.is_lapsed or row.is_elsewhere for row in rows),
        "slip": slip.group_entries(found.group, first.given, total) if first else [],
        "quote": first.given if first else None,
        "newer_payee": newer_payee(first.given, now) if first else None,
        "last_day": min((quote.last_day for quote in quotes), default=None),
        "proofs": _proofs(found),
        "told": {name: str(told.get(name, "")) for name in transfer.FIELDS},
        "doubts": transfer.doubts(told, total, currency, clock.local(now).date()),
        "versions": _versions(rows),
        "accepted": _terms(request) if error else set(),
        "problems": problems.get("", {}),
        "problem_links": _links(problems, rows),
        "error": error,
        "stale": isinstance(error, Stale),
        "token": request.POST.get("token") or new_token(),
        "due": due.expected(now),
    }
    if failures:
        status = 422
        context["error"] = next(iter(failures.values()))
    return render(request, "renewals/portfolio/group.html", context, status=status)


def _rows(found: SeenGroup, told: dict[str, Any], problems: Problems, now: datetime) -> list[Row]:
    companies = [one.company for one in found.requests]
    known = offers.offers_for(companies, now)
    rows = []
    for one in found.requests:
        lapsed = sending.is_lapsed(one, told, now)
        code = one.given.plan_version.plan.code
        today = next((offer for offer in known[one.company_id] if offer.code == code), None)
        wrong = dict(problems.get(one.number, {}))
        elsewhere = sending.is_elsewhere(one, found.requests)
        if elsewhere:
            wrong.setdefault("plan", "Se cotizó para otra cuenta nuestra: actualice el precio.")
        _, unfit = billings.check(one.typed)
        if unfit:
            wrong.setdefault("factura", "Hay datos de factura por completar.")
        rows.append(
            Row(
                request=one,
                offers=known[one.company_id],
                billing=one.typed,
                lapsed=today if lapsed else None,
                is_lapsed=lapsed,
                is_elsewhere=elsewhere,
                problems=wrong,
            )
        )
    return rows


def _versions(rows: Sequence[Row]) -> list[TermsVersion]:
    """The terms that are accepted; more than one only where a new version came meanwhile."""
    found = {row.request.given.terms_id: row.request.given.terms for row in rows}
    return [found[pk] for pk in sorted(found)]


def _links(problems: Problems, rows: Sequence[Row]) -> list[dict[str, str]]:
    """The error summary: where each problem is, what it is about, what is wrong."""
    links = [
        {"anchor": name, "label": FACTS.get(name, name), "message": message}
        for name, message in problems.get("", {}).items()
    ]
    for row in rows:
        for message in problems.get(row.request.number, {}).values():
            links.append(
                {
                    "anchor": f"fila-{row.request.number}",
                    "label": row.request.company.nombre,
                    "message": message,
                }
            )
    return links


def _proofs(found: SeenGroup) -> list[PaymentProof]:
    """The files of the transfer, each once although every request has it."""
    if not found.requests:
        return []
    return list(
        proof.standing(found.requests[0]).select_related("request").prefetch_related("pages")
    )


# -- after sending ---------------------------------------------------------------------------------


def _status(request: PersonRequest, found: SeenGroup, now: datetime) -> HttpResponse:
    rows = found.requests
    renewing = {seat.company_id for seat in request.memberships if seat.may("renew")}
    due_at = max((one.due_at for one in rows if one.due_at), default=None)
    context = {
        "now": now,
        "found": found,
        "group": found.group,
        "rows": [(one, one.word(now), one.company_id in renewing) for one in rows],
        "total": sum_of(rows),
        "waiting": [one for one in rows if one.state in RenewalRequest.SENT],
        "due_at": due_at,
        "proofs": _proofs(found) if rows and rows[0].company_id in renewing else [],
        "promised": settings.PROMISED_HOURS,
        "hours": calendar.current(now).describe(),
    }
    return render(request, "renewals/portfolio/sent.html", context)


@person
@require_safe
def picture(request: PersonRequest, number: str, proof: int, page: int) -> HttpResponse:
    """One page of a proof of the group, of a company that the maker may still renew."""
    found = found_group(request, number)
    renewing = {seat.company_id for seat in request.memberships if seat.may("renew")}
    held = get_object_or_404(
        ProofPage.objects.select_related("proof"),
        proof=proof,
        number=page,
        proof__removed_at=None,
        proof__request__in=[one.pk for one in found.requests if one.company_id in renewing],
    )
    return held.response()


def row_of(request: PersonRequest, number: str, request_number: str) -> RenewalRequest:
    """A request of a group that is still a draft, of a company that the person may renew; 404."""
    found = found_group(request, number)
    row = next((one for one in found.requests if one.number == request_number), None)
    if row is None or not found.is_draft:
        raise Http404
    return row
