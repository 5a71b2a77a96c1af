"""Sending the cleaned picture of an attachment so that nothing in it can act as a page of ours."""

from django.http import Http404, HttpResponse

from iofacturo.support.attachment import TicketPage

POLICY = "sandbox; default-src 'none'; img-src 'self'"


def response(page: TicketPage) -> HttpResponse:
    """The PNG with the headers that lock it in. Who may see it is the caller's to decide."""
    try:
        data = page.read()
    except FileNotFoundError:
        raise Http404 from None
    answer = HttpResponse(data, content_type="image/png")
    name = f"archivo-{page.file_id}-{page.number}.png"
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = POLICY
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "private, no-store"
    return answer
