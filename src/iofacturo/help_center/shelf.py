"""Where the articles are: the product's own files, and over them what staff published.

Read once per process and kept while nothing was published since: a page asks the database only for
the newest version's key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from django.db.models import Max

from iofacturo.help_center import article
from iofacturo.help_center.article import TOPICS, Article
from iofacturo.help_center.version import ArticleVersion

FOLDER = Path(__file__).resolve().parent / "articles"


@cache
def own_texts() -> Mapping[str, str]:
    """The product's own articles as they are written, by slug."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md"))}


@cache
def own() -> Mapping[str, Article]:
    """The product's own articles, by slug."""
    return {
        slug: article.parse(slug, text, version=text_version(text))
        for slug, text in own_texts().items()
    }


def text_version(text: str) -> str:
    """A short name of exactly this text."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Shelf:
    """Every article that can be read, at one moment. `stamp` names the moment."""

    stamp: object
    articles: Mapping[str, Article]

    def get(self, slug: str) -> Article | None:
        return self.articles.get(slug)

    def by_topic(self) -> list[tuple[str, list[Article]]]:
        """Name of the topic and its articles in their order; topics without any are left out."""
        found = [
            (name, sorted((a for a in self.articles.values() if a.topic == topic), key=_place))
            for topic, name in TOPICS.items()
        ]
        return [(name, articles) for name, articles in found if articles]

    def related(self, to: Article) -> list[Article]:
        """Those that *to* names, and without any the neighbours of its topic; at most five."""
        named = [self.articles[slug] for slug in to.related if slug in self.articles]
        near = [a for a in self.articles.values() if a.topic == to.topic and a.slug != to.slug]
        return (named or sorted(near, key=_place))[:5]

    def about(self, screen: str) -> Article | None:
        """The article for the screen of that URL name, or for its whole room (`renewals:*`)."""
        return self._screens.get(screen) or self._screens.get(f"{screen.partition(':')[0]}:*")

    @cached_property
    def _screens(self) -> Mapping[str, Article]:
        articles = sorted(self.articles.values(), key=_place, reverse=True)  # the first one wins
        return {name: one for one in articles for name in one.screens}


def _place(one: Article) -> tuple[int, str]:
    return one.order, one.title


_kept: Shelf | None = None


def shelf() -> Shelf:
    """The shelf of now: one query where nothing was published, one more where something was."""
    global _kept
    # the key alone would not do: a database that was put back gives the same keys again
    newest = ArticleVersion.objects.order_by("-pk")
    stamp = newest.values_list("pk", "slug", "published_at").first()
    if _kept is None or _kept.stamp != stamp:
        _kept = Shelf(stamp, _stacked())
    return _kept


def kept() -> Shelf:
    """The shelf as this process last saw it, without asking: good enough for a link to a page."""
    return _kept if _kept is not None else Shelf(-1, own())


def latest() -> dict[str, ArticleVersion]:
    """The newest version that staff published of each article, by slug."""
    newest = ArticleVersion.objects.values("slug").annotate(last=Max("pk")).values("last")
    return {row.slug: row for row in ArticleVersion.objects.filter(pk__in=newest)}


def _stacked() -> dict[str, Article]:
    articles = dict(own())
    for row in latest().values():
        if row.text:
            articles[row.slug] = row.article()
    return articles
