"""The help centre's pages. The first page is `ayuda`, named in the root's table."""

from django.urls import path, register_converter
from django.urls.converters import SlugConverter

from iofacturo.help_center import pages


class ArticleConverter(SlugConverter):
    """An article's address: the letters that `article.SLUG` allows."""

    regex = "[a-z0-9]+(?:-[a-z0-9]+)*"


register_converter(ArticleConverter, "article")

app_name = "help_center"
urlpatterns = [
    path("reto.json", pages.reto, name="challenge"),
    path("<article:slug>/", pages.article, name="article"),
    path("<article:slug>/opinion/", pages.opinion, name="opinion"),
]
