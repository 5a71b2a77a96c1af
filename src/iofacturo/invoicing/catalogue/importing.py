"""Reading a list into a `ListImport`, and doing what it says once somebody agreed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.invoicing.catalogue import cabys_warnings, cells, customer_cells, product_cells
from iofacturo.invoicing.catalogue import table_file as files
from iofacturo.invoicing.catalogue.cabys import CabysEdition, CabysItem
from iofacturo.invoicing.catalogue.customer import Customer
from iofacturo.invoicing.catalogue.list_import import ListImport
from iofacturo.invoicing.catalogue.product import Product, plain
from iofacturo.lib.folding import fold
from iofacturo.lib.visible import visible

CHUNK = 500
LONGEST_CELL = 500  # characters of a bad row that are kept
Values = dict[str, Any]


@dataclass
class Found:
    """Rows told apart: those to import, and those that come back with their reasons."""

    good: list[Values] = field(default_factory=list)
    bad: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, row: files.Row, reasons: list[str]) -> None:
        cut = [cell[:LONGEST_CELL] for cell in row.cells]
        self.bad.append({"line": row.line, "cells": cut, "reasons": reasons})


def read(
    company: Company, kind: str, name: str, data: bytes, *, by: User, at: datetime
) -> ListImport:
    """What the file says, ready to be looked at. Raises `table_file.Unreadable`."""
    of = customer_cells if kind == ListImport.CUSTOMERS else product_cells
    table = files.read(data, of.NAMES, of.REQUIRED)
    found = _customers(table) if kind == ListImport.CUSTOMERS else _products(table)
    row = ListImport(
        company=company, kind=kind, name=visible(name)[:120], headings=table.headings,
        good=found.good, bad=found.bad, ignored=table.ignored[:20], created_at=at, created_by=by,
    )  # fmt: skip
    plan = _plan(row)
    row.new, row.updated, row.same = len(plan.new), len(plan.changed), plan.same
    with transaction.atomic():
        row.save()
        row.forget_older()
    return row


def apply(row: ListImport, *, by: User, at: datetime) -> ListImport:
    """Create and change what the good rows say; the second time nothing happens."""
    with transaction.atomic():
        Company.objects.select_for_update(of=("self",), no_key=True).get(pk=row.company_id)
        fresh = ListImport.objects.get(pk=row.pk)
        if fresh.applied_at is not None:
            return fresh
        plan = _plan(fresh)
        for one in plan.new:
            one.created_at = one.updated_at = at
            one.created_by = by
        for one in plan.changed:
            one.updated_at = at
        model: Any = Customer if fresh.of_customers else Product
        model.objects.bulk_create(plan.new, batch_size=CHUNK)
        if plan.changed:
            columns = [*model.COLUMNS, "folded", "updated_at", "archived_at", *plan.more]
            model.objects.bulk_update(plan.changed, columns, batch_size=CHUNK)
        fresh.new, fresh.updated, fresh.same = len(plan.new), len(plan.changed), plan.same
        fresh.applied_at, fresh.applied_by = at, by
        fresh.good = []  # they live in their table now
        fresh.save()
    return fresh


@dataclass
class Plan:
    """What importing would do: rows to create, rows to change, and how many are as they are."""

    new: list[Any] = field(default_factory=list)
    changed: list[Any] = field(default_factory=list)
    same: int = 0
    more: tuple[str, ...] = ()


def _plan(row: ListImport) -> Plan:
    if row.of_customers:
        known = {one.identificacion: one for one in row.company.customers.all()}
        return _against(row, Customer, known, lambda values: values["identificacion"])
    by_code: dict[str, Product] = {}
    for one in row.company.products.order_by("-id"):
        by_code[_product_key(one.codigo, one.detalle)] = one
    plan = _against(
        row,
        Product,
        by_code,
        lambda values: _product_key(values.get("codigo", ""), values["detalle"]),
    )
    _warn(plan)
    return plan


def _product_key(code: str, detail: str) -> str:
    """By what a product is known again: its own code, or else its detail."""
    return f"c:{code}" if code else f"d:{fold(detail)}"


def _against(
    row: ListImport, model: Any, known: dict[str, Any], key: Callable[[Values], str]
) -> Plan:
    plan = Plan()
    for stored in row.good:
        values = _restored(stored)
        there = known.get(key(values))
        if there is None:
            one = model(company=row.company, **values)
            one.fold()
            plan.new.append(one)
            continue
        changed = {name: value for name, value in values.items() if getattr(there, name) != value}
        if not changed and there.archived_at is None:
            plan.same += 1
            continue
        for name, value in changed.items():
            setattr(there, name, value)
        there.archived_at = None  # who brings it back wants it back
        there.fold()
        plan.changed.append(there)
    return plan


def _restored(stored: Values) -> Values:
    """A good row with its amounts as amounts."""
    if "precio" in stored:
        return {**stored, "precio": Decimal(stored["precio"])}
    return dict(stored)


def _warn(plan: Plan) -> None:
    """Say what the catalogue thinks of the codes: nobody has looked at them one by one."""
    if not CabysEdition.objects.exists():
        return
    rows: list[Product] = [*plan.new, *plan.changed]
    entries = _entries({one.cabys for one in rows})
    for one in rows:
        one.cabys_warning = cabys_warnings.of(
            one.cabys, one.porcentaje, entries.get(one.cabys), imported=True
        )
    plan.more = ("cabys_warning",)


def _entries(codes: set[str]) -> dict[str, CabysItem]:
    found: dict[str, CabysItem] = {}
    wanted = sorted(codes)
    for start in range(0, len(wanted), CHUNK):
        found |= CabysItem.objects.in_bulk(wanted[start : start + CHUNK], field_name="codigo")
    return found


def _customers(table: files.Table) -> Found:
    found, seen = Found(), dict[str, int]()
    for row in table.rows:
        values, reasons = ({}, [row.problem]) if row.problem else customer_cells.values(row.values)
        if not reasons:
            first = seen.setdefault(values["identificacion"], row.line)
            if first != row.line:
                reasons = [f"Esta identificación ya está en la fila {first}."]
        if reasons:
            found.refuse(row, reasons)
        else:
            found.good.append(values)
    return found


def _products(table: files.Table) -> Found:
    mark = cells.decimal_mark(
        row.values.get(name, "") for row in table.rows for name in ("precio", "precio_con_iva")
    )
    entries = _entries({code for row in table.rows for code in _codes(row)})
    found, seen = Found(), dict[str, int]()
    for row in table.rows:
        values, reasons = (
            ({}, [row.problem])
            if row.problem
            else product_cells.values(row.values, mark, entries.get)
        )
        if not reasons:
            key = _product_key(values.get("codigo", ""), values["detalle"])
            first = seen.setdefault(key, row.line)
            if first != row.line:
                what = "código" if values.get("codigo") else "detalle"
                reasons = [f"Este {what} ya está en la fila {first}."]
        if reasons:
            found.refuse(row, reasons)
        else:
            found.good.append({**values, "precio": plain(values["precio"])})
    return found


def _codes(row: files.Row) -> Iterator[str]:
    try:
        yield cells.cabys(row.values.get("cabys", ""))
    except cells.CellError:
        return
