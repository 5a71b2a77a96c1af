"""What must always hold of a company's set-up."""

from __future__ import annotations

from collections.abc import Iterator

from iofacturo.invoicing.setup.letterhead import Letterhead
from iofacturo.uploads import storage


def broken() -> Iterator[str]:
    """One line per offender."""
    named = dict(Letterhead.objects.exclude(logo="").values_list("logo", "company_id"))
    for name in storage.missing(named):
        yield f"Empresa {named[name]}: falta el archivo de su logotipo."
