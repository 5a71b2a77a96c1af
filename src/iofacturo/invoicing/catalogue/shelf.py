"""A page of a list that is searched and kept in order by name: customers, products.

PAGE rows at a time, by the key of the last one shown, whatever was added meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model, Q, QuerySet

from iofacturo.accounts.seated import SeatedRequest
from iofacturo.lib.visible import visible

PAGE = 50
Rows = QuerySet[Any]


def archived(request: SeatedRequest) -> bool:
    """Whether those that are no longer offered are asked for."""
    return request.GET.get("archivados") == "1"


def context(
    request: SeatedRequest,
    everything: Rows,
    matching: Callable[[Rows, str], Rows],
    only: Q | None = None,
) -> dict[str, Any]:
    """What the template of the list needs of *everything* that the company has.

    *matching* narrows rows to the words of a search, *only* narrows them further.
    """
    words = visible(request.GET.get("q", "")[:100])
    rows = everything.filter(archived_at__isnull=not archived(request))
    if only is not None:
        rows = rows.filter(only)
    mark = request.GET.get("desde", "")[:12]
    after = everything.filter(public_id=mark).first() if mark else None
    found = list(following(matching(rows.order_by("folded", "id"), words), after)[: PAGE + 1])
    return {
        "rows": found[:PAGE],
        "more": found[PAGE - 1].public_id if len(found) > PAGE else "",
        "first": after is None,
        "q": words,
        "archived": archived(request),
        "some_archived": archived(request) or everything.filter(archived_at__isnull=False).exists(),
        "may": request.membership.may("issue"),
    }


def following(rows: Rows, after: Model | None) -> Rows:
    """Those that come after *after* by name."""
    if after is None:
        return rows
    folded = after.folded  # type: ignore[attr-defined]  # every shelf is in this order
    return rows.filter(Q(folded__gt=folded) | Q(folded=folded, pk__gt=after.pk))
