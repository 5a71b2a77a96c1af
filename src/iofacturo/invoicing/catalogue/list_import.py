"""A file of customers or products on its way in: what was read, before anybody says yes.

The rows are kept as they were understood, so that what is confirmed is what was shown. Confirming
twice does it once.
"""

from __future__ import annotations

from django.db import models

from iofacturo.accounts.company import Company, public_id
from iofacturo.accounts.user import User

KEPT = 5
"""Imports of a kind that a company keeps; older ones go when a new file comes."""


class ListImport(models.Model):
    CUSTOMERS, PRODUCTS = "customers", "products"
    KINDS = [(CUSTOMERS, "Clientes"), (PRODUCTS, "Productos")]

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="list_imports", db_index=False
    )
    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    kind = models.CharField(max_length=9, choices=KINDS)
    name = models.CharField("archivo", max_length=120)
    headings = models.JSONField(default=list)  # of the file, for giving the bad rows back
    good = models.JSONField(default=list)  # [{column: value, …}]
    bad = models.JSONField(default=list)  # [{"line": n, "cells": […], "reasons": […]}]
    ignored = models.JSONField(default=list)  # headings that nobody knew
    new = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    applied_at = models.DateTimeField(null=True)
    applied_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "importación"
        verbose_name_plural = "importaciones"
        indexes = [models.Index(fields=["company", "kind", "-id"], name="list_import_newest")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.public_id}"

    @property
    def of_customers(self) -> bool:
        return self.kind == self.CUSTOMERS

    def forget_older(self) -> None:
        """Keep this one and the few before it."""
        rows = ListImport.objects.filter(company=self.company_id, kind=self.kind)
        keep = list(rows.order_by("-id").values_list("id", flat=True)[:KEPT])
        rows.exclude(id__in=keep).delete()
