"""Secrets of second factors lie sealed, bound to their owner, under keys that can be replaced."""

import base64
import os

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, validate_totp_code
from django.core.management import call_command
from tests.cast import person

from hacienda.errors import LlaveError
from iofacturo.accounts import sealing


def key(name: str) -> str:
    return f"{name}:{base64.b64encode(os.urandom(32)).decode()}"


@pytest.fixture
def secret(owner) -> str:
    text = generate_totp_secret()
    with sealing.owner(owner):
        TOTP.activate(owner, text)
        RecoveryCodes.activate(owner)
    return text


def stored(kind: str) -> Authenticator:
    return Authenticator.objects.get(type=kind)


def test_the_table_holds_no_secret(owner, secret):
    assert secret not in str(stored("totp").data)
    assert secret not in str(base64.b64decode(stored("totp").data["secret"]))
    with sealing.owner(owner):
        assert sealing.unseal(stored("totp").data["secret"]) == secret


def test_a_seed_of_recovery_codes_is_sealed_too(owner, secret):
    with sealing.owner(owner):
        seed = sealing.unseal(stored("recovery_codes").data["seed"])
    assert len(seed) == 80
    assert seed not in str(stored("recovery_codes").data)


def test_copied_to_another_person_it_does_not_open(owner, secret):
    thief = person("ladron")
    with sealing.owner(thief), pytest.raises(LlaveError):
        sealing.unseal(stored("totp").data["secret"])


def test_without_a_known_owner_nothing_is_sealed_or_opened(db):
    with pytest.raises(LlaveError):
        sealing.seal("x")


def test_a_key_is_replaced_without_losing_anybody(settings, owner, secret):
    old = settings.KEYRING
    before = stored("totp").data["secret"]
    settings.KEYRING = f"{key('nueva')},{old}"
    with sealing.owner(owner):
        assert sealing.unseal(before) == secret  # the old key still opens
    assert sealing.rotate() == 2
    assert sealing.rotate() == 0
    settings.KEYRING = settings.KEYRING.split(",")[0]  # the old key is gone
    with sealing.owner(owner):
        assert sealing.unseal(stored("totp").data["secret"]) == secret
        assert RecoveryCodes(stored("recovery_codes")).generate_codes()
        with pytest.raises(LlaveError):
            sealing.unseal(before)


def test_a_used_recovery_code_stays_used_through_a_rotation(settings, owner, secret):
    with sealing.owner(owner):
        codes = RecoveryCodes(stored("recovery_codes"))
        spent = codes.generate_codes()[0]
        assert codes.validate_code(spent)
    settings.KEYRING = f"{key('nueva')},{settings.KEYRING}"
    call_command("reseal", verbosity=0)
    with sealing.owner(owner):
        assert not RecoveryCodes(stored("recovery_codes")).validate_code(spent)


def test_a_wrong_code_is_wrong(secret):
    assert not validate_totp_code(secret, "abc")
