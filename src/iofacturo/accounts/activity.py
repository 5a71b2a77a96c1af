"""What happened in a company, in words."""

from collections.abc import Iterator

from hacienda import clave
from iofacturo.accounts.audit import AuditEvent
from iofacturo.accounts.company import Company
from iofacturo.accounts.permissions import COMPANY_ROLES, STAFF_ROLES

ACTS = {
    "company.created": "Registró la empresa",
    "company.changed": "Cambió los datos de la empresa",
    "invitation.sent": "Invitó a {subject}",
    "invitation.resent": "Envió otra vez la invitación a {subject}",
    "invitation.withdrawn": "Retiró la invitación a {subject}",
    "invitation.accepted": "Aceptó la invitación ({subject})",
    "membership.changed": "Cambió el rol de {subject}",
    "membership.removed": "Quitó a {subject}",
    "membership.left": "Salió de la empresa",
    "key.installed": "Guardó la llave criptográfica de {subject}",
    "credentials.installed": "Guardó el usuario de Hacienda {subject}",
    "series.opened": "Abrió la numeración de {subject}",
    "series.started": "Cambió el próximo número de {subject}",
    "sucursal.changed": "Cambió la sucursal {subject}",
    "letterhead.changed": "Cambió {subject}",
    "link.revoked": "Anuló el enlace público de {subject}",
    "renewal.left_group": "Sacó la solicitud {subject} de su grupo",
    "return.opened": "Abrió la devolución {subject} de su saldo",
}
# acts of the provider's people, which belong to no company and are shown to none
OF_STAFF = {
    "payee.proposed", "payee.confirmed", "payee.withdrawn", "staff.changed", "staff.removed",
    "staff_invitation.sent", "staff_invitation.resent", "staff_invitation.withdrawn",
    "staff_invitation.accepted", "terms.published", "article.published", "article.withdrawn",
    "report.subscribed", "report.unsubscribed", "withdrawal.noted", "withdrawal.dismissed",
    "withdrawal.settled",
}  # fmt: skip
ROLES = {**dict(STAFF_ROLES), **dict(COMPANY_ROLES)}
GRANTS = {"can_issue": "puede emitir", "can_renew": "puede renovar"}


def describe(event: AuditEvent) -> str:
    """What the actor did, as a sentence without its subject."""
    words = ACTS.get(event.action)
    if words is None:
        return f"{event.action} {event.subject}".strip()
    return words.format(subject=_subject(event))


def _subject(event: AuditEvent) -> str:
    """Whom or what it was done to; the ten digits of a series in words."""
    digits = event.subject
    if not event.action.startswith("series.") or digits[8:] not in clave.TIPOS:
        return digits
    place = f"sucursal {digits[:3]}, terminal {digits[3:8]}"
    return f"{clave.TIPOS[digits[8:]].lower()}, {place}"


def changes(event: AuditEvent) -> Iterator[str]:
    """What it was and what it became, where the event says so."""
    if "role" in event.detail:
        yield f"Rol: {ROLES.get(event.detail['role'], event.detail['role'])}"
    before, after = event.detail.get("before"), event.detail.get("after")
    if not isinstance(before, dict) or not isinstance(after, dict):
        return
    for name in after:
        if before.get(name) != after[name]:
            yield f"{_label(name)}: {_value(name, before.get(name))} → {_value(name, after[name])}"


def _label(name: str) -> str:
    if name in GRANTS:
        return GRANTS[name].capitalize()
    if name == "role":
        return "Rol"
    label = str(getattr(Company._meta.get_field(name), "verbose_name", name))
    return label[:1].upper() + label[1:]


def _value(name: str, value: object) -> str:
    if name in GRANTS:
        return "sí" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(part) for part in value) or "vacío"
    return ROLES.get(str(value), str(value)) if value else "vacío"
