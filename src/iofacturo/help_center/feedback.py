"""«¿Le ha sido útil este artículo?»: one vote of each visitor for each article, the last one counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, models, transaction

from iofacturo.help_center.article import Article
from iofacturo.lib import clock

REASONS = [
    ("no-esta", "No encontré lo que buscaba"),
    ("no-se-parece", "Los pasos no se parecen a lo que veo"),
    ("dificil", "Es difícil de entender"),
    ("equivocado", "Dice algo que no es cierto"),
    ("otra", "Otra razón"),
]
LONGEST_COMMENT = 2_000


class Spent(Exception):
    """This solution of a challenge came with another vote already."""


class Feedback(models.Model):
    """What a visitor thinks of an article now. `version` is the text they read."""

    slug = models.CharField("artículo", max_length=80)
    version = models.CharField("versión", max_length=16)
    visitor = models.CharField(max_length=64)
    useful = models.BooleanField("útil")
    reasons = models.JSONField("razones", default=list, blank=True)
    comment = models.TextField("comentario", blank=True)
    challenge = models.CharField(max_length=64, null=True, blank=True, unique=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = "opinión"
        verbose_name_plural = "opiniones"
        constraints = [
            models.UniqueConstraint(fields=["slug", "visitor"], name="one_vote_of_a_visitor"),
            models.CheckConstraint(
                condition=models.Q(useful=True) | ~models.Q(reasons=[]), name="no_says_why"
            ),
        ]
        indexes = [models.Index(fields=["slug", "-at"], name="feedback_newest")]

    @property
    def reason_words(self) -> list[str]:
        names = dict(REASONS)
        return [names.get(reason, reason) for reason in self.reasons]


def vote(
    article: Article, visitor: str, *, useful: bool, at: datetime, reasons: Sequence[str] = (),
    comment: str = "", challenge: str = "",
) -> None:  # fmt: skip
    """Record the vote in the place of an earlier one. Spent when *challenge* was used before.

    A yes has no reasons; ValueError for a no without one.
    """
    given = [name for name, _ in REASONS if name in reasons]
    if not useful and not given:
        raise ValueError("a no without a reason")
    fields = {
        "version": article.version, "useful": useful, "reasons": [] if useful else given,
        "comment": "" if useful else comment[:LONGEST_COMMENT], "at": at,
        "challenge": challenge or None,
    }  # fmt: skip
    try:
        with transaction.atomic():
            Feedback.objects.update_or_create(
                slug=article.slug, visitor=visitor, defaults=fields, create_defaults=fields
            )
    except IntegrityError as taken:
        raise Spent from taken


@dataclass
class Tally:
    """The votes for one version of an article."""

    version: str
    yes: int = 0
    no: int = 0
    last: datetime | None = None
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def votes(self) -> int:
        return self.yes + self.no

    @property
    def rate(self) -> int:
        """Of a hundred votes, how many say yes."""
        return round(100 * self.yes / self.votes) if self.votes else 0

    @property
    def reason_rows(self) -> list[tuple[str, int]]:
        names = dict(REASONS)
        return [(names.get(name, name), times) for name, times in self.reasons.most_common()]


def tallies(slug: str) -> list[Tally]:
    """The votes for each version of an article, the newest first."""
    found: dict[str, Tally] = {}
    rows = Feedback.objects.filter(slug=slug).values_list("version", "useful", "reasons", "at")
    for version, useful, reasons, at in rows.order_by("-at").iterator():
        tally = found.setdefault(version, Tally(version, last=at))
        if useful:
            tally.yes += 1
        else:
            tally.no += 1
            tally.reasons.update(reasons)
    return list(found.values())


def totals() -> dict[str, tuple[int, int]]:
    """Yes and no of every article, whatever version was read."""
    rows = Feedback.objects.values("slug").annotate(
        yes=models.Count("pk", filter=models.Q(useful=True)),
        no=models.Count("pk", filter=models.Q(useful=False)),
    )
    return {row["slug"]: (row["yes"], row["no"]) for row in rows}
