"""A cast everyone knows: the owner and her people, a stranger, the provider's staff.

`cafe` is the company most tests are about; `extrana` owns another one. Every fixture gives a row;
`as_client(user)` gives a logged-in client.
"""

from collections.abc import Callable

import pytest
from django.test import Client

from iofacturo.accounts.company import Company
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.staff import Staff
from iofacturo.accounts.user import User

PASSWORD = "una clave larga para pruebas"


def person(name: str) -> User:
    from allauth.account.models import EmailAddress

    email = f"{name}@ejemplo.cr"
    user = User.objects.create_user(email, PASSWORD, name=name.capitalize())
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def company(nombre: str, identificacion: str, **fields: object) -> Company:
    return Company.objects.create(
        tipo_identificacion="02",
        identificacion=identificacion,
        nombre=nombre,
        actividad="5610.0",
        provincia="1",
        canton="01",
        distrito="01",
        otras_senas="Avenida central, casa 25",
        emails=["facturas@ejemplo.cr"],
        **fields,
    )


def seat(name: str, where: Company, role: str, **grants: bool) -> User:
    user = person(name)
    Membership.objects.create(user=user, company=where, role=role, **grants)
    return user


@pytest.fixture
def cafe(db) -> Company:
    return company("Café Prueba S.A.", "3101000001")


@pytest.fixture
def owner(cafe) -> User:
    return seat("duena", cafe, "owner")


@pytest.fixture
def administrator(cafe) -> User:
    return seat("administra", cafe, "administrator")


@pytest.fixture
def issuer(cafe) -> User:
    return seat("emisor", cafe, "issuer")


@pytest.fixture
def accountant(cafe) -> User:
    return seat("contador", cafe, "accountant")


@pytest.fixture
def reader(cafe) -> User:
    return seat("lectora", cafe, "reader")


@pytest.fixture
def stranger(db) -> User:
    return seat("extrana", company("Tostadora Arenal Ltda.", "3102284610"), "owner")


@pytest.fixture
def nobody(db) -> User:
    """Logged in, with no seat anywhere."""
    return person("nadie")


def staff_person(name: str, role: str) -> User:
    user = person(name)
    Staff.objects.create(user=user, role=role)
    return user


@pytest.fixture
def reviewer(db) -> User:
    return staff_person("revisor", "reviewer")


@pytest.fixture
def other_reviewer(db) -> User:
    return staff_person("revisor2", "reviewer")


@pytest.fixture
def senior(db) -> User:
    return staff_person("revisora", "senior")


@pytest.fixture
def other_senior(db) -> User:
    return staff_person("revisora2", "senior")


@pytest.fixture
def support(db) -> User:
    return staff_person("soporte", "support")


@pytest.fixture
def admin(db) -> User:
    return staff_person("admin", "administrator")


@pytest.fixture
def provider(db) -> Company:
    return company("Proveedor Demo S.A.", "3101999999", is_provider=True)


@pytest.fixture
def as_client(settings) -> Callable[[User], Client]:
    """A client logged in as *user*; staff are let in without MFA unless a test says otherwise."""
    settings.STAFF_MUST_HAVE_MFA = False

    def login(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return login
