"""`/avisos/preferencias/`: where a person wants which notices, and the door out of a mail's foot."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from iofacturo.accounts.access import anybody, person
from iofacturo.accounts.seated import PersonRequest
from iofacturo.notifications import kinds, preference
from iofacturo.notifications.preference import Wish


@person
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: PersonRequest) -> HttpResponse:
    """Every kind that can reach this person; by POST what they chose."""
    topics = preference.page(request.user)
    if request.method == "POST":
        shown = [line.name for _, lines in topics for line in lines]
        mails, screens = set(request.POST.getlist("correo")), set(request.POST.getlist("portal"))
        chosen = {name: Wish(name in mails, name in screens) for name in shown}
        preference.choose(request.user, chosen)
        messages.success(request, "Guardamos sus preferencias.")
        return redirect("notifications:preferences")
    return render(request, "notifications/preferences.html", {"topics": topics})


@csrf_exempt  # a mail program sends it by itself, with the token and nothing else (RFC 8058)
@anybody
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """One press ends the mails of one kind for one person, without logging in."""
    found = preference.leaver(token)
    if found is None:
        raise Http404
    user, kind = found
    if request.method == "POST":
        preference.stop_mail(user, kind)
    context = {"done": request.method == "POST", "news": kinds.get(kind).news, "email": user.email}
    return render(request, "notifications/leave.html", context)
