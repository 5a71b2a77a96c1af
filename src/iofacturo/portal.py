"""The portal itself: its first page, the shell around every page, and whether we are ready."""

from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from iofacturo import notifications
from iofacturo.accounts.access import anybody, person, staff
from iofacturo.accounts.seated import PersonRequest
from iofacturo.business_time import calendar
from iofacturo.folios import summary
from iofacturo.help_center import shelf
from iofacturo.invoicing import tasks
from iofacturo.lib import clock
from iofacturo.renewals.request import RenewalRequest
from iofacturo.support.ticket import Ticket

SHEETS = [
    "order", "reset", "tokens", "base", "shell", "plain", "rhythm", "buttons", "fields", "badges",
    "banners", "data", "slip", "meter", "chart", "tables", "grid3", "plans", "timeline", "dropzone",
    "filters", "tasks", "floating", "lines", "desk", "overview", "confirmation", "reading",
    "utilities", "print",
]  # fmt: skip
SCRIPTS = ["menus"]
COMPANY_LINKS = [
    ("Datos de la empresa", "accounts:company", "see"),
    ("Preparar facturación", "invoicing:setup", "see"),
    ("Usuarios y permisos", "accounts:members", "members"),
    ("Actividad", "accounts:activity", "owners"),
]
# the invoicer's own navigation; the first ones stand in the bar at the foot of a phone as well
INVOICER_LINKS = [
    ("Emitir", "issue", "facturar", "see"),
    ("Documentos", "documents", "invoicing:documents", "see"),
    ("Recibidos", "inbox", "invoicing:received", "see"),
    ("Clientes", "people", "invoicing:customers", "see"),
    ("Productos", "box", "invoicing:products", "see"),
]
ON_PHONE = 3
STAFF_LINKS = [
    ("Solicitudes", "inbox", "backoffice:renewals", "see"),
    ("Tablero", "chart", "backoffice:board", "board"),
    ("Tickets", "ticket", "backoffice:tickets", "see"),
    ("Movimientos", "documents", "backoffice:bank_lines", "review"),
    ("Saldos", "half", "backoffice:balances", "review"),
    ("Facturas", "sheet", "backoffice:invoices", "see"),
    ("Empresas", "people", "backoffice:companies", "companies"),
    ("Planes", "plan", "backoffice:plans", "catalogue"),
    ("Ajustes", "edit", "backoffice:adjustments", "second"),
    ("Calendario", "calendar", "backoffice:calendar", "catalogue"),
    ("Artículos", "help", "backoffice:articles", "articles"),
    ("Términos", "sheet", "backoffice:terms", "catalogue"),
    ("Cuentas", "bank", "backoffice:payee", "payee"),
    ("Equipo", "shield", "backoffice:staff", "staff"),
    ("Proveedor", "company", "backoffice:provider", "companies"),
]
# addresses that stand under a link without beginning like it
ALSO = {
    "backoffice:plans": ("/gestion/promociones/",),
    "backoffice:tickets": ("/gestion/tickets-correo/",),
    "invoicing:documents": ("/facturar/exportar/",),
}
PLACES = {
    "/facturar/preparar/": "empresa",
    "/facturar/": "facturar",
    "/mi-plan/": "mi-plan",
    "/cartera/": "cartera",
    "/empresa/": "empresa",
    "/ayuda/": "ayuda",
    "/soporte/": "soporte",
}

# what a ticket can be about, by the room of the page: name in the ticket's form, name in the page's
# address, and how it begins
ABOUT = {
    "renewals": [("solicitud", "number", "SR-")],
    "invoicing": [("clave", "clave", "506")],
    "support": [("ticket", "number", "TK-")],
}


class Shell:
    """What the frame around a page shows, each piece asked of the database only when used."""

    sheets = tuple(f"css/{name}.css" for name in SHEETS)
    scripts = tuple(f"js/{name}.js" for name in SCRIPTS)

    def __init__(self, request: PersonRequest) -> None:
        self.request = request
        self.now = clock.now()

    @property
    def place(self) -> str:
        path = self.request.path
        if path == "/":
            return "portal"
        return next((name for root, name in PLACES.items() if path.startswith(root)), "")

    @property
    def staff_side(self) -> bool:
        return self.request.path.startswith("/gestion/")

    @property
    def help(self) -> str:
        """Where «Ayuda» leads from here: the article about this screen, else all of them."""
        match = self.request.resolver_match
        article = shelf.kept().about(match.view_name) if match else None
        return reverse("help_center:article", args=[article.slug]) if article else reverse("ayuda")

    @cached_property
    def unread(self) -> int:
        return notifications.unread(self.request.user)

    @property
    def about(self) -> dict[str, str]:
        """What a ticket sent from this page is about; looked up again where it arrives."""
        match = self.request.resolver_match
        if match is None or self.request.membership is None:
            return {}
        for name, key, begins in ABOUT.get(match.namespace, ()):
            value = str(match.kwargs.get(key, ""))
            if value and value.startswith(begins):
                return {name: value}
        return {}

    @property
    def ticket_url(self) -> str:
        """*Enviar un Ticket*, with what this page knows."""
        return f"{reverse('support:new')}{'?' if self.about else ''}{urlencode(self.about)}"

    @cached_property
    def tickets(self) -> list[Ticket]:
        """Live tickets of the request this page is about, as far as one may read them."""
        number, seat = self.about.get("solicitud"), self.request.membership
        if not number or seat is None:
            return []
        return list(
            Ticket.seen_by(seat).filter(request__number=number, live=True).order_by("-id")[:3]
        )

    @cached_property
    def left(self) -> summary.Left:
        company = self.request.company
        return summary.left(company, self.now) if company else summary.Left(0, 0)

    @property
    def folios(self) -> int:
        return self.left.own

    @property
    def grace(self) -> int:
        """Folios of grace, once those of one's own are used up."""
        return 0 if self.left.own else self.left.grace

    @property
    def company_links(self) -> list[dict[str, Any]]:
        seat = self.request.membership
        return [
            self._link(label, name)
            for label, name, act in COMPANY_LINKS
            if seat is not None and seat.may(act)
        ]

    @property
    def staff_links(self) -> list[dict[str, Any]]:
        seat = self.request.staff
        return [
            {**self._link(label, name), "icon": icon}
            for label, icon, name, act in STAFF_LINKS
            if seat is not None and seat.may(act)
        ]

    @cached_property
    def invoicer_links(self) -> list[dict[str, Any]]:
        seat = self.request.membership
        links = [
            {**self._link(label, name), "icon": icon}
            for label, icon, name, act in INVOICER_LINKS
            if seat is not None and seat.may(act)
        ]
        # /facturar/ begins every address of the invoicer: the longest one that fits is the place
        reached = [link["url"] for link in links if link["here"]]
        for link in links:
            link["here"] = bool(reached) and link["url"] == max(reached, key=len)
        return links

    @property
    def phone_links(self) -> list[dict[str, Any]]:
        return self.invoicer_links[:ON_PHONE]

    @property
    def further_links(self) -> list[dict[str, Any]]:
        return self.invoicer_links[ON_PHONE:]

    def _link(self, label: str, name: str) -> dict[str, Any]:
        url = reverse(name)
        roots = (url, *ALSO.get(name, ()))
        return {"label": label, "url": url, "here": self.request.path.startswith(roots)}


def shell(request: PersonRequest) -> dict[str, Shell]:
    """Context of every page: where one is, how many folios and unread notices there are."""
    return {"shell": Shell(request)}


@person
@require_safe
def home(request: PersonRequest) -> HttpResponse:
    """`/`: what needs doing, and how many folios are left."""
    if request.company is None:
        if request.staff is not None:
            return redirect("gestion")
        return render(request, "portal/seatless.html")
    now = clock.now()
    local = clock.local(now)
    greeting = (
        "Buenos días"
        if local.hour < 12
        else "Buenas tardes"
        if local.hour < 18
        else "Buenas noches"
    )
    waiting = _open_requests(request, now)
    return render(
        request,
        "portal/home.html",
        {
            "greeting": greeting,
            "now": now,
            "hours": calendar.current(now).describe(),
            "overview": summary.overview(request.company, now),
            "open_requests": waiting,
            "late": [row.pk for row in waiting if row.is_late(now)],
            "may_renew": request.membership is not None and request.membership.may("renew"),
            "tasks": tasks.of(request.membership, now) if request.membership else [],
        },
    )


def _open_requests(request: PersonRequest, now: datetime) -> list[RenewalRequest]:
    """Those that this person can go on with or look at; a draft is for who may renew."""
    seat, company = request.membership, request.company
    rows = RenewalRequest.open_for(company, now) if company else []
    if seat is not None and seat.may("renew"):
        return list(rows)
    return [row for row in rows if row.state != RenewalRequest.DRAFT]


@staff("see")
@require_safe
def gestion(request: HttpRequest) -> HttpResponse:
    """`/gestion/`: the desk is where the provider's people begin."""
    return redirect("backoffice:renewals")


@anybody
@never_cache
@require_safe
def salud(request: HttpRequest) -> HttpResponse:
    """`/salud`: 200 when the database answers, is migrated and, in the demo, is filled."""
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        pending = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return JsonResponse({"listo": False, "motivo": "la base de datos no responde"}, status=503)
    if pending:
        return JsonResponse({"listo": False, "motivo": "faltan migraciones"}, status=503)
    if settings.DEMO and not (settings.DATA / "demo.listo").exists():
        return JsonResponse({"listo": False, "motivo": "se preparan los datos"}, status=503)
    return JsonResponse({"listo": True, "hora": clock.now().isoformat()})
