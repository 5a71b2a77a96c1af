"""Mails to people, written as templates: `<prefix>_subject.txt` and `<prefix>_message.txt`.

The outbox makes the page of the mail from the same text: paragraphs between blank lines, and a
line `Label:` followed by an address is the button.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from iofacturo.outbox import mail

SIGNATURE = "-- \nioFacturo\n"


def absolute(name: str, *args: object) -> str:
    """The whole address of a page, for a mail."""
    return settings.SITE_URL.rstrip("/") + reverse(name, args=args)


@dataclass(frozen=True)
class Letter:
    subject: str
    text: str

    @classmethod
    def from_template(cls, prefix: str, context: dict[str, object]) -> "Letter":
        subject = " ".join(render_to_string(f"{prefix}_subject.txt", context).split())
        body = render_to_string(f"{prefix}_message.txt", context).strip()
        return cls(subject, re.sub(r"\n\s*\n+", "\n\n", body) + f"\n\n{SIGNATURE}")

    def send(self, to: str, *, at: datetime) -> None:
        """Leave it in the outbox, in the caller's transaction."""
        key = f"letter:{uuid4()}"
        mail.enqueue(key=key, to=to, subject=self.subject, text=self.text, at=at)
