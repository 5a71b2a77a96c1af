"""From Markdown to a page. HTML in the text is shown, never obeyed.

Beyond CommonMark and tables:

- `[Mi Plan](pagina:renewals:mi_plan)` leads to a screen, by the name of its address
- `[los folios](ayuda:folios-y-vencimiento)` leads to another article
- `![Qué se ve](foto:mi-plan)` alone in a paragraph is a screenshot of `static/help/`, with its words
- a quotation (`> …`) is a notice
- numbered lists are steps
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

WORDS_A_MINUTE = 200
PICTURES = Path(__file__).resolve().parent.parent / "static" / "help"


@dataclass(frozen=True)
class Heading:
    """A heading of the second level, for the table of contents."""

    anchor: str
    text: str


@dataclass(frozen=True)
class Page:
    """An article's body as HTML, and what is said about it."""

    html: SafeString
    headings: tuple[Heading, ...]
    plain: str  # without marks, for the search
    minutes: int
    problems: tuple[str, ...]  # links and pictures that lead nowhere, in Spanish


@dataclass
class Found:
    """What the renderer meets on its way."""

    slugs: frozenset[str]
    headings: list[Heading] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@cache
def pictures() -> dict[str, tuple[int, int]]:
    """Width and height in CSS pixels of each screenshot, by name."""
    listed = PICTURES / "pictures.json"
    if not listed.exists():
        return {}
    return {name: (size[0], size[1]) for name, size in json.loads(listed.read_text()).items()}


class Renderer(RendererHTML):
    """HTML of the house: steps, notices, screenshots; links by name."""

    def ordered_list_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        tokens[at].attrSet("class", "numbered")
        for token in tokens[at + 1 :]:  # a step's words are one piece beside its number
            if token.level == tokens[at].level:
                break
            if token.type.startswith("paragraph_") and token.level == tokens[at].level + 2:
                token.hidden = False
        return self.renderToken(tokens, at, options, env)

    def blockquote_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return (
            '<div class="banner"><svg class="icon" aria-hidden="true"><use href="'
            + escape(static("icons.svg"))
            + '#i-info"/></svg><div>'
        )

    def blockquote_close(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return "</div></div>\n"

    def table_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return '<div class="prose-table" tabindex="0"><table>\n'

    def table_close(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return "</table></div>\n"

    def heading_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        token = tokens[at]
        if token.tag == "h1":  # the title is the page's only one
            token.tag = tokens[at + 2].tag = "h2"
        found: Found = env["found"]
        text = _plain(tokens[at + 1].children or [])
        anchor = slugify(text) or "seccion"
        taken = {heading.anchor for heading in found.headings}
        anchor = next(
            a for n in range(1, 999) if (a := anchor if n == 1 else f"{anchor}-{n}") not in taken
        )
        if token.tag == "h2":
            found.headings.append(Heading(anchor, text))
        token.attrSet("id", anchor)
        return self.renderToken(tokens, at, options, env)

    def link_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        token = tokens[at]
        href = str(token.attrGet("href") or "")
        found: Found = env["found"]
        kind, _, rest = href.partition(":")
        if kind == "pagina":
            try:
                href = reverse(rest)
            except NoReverseMatch:
                found.problems.append(f"El enlace «{rest}» no lleva a ninguna pantalla.")
                href = reverse("ayuda")
        elif kind == "ayuda":
            slug, _, anchor = rest.partition("#")
            if slug not in found.slugs:
                found.problems.append(f"El enlace «{slug}» no lleva a ningún artículo.")
                href = reverse("ayuda")
            else:
                href = reverse("help_center:article", args=[slug]) + (
                    f"#{anchor}" if anchor else ""
                )
        elif kind in ("http", "https"):
            token.attrSet("rel", "noopener noreferrer")
        elif not href.startswith(("/", "#", "mailto:")) or href.startswith("//"):
            found.problems.append(f"El enlace «{href}» no sirve: use pagina:, ayuda: o https://.")
            href = reverse("ayuda")
        token.attrSet("href", href)
        return self.renderToken(tokens, at, options, env)

    def image(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        token = tokens[at]
        name = str(token.attrGet("src") or "").removeprefix("foto:")
        words = _plain(token.children or [])
        found: Found = env["found"]
        size = pictures().get(name)
        if size is None:
            found.problems.append(f"No hay una foto «{name}».")
            return escape(words)
        if not words:
            found.problems.append(f"La foto «{name}» necesita palabras que digan qué se ve.")
        light, dark = (static(f"help/{name}-{look}.png") for look in ("light", "dark"))
        return (
            f'<span class="shot"><picture><source srcset="{escape(dark)}" '
            'media="(prefers-color-scheme: dark)">'
            f'<img src="{escape(light)}" alt="{escape(words)}" width="{size[0]}" '
            f'height="{size[1]}" loading="lazy" decoding="async"></picture></span>'
        )


@cache
def _markdown() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}, renderer_cls=Renderer)
    return reader.enable("table")


@lru_cache(maxsize=512)
def render(body: str, slugs: frozenset[str]) -> Page:
    """*body* as a page; *slugs* are the articles that a link may lead to."""
    reader = _markdown()
    found = Found(slugs)
    tokens = reader.parse(body)
    plain = _plain(tokens)
    html = reader.renderer.render(tokens, reader.options, {"found": found})
    minutes = max(1, round(len(plain.split()) / WORDS_A_MINUTE))
    return Page(
        mark_safe(html),  # noqa: S308 - written by the renderer, with HTML in the text escaped
        tuple(found.headings), plain, minutes, tuple(dict.fromkeys(found.problems)),
    )  # fmt: skip


def _plain(tokens: Sequence[Token]) -> str:
    """The words of *tokens*, without marks."""
    parts = []
    for token in tokens:
        if token.type == "image":  # its words stand for what is seen, not for what is said
            continue
        if token.children:
            parts.append(_plain(token.children))
        elif token.type in ("text", "code_inline", "code_block", "fence"):
            parts.append(token.content)
        elif token.type in ("softbreak", "hardbreak") or token.block:
            parts.append(" ")
    return re.sub(r"\s+", " ", "".join(parts)).strip()
