"""Telling people something: a notice on screen and a mail, in the transaction of what they tell."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from iofacturo.accounts.company import Company
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.user import User
from iofacturo.lib import formats
from iofacturo.notifications import kinds, preference
from iofacturo.notifications.notice import Notice
from iofacturo.outbox import mail

# in mail that can be answered: what stands below is ours, and is cut off what comes back
ANSWER_ABOVE = "— Para responder por correo, escriba arriba de esta línea —"


def notify(
    kind: str,
    *,
    company: Company | None = None,
    users: Iterable[User] | None = None,
    act: str = "",
    subject: str = "",
    body: str = "",
    params: Mapping[str, Any] | None = None,
    url: str = "",
    key: str,
    at: datetime,
    reply_to: str = "",
) -> int:
    """Tell *users*, or those of *company* who may do *act*; answers how many are told now.

    Without *act* the kind decides. *subject* and *body* (paragraphs between blank lines) are
    those of the kind unless given, with *params* in their places. *url* is a path of the portal;
    links to it carry the company, so that they open the right one. Under one *key* everybody is
    told once, however often this is called. *reply_to* is where answers to the mail go. Who wants
    no mail of this kind, or none on screen, is told accordingly; see `preference.py`.
    """
    entry = kinds.get(kind)
    words = {name: spoken(name, value) for name, value in (params or {}).items()}
    if "left" in words:
        words["remain"] = ("Le queda " if words["left"] == "1 folio" else "Le quedan ") + words[
            "left"
        ]
    title = subject or entry.subject.format_map(words)
    text = body or entry.body.format_map(words)
    if not title:
        raise ValueError(f"A notice of kind {kind!r} needs a subject.")
    people = list(users) if users is not None else recipients(company, act or entry.act)
    path = with_company(url, company)
    wished = preference.wishes(people, kind)
    told = 0
    for user in people:
        wish = wished.get(user.pk, preference.EVERYWHERE)
        told += _tell(
            user, kind, company, title, text, path, f"{key}:{user.pk}", at, reply_to, wish
        )
    return told


def recipients(company: Company | None, act: str) -> list[User]:
    """The people of *company* who may do *act* and can log in."""
    if company is None:
        raise ValueError("A notice goes to somebody: give a company or users.")
    seats = Membership.objects.filter(
        company=company, removed_at__isnull=True, user__is_active=True
    ).select_related("user")
    return [seat.user for seat in seats.order_by("id") if seat.may(act)]


def _tell(
    user: User,
    kind: str,
    company: Company | None,
    title: str,
    text: str,
    path: str,
    key: str,
    at: datetime,
    reply_to: str,
    wish: preference.Wish,
) -> bool:
    if Notice.objects.filter(key=key).exists():
        return False
    row = Notice(
        key=key,
        user=user,
        company=company,
        kind=kind,
        title=title[:250],
        body=text,
        url=path,
        at=at,
        hidden=not wish.portal,
    )
    # Two at once: the second one's row is dropped without breaking the caller's transaction.
    Notice.objects.bulk_create([row], ignore_conflicts=True)
    if wish.mail:
        leave = preference.leave_url(user, kind)
        words = letter(text, path, company, leave)
        mail.enqueue(
            key=key, to=user.email, subject=title, at=at, reply_to=reply_to, unsubscribe=leave,
            text=(f"{ANSWER_ABOVE}\n\n" if reply_to else "") + words,
        )  # fmt: skip
    return wish.mail or wish.portal


def letter(text: str, path: str, company: Company | None, leave: str = "") -> str:
    """The text of the mail: what happened, where to look, for which company, how to get no more."""
    parts = [text] if text else []
    if path:
        parts.append(f"Ver en el portal:\n{settings.SITE_URL.rstrip('/')}{path}")
    if company is not None:
        parts.append(f"Empresa: {company.nombre}")
    foot = f"\nNo recibir más estos avisos por correo: {leave}\n" if leave else ""
    return "\n\n".join(parts) + "\n\n-- \nioFacturo\n" + foot


def with_company(path: str, company: Company | None) -> str:
    """*path* with the company in its query, before any fragment."""
    if not path or company is None:
        return path
    page, mark, fragment = path.partition("#")
    joint = "&" if "?" in page else "?"
    return f"{page}{joint}empresa={company.public_id}{mark}{fragment}"


def spoken(name: str, value: Any) -> str:
    """A value of *params* as people read it; `left` counts folios."""
    if name == "left":
        return f"{formats.numero(value)} {'folio' if value == 1 else 'folios'}"
    if isinstance(value, datetime):
        return formats.momento(value)
    if isinstance(value, date):
        return formats.dia_largo(value)
    if isinstance(value, Decimal):
        return formats.dinero(value)
    return formats.numero(value) if isinstance(value, int) else str(value)
