"""Who is in the demo: the provider's people, the customers' people and their companies."""

from dataclasses import dataclass, field

from allauth.account.models import EmailAddress

from iofacturo.accounts.company import Company
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.staff import Staff
from iofacturo.accounts.user import User
from iofacturo.run import PASSWORD

STAFF = [
    ("revisor", "Marta Vega", "reviewer"),
    ("revisora", "Elena Solís", "senior"),
    ("soporte", "Randall Mora", "support"),
    ("admin", "Adriana Quirós", "administrator"),
]
PEOPLE = [
    ("duena", "Luisa Umaña"),
    ("emisor", "Diego Araya"),
    ("contador", "Óscar Chinchilla"),
    ("extrana", "Paola Brenes"),
]
# key, name, cédula, activity, province, canton, district, address
COMPANIES = [
    ("proveedor", "Proveedor Demo S.A.", "3101999999", "6201.0", "1", "01", "01", "Edificio Pórtico, segundo piso"),
    ("cafe", "Café Prueba S.A.", "3101000001", "5610.0", "1", "01", "01", "Avenida central, calle 7, local 12"),
    ("arenal", "Tostadora Arenal Ltda.", "3102284610", "1079.0", "2", "10", "01", "500 metros al norte del parque"),
    ("soda", "Soda La Esquina S.R.L.", "3102415230", "5610.0", "4", "01", "01", "Frente a la escuela Braulio Morales"),
    ("vivero", "Vivero Las Palmas S.A.", "3101330918", "0130.0", "3", "01", "02", "Carretera a Paraíso, kilómetro 4"),
    ("optica", "Óptica Vista Clara S.A.", "3101552047", "4773.0", "1", "02", "01", "Centro comercial, local 8"),
    ("roble", "Ferretería El Roble S.A.", "3101187742", "4752.0", "2", "01", "01", "200 metros al este del mercado"),
]  # fmt: skip
SEATS = [
    ("duena", "cafe", "owner", {}),
    ("emisor", "cafe", "issuer", {}),
    ("contador", "cafe", "accountant", {"can_renew": True}),
    ("contador", "soda", "accountant", {"can_renew": True, "can_issue": True}),
    ("contador", "vivero", "accountant", {}),
    ("contador", "optica", "accountant", {"can_renew": True}),
    ("contador", "roble", "accountant", {"can_renew": True}),
    ("extrana", "arenal", "owner", {}),
    ("soda", "soda", "owner", {}),
    ("vivero", "vivero", "owner", {}),
    ("optica", "optica", "owner", {}),
    ("roble", "roble", "owner", {}),
    ("admin", "proveedor", "owner", {}),
]
OTHERS = [
    ("soda", "Gerardo Salas"),
    ("vivero", "Ana Lucía Rojas"),
    ("optica", "Karen Jiménez"),
    ("roble", "Mauricio Ugalde"),
]


@dataclass
class Cast:
    people: dict[str, User] = field(default_factory=dict)
    companies: dict[str, Company] = field(default_factory=dict)


def gather() -> Cast:
    """Everybody, with their password, seat and confirmed e-mail."""
    cast = Cast()
    for name, full, _ in STAFF:
        cast.people[name] = _person(name, full)
    for name, full in [*PEOPLE, *OTHERS]:
        cast.people[name] = _person(name, full)
    admin = cast.people["admin"]
    for name, _, role in STAFF:
        Staff.objects.create(user=cast.people[name], role=role, created_by=admin)
    for key, nombre, cedula, actividad, provincia, canton, distrito, senas in COMPANIES:
        cast.companies[key] = Company.objects.create(
            tipo_identificacion="02",
            identificacion=cedula,
            nombre=nombre,
            actividad=actividad,
            provincia=provincia,
            canton=canton,
            distrito=distrito,
            otras_senas=senas,
            telefono="22223344",
            emails=[f"facturas@{key}.demo.cr"],
            is_provider=key == "proveedor",
        )
    for name, company, role, grants in SEATS:
        Membership.objects.create(
            user=cast.people[name],
            company=cast.companies[company],
            role=role,
            created_by=admin,
            **grants,
        )
    return cast


def _person(name: str, full: str) -> User:
    email = f"{name}@demo.cr"
    user = User.objects.create_user(email, PASSWORD, name=full)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user
