"""How the first administrator of a new house gets in: everybody after them is invited on screen."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from iofacturo.accounts.errors import Refused
from iofacturo.accounts.invitation import invite_staff
from iofacturo.accounts.letter import absolute
from iofacturo.accounts.permissions import STAFF_ROLES
from iofacturo.lib import clock
from iofacturo.outbox.mail import is_address


class Command(BaseCommand):
    help = "Invites EMAIL to the provider's team; the link is mailed and printed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        roles = [name for name, _ in STAFF_ROLES]
        parser.add_argument("email")
        parser.add_argument("--role", choices=roles, default="administrator")

    def handle(self, *args: Any, email: str, role: str, **options: Any) -> None:
        if not is_address(email):
            raise CommandError(f"{email!r} is no e-mail address.")
        try:
            _, token = invite_staff(email, role=role, by=None, at=clock.now())
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(absolute("accounts:invitation", token))
