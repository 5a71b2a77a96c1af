"""Leaving mail in the outbox, in the transaction of what it tells.

mail.enqueue(key=f"request:{number}:active", to=user.email, subject="Su plan está activo",
             text="Tiene 500 folios nuevos.\\n\\nVer mi plan:\\nhttps://…", at=now)
"""

import re
from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from iofacturo.outbox import attachment, page
from iofacturo.outbox.message import Message

CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
REFUSED = "La dirección de correo no es válida."


def enqueue(
    *,
    key: str,
    to: str,
    subject: str,
    text: str,
    html: str = "",
    at: datetime,
    sender: str = "",
    reply_to: str = "",
    unsubscribe: str = "",
    attachments: Sequence[attachment.Reference] = (),
) -> Message:
    """The message under *key*, which is written only the first time.

    *to* is one address. *text* is the mail; without *html* its page is made from the text. Line
    breaks in the subject become spaces, so that what people typed can add no header. An address
    that cannot be one is written down as failed: the act that tells about itself does not fail
    because somebody's address is wrong. *sender* stands before our own address, *reply_to* is where
    answers go, *unsubscribe* a page of ours that ends mails of this sort (RFC 8058); *attachments* name files that are made when the mail is sent (`outbox.attachment`).
    """
    address, subject = to.strip(), _one_line(subject)
    usable = is_address(address)
    row = Message(
        key=key,
        to=address if usable else _one_line(address)[:320],
        subject=subject[:250],
        text=_body(text),
        html=html or page.html(subject, _body(text), unsubscribe=unsubscribe),
        sender=_one_line(sender)[:100],
        reply_to=reply_to.strip() if is_address(reply_to.strip()) else "",
        unsubscribe=unsubscribe,
        attachments=attachment.checked(attachments),
        created_at=at,
        due_at=at,
        failed_at=None if usable else at,
        last_error="" if usable else REFUSED,
    )
    if len(key) > 200 or not key:
        raise ValueError("A message's key has 1 to 200 characters.")
    # ON CONFLICT DO NOTHING: a second call must not break the caller's transaction
    Message.objects.bulk_create([row], ignore_conflicts=True)
    return Message.objects.get(key=key)


def send_again(message: Message, at: datetime) -> bool:
    """Let a message that was given up try again; False when it was sent or is still trying."""
    return bool(
        Message.objects.filter(pk=message.pk, sent_at__isnull=True, failed_at__isnull=False).update(
            failed_at=None, attempts=0, due_at=at, lease=None, leased_until=None
        )
    )


def is_address(text: str) -> bool:
    """Whether *text* is one plain address, without a name and without any trick."""
    if CONTROL.search(text) or len(text) > 320:
        return False
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _one_line(text: str) -> str:
    return " ".join(CONTROL.sub(" ", text).split())


def _body(text: str) -> str:
    """*text* with plain line ends; NUL, which PostgreSQL refuses, is dropped."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
