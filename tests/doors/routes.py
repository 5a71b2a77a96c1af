"""Every address of the portal, taken from the resolver itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, reverse

ALLAUTH = ("account_", "mfa_", "usersessions_")


@dataclass(frozen=True)
class Route:
    """One address: its full name, its view, and the parameters it needs."""

    name: str
    view: Callable[..., HttpResponse]
    parameters: frozenset[str]

    @property
    def lock(self) -> tuple[str, str] | None:
        """(member|staff|person|anybody, act); None is a door somebody forgot to lock."""
        return getattr(self.view, "lock", None)

    @property
    def ours(self) -> bool:
        """Whether the view is our own, not one of allauth's behind our lock."""
        return not self.name.startswith(ALLAUTH)

    def url(self, kwargs: dict[str, object]) -> str:
        return reverse(self.name, kwargs=kwargs)


def _walk(patterns: list, namespace: str, above: frozenset[str]) -> Iterator[Route]:
    for entry in patterns:
        parameters = above | frozenset(entry.pattern.regex.groupindex)
        parameters |= frozenset(getattr(entry.pattern, "converters", {}))
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry.url_patterns, inner, parameters)
        else:
            assert isinstance(entry, URLPattern)
            assert entry.name, f"{entry.pattern} has no name"
            yield Route(f"{namespace}{entry.name}", entry.callback, parameters)


@cache
def routes() -> tuple[Route, ...]:
    return tuple(_walk(get_resolver().url_patterns, "", frozenset()))
