"""Sending the cleaned picture of a proof so that nothing in it can act as a page of ours."""

from django.http import Http404, HttpResponse

from iofacturo.renewals.proof import ProofPage

POLICY = "sandbox; default-src 'none'; img-src 'self'"


def response(page: ProofPage) -> HttpResponse:
    """The PNG with the headers that lock it in. Who may see it is the caller's to decide."""
    try:
        data = page.read()
    except FileNotFoundError:
        raise Http404 from None
    answer = HttpResponse(data, content_type="image/png")
    name = f"comprobante-{page.proof_id}-{page.number}.png"
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = POLICY
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "private, no-store"
    return answer
