"""`/empresa/actividad/`: who did what, for owners."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from iofacturo.accounts import activity as words
from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest

PAGE = 50


@member("owners")
@require_safe
def activity(request: SeatedRequest) -> HttpResponse:
    """The newest first, PAGE at a time; `?antes=ID` goes on below that event."""
    events = request.company.audit_events.select_related("actor").order_by("-id")
    before = request.GET.get("antes", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        events = events.filter(id__lt=int(before))
    rows = list(events[: PAGE + 1])
    shown = [
        {"event": row, "act": words.describe(row), "changes": list(words.changes(row))}
        for row in rows[:PAGE]
    ]
    older = rows[PAGE - 1].pk if len(rows) > PAGE else None
    context = {"rows": shown, "older": older, "first": not before}
    return render(request, "accounts/activity.html", context)
