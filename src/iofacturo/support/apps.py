"""The room of support."""

from django.apps import AppConfig

from iofacturo.lib import append_only

APPEND_ONLY = ("support_brokenpromise", "support_entry")
FROZEN = {
    # what a ticket is about and whose it is never moves; its state does
    "support_ticket": (
        "company_id", "number", "mail_token", "cause", "author_id", "request_id",
        "comprobante_id", "previous_id", "created_at",
    ),
}  # fmt: skip


class SupportConfig(AppConfig):
    name = "iofacturo.support"
    verbose_name = "Soporte"

    def ready(self) -> None:
        from iofacturo.support import mailbox

        append_only.declare(*APPEND_ONLY, *FROZEN)
        mailbox.box()  # a wrong setting stops the process, not the conversation
