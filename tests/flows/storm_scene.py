"""Programs of the storm, run inside its house: twenty companies that can issue; what became of all.

`python -m tests.flows.storm_scene company…` prints JSON on its last line.
"""

import json
import sys
from collections import Counter, defaultdict
from typing import Any

import django

COMPANIES, FOLIOS = 20, 200
JUDGED = 8  # documents shown to the schema, our verifier and xmlsec1
ASKED = 50  # and about so many the sandbox is asked
UNKNOWN = "3101650404"  # a receiver in no register: the sandbox rejects the document


def found() -> dict[str, Any]:
    """Make the companies; for each, its owner's session and the name its forms go by."""
    from django.conf import settings
    from django.test import Client
    from tests import cast
    from tests.invoicing import scene

    from iofacturo import demo
    from iofacturo.lib import clock

    settings.ALLOWED_HOSTS.append("testserver")
    cast.company("Proveedor Demo S.A.", "3101999999", is_provider=True)
    made = []
    for n in range(COMPANIES):
        row = cast.company(f"Empresa {n} S.A.", f"31015000{n:02}")
        scene.set_up(row, folios=FOLIOS, at=clock.now())
        client = Client()
        client.force_login(cast.seat(f"duena{n}", row, "owner"))
        made.append(
            {
                "empresa": row.public_id,
                "session": client.cookies[settings.SESSION_COOKIE_NAME].value,
            }
        )
    (settings.DATA / demo.READY).touch()  # `/salud` waits for it
    return {"companies": made, "cookie": settings.SESSION_COOKIE_NAME}


def told() -> dict[str, Any]:
    """What became of everything, counted here and not by the house's own verify."""
    from tests.invoicing.judges import judge

    from iofacturo.folios.entry import FolioEntry
    from iofacturo.invoicing.models import Comprobante, Draft, Series, Submission
    from iofacturo.outbox.message import Message

    rows = list(Comprobante.objects.select_related("company").order_by("id"))
    numbers: dict[tuple[int, str], list[int]] = defaultdict(list)
    for row in rows:
        numbers[row.company_id, row.consecutivo[:10]].append(int(row.consecutivo[10:]))
    next_numbers = {(one.company_id, one.prefix): one.next_number for one in Series.objects.all()}
    broken_series = [
        [key, sorted(taken), next_numbers[key]]
        for key, taken in numbers.items()
        if sorted(taken) != list(range(1, next_numbers[key]))
    ]
    taken: Counter[str] = Counter()
    for document, qty in FolioEntry.objects.filter(kind__in=("consume", "reverse")).values_list(
        "document", "qty"
    ):
        taken[document] -= qty
    wrong_folios = [
        [row.clave, row.state, taken[row.clave]]
        for row in rows
        if taken[row.clave] != (1 if row.state == "accepted" else 0)
    ]
    some = rows[:: max(1, len(rows) // ASKED)]
    for row in rows[:: max(1, len(rows) // JUDGED)][:JUDGED]:
        judge(row)
    return {
        "documents": len(rows),
        "states": Counter(row.state for row in rows),
        "some": {row.clave: row.state for row in some},
        "mails": Message.objects.filter(to="compras@cliente.cr").count(),
        "expected_mails": sum(row.state == "accepted" and row.tipo == "01" for row in rows),
        "wrong_states": [
            row.clave
            for row in rows
            if (row.state == "rejected") != (row.receptor_numero == UNKNOWN)
        ],
        "submissions": list(
            Submission.objects.exclude(state="done").values_list("state", "last_error")
        ),
        "broken_series": broken_series,
        "wrong_folios": wrong_folios,
        "of_nobody": sorted(set(taken) - {row.clave for row in rows}),
        "drafts": dict(
            Draft.objects.filter(comprobante__isnull=False).values_list(
                "public_id", "comprobante__clave"
            )
        ),
        "operations": {row.operation: row.clave for row in rows},
        "doubled": [
            name for name, count in Counter(row.operation for row in rows).items() if count > 1
        ],
        "claves": len({row.clave for row in rows}),
    }


if __name__ == "__main__":
    django.setup()
    print(json.dumps({"found": found, "told": told}[sys.argv[1]](), default=str))
