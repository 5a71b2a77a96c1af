"""Telling whoever was given the account of before that customers are given another one now."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from iofacturo import notifications
from iofacturo.lib import formats
from iofacturo.renewals.payee import PayeeAccount
from iofacturo.renewals.request import PAYMENT, RenewalRequest


def warn(account: PayeeAccount, at: datetime) -> int:
    """Tell each company with a draft, or with a part to be transferred still, once; how many.

    Call in the transaction that puts *account* in force.
    """
    before = PayeeAccount.objects.filter(currency=account.currency, confirmed_at__lt=at)
    if before.order_by("-confirmed_at", "-id").values_list("iban", flat=True).first() in (
        None, account.iban,
    ):  # fmt: skip
        return 0  # the first one, or only a name was put right
    told: dict[int, list[RenewalRequest]] = defaultdict(list)
    for request in _waiting(account, at):
        told[request.company_id].append(request)
    for requests in told.values():
        _tell(account, requests, at)
    return len(told)


def _waiting(account: PayeeAccount, at: datetime) -> list[RenewalRequest]:
    drafts = Q(state=RenewalRequest.DRAFT, quote__valid_until__gt=at)
    rows = (
        RenewalRequest.objects.filter(
            drafts | Q(state=RenewalRequest.NEEDS_INFO), quote__currency=account.currency
        )
        .exclude(quote__payee__iban=account.iban)
        .select_related("company", "quote", "quote__payee")
        .order_by("company", "-id")
    )
    return [row for row in rows if row.state == RenewalRequest.DRAFT or PAYMENT in row.to_correct]


def _tell(account: PayeeAccount, requests: list[RenewalRequest], at: datetime) -> None:
    request = requests[0]
    old = request.given.payee
    page = "renew" if request.state == RenewalRequest.DRAFT else "status"
    assert account.changed_on is not None  # noqa: S101 - it is in force
    numbers = ", ".join(one.number for one in requests)
    notifications.notify(
        "renewal.account_changed",
        company=request.company,
        act="renew",
        subject="Cambió la cuenta para pagos",
        body=f"Desde el {formats.dia_largo(account.changed_on)} los pedidos nuevos se pagan a "
        f"{account.bank}, {formats.iban(account.iban)}, a nombre de {account.holder}.\n\n"
        f"Su pedido {numbers} conserva la cuenta que ya le habíamos dado, "
        f"{formats.iban(old.iban)}: si ya transfirió a ella, lo reconocemos igual.\n\n"
        "Compare siempre la cuenta con la que ve al entrar al portal. Nunca se la cambiaremos por "
        "teléfono ni por mensaje.",
        url=reverse(f"renewals:{page}", args=[request.number]),
        key=f"payee:{account.pk}:{request.company_id}",
        at=at,
    )


__all__ = ["warn"]
