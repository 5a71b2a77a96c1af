"""A form that makes something is accepted once, whatever is clicked.

The page carries a random token. The first time it arrives the act happens and the token is
written down in the same transaction, with a fingerprint of what was sent. Again with the same
contents: the same result. Again with others: 409, and nothing is silently thrown away.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.renewals.errors import Repeated


def new_token() -> str:
    return secrets.token_urlsafe(18)


def fingerprint(contents: Mapping[str, Any]) -> str:
    """SHA-256 over the contents, whatever their order."""
    text = json.dumps(contents, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


class SentForm(models.Model):
    """A token that was used, for what, with which contents."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    token = models.CharField(max_length=64)
    purpose = models.CharField(max_length=12)
    fingerprint = models.CharField(max_length=64)
    request = models.ForeignKey("RenewalRequest", models.PROTECT, null=True, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "token"], name="sent_form_once"),
        ]


def accept(
    company: Company,
    token: str,
    purpose: str,
    contents: Mapping[str, Any],
    *,
    by: User,
    at: datetime,
) -> tuple[SentForm, bool]:
    """The row of this token and whether it is new. Call inside the transaction of the act.

    A concurrent twin waits here for the first one's commit. Repeated when the same token came
    with other contents or for another purpose.
    """
    token = token.strip()[:64] or new_token()  # a client without a token just gets no protection
    print_ = fingerprint(contents)
    form, is_new = SentForm.objects.get_or_create(
        company=company,
        token=token,
        defaults={"purpose": purpose, "fingerprint": print_, "user": by, "at": at},
    )
    if not is_new and (form.purpose, form.fingerprint) != (purpose, print_):
        raise Repeated
    return form, is_new
