"""Every kind of notice, in one table: how it is shown, who gets it, and what it says.

The rooms that know the details word their own notices (`subject` and `body` of `notify`); what is
the same every time is worded here, with the values of `params` in their places.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Kind:
    label: str  # what sort of news it is, in two or three words
    icon: str
    tone: str = ""  # as badges have it: "", info, ok, warn, bad
    act: str = "renew"  # people of the company who may do this are told; empty: of the provider
    subject: str = ""
    body: str = ""
    news: str = ""  # what it tells, for who chooses; empty: it belongs to the contract, nobody does
    topic: str = ""  # of TOPICS, where it stands among the preferences

    @property
    def contract(self) -> bool:
        """Whether it arrives whatever its person prefers."""
        return not self.news


TOPICS = {
    "plan": "Su plan y sus folios",
    "comprobantes": "Comprobantes",
    "tickets": "Soporte",
    "equipo": "Trabajo del equipo",
}

EARLY = (
    "Puede renovar desde ya: lo que compre se suma y los folios que le quedan conservan su fecha."
)
AFTER_EXPIRY = "Los que queden ese día no se podrán usar después; primero se gastan esos."

_KINDS: dict[str, Kind] = {
    "renewal.received": Kind("Solicitud recibida", "inbox", "info"),
    "renewal.group_received": Kind("Solicitudes recibidas", "inbox", "info"),
    "renewal.taken": Kind("En revisión", "eye", "info"),
    "renewal.correction": Kind("Corrección solicitada", "edit", "warn"),
    "renewal.answered": Kind("Corrección recibida", "inbox", "info"),
    "renewal.activated": Kind("Plan activado", "good", "ok"),
    "renewal.rejected": Kind("Solicitud rechazada", "stop", "bad"),
    "renewal.cancelled": Kind("Solicitud cancelada", "void"),
    "renewal.expired": Kind("Solicitud vencida", "calendar", "warn"),
    "renewal.lapsed": Kind("Precio vencido", "calendar", "warn"),
    "renewal.resurrected": Kind("Solicitud reabierta", "retry", "info"),
    "renewal.rescheduled": Kind("Nueva hora de respuesta", "clock", "info"),
    "renewal.reversed": Kind("Plan revertido", "void", "bad"),
    "renewal.returned": Kind("Saldo devuelto", "bank", "ok"),
    "renewal.account_changed": Kind("Cambió la cuenta para pagos", "shield", "warn"),
    "renewal.money_waits": Kind("Llegó su transferencia", "bank", "warn"),
    "renewal.withdrawn": Kind("El banco retiró un pago", "alert", "bad"),
    "renewal.invoice_rejected": Kind("Factura por corregir", "edit", "warn"),
    "ticket.opened": Kind("Ticket recibido", "ticket", "info"),
    "ticket.written": Kind("Mensaje en un ticket", "ticket", "info"),
    "ticket.answered": Kind("Respuesta de soporte", "ticket", "info"),
    "ticket.resolved": Kind("Ticket resuelto", "good", "ok"),
    "ticket.copied": Kind("En copia de un ticket", "ticket", "info"),
    "ticket.late": Kind("Vamos tarde", "clock", "warn"),
    # to the provider's people
    "ticket.new": Kind("Ticket nuevo", "ticket", "info", ""),
    "ticket.reply": Kind("Mensaje del cliente", "ticket", "info", ""),
    "ticket.assigned": Kind("Ticket asignado", "ticket", "info", ""),
    "ticket.handover": Kind("Soporte pide revisar", "ticket", "warn", ""),
    # params: document, number (of the request), said; to the provider's people
    "provider.rejected": Kind(
        "Factura rechazada", "stop", "bad", "",
        "Hacienda rechazó {document}, de la solicitud {number}",
        "{said}\n\nEl plan sigue activo. Hay que corregir los datos y emitir otra.",
    ),
    # params: number, company, by (who passes it), reason, until; to a colleague of the desk
    "desk.handed_over": Kind(
        "Solicitud para usted", "people", "info", "",
        "{by} le pasó la solicitud {number}",
        "Es de {company}. {by} escribió: «{reason}»\n\nQueda reservada para usted hasta: {until}",
    ),
    # params: document (its name), said (Hacienda's reasons in plain words)
    "comprobante.rejected": Kind(
        "Comprobante rechazado", "stop", "bad", "issue",
        "Hacienda rechazó {document}",
        "{said}\n\nEl folio volvió a su plan. Corrija los datos y emita uno nuevo: "
        "el número rechazado no se vuelve a usar.",
    ),
    # params: name, day, rejected, issued, percent; to the company's people who configure
    "rejections.many": Kind(
        "Muchos rechazos", "stop", "bad", "configure",
        "Hacienda rechazó {rejected} de sus {issued} comprobantes del {day}",
        "Es el {percent}: casi siempre se debe a un dato que se repite en todos, como la "
        "actividad económica, la dirección o un producto. En cada documento está la razón. "
        "Los folios de los rechazados volvieron a su plan.",
    ),
    # the same, to the provider's people
    "rejections.many_of": Kind(
        "Muchos rechazos", "stop", "bad", "",
        "Hacienda rechazó {rejected} de {issued} comprobantes de {name}",
        "Son los del {day}, el {percent}. Vea qué dicen las respuestas y llame al cliente: puede "
        "ser un dato suyo, o algo nuestro.",
    ),
    # params: document, why
    "delivery.refused": Kind(
        "Envío detenido", "alert", "bad", "issue",
        "Hacienda no quiso recibir {document}",
        "{why}\n\nNo se vuelve a enviar por sí solo. Si no ve cómo corregirlo, escríbale a soporte.",
    ),
    "delivery.credentials": Kind(
        "Envío detenido", "alert", "bad", "configure",
        "Hacienda no acepta el usuario de la empresa",
        "Sus comprobantes están emitidos y guardados, pero no se pueden enviar. "
        "Revise el usuario y la contraseña de Hacienda en Empresa, «Preparar facturación»: "
        "al guardarlos, todo se envía.",
    ),
    # params: day (the last day of the key), name (the company's)
    "key.30_days": Kind(
        "Llave", "key", "warn", "configure",
        "Su llave criptográfica vence en 30 días",
        "Vence el {day}. Genere una nueva en la oficina virtual de Hacienda y súbala: "
        "sin llave, {name} no puede emitir.",
    ),
    "key.7_days": Kind(
        "Llave", "key", "warn", "configure",
        "Su llave criptográfica vence en una semana",
        "Vence el {day}. Genere una nueva en la oficina virtual de Hacienda y súbala: "
        "sin llave, {name} no puede emitir.",
    ),
    "key.1_day": Kind(
        "Llave", "key", "bad", "configure",
        "Su llave criptográfica vence mañana",
        "Vence el {day}. Genere hoy una nueva en la oficina virtual de Hacienda y súbala: "
        "desde ese día {name} no podrá emitir.",
    ),
    "key.expired": Kind(
        "Llave vencida", "stop", "bad", "configure",
        "Su llave criptográfica venció",
        "Venció el {day} y {name} no puede emitir. Genere una nueva en la oficina virtual de "
        "Hacienda y súbala. Sus borradores están guardados; consultar y descargar sigue abierto.",
    ),
    "delivery.late": Kind(
        "Hacienda tarda", "clock", "warn", "issue",
        "Hacienda lleva más de tres horas sin responder",
        "Sus comprobantes están emitidos y puede entregarlos. Seguimos preguntando; usted no tiene que hacer nada.",
    ),
    # params: document (the purchase), supplier
    "reception.rejected": Kind(
        "Respuesta rechazada", "stop", "bad", "issue",
        "Hacienda rechazó su respuesta a {document}",
        "Es la compra a {supplier}. El documento quedó otra vez por responder: en su página "
        "está lo que dijo Hacienda.",
    ),
    # params: customer, number, day (the last one on which it holds)
    "exoneracion.ending": Kind(
        "Exoneración", "calendar", "warn", "issue",
        "La exoneración de {customer} está por vencer",
        "Es la {number} y vale hasta el {day}. Pídale la nueva a su cliente.",
    ),
    "exoneracion.expired": Kind(
        "Exoneración vencida", "stop", "warn", "issue",
        "Venció la exoneración de {customer}",
        "Es la {number} y valió hasta el {day}. Desde ahora sus facturas llevan el IVA completo, "
        "hasta que registre la nueva.",
    ),
    # params: which (how many products, in words)
    "cabys.changed": Kind(
        "Catálogo CAByS", "alert", "warn", "issue",
        "El catálogo CAByS cambió: revise {which}",
        "El código ya no está en el catálogo, o el catálogo sugiere otra tarifa de IVA. "
        "Corríjalos antes de volver a facturarlos.",
    ),
    # params: what (the filters in words)
    "export.ready": Kind(
        "Descarga lista", "download", "ok", "see",
        "Su descarga está lista",
        "{what}.\n\nEstará disponible durante 7 días en la página de descargas.",
    ),
    "export.failed": Kind(
        "Descarga", "alert", "bad", "see",
        "No se pudo preparar su descarga",
        "{what}.\n\nPídala de nuevo; si se repite, escríbale a soporte.",
    ),
    # params: left (folios of all live plans); {remain} is it in words, "Le quedan 20 folios"
    "folios.20": Kind(
        "Folios", "plan", "warn", "issue",
        "{remain}",
        "Ya usó el 80 % de los folios de sus planes vigentes.\n\n" + EARLY,
    ),
    "folios.10": Kind(
        "Folios", "plan", "warn", "issue",
        "{remain}: conviene renovar pronto",
        "Ya usó el 90 % de los folios de sus planes vigentes.\n\n" + EARLY,
    ),
    "folios.0": Kind(
        "Folios", "alert", "bad", "issue",
        "Se le acabaron los folios",
        "Sus borradores se guardan y los podrá emitir en cuanto active un plan.\n\n"
        "Consultar y descargar sigue abierto.",
    ),
    # params: left (folios of grace)
    "folios.grace": Kind(
        "Folios", "plan", "warn", "issue",
        "Se le acabaron los folios: puede seguir con {left} de gracia",
        "Puede seguir emitiendo mientras revisamos su solicitud. Los folios de gracia que use se "
        "reponen con los del plan, cuando se active.",
    ),
    "folios.grace_0": Kind(
        "Folios", "alert", "bad", "issue",
        "Usó todos los folios de gracia",
        "Sus borradores se guardan y los podrá emitir en cuanto se active su plan.\n\n"
        "Consultar y descargar sigue abierto.",
    ),
    # params: plan (its name), day (last valid day), left (folios of that plan)
    "folios.30_days": Kind(
        "Vencimiento", "calendar", "info", "issue",
        "Su {plan} vence el {day}: aún tiene {left}",
        "Faltan 30 días. " + AFTER_EXPIRY + "\n\n" + EARLY,
    ),
    "folios.7_days": Kind(
        "Vencimiento", "calendar", "warn", "issue",
        "Su {plan} vence el {day}: aún tiene {left}",
        "Falta una semana. " + AFTER_EXPIRY + "\n\n" + EARLY,
    ),
    "folios.1_day": Kind(
        "Vencimiento", "calendar", "bad", "issue",
        "Su {plan} vence mañana: aún tiene {left}",
        "El último día para usarlos es el {day}. Consultar y descargar seguirá abierto.\n\n"
        + EARLY,
    ),
}  # fmt: skip


# What people may switch off, as the page of preferences words it. The rest always arrives: how a
# renewal goes, that one cannot issue any more, the answer one asked for.
NEWS = {
    "plan": {
        "renewal.received": "Recibimos su solicitud",
        "renewal.group_received": "Recibimos las solicitudes de varias empresas",
        "renewal.taken": "Alguien empezó a revisar su solicitud",
        "folios.20": "Le queda el 20 % de los folios",
        "folios.10": "Le queda el 10 % de los folios",
        "folios.30_days": "Un plan vence en 30 días",
        "folios.7_days": "Un plan vence en una semana",
    },
    "comprobantes": {
        "comprobante.rejected": "Hacienda rechazó un comprobante",
        "rejections.many": "Hacienda rechazó muchos comprobantes en un día",
        "delivery.late": "Hacienda tarda más de tres horas",
        "reception.rejected": "Hacienda rechazó la respuesta a una compra",
        "key.30_days": "La llave vence en 30 días",
        "key.7_days": "La llave vence en una semana",
        "exoneracion.ending": "La exoneración de un cliente está por vencer",
        "exoneracion.expired": "Venció la exoneración de un cliente",
        "cabys.changed": "El catálogo CAByS cambió para sus productos",
        "export.ready": "Una descarga está lista",
        "export.failed": "Una descarga no se pudo preparar",
    },
    "tickets": {
        "ticket.opened": "Recibimos su ticket",
        "ticket.written": "Un colega escribió en un ticket suyo",
        "ticket.copied": "Lo pusieron en copia de un ticket",
    },
    "equipo": {
        "ticket.new": "Llegó un ticket",
        "ticket.reply": "Un cliente contestó un ticket",
        "ticket.assigned": "Le asignaron un ticket",
        "ticket.handover": "Soporte pide revisar una solicitud",
        "desk.handed_over": "Le pasaron una solicitud",
        "provider.rejected": "Hacienda rechazó una factura del proveedor",
        "rejections.many_of": "Un cliente tiene muchos rechazos",
    },
}
KINDS = _KINDS | {
    name: replace(_KINDS[name], news=news, topic=topic)
    for topic, named in NEWS.items()
    for name, news in named.items()
}


def get(kind: str) -> Kind:
    """The entry of *kind*; KeyError with its name when the table lacks it."""
    try:
        return KINDS[kind]
    except KeyError:
        raise KeyError(f"{kind!r} is no kind of notice: add it to notifications/kinds.py") from None
