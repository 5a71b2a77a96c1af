"""Searching the articles: words by their beginning, accents and case folded.

Every article is held in memory, folded, for as long as the shelf stands; five hundred of them are a
few megabytes and a search is one pass over them. Where nothing begins with a word it is tried without
its ending, so that «facturando» finds «factura»; what was written exactly weighs more.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from iofacturo.help_center.article import Article
from iofacturo.help_center.rendering import render
from iofacturo.help_center.shelf import Shelf
from iofacturo.lib.folding import fold

LONGEST = 120  # characters of a question that are read
WORDS = 8
SNIPPET = 160
COMMON = frozenset(
    [
        "a",
        "al",
        "ante",
        "como",
        "con",
        "cual",
        "cuando",
        "de",
        "del",
        "donde",
        "el",
        "ella",
        "en",
        "es",
        "esta",
        "este",
        "esto",
        "hay",
        "la",
        "las",
        "le",
        "lo",
        "los",
        "me",
        "mi",
        "mis",
        "no",
        "o",
        "para",
        "pero",
        "por",
        "porque",
        "puedo",
        "que",
        "quien",
        "se",
        "si",
        "sin",
        "su",
        "sus",
        "tengo",
        "un",
        "una",
        "unas",
        "unos",
        "y",
        "ya",
        "yo",
        "hago",
        "hacer",
    ]
)
WEIGHTS = (12.0, 8.0, 5.0, 4.0, 1.0)  # title, keywords, headings, summary, body
WITHOUT_ENDING = 0.5


@dataclass(frozen=True)
class Entry:
    """An article as the search sees it: each field folded, with a space before every word."""

    article: Article
    fields: tuple[str, ...]
    plain: str
    folded: str  # the same, letter by letter, so that positions are those of `plain`


@dataclass(frozen=True)
class Hit:
    article: Article
    snippet: SafeString


@dataclass(frozen=True)
class Index:
    stamp: object
    entries: tuple[Entry, ...]


_kept: Index | None = None


def index(shelf: Shelf) -> Index:
    """The entries of *shelf*, made once for each of its moments."""
    global _kept
    if _kept is None or _kept.stamp != shelf.stamp:
        slugs = frozenset(shelf.articles)
        _kept = Index(shelf.stamp, tuple(_entry(a, slugs) for a in shelf.articles.values()))
    return _kept


def _entry(article: Article, slugs: frozenset[str]) -> Entry:
    page = render(article.body, slugs)
    headings = " ".join(heading.text for heading in page.headings)
    texts = (article.title, " ".join(article.keywords), headings, article.summary, page.plain)
    return Entry(article, tuple(_spaced(text) for text in texts), page.plain, _in_place(page.plain))


def _spaced(text: str) -> str:
    return " " + " ".join(re.findall(r"\w+", fold(text)))


def words(question: str) -> list[str]:
    """The words of *question* that say something; all of them when none does."""
    said = list(dict.fromkeys(re.findall(r"\w+", fold(question[:LONGEST]))))
    return ([word for word in said if word not in COMMON] or said)[:WORDS]


def stem(word: str) -> str:
    """*word* without the ending that Spanish bends; short words stay whole.

    >>> stem("facturando"), stem("renovacion"), stem("plan")
    ('factur', 'renov', 'plan')
    """
    for ending in ("aciones", "iciones", "amiento", "imiento", "acion", "icion", "ciones", "cion",
                   "ando", "iendo", "ados", "adas", "idos", "idas", "ado", "ada", "ido", "ida",
                   "ar", "er", "ir", "os", "as", "es", "o", "a", "e", "s"):  # fmt: skip
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def search(shelf: Shelf, question: str, most: int = 20) -> list[Hit]:
    """Articles that say every word of *question*, or failing that most of them; best first."""
    asked = words(question)
    if not asked:
        return []
    forms = [(word, stem(word)) for word in asked]
    scored = []
    for entry in index(shelf).entries:
        scores = [_score(entry, *form) for form in forms]
        met = sum(score > 0 for score in scores)
        if met:
            scored.append((met, sum(scores), entry))
    if not scored:
        return []
    most_met = max(met for met, _, _ in scored)
    enough = len(asked) if most_met == len(asked) else max(1, most_met)
    best = sorted(
        ((score, entry) for met, score, entry in scored if met >= enough),
        key=lambda pair: (-pair[0], pair[1].article.order, pair[1].article.title),
    )
    return [Hit(entry.article, snippet(entry, asked)) for _, entry in best[:most]]


def _score(entry: Entry, word: str, bent: str) -> float:
    """How much the article is about *word*: each field that says it, or says it bent, counts."""
    found = 0.0
    for text, weight in zip(entry.fields, WEIGHTS, strict=True):
        times, share = text.count(f" {word}"), 1.0
        if not times and bent != word:
            times, share = text.count(f" {bent}"), WITHOUT_ENDING
        if times:
            found += share * weight * (1 + min(times - 1, 4) * 0.1)
    return found


def _in_place(text: str) -> str:
    """*text* folded letter by letter, so that positions stay."""
    table: Mapping[str, str] = {c: (unicodedata.normalize("NFKD", c)[:1] or c) for c in set(text)}
    folded = "".join(table[c] for c in text).lower()
    return folded if len(folded) == len(text) else text.lower()[: len(text)].ljust(len(text))


def snippet(entry: Entry, asked: list[str]) -> SafeString:
    """The part of the text around the first word found, with what was found marked."""
    text = entry.plain
    folded = entry.folded
    forms = [form for word in asked for form in {word, stem(word)}]
    pattern = re.compile(
        rf"\b(?:{'|'.join(map(re.escape, sorted(forms, key=len, reverse=True)))})\w*"
    )
    first = pattern.search(folded)
    if first is None:
        return format_html("{}", entry.article.summary)
    start = max(0, first.start() - SNIPPET // 3)
    start = text.find(" ", start) + 1 if start else 0
    end = min(len(text), start + SNIPPET)
    end = text.rfind(" ", start, end) if end < len(text) and " " in text[start:end] else end
    parts, at = [], start
    for found in pattern.finditer(folded, start, end):
        parts += [(False, text[at : found.start()]), (True, text[found.start() : found.end()])]
        at = found.end()
    parts.append((False, text[at:end]))
    html = format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>" if hit else "{}", said),) for hit, said in parts)
    )
    return format_html("{}{}{}", "… " if start else "", html, " …" if end < len(text) else "")
