"""The demo: people, companies and two years of history, made by the same code as real use.

Everything is written in one transaction under the movable clock, so that a demo that was
interrupted begins again from nothing. It refuses to touch data that is not its own.
"""

import sys
from datetime import datetime

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from iofacturo.accounts.user import User
from iofacturo.demo import cast, catalogue, desk, history, office, shelves, tickets
from iofacturo.demo.counter import CAFE, ROASTER
from iofacturo.lib import clock

READY = "demo.listo"


def main(argv: list[str]) -> int:
    """`iofacturo demo`: exit status 0, or 2 when the demo must not run here."""
    if not settings.DEMO:
        print("iofacturo demo only runs inside `iofacturo run` (make run).", file=sys.stderr)
        return 2
    if argv:
        print("iofacturo demo takes no arguments.", file=sys.stderr)
        return 2
    if foreign():
        print(
            "iofacturo: this database holds data that is not the demo's; it is left alone. "
            "Choose another folder with IOFACTURO_DATA.",
            file=sys.stderr,
        )
        return 2
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    if not User.objects.exists():
        fill(clock.now())
    (settings.DATA / READY).touch(mode=0o600)
    return 0


def foreign() -> bool:
    """Whether the database has people, and the demo's are not among them."""
    if User._meta.db_table not in connection.introspection.table_names():
        return bool(connection.introspection.table_names())
    return User.objects.exists() and not User.objects.filter(email="duena@demo.cr").exists()


def fill(now: datetime) -> None:
    """The whole past, up to *now*."""
    with transaction.atomic():
        with clock.moved_to(history.beginning(now)):
            everybody = cast.gather()
            shop = catalogue.open_shop(everybody, clock.now())
            for name in ("proveedor", "cafe", "arenal", "soda"):
                company = everybody.companies[name]
                office.set_up(company, by=everybody.people["admin"], at=clock.now())
            shelves.import_cabys(clock.now())
            for name, owner, articles in (("cafe", "duena", CAFE), ("arenal", "extrana", ROASTER)):
                company, person = everybody.companies[name], everybody.people[owner]
                shelves.stock(company, articles, by=person, at=clock.now())
                shelves.know(company, by=person, at=clock.now())
                shelves.write_letterhead(company, by=person, at=clock.now())
        with office.near() as hacienda:
            history.live(everybody, shop, hacienda, now)
            desk.lay_out(everybody, shop, hacienda, now)
        tickets.lay_out(everybody, now)
        history.read_old_notices(now)
        history.send_old_mail(now)
