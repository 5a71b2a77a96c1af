"""What must hold in the outbox's table."""

from collections.abc import Iterator

from django.db.models import Q

from iofacturo.outbox.message import Message


def broken() -> Iterator[str]:
    """One line in Spanish for each offender."""
    for message in Message.objects.filter(sent_at__isnull=False, failed_at__isnull=False):
        yield f"correo {message.key} (id {message.pk}): consta como enviado y como fallido"
    for message in Message.objects.filter(sent_at__isnull=False, attempts=0):
        yield f"correo {message.key} (id {message.pk}): consta como enviado sin ningún intento"
    settled = Q(sent_at__isnull=False) | Q(failed_at__isnull=False)
    for message in Message.objects.filter(settled, lease__isnull=False):
        yield f"correo {message.key} (id {message.pk}): terminó y alguien lo retiene todavía"
    for message in Message.objects.filter(text="", sent_at__isnull=True):
        yield f"correo {message.key} (id {message.pk}): espera y no tiene texto"
