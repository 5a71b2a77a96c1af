"""How often one address may knock at a door that is open to all: counted in the cache that all
processes share.
"""

from __future__ import annotations

from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

MOST_A_MINUTE = 60
HOUSEHOLD = 64  # bits of an IPv6 address that one subscriber has


def allowed(
    request: HttpRequest, now: datetime, door: str = "d", *, most: int = MOST_A_MINUTE,
    seconds: int = 60,
) -> bool:  # fmt: skip
    """Count a visit to *door*; False when its address made more than *most* within *seconds*."""
    key = f"visits:{door}:{address(request)}:{int(now.timestamp()) // seconds}"
    cache.add(key, 0, 2 * seconds)
    try:
        return cache.incr(key) <= most
    except ValueError:  # it lapsed between the two lines
        return True


def address(request: HttpRequest) -> str:
    """Whose visit it is: the client's address, as far as the proxies in front of us are trusted."""
    try:
        known = ip_address(get_adapter().get_client_ip(request))
    except (ValueError, PermissionDenied):  # behind a socket nobody has an address
        return "unknown"
    if isinstance(known, IPv6Address):
        return str(ip_network((known, HOUSEHOLD), strict=False).network_address)
    return str(known)
