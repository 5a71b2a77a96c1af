"""After a new key was put in front of IOFACTURO_KEYRING: seal again what older keys sealed."""

from typing import Any

from django.core.management.base import BaseCommand

from iofacturo.accounts import sealing


class Command(BaseCommand):
    help = "Seals every secret at rest again with the first key of the ring."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{sealing.rotate()} sealed again")
