"""`/gestion/movimientos/archivos/`: the bank's files, looked at whole before they come in."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from iofacturo.accounts.access import staff
from iofacturo.accounts.seated import StaffRequest
from iofacturo.backoffice.forms_statements import UploadForm
from iofacturo.lib import clock
from iofacturo.renewals import bank_statement, matches, statement_import, statement_profile
from iofacturo.renewals.bank_statement import BankStatement
from iofacturo.renewals.errors import Invalid, RenewalError
from iofacturo.renewals.statement.row import UnusableStatement

PAGE = 40
FIRST = 20  # rows of a preview


@staff("review")
@require_http_methods(["GET", "HEAD", "POST"])
def files(request: StaffRequest) -> HttpResponse:
    """Every file, the newest first; by POST a new one, kept for its preview."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        sent, known = form.cleaned_data["file"], statement_profile.of(form.cleaned_data["bank"])
        assert known is not None  # noqa: S101 - chosen from the list
        try:
            row = bank_statement.receive(
                sent.name or "", sent.read(), known, form.cleaned_data["iban"],
                by=request.user, at=clock.now(),
            )  # fmt: skip
        except Invalid as error:
            for name, message in error.problems.items():
                form.add_error(name, message)
        else:
            return redirect("backoffice:statement", row.pk)
    rows = BankStatement.objects.select_related("uploaded_by", "imported_by").order_by("-pk")
    after = request.GET.get("desde", "")
    if after.isascii() and after.isdigit() and len(after) < 16:
        rows = rows.filter(pk__lt=int(after))
    found = list(rows[: PAGE + 1])
    context = {
        "form": form,
        "rows": found[:PAGE],
        "more": found[PAGE - 1].pk if len(found) > PAGE else None,
        "may_edit": request.staff.may("payee"),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "backoffice/statements.html", context, status=status)


@staff("review")
@require_safe
def statement(request: StaffRequest, pk: int) -> HttpResponse:
    """What the file would do to the books; once it is in, what came of it."""
    return _show(request, get_object_or_404(BankStatement, pk=pk))


def _show(
    request: StaffRequest, row: BankStatement, problem: str = "", status: int = 200
) -> HttpResponse:
    context: dict[str, object] = {"row": row, "problem": problem}
    if row.imported_at is None:
        try:
            found = statement_import.preview(row, row.read(), clock.local(clock.now()).date())
        except (UnusableStatement, FileNotFoundError) as error:
            context["problem"] = str(error)
        else:
            context |= {
                "found": found,
                "first": found.entries[:FIRST],
                "bad": found.bad[:200],
                "earlier": bank_statement.earlier(row),
            }
    else:
        exact = set(matches.current().exact)
        context["exact"] = len(exact)
        context["lines"] = row.lines.order_by("pk")[:FIRST]
    return render(request, "backoffice/statement.html", context, status=status)


@staff("review")
@require_POST
def confirm(request: StaffRequest, pk: int) -> HttpResponse:
    """Take the file into the books: all of it, once."""
    row, now = get_object_or_404(BankStatement, pk=pk), clock.now()
    try:
        parsed = row.read()  # before the transaction: it may take a while
        statement_import.confirm(
            row, parsed, by=request.user, at=now, today=clock.local(now).date()
        )
    except (UnusableStatement, FileNotFoundError, RenewalError) as error:
        row.refresh_from_db()
        return _show(request, row, str(error), 409)
    word = "movimiento nuevo" if row.added == 1 else "movimientos nuevos"
    exact = len(matches.current().exact)
    told = f"Entraron {row.added} {word}."
    if exact:
        told += f" {exact} {'solicitud tiene' if exact == 1 else 'solicitudes tienen'} su movimiento exacto."
    messages.success(request, told)
    if exact:
        return redirect(reverse("backoffice:renewals") + "?estado=exactas")
    return redirect("backoffice:bank_lines")


urlpatterns = [
    path("movimientos/archivos/", files, name="statements"),
    path("movimientos/archivos/<int:pk>/", statement, name="statement"),
    path("movimientos/archivos/<int:pk>/importacion/", confirm, name="statement_confirm"),
]
