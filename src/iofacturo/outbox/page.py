"""The two parts of a mail from one text.

A mail is written once, as plain text in paragraphs between blank lines. A paragraph of two lines
`Label:` and an address becomes a button, an address alone becomes a link; everything else is shown
as it was typed. Text is data: nothing in it is ever read as markup.
"""

import re

from django.template.loader import render_to_string

LINK = re.compile(r"https?://[^\s<>\"']+")
SIGNATURE = "--"


def paragraphs(text: str) -> list[dict[str, object]]:
    """Each with `lines`, or with `url` and `label`; the signature is left out."""
    body = re.split(r"(?m)^-- ?$", text.replace("\r\n", "\n"), maxsplit=1)[0]
    found: list[dict[str, object]] = []
    for part in re.split(r"\n[ \t]*\n", body):
        lines = [line.strip() for line in part.splitlines() if line.strip()]
        if lines:
            found.append(_paragraph(lines))
    return found


def _paragraph(lines: list[str]) -> dict[str, object]:
    if LINK.fullmatch(lines[-1]) and len(lines) <= 2:
        label = lines[0].rstrip(": ") if len(lines) == 2 else lines[0]
        return {"url": lines[-1], "label": label}
    return {"lines": lines}


def html(subject: str, text: str, *, name: str = "", foot: str = "", unsubscribe: str = "") -> str:
    """The page of the mail, from the one template of all mails.

    A mail that a company sends through us stands under its *name*, and says so in its *foot*.
    *unsubscribe* is the address that ends mails of this sort.
    """
    return render(subject, paragraphs(text), name=name, foot=foot, unsubscribe=unsubscribe)


def render(
    subject: str,
    parts: list[dict[str, object]],
    *,
    name: str = "",
    foot: str = "",
    unsubscribe: str = "",
) -> str:
    """The page of a mail from its *parts*: `lines`, `url` and `label`, or `title` and `rows`.

    `rows` are pairs of a name and a value, for mails that are figures.
    """
    context = {
        "subject": subject,
        "paragraphs": parts,
        "name": name,
        "foot": foot,
        "unsubscribe": unsubscribe,
    }
    return render_to_string("outbox/mail.html", context)
