"""The proof of work in the place of a puzzle: altcha, asked and checked by ourselves.

A browser that wants to send a comment looks for a number whose hash is the one asked for; it takes
some milliseconds and nobody has to see, hear or drag anything. A solution serves once: it is kept
with the vote under a unique constraint.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from urllib.parse import parse_qs

import altcha
from django.conf import settings

HARDEST = 50_000
LASTS = timedelta(minutes=20)
LONGEST = 2_000


def _key() -> str:
    """A key of its own, led off from the secret key."""
    return hmac.new(
        settings.SECRET_KEY.encode(), b"help_center.challenge", hashlib.sha256
    ).hexdigest()


def new(at: datetime) -> dict[str, object]:
    """A challenge as the browser's script reads it."""
    asked = altcha.create_challenge(
        altcha.ChallengeOptions(hmac_key=_key(), max_number=HARDEST, expires=at + LASTS)
    )
    return {
        "algorithm": asked.algorithm, "challenge": asked.challenge, "maxnumber": asked.max_number,
        "salt": asked.salt, "signature": asked.signature,
    }  # fmt: skip


def solved(payload: str, at: datetime) -> str:
    """The challenge that *payload* solves, a name to keep; empty when it solves none of ours."""
    if not payload or len(payload) > LONGEST:
        return ""
    try:
        said = json.loads(base64.b64decode(payload, validate=True))
        good, _ = altcha.verify_solution(payload=payload, hmac_key=_key(), check_expires=False)
        expires = int(parse_qs(said["salt"].partition("?")[2])["expires"][0])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    return str(said["challenge"])[:64] if good and expires > at.timestamp() else ""
