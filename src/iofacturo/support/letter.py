"""A mail as it came, read with suspicion: who sent it, to which ticket, and what is new in it.

Nothing here believes anything: a header that cannot be read is empty, a part that cannot be decoded
is left out, and everything is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses, parseaddr
from html.parser import HTMLParser

from django.conf import settings

from iofacturo.lib import folding
from iofacturo.notifications.telling import ANSWER_ABOVE
from iofacturo.support import address

MOST_PARTS = 60
LONGEST_TEXT = 200_000  # characters looked at; what is kept of it is much less
ADDRESSED = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Forwarded-To")
MARK = folding.fold(ANSWER_ABOVE.strip("— "))
BULK = {"bulk", "list", "junk", "auto_reply"}
ROBOTS = re.compile(r"^(mailer-daemon|postmaster|no-?reply|noreply|bounces?)([+=-].*)?@", re.I)
ATTRIBUTION = re.compile(
    r"^\W*(el|on|le|am|em|il)\b.{0,300}\b(escribi[oó]|wrote|a écrit|schrieb|escreveu|ha scritto)\b.{0,80}:$",
    re.I | re.S,
)
DIVIDER = re.compile(
    r"^\W*(-{2,}|_{2,}) ?(mensaje original|original message|mensaje reenviado|"
    r"forwarded message|message d'origine)?\W*$",
    re.I,
)
HEAD = re.compile(r"^[*>\s]*(de|from|desde):\s", re.I)
HEADS = re.compile(r"^[*>\s]*(enviado|sent|fecha|date|para|to|asunto|subject)\b.{0,30}:", re.I)


@dataclass(frozen=True)
class File:
    """A file that came with it."""

    name: str
    data: bytes = field(repr=False)
    inline: bool = False  # part of the page, as the pictures of a signature are


@dataclass(frozen=True)
class Letter:
    """What was understood. `automatic` says why nobody wrote it; nothing when somebody did."""

    message_id: str
    sender: str
    subject: str
    tokens: tuple[str, ...]
    automatic: str
    text: str
    files: tuple[File, ...]


def read(raw: bytes) -> Letter:
    """The mail *raw* (RFC 5322). Raises nothing for a malformed one; it is then mostly empty."""
    mail = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(raw)
    senders = getaddresses(_all(mail, ("From",)))
    sender = _sound(senders[0][1]).strip().lower() if len(senders) == 1 else ""
    return Letter(
        message_id=_one(mail, "Message-ID")[:400],
        sender=sender[:320],
        subject=" ".join(_one(mail, "Subject").split())[:250],
        tokens=tuple(address.tokens(_all(mail, ADDRESSED))),
        automatic=_automatic(mail, sender),
        text=fresh(_text(mail)),
        files=tuple(_files(mail)),
    )


# -- headers ---------------------------------------------------------------------------------------


def _all(mail: EmailMessage, names: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for name in names:
        try:
            found += [str(value) for value in mail.get_all(name, [])][:20]
        except Exception:  # noqa: S112 - the library's parser gives up on some headers
            continue
    return found


def _one(mail: EmailMessage, name: str) -> str:
    return _sound(next(iter(_all(mail, (name,))), "")).strip()


def _sound(text: str) -> str:
    """*text* without what no database takes: NUL, and halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _automatic(mail: EmailMessage, sender: str) -> str:
    """Why no person wrote it: a robot's answer, a list, a bounce, or ourselves."""
    if sender and sender == parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower():
        return "own"
    said = _one(mail, "Auto-Submitted").lower()
    if said and not said.startswith("no"):
        return "auto"
    if any(_one(mail, name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response")):
        return "auto"
    if _one(mail, "List-Id") or _one(mail, "List-Unsubscribe"):
        return "list"
    if _one(mail, "Precedence").lower() in BULK:
        return "list"
    if _one(mail, "Return-Path") == "<>" or mail.get_content_type() == "multipart/report":
        return "bounce"
    return "bounce" if ROBOTS.match(sender) else ""


# -- what it says ----------------------------------------------------------------------------------


def _text(mail: EmailMessage) -> str:
    for kind in ("plain", "html"):
        try:
            part = mail.get_body((kind,))
            content = str(part.get_content()) if part is not None else ""
        except Exception:  # noqa: S112 - no such charset, broken encoding, nonsense
            continue
        if content.strip():
            content = content[:LONGEST_TEXT]
            return content if kind == "plain" else _plain(content)
    return ""


class _Words(HTMLParser):
    """The words of a page, without what it quotes."""

    SILENT = {"script", "style", "head", "title", "blockquote"}
    BREAKS = {"br", "p", "div", "tr", "li", "h1", "h2", "h3"}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in self.SILENT
        if tag in self.BREAKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.SILENT and self.silent:
            self.silent -= 1

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.pieces.append(data)


def _plain(page: str) -> str:
    words = _Words()
    words.feed(page)
    words.close()
    lines = ("".join(words.pieces)).replace("\xa0", " ").split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in lines))


def fresh(text: str) -> str:
    """What of *text* was written now: quoted mail, its introduction and signatures are cut off."""
    text = _sound(text).replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    end = next((i for i in range(len(lines)) if _quotes_from(lines, i)), len(lines))
    above = _unquoted(lines[:end])
    return above or _unquoted(line for line in lines[end:] if not _introduces(line))


def _quotes_from(lines: list[str], i: int) -> bool:
    """Whether the mail that is answered begins at line *i*."""
    line = lines[i].strip()
    if MARK in folding.fold(line) or DIVIDER.match(line):
        return not line.startswith("-- ") and line != "--"
    if any(ATTRIBUTION.match(" ".join(lines[i : i + n]).strip()) for n in (1, 2, 3)):
        return True
    return bool(HEAD.match(line)) and any(HEADS.match(other) for other in lines[i + 1 : i + 4])


def _introduces(line: str) -> bool:
    bare = line.strip()
    return MARK in folding.fold(bare) or bool(ATTRIBUTION.match(bare) or DIVIDER.match(bare))


def _unquoted(lines: Iterator[str] | list[str]) -> str:
    """*lines* without those quoted with `>`, up to the signature."""
    kept: list[str] = []
    for line in lines:
        if line.rstrip() == "--":
            break
        if not line.lstrip().startswith(">"):
            kept.append(line.rstrip())
    return "\n".join(kept).strip()


# -- what comes with it ----------------------------------------------------------------------------


def _files(mail: EmailMessage) -> Iterator[File]:
    """Attachments and pictures of the text; forwarded mails and texts are no files of ours."""
    for count, part in enumerate(mail.walk()):
        if count >= MOST_PARTS:
            return
        if part.is_multipart() or part.get_content_maintype() in ("text", "message"):
            continue
        try:
            data = part.get_payload(decode=True)
            name = str(part.get_filename() or "")
            inline = part.get_content_disposition() != "attachment"
        except Exception:  # noqa: S112 - a header or an encoding that makes no sense
            continue
        if isinstance(data, bytes) and data:
            yield File(name or f"archivo.{part.get_content_subtype()}", data, inline)
