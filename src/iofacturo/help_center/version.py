"""What staff wrote over an article, or anew. A version never changes; the newest one is shown."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, models, transaction

from iofacturo.accounts.user import User
from iofacturo.help_center import article
from iofacturo.help_center.article import Article
from iofacturo.lib import clock


class Moved(Exception):
    """Somebody else published while this was being written."""


class ArticleVersion(models.Model):
    """Append-only. `text` is the whole article as `article.parse` reads it; empty means that staff
    took their article back: then the product's own file shows, or nothing where there is none.
    """

    slug = models.CharField("dirección", max_length=80)
    number = models.PositiveIntegerField("versión")
    text = models.TextField("texto", blank=True)
    # the product's own text that stood under it when it was written; it may move on
    over = models.CharField(max_length=16, blank=True)
    published_at = models.DateTimeField(default=clock.now)
    published_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "versión de un artículo"
        verbose_name_plural = "versiones de artículos"
        constraints = [
            models.UniqueConstraint(fields=["slug", "number"], name="one_article_version"),
            models.CheckConstraint(
                condition=models.Q(number__gte=1), name="article_version_from_1"
            ),
        ]

    @property
    def label(self) -> str:
        return f"v{self.number}"

    def article(self) -> Article:
        return article.parse(self.slug, self.text, version=self.label)


def publish(
    slug: str, text: str, *, after: int, over: str, by: User, at: datetime
) -> ArticleVersion:
    """Version *after* + 1 of the article. Moved when that number is taken: two wrote at once."""
    if text:
        article.parse(slug, text, version="nueva")
    try:
        with transaction.atomic():
            return ArticleVersion.objects.create(
                slug=slug, number=after + 1, text=text, over=over, published_at=at, published_by=by
            )
    except IntegrityError as taken:
        raise Moved from taken
