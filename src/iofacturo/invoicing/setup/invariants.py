"""What must always hold of a company's set-up."""

from __future__ import annotations

from collections.abc import Iterator

from iofacturo.invoicing.key import Key
from iofacturo.invoicing.setup.letterhead import Letterhead
from iofacturo.lib import clock
from iofacturo.uploads import storage


def broken() -> Iterator[str]:
    """One line per offender."""
    named = dict(Letterhead.objects.exclude(logo="").values_list("logo", "company_id"))
    for name in storage.missing(named):
        yield f"Empresa {named[name]}: falta el archivo de su logotipo."
    unwatched = Key.objects.filter(
        retired_at__isnull=True, watch_at__isnull=True, not_after__gt=clock.now()
    )
    for pk, company_id, end in unwatched.values_list("pk", "company_id", "not_after"):
        day = clock.local(end)
        yield f"Empresa {company_id}: nadie vigila su llave {pk}, que vence el {day:%d/%m/%Y}."
