"""«Guardar como cliente»: who was typed for one document is kept for the next."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from hacienda import identificacion
from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.invoicing.editor import cliente, place
from iofacturo.invoicing.editor.acts import Turn

ASKED = "recordar_cliente"


def customer(company: Company, turn: Turn, *, by: User) -> bool:
    """Keep the receiver as a customer if the box is ticked and they are none yet."""
    held = turn.data.get(cliente.side(turn.tipo))
    if not turn.sent.get(ASKED) or turn.tipo == "FEC" or not isinstance(held, dict):
        return False
    tipo = place.get(held, "Identificacion/Tipo")
    numero = place.get(held, "Identificacion/Numero")
    nombre = held.get("Nombre")
    if not (isinstance(nombre, str) and isinstance(tipo, str) and isinstance(numero, str)):
        return False
    if not identificacion.is_valid(tipo, numero):
        return False
    try:
        with transaction.atomic():
            _, made = company.customers.get_or_create(
                identificacion=identificacion.compact(tipo, numero),
                defaults=_columns(held, turn) | {"tipo_identificacion": tipo, "created_by": by},
            )
    except IntegrityError:
        return False
    return bool(made)


def _columns(held: dict[str, Any], turn: Turn) -> dict[str, Any]:
    def text(path: str, most: int) -> str:
        value = place.get(held, path)
        return value[:most] if isinstance(value, str) else ""

    correo = text("CorreoElectronico", 160)
    actividad = turn.data.get("CodigoActividadReceptor")
    return {
        "nombre": text("Nombre", 100),
        "nombre_comercial": text("NombreComercial", 80),
        "actividad": actividad[:6] if isinstance(actividad, str) else "",
        "emails": [correo] if correo else [],
        "telefono": text("Telefono/NumTelefono", 24),
        "provincia": text("Ubicacion/Provincia", 1),
        "canton": text("Ubicacion/Canton", 2),
        "distrito": text("Ubicacion/Distrito", 2),
        "barrio": text("Ubicacion/Barrio", 50),
        "otras_senas": text("Ubicacion/OtrasSenas", 300) or text("OtrasSenasExtranjero", 300),
        "created_at": turn.at,
        "updated_at": turn.at,
    }
