"""What words on a page are taken for: tables of words with their places, no picture."""

import math
from datetime import date
from decimal import Decimal

import pytest

from iofacturo.renewals.proof_reading import amount, code, day, reader, reading
from iofacturo.renewals.proof_reading.word import Word

IBAN = "CR05015202001026284066"


def page(*rows, left=60, step=60, height=36):
    """Words in rows: a text, or (label, value) with the value far on the right of the same row."""
    words = []
    for number, row in enumerate(rows):
        top = 100 + number * step
        cells = [row] if isinstance(row, str) else list(row)
        for text, x in zip(cells, (left, 560), strict=False):
            words.append(Word.at(text, (x, top, x + 18 * len(text), top + height), 0.98))
    return words


def tilted(words, degrees, about=(500, 500)):
    """*words* on a page that was turned clockwise by *degrees*."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))

    def turn(x, y):
        x, y = x - about[0], y - about[1]
        return (about[0] + x * c - y * s, about[1] + x * s + y * c)

    return [Word(w.text, tuple(turn(*corner) for corner in w.corners), w.score) for w in words]


SLIP = (
    "BAC Credomatic", "Transferencia exitosa", ("Monto", "₡ 63.750,00"), ("Comisión", "₡250,00"),
    ("Saldo disponible", "₡1.234.567,89"), ("Fecha", "22/11/2026 10:41"),
    ("Cuenta origen", "CR** **** 7924"), ("Cuenta destino", "CR05 0152 0200 1026 2840 66"),
    ("Beneficiario", "Folios del Valle S.A."), ("Referencia", "2026112215283010512345678"),
    ("Detalle", "pago iof7k3q9x2"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("63.750,00", "63750.00"), ("63,750.00", "63750.00"), ("63 750,00", "63750.00"),
        ("63.750", "63750"), ("1.234.567,89", "1234567.89"), ("1,234,567", "1234567"),
        ("45200", "45200"), ("0,50", "0.50"), ("128321.93", "128321.93"),
        ("9.978.00", "9978.00"),  # a comma that was seen as a point
        ("6120,850.29", "120850.29"),  # ₡ that was seen as a six
        ("02,373.50", "2373.50"),
        ("12,34,567.00", None), ("1.23,45,6", None), ("123456.7890", None), ("12345678901", None),
    ],
)  # fmt: skip
def test_money_is_read_in_both_manners_and_never_completed(text, value):
    found = amount.number(text)
    assert (found and found.value) == (value and Decimal(value))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("22/11/2026", "2026-11-22"), ("22-11-2026 10:41", "2026-11-22"), ("22/11/26", "2026-11-22"),
        ("2026-11-22", "2026-11-22"), ("22/11/202610:41", "2026-11-22"),
        ("22denoviembrede2026", "2026-11-22"), ("22 nov. 2026", "2026-11-22"),
        ("5 de setiembre del 2026, 3:05 p. m.", "2026-09-05"), ("5 sept 2026", "2026-09-05"),
        ("07/OCT/2026", "2026-10-07"), ("Noviembre 22, 2026", "2026-11-22"),
        ("Dom. 22 ago 2026 2:52 p. m.", "2026-08-22"), ("11/22/2026", "2026-11-22"),
        ("31/02/2026", None), ("8812-4477", None), ("3-101-123456", None), ("10:41", None),
        ("2026112215283010512345678", None), ("99/99/2026", None),
    ],
)  # fmt: skip
def test_days_are_read_as_costa_rica_writes_them(text, expected):
    found = [str(value) for _, value in day.in_text(text)]
    assert found == ([expected] if expected else [])


@pytest.mark.parametrize("degrees", [0, 4, -6, 90, 180, 270, 93])
def test_a_slip_is_read_however_the_page_lies(degrees):
    found = reader.read([tilted(page(*SLIP), degrees)])
    assert found.amount is not None
    assert (found.amount.value, found.amount.currency) == (Decimal("63750.00"), "CRC")
    assert found.day is not None
    assert found.day.value == date(2026, 11, 22)
    assert found.payee_account is not None
    assert (found.payee_account.iban, found.payee_account.role) == (IBAN, "payee")
    assert [one.role for one in found.accounts if not one.iban] == ["payer"]
    assert {(one.value, one.kind) for one in found.references} == {
        ("IOF7K3Q9X2", "ours"), ("2026112215283010512345678", "sinpe"),
    }  # fmt: skip
    assert found.payee is not None
    assert found.payee.value == "Folios del Valle S.A."
    assert found.bank is not None
    assert found.bank.value == "BAC Credomatic"
    assert {one.value for one in found.others} == {Decimal("250.00"), Decimal("1234567.89")}


def stacked(*rows):
    """Labels above values, in one column."""
    return page(*[text for row in rows for text in row], step=48)


@pytest.mark.parametrize(
    ("words", "value", "currency"),
    [
        (stacked(("Monto", "$ 69,80"), ("Saldo disponible", "$2.819.827,24")), "69.80", "USD"),
        (page("Usted envió", "45.200,00"), "45200.00", ""),  # the sign is lost by the eye
        (page("Se transfirieron CRC 45,200.00 a la cuenta indicada"), "45200.00", "CRC"),
        (page("Monto: 45 200,00 colones", "Comisión: 100,00 colones"), "45200.00", "CRC"),
        (page(("Total debitado", "45.2OO,00")), "45200.00", ""),
        (page("El 2 de octubre de 2026 hizo una transferencia por 45.200,00"), "45200.00", ""),
        (page(("Fecha", "03/07/26 05.07"), ("Monto", "9.978.00")), "9978.00", ""),
        (page(("Monto", "63.750,00"), ("Tipo de cambio", "512,45")), "63750.00", ""),
        (page(("Referencia", "485934338"), ("Teléfono", "8812-4477"), ("Fecha", "22/11/2026")),
         None, ""),
        (page("Saldo disponible", "₡1.000,00"), None, ""),
    ],
)  # fmt: skip
def test_the_amount_that_was_paid_is_told_from_the_others(words, value, currency):
    found = reader.read([words]).amount
    assert (found and str(found.value)) == value
    assert not found or found.currency == currency


def test_the_largest_print_wins_where_nothing_is_named():
    words = [*page("SINPE Móvil", "CRC 250,00", "8812-4477"),
             Word.at("34 900,00 CRC", (120, 400, 700, 490))]  # fmt: skip
    found = reader.read([words])
    assert found.amount is not None
    assert found.amount.value == Decimal("34900.00")
    assert found.sinpe_movil


@pytest.mark.parametrize(
    ("rows", "iban", "shown", "role"),
    [
        ([("Cuenta a acreditar:", IBAN)], IBAN, IBAN, "payee"),
        ([("Desde", IBAN)], IBAN, IBAN, "payer"),
        ([("Para", "CRO5 O152 02O0 1026 2840 66")], IBAN, IBAN, "payee"),  # O for 0
        ([("Cuenta destino", "CR05************4066")], "", "CR05…4066", "payee"),
        ([("Cuenta", "****4066")], "", "…4066", ""),
        ([("Destino", "XXXX XXXX 4066")], "", "…4066", "payee"),
        (["IBAN destino", "CR05 0152 0200 1026", "2840 66"], IBAN, IBAN, "payee"),
        (
            ["desde la app a la cuenta CR05 0152 0200", "1026 2840 66 a nombre de Ana"],
            IBAN,
            IBAN,
            "payee",
        ),
        ([("Cuenta destino", "CR06015202001026284066")], None, None, None),  # check digits
    ],
)
def test_accounts_are_whole_with_their_check_digits_or_masked(rows, iban, shown, role):
    found = reader.read([page(*rows)]).payee_account
    if role == "payer":
        (found,) = reader.read([page(*rows)]).accounts
    if iban is None:
        assert found is None
        return
    assert found is not None
    assert (found.iban, found.shown, found.role) == (iban, shown, role)
    assert found.fits(IBAN)
    assert not found.fits("CR11" + IBAN[4:-1] + "9")


@pytest.mark.parametrize(
    ("rows", "value", "kind"),
    [
        ([("Ref.", "897458869")], "897458869", "bank"),
        (["Número de comprobante", "A821951719"], "A821951719", "bank"),
        (["Comprobante N.º: 60102780"], "60102780", "bank"),
        (["20261122 152 83010512345678"], "2026112215283010512345678", "sinpe"),
        ([("Número de transacción SINPE:", "2026112215283010512345678")],
         "2026112215283010512345678", "sinpe"),
        (["Le informamos: referencia 60102780. Concepto: plan"], "60102780", "bank"),
        ([("Documento", "22/11/2026")], None, None),
        ([("Referencia", "8812-4477")], None, None),
        ([("Referencia", "Pago de plan")], None, None),
    ],
)  # fmt: skip
def test_references_are_what_their_labels_name(rows, value, kind):
    found = reader.read([page(*rows)]).bank_reference
    assert (found and (found.value, found.kind)) == (value and (value, kind))


def test_the_shape_of_sinpe_is_a_date_and_a_bank():
    assert code.sinpe("2026112215283010512345678") == (date(2026, 11, 22), "152")
    assert code.sinpe("2026132215283010512345678") == (None, "")
    assert code.sinpe("12345678") == (None, "")


def test_a_reading_is_kept_as_json_and_comes_back_whole():
    found = reader.read([page(*SLIP), page(("Cuenta", "****4066"), ("Fecha", "1/2/2027"))])
    assert reading.from_json(found.as_json()).as_json() == found.as_json()
    assert reader.read([]).is_empty
    assert reading.from_json(reader.read([[]]).as_json()) == reader.read([])


def test_nonsense_is_no_reading():
    rubbish = [Word.at("█" * 250, (0, 0, 9, 9)), Word.at("", (0, 0, 0, 0)),
               Word.at("₡" * 900, (1, 1, 2, 2)), Word("9" * 280, ((0, 0),) * 4)]  # fmt: skip
    assert reader.read([rubbish * 400]).is_empty
