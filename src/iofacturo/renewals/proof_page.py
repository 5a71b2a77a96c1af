"""The customer's view of a proof: its cleaned pages, for those of the company who may renew."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from iofacturo.accounts.access import member
from iofacturo.renewals import picture as pictures
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
    return pictures.response(found)
