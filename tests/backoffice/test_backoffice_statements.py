"""Movements of the bank on screen: files in, what became of each line, one key to approve."""

import io
import zipfile
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.renewals import scene

from iofacturo.folios import summary
from iofacturo.renewals import bank, bank_statement, invariants, matches, statement_profile
from iofacturo.renewals.bank import BankLine
from iofacturo.renewals.bank_statement import BankStatement
from iofacturo.renewals.request import RenewalRequest

AT = scene.AT
FILES = "/gestion/movimientos/archivos/"


@pytest.fixture
def desk(as_client, reviewer) -> Client:
    return as_client(reviewer)


def send(desk: Client, data: bytes, name: str = "banco.csv", **fields: str):
    form = {
        "file": SimpleUploadedFile(name, data),
        "bank": "BAC Credomatic",
        "iban": bank_statement.accounts()[0].iban,
    }
    return desk.post(FILES, form | fields)


def paid(row: RenewalRequest, by, amount: object = None) -> BankLine:
    total = row.given.total if amount is None else amount
    return scene.imported(by, (total, f"pago {row.reference}")).lines.get()


def test_a_file_is_seen_whole_before_it_comes_in(desk, sent) -> None:
    data = scene.csv(
        ("75000.00", f"plan {sent.reference}", "A1"),
        ("cien", "malo", "A2"),
        ("12.50", "otro", "A3"),
    )
    answer = send(desk, data)
    assert answer.status_code == 302
    page = desk.get(answer["Location"]).content.decode()
    assert "2 movimientos nuevos" in page
    assert "₡75\u00a0012,50" in page
    assert "Fila 3" in page
    assert "cien" in page
    assert not BankLine.objects.exists()
    row = BankStatement.objects.get()
    after = desk.post(reverse("backoffice:statement_confirm", args=[row.pk]))
    assert after["Location"] == "/gestion/renovaciones/?estado=exactas"
    assert BankLine.objects.count() == 2
    page = desk.get(after["Location"]).content.decode()
    assert sent.number in page
    assert "Movimiento exacto" in page
    again = desk.post(reverse("backoffice:statement_confirm", args=[row.pk]))
    assert again.status_code == 409
    assert "ya se importó" in again.content.decode()
    assert "2 movimientos nuevos" in desk.get(answer["Location"]).content.decode()
    known = desk.get(send(desk, data)["Location"]).content.decode()
    assert "Ya estaba" in known
    assert "No trae nada nuevo" in known


def _bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
        book.writestr("xl/worksheets/sheet1.xml", b" " * (160 * 1024 * 1024))
    return packed.getvalue()


ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;">]>
<Document><BkToCstmrStmt>&y;</BkToCstmrStmt></Document>"""


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("bomba.xml", ENTITIES, "definiciones propias"),
        ("bomba.xlsx", None, "demasiado grande"),
        ("vacio.csv", b"", "vacío"),
        ("imagen.png", b"\x89PNG\x00\x00\x01\x02", "No es un archivo de texto"),
        ("viejo.xls", b"\xd0\xcf\x11\xe0abc", "XLS"),
        ("otras.csv", b"Uno,Dos\n1,2\n", "no están las columnas"),
        ("roto.xlsx", b"PK\x03\x04nada", "dañada"),
        ("html.xml", b"<html><body>hola</body></html>", "no un estado de cuenta"),
    ],
)
def test_hostile_files_are_told_beside_the_field(desk, house, name, data, told) -> None:
    answer = send(desk, _bomb() if data is None else data, name)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not BankStatement.objects.exists()


def test_formulas_and_encodings(desk, house) -> None:
    text = f'{scene.HEADER}\n23/11/2026,A1,"=HYPERLINK(""http://malo"")",,"=1+1"\n' + (
        '23/11/2026,A2,"niño",,"1.234,56"\n'
    )
    for data in (text.encode("cp1252"), text.encode("utf-16"), text.encode("utf-8-sig")):
        page = desk.get(send(desk, data)["Location"]).content.decode()
        assert "1 movimiento nuevo" in page
        assert "₡1\u00a0234,56" in page
        assert "es una fórmula" in page
        assert "niño" in page


def test_a_file_of_another_account_is_refused(desk, house) -> None:
    from tests.renewals.test_renewals_statement_import import CAMT

    answer = send(desk, CAMT.format(iban="CR23015108410026012345").encode(), "a.xml")
    assert answer.status_code == 422
    assert "ninguna de las cuentas para pagos" in answer.content.decode()


def test_one_button_approves_with_the_line(desk, sent, cafe, senior) -> None:
    line = paid(sent, senior)
    page = desk.get(reverse("backoffice:renewal", args=[sent.number])).content.decode()
    assert "Aprobar con este movimiento" in page
    assert "El monto es exacto." in page
    form = {"version": sent.version, "line": line.pk, "estado": "exactas"}
    answer = desk.post(reverse("backoffice:renewal_approve", args=[sent.number]), form)
    assert answer["Location"] == "/gestion/renovaciones/?estado=exactas"
    assert summary.available(cafe, AT) == 500
    again = desk.post(reverse("backoffice:renewal_approve", args=[sent.number]), form)
    assert again.status_code == 409
    assert summary.available(cafe, AT) == 500
    page = desk.get(reverse("backoffice:bank_line", args=[line.pk])).content.decode()
    assert sent.number in page
    assert "Asignado" in page


def test_the_version_they_saw_counts_for_found_lines_too(desk, sent, senior) -> None:
    line = paid(sent, senior)
    form = {"version": sent.version - 1, "line": line.pk}
    answer = desk.post(reverse("backoffice:renewal_approve", args=[sent.number]), form)
    assert answer.status_code == 409
    for wrong in ("x", "9" * 30, "-1"):
        form = {"version": sent.version, "line": wrong}
        url = reverse("backoffice:renewal_approve", args=[sent.number])
        assert desk.post(url, form).status_code == 404


def test_too_little_asks_for_the_exact_difference(desk, sent, senior) -> None:
    line = paid(sent, senior, "70000.00")
    page = desk.get(reverse("backoffice:renewal", args=[sent.number])).content.decode()
    assert "pedir ₡5\u00a0000,00" in page
    assert "con este movimiento" not in page
    form = {"version": sent.version, "line": line.pk, "correction-reason": "underpaid"}
    assert (
        desk.post(reverse("backoffice:renewal_correction", args=[sent.number]), form).status_code
        == 302
    )
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.NEEDS_INFO
    assert bank.paid(sent) == Decimal("70000.00")
    assert sent.decisions.get(action="correction").detail["missing"] == "5000.00"


def test_too_much_becomes_credit_and_says_so(desk, sent, cafe, senior) -> None:
    line = paid(sent, senior, "80000.00")
    page = desk.get(reverse("backoffice:renewal", args=[sent.number])).content.decode()
    assert "acreditar ₡5\u00a0000,00" in page
    form = {"version": sent.version, "line": line.pk}
    desk.post(reverse("backoffice:renewal_approve", args=[sent.number]), form)
    assert bank.credit(cafe) == Decimal("5000.00")
    assert list(invariants.broken()) == []


def test_a_line_is_assigned_by_hand(desk, sent, senior, cafe) -> None:
    line = scene.imported(senior, (sent.given.total, "sin nada")).lines.get()
    assert sent.number not in desk.get("/gestion/movimientos/").content.decode()
    url = reverse("backoffice:bank_line_assign", args=[line.pk])
    assert desk.post(url, {"assign-request": "SR-NADA"}).status_code == 422
    answer = desk.post(url, {"assign-request": sent.reference.lower()})
    assert answer["Location"].endswith(f"{sent.number}/?movimiento={line.pk}")
    page = desk.get(answer["Location"]).content.decode()
    assert "Escogido a mano" in page
    assert f'name="line" value="{line.pk}"' in page


def test_money_nobody_asked_for_is_credited_or_returned(desk, house, senior, cafe) -> None:
    one, two = scene.imported(senior, ("10.00", "a"), ("20.00", "b")).lines.order_by("pk")
    credit = reverse("backoffice:bank_line_credit", args=[one.pk])
    wrong = desk.post(credit, {"credit-company": "nadie así", "credit-note": "x"})
    assert wrong.status_code == 422
    desk.post(credit, {"credit-company": "cafe prueba", "credit-note": "llamaron"})
    assert bank.credit(cafe) == Decimal("10.00")
    assert (
        desk.post(credit, {"credit-company": "3-101-000001", "credit-note": "x"}).status_code == 409
    )
    back = reverse("backoffice:bank_line_return", args=[two.pk])
    assert desk.post(back, {"back-reason": "", "back-note": ""}).status_code == 422
    desk.post(back, {"back-reason": "unknown", "back-note": "tr. 99 del 23"})
    page = desk.get(reverse("backoffice:bank_line", args=[two.pk])).content.decode()
    assert "Por devolver" in page
    assert "Todo el dinero está asignado" in desk.get("/gestion/movimientos/").content.decode()
    everything = desk.get("/gestion/movimientos/?estado=todos").content.decode()
    assert "saldo a favor de Café Prueba S.A." in everything
    assert list(invariants.broken()) == []


def test_nobody_credits_their_own_company(as_client, reviewer, house, senior, cafe) -> None:
    from iofacturo.accounts.membership import Membership

    Membership.objects.create(user=reviewer, company=cafe, role="reader")
    line = scene.imported(senior, ("10.00", "a")).lines.get()
    answer = as_client(reviewer).post(
        reverse("backoffice:bank_line_credit", args=[line.pk]),
        {"credit-company": "3101000001", "credit-note": "mía"},
    )
    assert answer.status_code == 422
    assert bank.credit(cafe) == 0


def test_money_for_a_draft_or_twice_is_said(desk, drafted, senior) -> None:
    paid(drafted, senior)
    page = desk.get("/gestion/movimientos/").content.decode()
    assert "llegó dinero para una solicitud sin enviar" in page


def test_search_and_pages(desk, house, senior) -> None:
    scene.imported(senior, *((n + 1, f"detalle {n}", f"R{n:04d}") for n in range(60)))
    first = desk.get("/gestion/movimientos/").content.decode()
    assert "R0059" in first
    assert "R0009" not in first
    oldest = BankLine.objects.order_by("-pk")[49].pk
    second = desk.get(f"/gestion/movimientos/?desde={oldest}").content.decode()
    assert "R0009" in second
    assert "R0010" not in second
    for words in ("r0007", "Détalle 7", "8,00"):
        found = desk.get("/gestion/movimientos/", {"q": words}).content.decode()
        assert "R0007" in found
        assert "R0033" not in found


def test_columns_are_tried_before_they_are_saved(as_client, senior, reviewer, house) -> None:
    page = "/gestion/movimientos/bancos/"
    assert as_client(reviewer).get(page).status_code == 403
    client = as_client(senior)
    columns = {
        "bank": "Banco Nuevo", "date": "Dia", "detail": "Concepto", "amount": "Monto",
        "day_order": "dmy", "decimal_mark": "", "seen": "0", "tried": "",
    }  # fmt: skip
    data = b"Dia;Concepto;Monto\n23/11/2026;pago;1 500,00\n"
    untried = client.post(page, columns | {"accion": "guardar"})
    assert untried.status_code == 422
    assert "Pruebe estas columnas" in untried.content.decode()
    wrong = client.post(page, columns | {
        "accion": "probar", "date": "Fecha", "file": SimpleUploadedFile("a.csv", data)})  # fmt: skip
    assert "no está la columna «Fecha»" in wrong.content.decode()
    assert "Concepto" in wrong.content.decode()
    tried = client.post(page, columns | {
        "accion": "probar", "file": SimpleUploadedFile("a.csv", data)})  # fmt: skip
    assert "Se lee" in tried.content.decode()
    token = tried.context["form"].data["tried"]
    assert f'value="{token}"' in tried.content.decode()
    changed = columns | {"accion": "guardar", "tried": token, "detail": "Otro"}
    assert client.post(page, changed).status_code == 422
    saved = client.post(page, columns | {"accion": "guardar", "tried": token})
    assert saved.status_code == 302
    assert statement_profile.of("banco nuevo").number == 1


@pytest.mark.parametrize("who", ["support", "admin"])
def test_only_reviewers_see_the_money(who, as_client, request, house, senior) -> None:
    line = scene.entered(senior)
    client = as_client(request.getfixturevalue(who))
    for url in ("/gestion/movimientos/", FILES, reverse("backoffice:bank_line", args=[line.pk])):
        assert client.get(url).status_code == 403


@pytest.mark.parametrize("many", [5_000])
def test_queries_do_not_grow_with_the_lines(desk, sent, senior, many) -> None:
    def queries(*urls: str) -> list[int]:
        counted = []
        for url in urls:
            desk.get(url)
            matches._last.clear()
            with CaptureQueriesContext(connection) as seen:
                assert desk.get(url).status_code == 200
            counted.append(len(seen))
        return counted

    paid(sent, senior)
    scene.imported(senior, *((n + 1, f"nadie {n}") for n in range(4)))
    urls = ("/gestion/movimientos/", reverse("backoffice:renewal", args=[sent.number]), FILES,
            "/gestion/renovaciones/")  # fmt: skip
    few = queries(*urls)
    scene.imported(senior, *((n + 1, f"nadie más {n}") for n in range(many)))
    assert queries(*urls) == few
    assert max(few) <= 40
