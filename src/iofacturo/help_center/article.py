"""An article: front matter in YAML between two lines of `---`, and a body in Markdown.

    ---
    titulo: Cómo renovar su plan
    resumen: Elija, transfiera, adjunte el comprobante y envíe.
    tema: plan
    orden: 10
    modificado: 2026-11-23
    relacionados: [folios-y-vencimiento]
    palabras: [pagar, transferencia]
    paginas: ["renewals:mi_plan"]
    ---
    Primero…

`titulo`, `resumen`, `tema` and `modificado` must be there. `palabras` are words that people type in
the search and that the text does not say; `paginas` are the names of screens whose «Ayuda» leads
here. What the body may hold is told in `rendering.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import yaml

TOPICS = {
    "empezar": "Para empezar",
    "emitir": "Emitir comprobantes",
    "recibir": "Facturas recibidas",
    "plan": "Su plan y sus folios",
    "cuenta": "Usuarios y empresas",
}
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST = 60_000  # characters of a whole article
LONGEST_HEAD = 4_000
FRONT = re.compile(r"---[ \t]*\n(.*?\n)---[ \t]*(?:\n|$)(.*)", re.DOTALL)
MISREAD = (
    "Los datos del artículo no se entienden: uno por línea, «nombre: valor». "
    "Un valor con dos puntos va entre comillas."
)
FIELDS = {"titulo", "resumen", "tema", "orden", "modificado", "relacionados", "palabras", "paginas"}


class Unreadable(ValueError):
    """An article that cannot be shown; the message says why, in Spanish, for who wrote it."""


@dataclass(frozen=True)
class Article:
    """What a reader sees. `version` names the text: a short hash of the file's, or `v3` of staff's."""

    slug: str
    title: str
    summary: str
    topic: str
    modified: date
    body: str
    version: str
    order: int = 100
    related: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    screens: tuple[str, ...] = ()

    def named(self, version: str) -> Article:
        """The same under another version's name."""
        return replace(self, version=version)

    @property
    def topic_name(self) -> str:
        return TOPICS[self.topic]


def parse(slug: str, text: str, *, version: str) -> Article:
    """The article written in *text*. Unreadable when a part is missing or of another kind."""
    if not SLUG.fullmatch(slug) or len(slug) > 80:
        raise Unreadable("La dirección lleva solo letras minúsculas sin tilde, números y guiones.")
    if len(text) > LONGEST:
        raise Unreadable(f"El artículo pasa de {LONGEST} caracteres. Divídalo en dos.")
    parts = FRONT.fullmatch(text.replace("\r\n", "\n").lstrip("\ufeff\n"))
    if parts is None:
        raise Unreadable(
            "Al principio van los datos del artículo entre dos líneas de tres guiones (---)."
        )
    head = _head(parts[1])
    body = parts[2].strip()
    if not body:
        raise Unreadable("El artículo no tiene texto.")
    return Article(
        slug=slug,
        title=_text(head, "titulo", 120),
        summary=_text(head, "resumen", 300),
        topic=_topic(head),
        modified=_day(head),
        body=body,
        version=version,
        order=_order(head),
        related=_words(head, "relacionados"),
        keywords=_words(head, "palabras"),
        screens=_words(head, "paginas"),
    )


def _head(text: str) -> dict[str, Any]:
    # aliases let a few bytes stand for gigabytes, and no article needs one
    if len(text) > LONGEST_HEAD or re.search(r"(?m)(?:^|[\s\[{,:-])[&*]\w", text):
        raise Unreadable("Los datos del artículo son demasiado largos o usan & o *.")
    try:
        head = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as broken:
        mark = getattr(broken, "problem_mark", None)
        where = f" Mire la línea {mark.line + 2}." if mark else ""
        raise Unreadable(f"{MISREAD}{where}") from broken
    if not isinstance(head, dict):
        raise Unreadable(MISREAD)
    strange = sorted(str(name) for name in set(head) - FIELDS)
    if strange:
        raise Unreadable(f"No se conoce el dato «{strange[0]}».")
    return head


def _text(head: dict[str, Any], name: str, longest: int) -> str:
    value = head.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Unreadable(f"Falta el dato «{name}».")
    if len(value) > longest:
        raise Unreadable(f"El dato «{name}» pasa de {longest} caracteres.")
    return " ".join(value.split())


def _topic(head: dict[str, Any]) -> str:
    topic = head.get("tema")
    if not isinstance(topic, str) or topic not in TOPICS:
        raise Unreadable(f"El dato «tema» es uno de estos: {', '.join(TOPICS)}.")
    return topic


def _day(head: dict[str, Any]) -> date:
    day = head.get("modificado")
    if type(day) is not date:  # a moment is a date as well, and is not meant
        raise Unreadable("El dato «modificado» es una fecha, como 2026-12-01.")
    return day


def _order(head: dict[str, Any]) -> int:
    order = head.get("orden", 100)
    if type(order) is not int or not 0 <= order <= 10_000:
        raise Unreadable("El dato «orden» es un número de 0 a 10000.")
    return order


def _words(head: dict[str, Any], name: str) -> tuple[str, ...]:
    words = head.get(name) or []
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise Unreadable(f"El dato «{name}» es una lista entre corchetes, como [uno, dos].")
    return tuple(word.strip() for word in words if word.strip())
