"""The editor: one draft, one form, and every button of it."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.folios.errors import Exhausted
from iofacturo.invoicing import draft as drafts
from iofacturo.invoicing import emission
from iofacturo.invoicing.draft import Draft
from iofacturo.invoicing.editor import (
    acts,
    cabys_stop,
    condiciones,
    form,
    original,
    posted,
    proforma,
    remembering,
    showing,
)
from iofacturo.invoicing.editor.acts import Turn
from iofacturo.invoicing.errors import AlreadyIssued, DraftChanged, InvoicingError, NotReady
from iofacturo.lib import clock

QUIET = "calcular"
"""What the page's script asks for while people type: saved, and answered with the sums alone."""


MOVED = "Este borrador cambió en otra ventana y no se emitió. Abajo está como quedó: revíselo y emítalo."


@member("see")
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: SeatedRequest, public_id: str) -> HttpResponse:
    """`/facturar/borradores/<public_id>/`: who may only read sees it without its buttons."""
    now = clock.now()
    row = _found(request, public_id)
    if request.method == "POST":
        if not request.membership.may("issue"):
            raise PermissionDenied("Su rol en esta empresa no permite emitir documentos.")
        return _acted(request, row, now)
    if row.comprobante is not None:
        return redirect("invoicing:document", clave=row.comprobante.clave)
    turn = _turn(request, row, now, {name: str(value) for name, value in request.GET.items()})
    return showing.page(request, row, turn)


@member("issue")
@require_http_methods(["GET", "HEAD", "POST"])
def issue(request: SeatedRequest, public_id: str) -> HttpResponse:
    """`POST /facturar/borradores/<public_id>/emitir/`: issue the draft as it is saved.

    Only its version travels: the page's script sends a person here when nothing they see is
    unsaved. A version that has moved on is not issued, but shown. Whoever comes back to the address
    of a refusal finds the draft.
    """
    now = clock.now()
    row = _found(request, public_id)
    if request.method != "POST":
        return redirect("invoicing:draft", public_id=row.public_id)
    if row.comprobante_id is not None or row.discarded_at is not None:
        return _over(request, row)
    turn = _turn(request, row, now, {name: str(value) for name, value in request.POST.items()})
    if turn.sent.get("version") != str(row.version):
        return showing.page(request, row, turn, stopped=MOVED, status=409)
    if not form.is_settled(row.data, row.tipo):
        turn.data = deepcopy(row.data)
        _finish(request, row, turn)
        try:
            _keep(request, row, turn, row.version)
        except (AlreadyIssued, DraftChanged):
            return _conflict(request, _found(request, public_id), turn, "emitir")
    return _issue(request, row, turn)


def _found(request: SeatedRequest, public_id: str) -> Draft:
    found = drafts.find(request.company, public_id)
    if found is None:
        raise Http404
    return found


def _turn(request: SeatedRequest, row: Draft, now: datetime, sent: dict[str, str]) -> Turn:
    return Turn(
        company=request.company,
        tipo=row.tipo,
        data=row.data,
        state=posted.state(sent),
        at=now,
        sent=sent,
    )


def _acted(request: SeatedRequest, row: Draft, now: datetime) -> HttpResponse:
    """One press of a button: what was typed is kept first, whatever the button does."""
    if row.comprobante is not None:
        return _over(request, row)
    sent = {name: value for name, value in request.POST.items() if isinstance(value, str)}
    name, about = posted.act(sent)
    if row.discarded_at is not None:
        return _brought_back(request, row, now) if name == "recuperar" else _over(request, row)
    turn = _turn(request, row, now, sent)
    turn.about = about
    turn.data = form.read(sent, row.data, row.tipo)
    condiciones.settle(turn.data, row.data)
    if name != QUIET:
        _finish(request, row, turn, blanks=name in acts.KEEP_BLANKS)
    name = _meant(name, sent)
    if name in acts.ACTS:
        acts.ACTS[name](turn)
    seen = posted.whole(sent.get("version"))
    try:
        _keep(request, row, turn, seen)
    except AlreadyIssued:
        return _over(request, _found(request, row.public_id))
    except DraftChanged:
        return _conflict(request, _found(request, row.public_id), turn, name)
    if name == QUIET:
        return showing.fragment(request, row, turn)
    if name == "emitir":
        return _issue(request, row, turn)
    if name in ENDS:
        return ENDS[name](request, row, turn)
    if turn.shows_something or name == "revisar":
        if name == "revisar":
            turn.state = turn.state.but(revisar=True)
        return showing.page(request, row, turn)
    return redirect(_address(row, turn))


def _finish(request: SeatedRequest, row: Draft, turn: Turn, *, blanks: bool = False) -> None:
    """What a button adds to what was typed, before anything else; and no blank rows stay."""
    acts.suggest(turn.data)
    original.bring(
        request.company, turn.data, row.tipo, sucursal=row.sucursal, terminal=row.terminal
    )
    if not blanks:
        turn.data = form.swept(turn.data, row.tipo)


def _meant(name: str, sent: dict[str, str]) -> str:
    """Enter in a search field is the first button of the form, and means the search."""
    if name == "guardar":
        if sent.get("buscar_cliente", "").strip():
            return "buscar-cliente"
        if sent.get("buscar_producto", "").strip():
            return "buscar-producto"
    return name


def _keep(request: SeatedRequest, row: Draft, turn: Turn, seen: int | None) -> None:
    """Write what was stated if it changed. DraftChanged when somebody else wrote since *seen*."""
    sucursal, terminal = _place(turn.sent, row)
    unchanged = turn.data == row.data and (sucursal, terminal) == (row.sucursal, row.terminal)
    if unchanged:
        return
    if seen is not None:
        row.version = seen
    row.change(turn.data, by=request.user, at=turn.at, sucursal=sucursal, terminal=terminal)


def _place(sent: dict[str, str], row: Draft) -> tuple[int, int]:
    """Sucursal and terminal as chosen."""
    first, _, second = sent.get("serie", "").partition("-")
    return posted.whole(first) or row.sucursal, posted.whole(second) or row.terminal


def _address(row: Draft, turn: Turn) -> str:
    address = reverse("invoicing:draft", args=[row.public_id]) + turn.state.query()
    if turn.focus:
        joint = "&" if "?" in address else "?"
        address += f"{joint}foco={turn.focus}"
    return f"{address}#{turn.anchor}" if turn.anchor else address


def _issue(request: SeatedRequest, row: Draft, turn: Turn) -> HttpResponse:
    """Issue it, once. What stands in the way is told beside its field; nothing typed is lost."""
    lacking = [] if turn.about == cabys_stop.SURE else cabys_stop.problems(turn.data, row.tipo)
    if lacking and row.comprobante is None:
        turn.state = turn.state.but(revisar=True)
        return showing.page(request, row, turn, refused=lacking, status=422)
    try:
        done = emission.issue_draft(row, by=request.user, at=turn.at)
    except NotReady as refusal:
        turn.state = turn.state.but(revisar=True)
        return showing.page(request, row, turn, refused=refusal.problems, status=422)
    except Exhausted as error:
        return showing.page(request, row, turn, exhausted=str(error), status=409)
    except DraftChanged:
        return _conflict(request, _found(request, row.public_id), turn, "emitir")
    except InvoicingError as error:
        return showing.page(request, row, turn, stopped=str(error), status=409)
    remembering.customer(request.company, turn, by=request.user)
    return redirect("invoicing:document", clave=done.clave)


def _conflict(request: SeatedRequest, row: Draft, turn: Turn, name: str) -> HttpResponse:
    """Somebody else wrote meanwhile. The same button pressed twice is no conflict."""
    if row.comprobante is not None or row.discarded_at is not None:
        return _over(request, row)
    if name == "emitir" and row.data == drafts.stated(turn.data):
        return _issue(request, row, turn)
    if name == QUIET:
        return showing.stale(request, row)
    turn.data = form.read(turn.sent, row.data, row.tipo)
    return showing.page(request, row, turn, stale=True, status=409)


def _over(request: SeatedRequest, row: Draft) -> HttpResponse:
    """It is a document by now, or was thrown away."""
    if row.comprobante is not None:
        if posted.act(request.POST)[0] == QUIET:
            return showing.stale(request, row)
        return redirect("invoicing:document", clave=row.comprobante.clave)
    return redirect("invoicing:draft", public_id=row.public_id)


def _discard(request: SeatedRequest, row: Draft, turn: Turn) -> HttpResponse:
    try:
        row.discard(at=turn.at)
    except (AlreadyIssued, DraftChanged):
        return _over(request, _found(request, row.public_id))
    return redirect(f"{reverse('facturar')}?descartado={row.public_id}")


def _brought_back(request: SeatedRequest, row: Draft, now: datetime) -> HttpResponse:
    """Undo throwing it away."""
    request.company.drafts.filter(pk=row.pk, comprobante__isnull=True).update(
        discarded_at=None, updated_at=now
    )
    messages.success(request, "Recuperamos su borrador.")
    return redirect("invoicing:draft", public_id=row.public_id)


def _duplicate(request: SeatedRequest, row: Draft, turn: Turn) -> HttpResponse:
    """Another draft of the same contents."""
    other = drafts.write(
        request.company,
        row.data | {"tipo": row.tipo},
        by=request.user,
        at=turn.at,
        sucursal=row.sucursal,
        terminal=row.terminal,
    )
    messages.success(request, "Este es el duplicado; el otro borrador quedó guardado.")
    return redirect("invoicing:draft", public_id=other.public_id)


def _leave(request: SeatedRequest, row: Draft, turn: Turn) -> HttpResponse:
    return redirect("facturar")


def _offer(request: SeatedRequest, row: Draft, turn: Turn) -> HttpResponse:
    """Make it a proforma, or move the last day of the one it is."""
    if row.tipo in proforma.TIPOS:
        try:
            until = date.fromisoformat(turn.sent.get("valida_hasta", ""))
        except ValueError:
            until = None
        proforma.offer(row, by=request.user, at=turn.at, until=until)
    return redirect(f"{_address(row, turn)}#proforma")


ENDS = {"proforma": _offer, "descartar": _discard, "duplicar": _duplicate, "salir": _leave}
