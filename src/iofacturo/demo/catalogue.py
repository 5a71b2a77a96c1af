"""What the demo's provider sells, under which terms, and where to transfer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from iofacturo.demo.cast import Cast
from iofacturo.folios import ledger, price
from iofacturo.folios.plan import RATE, Plan
from iofacturo.folios.promotion import Promotion
from iofacturo.renewals import payee, terms

IBAN = "CR05 0152 0200 1026 2840 66"  # the example of the IBAN registry, nobody's account
# code, name, folios, months, final price in colones, benefits
PLANS = [
    ("plan-50", "Plan 50", 50, 6, 12_500, ["Todos los comprobantes 4.4"]),
    ("plan-100", "Plan 100", 100, 6, 22_000, ["Todos los comprobantes 4.4"]),
    ("plan-250", "Plan 250", 250, 12, 45_000, ["Todos los comprobantes 4.4", "Usuarios sin límite"]),
    ("plan-500", "Plan 500", 500, 12, 75_000,
     ["Todos los comprobantes 4.4", "Usuarios sin límite", "Varias sucursales"]),
    ("plan-1000", "Plan 1 000", 1000, 12, 125_000,
     ["Todos los comprobantes 4.4", "Usuarios sin límite", "Varias sucursales"]),
]  # fmt: skip
TERMS = """# Qué se compra

Un plan da una cantidad de folios por un tiempo. Cada comprobante electrónico que su empresa emite usa un folio; consultar, descargar y exportar no usa ninguno y sigue abierto siempre, también después de que el plan vence.

# Desde cuándo y hasta cuándo

El plan empieza el día en que se activa y corre junto a los que ya tenga. Vence al terminar el último día de su vigencia, hora de Costa Rica. Se usan primero los folios que vencen antes. Los que no se usen a tiempo vencen y no se reintegran.

# Si Hacienda rechaza un comprobante

El folio vuelve a su plan con la misma fecha de vencimiento. Si ese plan ya venció, usted recibe un folio para reponer ese comprobante durante 5 días hábiles.

# Pago y revisión

El precio incluye el IVA y se respeta hasta la fecha que indica la solicitud. Revisamos las solicitudes en un máximo de 4 horas hábiles, de lunes a viernes, de 9:00 a. m. a 6:00 p. m., salvo feriados. El plan se activa cuando comprobamos que el dinero llegó a nuestra cuenta. Si transfiere de más, la diferencia queda como saldo a favor.

# Devoluciones

Si el banco retira el dinero, o a petición suya, se anulan los folios sin usar y se emite una nota de crédito por su parte proporcional del precio. Los folios usados no se devuelven.
"""


@dataclass
class Shop:
    plans: dict[str, Plan]


def open_shop(cast: Cast, at: datetime) -> Shop:
    """Plans, terms, the account by two people, and the provider's own folios."""
    admin, senior = cast.people["admin"], cast.people["revisora"]
    plans = {}
    for code, name, folios, months, total, benefits in PLANS:
        plan = Plan.objects.create(code=code, created_at=at, created_by=admin)
        plan.publish(
            name=name,
            folios=folios,
            months=months,
            net=price.net_within(Decimal(total), RATE),
            benefits=benefits,
            by=admin,
            at=at,
        )
        plans[code] = plan
    terms.publish(TERMS, effective_at=at, by=admin, at=at)
    account = payee.propose(
        bank="Banco de Muestra",
        iban=IBAN,
        holder=cast.companies["proveedor"].nombre,
        cedula=cast.companies["proveedor"].identificacion,
        by=admin,
        at=at,
    )
    account.confirm(by=senior, at=at)
    ledger.grant(
        cast.companies["proveedor"],
        "courtesy",
        10**9,
        origin="courtesy:proveedor",
        at=at,
        by=admin,
        months=1200,
        name="Cortesía del proveedor",
    )
    return Shop(plans)


def announce_promotion(cast: Cast, shop: Shop, now: datetime) -> None:
    """One promotion in force: 15 % less on Plan 500 for a few weeks."""
    promotion = Promotion.objects.create(
        code="fin-de-ano", created_at=now, created_by=cast.people["admin"]
    )
    promotion.publish(
        name="Cierre de año",
        kind="percent",
        percent=Decimal(15),
        starts_at=now - timedelta(days=3),
        ends_at=now + timedelta(days=23),
        limit_total=200,
        limit_per_company=3,
        plans=[shop.plans["plan-500"]],
        by=cast.people["admin"],
        at=now - timedelta(days=3),
    )
