"""Which notices a person wants, and where: by mail, in the portal.

What belongs to the contract always arrives: how a renewal goes, that nothing can be issued any more,
an answer one asked for. Everything else is the person's to switch, kind by kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.db import models
from django.urls import reverse

from iofacturo.accounts.membership import Membership
from iofacturo.accounts.staff import Staff
from iofacturo.accounts.user import User
from iofacturo.notifications import kinds
from iofacturo.notifications.kinds import KINDS, TOPICS, Kind

SALT = "iofacturo.notifications.unsubscribe"


class Preference(models.Model):
    """Where *user* wants notices of *kind*. Without a row: everywhere."""

    user = models.ForeignKey(User, models.CASCADE, related_name="preferences")
    kind = models.CharField(max_length=40)
    mail = models.BooleanField(default=True)
    portal = models.BooleanField(default=True)

    class Meta:
        verbose_name = "preferencia de avisos"
        verbose_name_plural = "preferencias de avisos"
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="one_preference")]


@dataclass(frozen=True)
class Wish:
    mail: bool = True
    portal: bool = True


EVERYWHERE = Wish()


def wishes(users: Iterable[User], kind: str) -> Mapping[int, Wish]:
    """The wish of each of *users* who has one about *kind*, by key; none for what always arrives."""
    if kinds.get(kind).contract:
        return {}
    rows = Preference.objects.filter(user__in=[user.pk for user in users], kind=kind)
    return {row.user_id: Wish(row.mail, row.portal) for row in rows}


def choose(user: User, chosen: Mapping[str, Wish]) -> None:
    """Keep *chosen*, by kind, in the place of what was chosen before. Kinds of the contract are left."""
    rows = [
        Preference(user=user, kind=kind, mail=wish.mail, portal=wish.portal)
        for kind, wish in chosen.items()
        if not kinds.get(kind).contract
    ]
    Preference.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["user", "kind"],
        update_fields=["mail", "portal"],
    )


@dataclass(frozen=True)
class Line:
    """A kind on the page of preferences."""

    name: str
    kind: Kind
    wish: Wish


def page(user: User) -> list[tuple[str, list[Line]]]:
    """By topic, the kinds that can reach *user* in any of their seats, as they have them."""
    seats = list(Membership.objects.filter(user=user, removed_at__isnull=True))
    team = Staff.objects.filter(user=user, removed_at__isnull=True).exists()
    rows = {row.kind: Wish(row.mail, row.portal) for row in Preference.objects.filter(user=user)}
    found = []
    for topic, title in TOPICS.items():
        lines = [
            Line(name, kind, rows.get(name, EVERYWHERE) if not kind.contract else EVERYWHERE)
            for name, kind in KINDS.items()
            if kind.topic == topic
            and (any(seat.may(kind.act) for seat in seats) if kind.act else team)
        ]
        if lines:
            found.append((title, lines))
    return found


def leave_url(user: User, kind: str) -> str:
    """Where one press ends mails of *kind* for *user*; empty for what always arrives."""
    if kinds.get(kind).contract:
        return ""
    token = signing.dumps([user.pk, kind], salt=SALT)
    path = reverse("notifications:leave", args=[token])
    return f"{settings.SITE_URL.rstrip('/')}{path}"


def leaver(token: str) -> tuple[User, str] | None:
    """Whose mails of which kind *token* ends; None when it is none of ours."""
    try:
        pk, kind = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    user = User.objects.filter(pk=pk).first()
    if user is None or kind not in KINDS or KINDS[kind].contract:
        return None
    return user, kind


def stop_mail(user: User, kind: str) -> None:
    """No more mails of *kind*; on screen it stays as it was."""
    Preference.objects.update_or_create(user=user, kind=kind, defaults={"mail": False})
