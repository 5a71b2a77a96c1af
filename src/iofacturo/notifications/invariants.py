"""What must hold in the notices' table."""

from collections.abc import Iterator

from django.db.models import Exists, OuterRef

from iofacturo.notifications.notice import Notice
from iofacturo.outbox.message import Message


def broken() -> Iterator[str]:
    """One line in Spanish for each offender."""
    mail = Message.objects.filter(key=OuterRef("key"))
    for notice in Notice.objects.filter(~Exists(mail)).iterator():
        yield f"aviso {notice.key} (id {notice.pk}): no tiene su correo"
    for notice in Notice.objects.exclude(url="").exclude(url__startswith="/").iterator():
        yield f"aviso {notice.key} (id {notice.pk}): su enlace sale del portal"
