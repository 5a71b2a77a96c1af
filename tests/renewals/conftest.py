"""What the tests of renewals stand on."""

from collections.abc import Iterator

import pytest
from tests.renewals import scene

from iofacturo.lib import clock
from iofacturo.renewals.request import RenewalRequest


@pytest.fixture
def now() -> Iterator[object]:
    with clock.moved_to(scene.AT):
        yield scene.AT


@pytest.fixture
def house(senior, admin, now) -> None:
    """Terms, the payee account and two plans; the clock stands at scene.AT."""
    scene.house(senior, admin)


@pytest.fixture
def drafted(house, cafe, owner) -> RenewalRequest:
    return scene.drafted(cafe, owner)


@pytest.fixture
def sent(house, cafe, owner) -> RenewalRequest:
    return scene.sent(cafe, owner)
