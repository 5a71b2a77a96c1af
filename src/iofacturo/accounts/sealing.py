"""Secrets of people's second factor, sealed under the house's key ring.

Each secret is bound to its owner: copied into another person's row it does not open. allauth
hands over the bare text only, so the owner is the person of the request, or whom `owner` names.
"""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from allauth.account.internal.stagekit import get_pending_stage
from allauth.core import context
from allauth.mfa.models import Authenticator
from django.conf import settings

from hacienda.errors import LlaveError
from hacienda.llavero import KeyRing
from iofacturo.accounts.user import User

PURPOSE = "totp"
SEALED = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}
_owner: ContextVar[int | None] = ContextVar("owner", default=None)


@cache
def _ring(text: str) -> KeyRing:
    return KeyRing.from_text(text)


def ring() -> KeyRing:
    """The key ring of the settings; the first key seals, all of them open."""
    return _ring(settings.KEYRING)


@contextmanager
def owner(user: User) -> Iterator[None]:
    """Outside a request (commands, the demo, tests): whose secrets are handled."""
    token = _owner.set(user.pk)
    try:
        yield
    finally:
        _owner.reset(token)


def _current_owner() -> str:
    """The person named by `owner`, the one logged in, or the one half way through the login."""
    named = _owner.get()
    if named is not None:
        return str(named)
    request = context.request
    if request is not None:
        if request.user.is_authenticated:
            return str(request.user.pk)
        stage = get_pending_stage(request)
        if stage is not None:
            return str(stage.login.user.pk)
    raise LlaveError("No se sabe de quién es el secreto.")


def seal(text: str) -> str:
    """*text* sealed for the current owner, as base64."""
    blob = ring().seal(text.encode(), owner=_current_owner(), purpose=PURPOSE)
    return base64.b64encode(blob).decode()


def unseal(sealed: str) -> str:
    """The text again. LlaveError when it is somebody else's or was changed."""
    blob = base64.b64decode(sealed)
    return ring().open(blob, owner=_current_owner(), purpose=PURPOSE).decode()


_elsewhere: list[Callable[[], int]] = []


def also_rotates(*rotations: Callable[[], int]) -> None:
    """Let `rotate` seal the secrets of other rooms again, which stand above this one."""
    _elsewhere.extend(one for one in rotations if one not in _elsewhere)


def rotate() -> int:
    """Seal again, with the first key of the ring, whatever an older key sealed; how many."""
    changed = sum(one() for one in _elsewhere)
    for authenticator in Authenticator.objects.filter(type__in=SEALED).iterator():
        name = SEALED[Authenticator.Type(authenticator.type)]
        before = authenticator.data.get(name)
        if before is None:
            continue
        blob = base64.b64decode(before)
        if ring().is_current(blob):
            continue
        fresh = ring().rotate(blob, owner=str(authenticator.user_id), purpose=PURPOSE)
        # a recovery code used meanwhile changed the same JSON: then leave it to the next round
        changed += Authenticator.objects.filter(
            pk=authenticator.pk, data=authenticator.data
        ).update(data={**authenticator.data, name: base64.b64encode(fresh).decode()})
    return changed
