"""`/gestion/ayuda/`: the articles of the help centre, and what their readers think of them."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from iofacturo.accounts import access, audit
from iofacturo.accounts.furniture import Furnished
from iofacturo.accounts.seated import StaffRequest
from iofacturo.help_center import article as articles
from iofacturo.help_center import feedback, rendering, version
from iofacturo.help_center import shelf as shelves
from iofacturo.help_center.article import SLUG, Article, Unreadable
from iofacturo.help_center.feedback import Feedback
from iofacturo.help_center.version import ArticleVersion
from iofacturo.lib import clock

COMMENTS = 50
BLANK = """---
titulo:
resumen:
tema: emitir
modificado: {day}
relacionados: []
palabras: []
paginas: []
---
Escriba aquí el artículo.
"""


@dataclass(frozen=True)
class Row:
    """An article in the list: whose text shows, and what readers think."""

    slug: str
    article: Article | None  # none: staff took away what only they had written
    mine: ArticleVersion | None
    moved: bool  # the product's own text changed after staff wrote over it
    yes: int
    no: int

    @property
    def rate(self) -> int | None:
        return round(100 * self.yes / (self.yes + self.no)) if self.yes + self.no else None


class TextForm(Furnished, forms.Form):
    text = forms.CharField(
        label="Artículo",
        max_length=articles.LONGEST,
        widget=forms.Textarea(attrs={"rows": 28, "spellcheck": "true", "class": "mono"}),
        help_text="Arriba los datos, entre dos líneas de ---. Abajo el texto, en Markdown.",
        error_messages={"required": "Escriba el artículo."},
    )
    after = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, slug: str, **kwargs: Any) -> None:
        self.slug = slug
        super().__init__(*args, **kwargs)

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].replace("\r\n", "\n").strip() + "\n"
        try:
            self.article = articles.parse(self.slug, text, version="nueva")
        except Unreadable as problem:
            raise forms.ValidationError(str(problem)) from problem
        return text


class SlugForm(Furnished, forms.Form):
    slug = forms.CharField(
        label="Dirección",
        max_length=80,
        help_text="Con lo que termina la dirección de la página: minúsculas sin tilde, números y guiones, como anular-una-factura.",
        error_messages={"required": "Escriba la dirección."},
    )

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"].strip()
        if not SLUG.fullmatch(slug):
            raise forms.ValidationError(
                "Use solo letras minúsculas sin tilde, números y guiones entre ellos."
            )
        if slug in shelves.own() or ArticleVersion.objects.filter(slug=slug).exists():
            raise forms.ValidationError("Ya hay un artículo con esa dirección. Escoja otra.")
        return slug


@access.staff("articles")
@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: StaffRequest) -> HttpResponse:
    """Every article; by POST the address of a new one, which is written on its own page."""
    form = SlugForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect("backoffice:article", slug=form.cleaned_data["slug"])
    there, latest, totals = shelves.shelf(), shelves.latest(), feedback.totals()
    slugs = sorted({*there.articles, *latest})
    rows = [
        _row(slug, there.get(slug), latest.get(slug), totals.get(slug, (0, 0))) for slug in slugs
    ]
    rows.sort(key=lambda row: (row.article is None, row.article.title if row.article else row.slug))
    context = {"rows": rows, "form": form}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "backoffice/articles.html", context, status=status)


def _row(
    slug: str, article: Article | None, mine: ArticleVersion | None, votes: tuple[int, int]
) -> Row:
    return Row(slug, article, mine, _moved(slug, mine), *votes)


def _moved(slug: str, mine: ArticleVersion | None) -> bool:
    own = shelves.own().get(slug)
    return bool(mine and mine.text and own and mine.over != own.version)


@access.staff("articles")
@require_http_methods(["GET", "HEAD", "POST"])
def article(request: StaffRequest, slug: str) -> HttpResponse:
    """The text of one article: «ver» shows it as it will be read, «publicar» makes a version."""
    if not SLUG.fullmatch(slug) or len(slug) > 80:
        raise Http404
    own = shelves.own().get(slug)
    versions = list(
        ArticleVersion.objects.filter(slug=slug).select_related("published_by").order_by("-number")
    )
    newest = versions[0] if versions else None
    there = shelves.shelf()
    start = {"text": _text(slug, newest), "after": newest.number if newest else 0}
    form = TextForm(request.POST or None, slug=slug, initial=start)
    shown = None
    if request.method == "POST" and form.is_valid():
        page = rendering.render(form.article.body, frozenset({*there.articles, slug}))
        if request.POST.get("accion") == "publicar" and not page.problems:
            try:
                made = version.publish(
                    slug, form.cleaned_data["text"], after=form.cleaned_data["after"],
                    over=own.version if own else "", by=request.user, at=clock.now(),
                )  # fmt: skip
            except version.Moved:
                form.add_error(
                    None,
                    "Otra persona publicó este artículo mientras usted escribía. Copie su texto, abra la página de nuevo y compare.",
                )
            else:
                audit.record(
                    "article.published",
                    by=request.user,
                    subject=slug,
                    at=made.published_at,
                    after=made.label,
                )
                messages.success(
                    request, f"Se publicó la versión {made.number} de «{form.article.title}»."
                )
                return redirect("backoffice:article", slug=slug)
        else:
            shown = page
            for problem in page.problems:
                form.add_error("text", problem)
    context = {
        "form": form, "slug": slug, "own": own, "versions": versions, "newest": newest,
        "shown": shown, "draft": getattr(form, "article", None), "current": there.get(slug),
        "moved": _moved(slug, newest), "tallies": feedback.tallies(slug),
        "comments": Feedback.objects.filter(slug=slug, useful=False).order_by("-at")[:COMMENTS],
        "pictures": sorted(rendering.pictures()), "topics": articles.TOPICS.items(),
    }  # fmt: skip
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "backoffice/article.html", context, status=status)


def _text(slug: str, newest: ArticleVersion | None) -> str:
    """What one begins to write with: the text that is read now."""
    if newest and newest.text:
        return newest.text
    return shelves.own_texts().get(slug) or BLANK.format(day=clock.local(clock.now()).date())


@access.staff("articles")
@require_safe
def old(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    """One version as it was written, and what it changed."""
    found = (
        ArticleVersion.objects.filter(slug=slug, number=number)
        .select_related("published_by")
        .first()
    )
    if found is None:
        raise Http404
    before = ArticleVersion.objects.filter(slug=slug, number=number - 1).first()
    earlier = before.text if before and before.text else shelves.own_texts().get(slug, "")
    return render(
        request,
        "backoffice/article_version.html",
        {"version": found, "changes": list(_changes(earlier, found.text)), "slug": slug},
    )


def _changes(before: str, after: str) -> list[tuple[str, str]]:
    """Lines with their sign, `+`, `-` or nothing, with three lines around what changed."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3)
    return [
        (line[0] if line[0] in "+-" else "", line[1:])
        for line in lines
        if not re.match(r"(?:\+\+\+|---|@@)", line)
    ]


@access.staff("articles")
@require_POST
def withdrawal(request: StaffRequest, slug: str) -> HttpResponse:
    """Take staff's text back: the product's own shows again, or nothing where there is none."""
    newest = ArticleVersion.objects.filter(slug=slug).order_by("-number").first()
    if newest is None:
        raise Http404
    after = request.POST.get("after", "")
    if not newest.text or after != str(newest.number):
        messages.error(request, "El artículo ya cambió. Revíselo antes de retirarlo.")
        return redirect("backoffice:article", slug=slug)
    now = clock.now()
    try:
        version.publish(slug, "", after=newest.number, over="", by=request.user, at=now)
    except version.Moved:
        messages.error(request, "El artículo ya cambió. Revíselo antes de retirarlo.")
    else:
        audit.record(
            "article.withdrawn", by=request.user, subject=slug, at=now, before=newest.label
        )
        messages.success(request, "Se retiró el texto que había escrito el equipo.")
    return redirect("backoffice:article", slug=slug)


urlpatterns = [
    path("ayuda/", listing, name="articles"),
    path("ayuda/<slug:slug>/", article, name="article"),
    path("ayuda/<slug:slug>/<int:number>/", old, name="article_version"),
    path("ayuda/<slug:slug>/retirar/", withdrawal, name="article_withdrawal"),
]
