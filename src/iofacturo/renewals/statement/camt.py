"""Bank-to-customer statements of ISO 20022, camt.053 in any of its versions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation
from io import BytesIO

from lxml import etree

from iofacturo.lib.visible import visible
from iofacturo.renewals.statement.by_columns import LARGEST, LONGEST
from iofacturo.renewals.statement.row import (
    BadRow,
    Statement,
    StatementRow,
    UnusableStatement,
)

MOST_ENTRIES = 200_000
PROLOG = 4_096


def read(data: bytes) -> Statement:
    """The booked credits. Entries that stand for several payments without their amounts are bad."""
    beginning = data[:PROLOG]
    if b"<!DOCTYPE" in beginning or b"<!ENTITY" in beginning:
        raise UnusableStatement("El XML trae definiciones propias: no se abre.")
    found = Statement("camt.053")
    accounts: set[str] = set()
    try:
        events = etree.iterparse(
            BytesIO(data), events=("end",), resolve_entities=False, load_dtd=False,
            no_network=True, huge_tree=False, remove_comments=True, remove_pis=True,
        )  # fmt: skip
        number, known = 0, False
        for _, node in events:
            name = _name(node)
            if name == "BkToCstmrStmt":
                known = True
            elif name == "IBAN" and _path(node)[-4:] == ["Stmt", "Acct", "Id", "IBAN"]:
                accounts.add("".join((node.text or "").split()).upper())
            elif name == "Ntry":
                number += 1
                if number > MOST_ENTRIES:
                    raise UnusableStatement(f"El archivo tiene más de {MOST_ENTRIES} movimientos.")
                _entry(node, number, found)
                node.clear()
                parent = node.getparent()
                while parent is not None and (before := node.getprevious()) is not None:
                    if _name(before) != "Ntry":
                        break
                    parent.remove(before)
    except (etree.XMLSyntaxError, RecursionError) as error:
        raise UnusableStatement("El XML está dañado o incompleto.") from error
    if not known:
        raise UnusableStatement("Es un XML, pero no un estado de cuenta camt.053.")
    if len(accounts) > 1:
        raise UnusableStatement("El archivo trae varias cuentas: descargue una a la vez.")
    found.iban = next(iter(accounts), "")
    return found


def _entry(node: etree._Element, number: int, found: Statement) -> None:
    booked = _text(node, "Sts/Cd") or _text(node, "Sts")
    if booked and booked != "BOOK":
        return  # pending: it comes again when it is booked
    if _text(node, "CdtDbtInd") != "CRDT" or _text(node, "RvslInd") == "true":
        found.outgoing += 1
        if _text(node, "CdtDbtInd") == "DBIT":
            with suppress(ValueError):
                found.out += _rows(node, number)
        return
    try:
        found.rows += _rows(node, number)
    except ValueError as error:
        text = visible(" ".join(text for text in node.itertext() if text.strip()))
        found.bad.append(BadRow(number, str(error), text[:160]))


def _rows(node: etree._Element, number: int) -> Iterator[StatementRow]:
    amount, currency = _money(_find(node, "Amt"))
    day = _day(node)
    parts = [one for one in node.iter(etree.Element) if _name(one) == "TxDtls"]
    several = _text(node, "NtryDtls/Btch/NbOfTxs")
    if len(parts) <= 1:
        if several.isdigit() and int(several) > 1:
            raise ValueError(f"Agrupa {several} pagos sin decir cuánto es cada uno.")
        return iter([_made(parts[0] if parts else node, node, number, day, amount, currency)])
    made = []
    for part in parts:
        own = _find(part, "Amt")
        own = own if own is not None else _find(part, "AmtDtls/TxAmt/Amt")
        if own is None:
            raise ValueError(f"Agrupa {len(parts)} pagos sin decir cuánto es cada uno.")
        part_amount, part_currency = _money(own)
        made.append(_made(part, node, number, day, part_amount, part_currency))
    if sum(one.amount for one in made) != amount or any(one.currency != currency for one in made):
        raise ValueError("Los pagos que agrupa no suman su monto.")
    return iter(made)


def _made(
    part: etree._Element,
    entry: etree._Element,
    number: int,
    day: date,
    amount: Decimal,
    currency: str,
) -> StatementRow:
    said = [
        one.text or "" for one in part.iter(etree.Element) if _name(one) in ("Ustrd", "AddtlTxInf")
    ]
    said += [_text(part, "RmtInf/Strd/CdtrRefInf/Ref"), _end_to_end(part)]
    said.append(_text(entry, "AddtlNtryInf"))
    reference = (
        _text(part, "Refs/AcctSvcrRef") or _text(entry, "AcctSvcrRef") or _text(entry, "NtryRef")
    )
    payer = _text(part, "RltdPties/Dbtr/Nm") or _text(part, "RltdPties/Dbtr/Pty/Nm")
    return StatementRow(
        number=number,
        booked_on=day,
        amount=amount,
        currency=currency,
        detail=visible(" ".join(dict.fromkeys(text for text in said if text)))[: LONGEST["detail"]],
        reference=visible(reference)[: LONGEST["reference"]],
        payer=visible(payer)[: LONGEST["payer"]],
    )


def _end_to_end(part: etree._Element) -> str:
    text = _text(part, "Refs/EndToEndId")
    return "" if text.upper() in ("NOTPROVIDED", "NOT PROVIDED") else text


def _money(node: etree._Element | None) -> tuple[Decimal, str]:
    text = (node.text or "").strip() if node is not None else ""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"El monto «{visible(text)[:30]}» no se entiende.") from None
    if not amount.is_finite() or not 0 < amount < LARGEST or amount != round(amount, 2):
        raise ValueError(f"El monto «{visible(text)[:30]}» no es dinero que entra.")
    currency = (node.get("Ccy") or "") if node is not None else ""
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha()):
        raise ValueError("El monto no dice su moneda.")
    return round(amount, 2), currency.upper()


def _day(node: etree._Element) -> date:
    for path in ("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"):
        text = _text(node, path)
        if text:
            try:
                return date.fromisoformat(text[:10])
            except ValueError:
                raise ValueError(f"La fecha «{visible(text)[:30]}» no se entiende.") from None
    raise ValueError("No dice en qué fecha entró.")


def _find(node: etree._Element, path: str) -> etree._Element | None:
    """The first element at *path* by local names: every version has a namespace of its own."""
    here: etree._Element | None = node
    for step in path.split("/"):
        if here is None:
            return None
        here = next((child for child in here if _name(child) == step), None)
    return here


def _text(node: etree._Element, path: str) -> str:
    found = _find(node, path)
    return (found.text or "").strip() if found is not None else ""


def _name(node: etree._Element) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def _path(node: etree._Element) -> list[str]:
    return [_name(one) for one in reversed(list(node.iterancestors()))] + [_name(node)]
