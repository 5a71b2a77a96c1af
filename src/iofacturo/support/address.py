"""The mail address of one ticket: a secret in it leads an answer back to its thread.

`IOFACTURO_TICKET_MAIL` says how such an address is made, with `{}` where the ticket's token goes:
`soporte+{}@ejemplo.cr` where the mailbox knows plus-addressing, `{}@tickets.ejemplo.cr` where one
box takes everything of a domain. Without it nothing comes back by mail and no mail says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.utils import getaddresses

from django.conf import settings

from iofacturo.support.ticket import Ticket

TOKEN_LETTERS = "[a-z2-7]{32}"  # noqa: S105 - a pattern


def is_on() -> bool:
    return bool(settings.TICKET_MAIL)


def of(ticket: Ticket) -> str:
    """Where answers to mails of *ticket* go; nothing when they do not come back."""
    return settings.TICKET_MAIL.replace("{}", ticket.mail_token) if is_on() else ""


def tokens(headers: Iterable[str]) -> list[str]:
    """The tokens in addresses of ours among *headers* (To, Cc, Delivered-To …), each once."""
    if not is_on():
        return []
    before, _, after = settings.TICKET_MAIL.partition("{}")
    ours = re.compile(f"{re.escape(before)}({TOKEN_LETTERS}){re.escape(after)}", re.IGNORECASE)
    found: list[str] = []
    for _, address in getaddresses([str(header) for header in headers]):
        match = ours.fullmatch(address.strip())
        if match and match[1].lower() not in found:
            found.append(match[1].lower())
    return found
