"""The terms of service, as they stood in each version."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from iofacturo.accounts.access import anybody
from iofacturo.lib import clock
from iofacturo.renewals.terms import TermsVersion


@anybody
@require_safe
def terms(request: HttpRequest, number: int) -> HttpResponse:
    """`/mi-plan/terminos/3/`: the text, for anybody; one that is not in force yet stays closed."""
    version = TermsVersion.objects.filter(number=number, effective_at__lte=clock.now()).first()
    if version is None:
        raise Http404
    return render(request, "renewals/terms.html", {"version": version})
