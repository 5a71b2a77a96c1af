"""What was told to whom, on screen and through the outbox.

notifications.notify("renewal.received", company=company, subject=…, body=…, url=…, key=…, at=now)
notifications.unread(user)
"""

from typing import Any


def notify(kind: str, **told: Any) -> int:
    """Tell people something, on screen and by mail; see `notifications.telling.notify`."""
    from iofacturo.notifications import telling  # models exist only once the apps are loaded

    return telling.notify(kind, **told)


def unread(user: Any) -> int:
    """How many notices *user* has not read, of companies they still belong to."""
    from iofacturo.notifications.notice import Notice

    return Notice.unread(user)
