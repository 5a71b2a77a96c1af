"""The customer's view of a proof: its cleaned pages, for those of the company who may renew."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from iofacturo.accounts.access import member
from iofacturo.lib import clock
from iofacturo.renewals import proof_checks
from iofacturo.renewals.proof import ProofPage
from iofacturo.renewals.seated import SeatedRequest


@member("renew")
@require_safe
def picture(request: SeatedRequest, number: str, proof: int, page: int) -> HttpResponse:
    """One page of one proof of one's own company."""
    found = get_object_or_404(
        ProofPage.objects.select_related("proof"),
        proof__company=request.company,
        proof__request__number=number,
        proof__removed_at=None,
        proof=proof,
        number=page,
    )
    return found.response()


@member("renew")
@require_safe
def reading(request: SeatedRequest, number: str, proof: int) -> HttpResponse:
    """What was noticed about one proof: the part of the page that asks for itself while we read."""
    rows = request.company.renewal_requests.select_related("quote__payee", "group", "previous")
    found = get_object_or_404(rows, number=number)
    shown = proof_checks.shown(found, found.given, now=clock.now(), only=proof)
    if not shown:
        raise Http404
    return render(request, "renewals/_noticed.html", {"found": found, "one": shown[0]})
