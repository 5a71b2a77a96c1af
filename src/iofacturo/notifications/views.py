"""`/avisos/`: what we told this person, newest first."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from iofacturo.accounts.access import person
from iofacturo.lib import clock
from iofacturo.notifications.notice import Notice

PAGE = 25


@person
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """One page of notices; `?antes=` names the last one of the page before."""
    found = Notice.of(request.user).select_related("company").order_by("-id")
    before = request.GET.get("antes", "")
    if before:
        found = found.filter(id__lt=get_object_or_404(Notice.of(request.user), public_id=before).pk)
    rows = list(found[: PAGE + 1])
    context = {
        "notices": rows[:PAGE],
        "next": rows[PAGE - 1].public_id if len(rows) > PAGE else "",
        "first_page": not before,
        "several": len(request.memberships) > 1,  # type: ignore[attr-defined]
    }
    return render(request, "notifications/list.html", context)


@person
@require_safe
def notice(request: HttpRequest, public_id: str) -> HttpResponse:
    """What a notice is about. Opening it is reading it."""
    found = get_object_or_404(Notice.of(request.user), public_id=public_id)
    if request.method == "GET":
        found.read(clock.now())
    return redirect(_inside(found.url))


@person
@require_POST
def reading(request: HttpRequest, public_id: str) -> HttpResponse:
    """Mark one as read."""
    get_object_or_404(Notice.of(request.user), public_id=public_id).read(clock.now())
    return _back(request)


@person
@require_POST
def reading_of_all(request: HttpRequest) -> HttpResponse:
    """Mark as read all that were on the page or older; newer ones were not seen."""
    seen = get_object_or_404(Notice.of(request.user), public_id=request.POST.get("hasta", ""))
    Notice.of(request.user).filter(id__lte=seen.pk, read_at__isnull=True).update(
        read_at=clock.now()
    )
    return _back(request)


def _back(request: HttpRequest) -> HttpResponseRedirect:
    before = request.POST.get("antes", "")
    if before and not before.isalnum():
        raise Http404
    response = redirect("notifications:list")
    if before:
        response["Location"] += f"?antes={before}"
    return response


def _inside(url: str) -> str:
    """*url* when it stays in this portal, else the list."""
    if url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None):
        return url
    return "notifications:list"
