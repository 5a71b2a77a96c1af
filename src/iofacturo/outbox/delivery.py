"""Handing one message to the mail server, and reading its answer."""

from email.utils import format_datetime, formataddr, parseaddr
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException

from anymail.exceptions import AnymailInvalidAddress, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import BadHeaderError

from iofacturo.outbox import attachment
from iofacturo.outbox.message import Message

# Refusals that speak of our own settings (relaying, authentication, policy) or of the moment. They
# are mended by people, not by giving up.
OURS = (b"5.7.", b"5.3.", b"5.4.", b"5.5.")


class Permanent(Exception):
    """This message will never get through: its recipient or its content is refused."""


class Temporary(Exception):
    """Not now. The message is fine; try again later."""


class Unreachable(Temporary):
    """The mail server itself does not answer, so the others need not try either."""


def deliver(message: Message, server: BaseEmailBackend) -> None:
    """Send *message* through *server*; raises Permanent or Temporary."""
    try:
        files = attachment.made(message.attachments)
    except Exception as error:  # the files of one mail hold up no other
        raise Temporary(told(error)) from error
    mail = EmailMultiAlternatives(
        message.subject,
        message.text,
        from_email=sender(message),
        to=[message.to],
        reply_to=[message.reply_to] if message.reply_to else None,
        connection=server,
        headers={
            "Message-ID": message.message_id,
            "Date": format_datetime(message.created_at),
            "Auto-Submitted": "auto-generated",
            **_leave(message),
        },
    )
    mail.attach_alternative(message.html, "text/html")
    for file in files:
        mail.attach(file.name, file.body, file.kind)
    try:
        server.open()
    except Exception as error:
        raise Unreachable(told(error)) from error
    try:
        mail.send()
    except (BadHeaderError, UnicodeError, AnymailInvalidAddress) as error:
        raise Permanent(told(error)) from error
    except AnymailRecipientsRefused as error:
        raise Permanent(told(error)) from error
    except SMTPRecipientsRefused as error:
        code, answer = next(iter(error.recipients.values()), (450, b""))
        raise _refusal(code, answer)(told(error)) from error
    except SMTPDataError as error:
        said = error.smtp_error
        answer = said if isinstance(said, bytes) else str(said).encode()
        raise _refusal(error.smtp_code, answer)(told(error)) from error
    except SMTPResponseException as error:  # greeting, login or sender: our own settings
        raise Temporary(told(error)) from error
    except (TimeoutError, ConnectionError) as error:
        raise Unreachable(told(error)) from error
    except Exception as error:  # a provider's API, a broken connection, a DNS fault
        raise Temporary(told(error)) from error


def _leave(message: Message) -> dict[str, str]:
    """What lets a mail program offer «darse de baja» with one press (RFC 8058)."""
    if not message.unsubscribe:
        return {}
    return {
        "List-Unsubscribe": f"<{message.unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def sender(message: Message) -> str | None:
    """Our own address, under the name the mail is sent for; None for our own name."""
    if not message.sender:
        return None
    ours = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return formataddr((message.sender, ours))


def _refusal(code: int, answer: bytes) -> type[Permanent] | type[Temporary]:
    if 500 <= code < 600 and not answer.lstrip().startswith(OURS):
        return Permanent
    return Temporary


def told(error: BaseException) -> str:
    """*error* in one line that fits its column."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:500].replace("\x00", "")
