"""`/ayuda/`: the articles, the search and what readers think of them. Open to everybody."""

from __future__ import annotations

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from iofacturo.accounts import visits
from iofacturo.accounts.access import anybody
from iofacturo.business_time import calendar
from iofacturo.help_center import challenge, feedback, rendering, visitor
from iofacturo.help_center.article import Article
from iofacturo.help_center.feedback import Feedback
from iofacturo.help_center.search import LONGEST, search
from iofacturo.help_center.shelf import Shelf, shelf
from iofacturo.lib import clock
from iofacturo.lib.visible import visible

VOTES_AN_HOUR = 40  # of one address: an office behind one router is many people
# the widget of altcha writes its own styles and works beside the page; nowhere else is that allowed
WIDGET = {"style-src": [SELF, UNSAFE_INLINE], "worker-src": [SELF, "blob:"]}


def _frame(request: HttpRequest) -> str:
    """People of a company read in their portal, the provider's people at their desk."""
    if not request.user.is_authenticated:
        return "plain.html"
    seated = getattr(request, "membership", None) is not None
    return "gestion.html" if getattr(request, "staff", None) and not seated else "portal.html"


@anybody
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every article by topic, or with `?q=` those that say these words."""
    question = visible(request.GET.get("q", ""))[:LONGEST].strip()
    there = shelf()
    return render(
        request,
        "help_center/index.html",
        {
            "frame": _frame(request),
            "question": question,
            "hits": search(there, question) if question else [],
            "topics": there.by_topic(),
            "hours": calendar.current(clock.now()).describe(),
        },
    )


@anybody
@require_safe
@csp_update(WIDGET)  # type: ignore[arg-type]
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """One article, with what may be said of it."""
    there = shelf()
    return _article(request, there, _found(there, slug))


def _found(there: Shelf, slug: str) -> Article:
    found = there.get(slug)
    if found is None:
        raise Http404
    return found


def _article(
    request: HttpRequest, there: Shelf, found: Article, *, problem: str = "", status: int = 200
) -> HttpResponse:
    who = visitor.known(request)
    given = Feedback.objects.filter(slug=found.slug, visitor=who).first() if who else None
    posted = request.POST if request.method == "POST" else None
    context = {
        "frame": _frame(request),
        "article": found,
        "page": rendering.render(found.body, frozenset(there.articles)),
        "related": there.related(found),
        "hours": calendar.current(clock.now()).describe(),
        "sent": request.GET.get("opinion") == "enviada" and given is not None,
        "given": given,
        "reasons": feedback.REASONS,
        "longest": feedback.LONGEST_COMMENT,
        "problem": problem,
        "util": posted.get("util", "") if posted else "",
        "ticked": posted.getlist("razon") if posted else [],
        "comment": posted.get("comentario", "") if posted else "",
    }
    return render(request, "help_center/article.html", context, status=status)


@anybody
@require_POST
@csp_update(WIDGET)  # type: ignore[arg-type]
def opinion(request: HttpRequest, slug: str) -> HttpResponse:
    """A vote. A no says why, and from somebody unknown it brings a solved challenge."""
    there = shelf()
    found = _found(there, slug)
    now = clock.now()
    useful = request.POST.get("util")
    if useful not in ("si", "no"):
        return _article(request, there, found, problem="util", status=422)
    reasons = request.POST.getlist("razon")
    if useful == "no" and not set(reasons) & dict(feedback.REASONS).keys():
        return _article(request, there, found, problem="razon", status=422)
    solution = challenge.solved(request.POST.get("altcha", ""), now)
    if useful == "no" and not solution and not request.user.is_authenticated:
        return _article(request, there, found, problem="reto", status=422)
    if not visits.allowed(request, now, "opinion", most=VOTES_AN_HOUR, seconds=3600):
        return render(request, "429.html", status=429)
    who = visitor.known(request) or visitor.new()
    comment = visible(request.POST.get("comentario", "")).strip()
    if len(comment) > feedback.LONGEST_COMMENT:
        return _article(request, there, found, problem="comentario", status=422)
    try:
        feedback.vote(
            found, who, useful=useful == "si", at=now, reasons=reasons, comment=comment,
            challenge=solution,
        )  # fmt: skip
    except feedback.Spent:
        return _article(request, there, found, problem="reto", status=422)
    answer = redirect(f"{request.path.removesuffix('opinion/')}?opinion=enviada#opinion")
    if who.startswith("b"):
        visitor.remember(answer, who, secure=settings.HTTPS)
    return answer


@anybody
@never_cache
@require_safe
def reto(request: HttpRequest) -> HttpResponse:
    """A challenge for the browser's script, as JSON."""
    return JsonResponse(challenge.new(clock.now()))
