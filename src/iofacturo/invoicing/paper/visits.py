"""How often one address may knock at public links: counted in the cache that all processes share."""

from __future__ import annotations

from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

MOST_A_MINUTE = 60
KEPT = 120  # seconds
HOUSEHOLD = 64  # bits of an IPv6 address that one subscriber has


def allowed(request: HttpRequest, now: datetime) -> bool:
    """Count a visit; False when its address has made too many within this minute."""
    key = f"visits:{address(request)}:{int(now.timestamp()) // 60}"
    cache.add(key, 0, KEPT)
    try:
        return cache.incr(key) <= MOST_A_MINUTE
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
