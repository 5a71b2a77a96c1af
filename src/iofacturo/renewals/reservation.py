"""The use of a promotion that a quote holds, from the moment it is given until it is needless."""

from datetime import datetime

from django.db import transaction

from iofacturo.accounts.company import Company
from iofacturo.folios import promotion
from iofacturo.folios.errors import PromotionExhausted
from iofacturo.renewals.quote import Quote
from iofacturo.renewals.request import RenewalRequest


def key(quote: Quote) -> str:
    return f"quote:{quote.pk}"


def hold(quote: Quote, company: Company, at: datetime) -> None:
    """Hold the promotion of *quote*, once; PromotionExhausted when somebody else had the last."""
    if quote.promotion_version is not None:
        promotion.redeem(quote.promotion_version, company, key(quote), at)


def hold_again(request: RenewalRequest, at: datetime) -> bool:
    """Hold the promotion of a request that comes back; whether that was possible.

    Its price stands either way: who had the last use meanwhile changes nothing for the customer.
    """
    try:
        with transaction.atomic():
            hold(request.given, request.company, at)
    except PromotionExhausted:
        return False
    return True


def release(request: RenewalRequest, at: datetime) -> None:
    """Give back what *request* holds, if it holds any."""
    if request.quote is not None and request.quote.promotion_version_id is not None:
        promotion.release(key(request.quote), at)
