"""The key: opened from every kind of p12, compared with its owner, sealed and opened again."""

from __future__ import annotations

import base64
import contextlib
import copy
import pickle
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from hacienda_llaves import AFTER, BEFORE, NOW, Authority, authority, ec_key, llave, rsa_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hacienda.certificado import Certificado, Titular
from hacienda.errors import LlaveError
from hacienda.llave import KeyRing, Llave, _iterations, check_owner, check_validity

# other work on the machine must not fail a test
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
PINS = [
    "1234",
    "",
    "clave larga de más de catorce: ñandú€",
    "😀🔑",
    "a" * 300,
    " con espacios ",
    "\"'\\&",
]
RING_TEXT = KeyRing.generate("uno") + "," + KeyRing.generate("dos")


def p12(pin, *, key=None, certificate=None, others=None, encryption=None):
    key = key or rsa_key()
    certificate = certificate or authority().issue(key=key)
    if encryption is None:
        encryption = BestAvailableEncryption(pin.encode()) if pin else NoEncryption()
    return pkcs12.serialize_key_and_certificates(b"llave", key, certificate, others, encryption)


def openssl_p12(tmp_path, pin, *options):
    """A file as other programs make them, with the openssl command."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("the openssl command is not installed")
    certificate = authority().issue()
    pem = rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    source, target = tmp_path / "llave.pem", tmp_path / "llave.p12"
    source.write_bytes(pem + certificate.public_bytes(Encoding.PEM))
    made = subprocess.run(
        [
            program,
            "pkcs12",
            "-export",
            "-in",
            source,
            "-out",
            target,
            "-passout",
            "stdin",
            *options,
        ],
        input=pin.encode() + b"\n",
        capture_output=True,
    )
    if made.returncode:
        pytest.skip(f"this openssl does not make such files: {made.stderr[:120]!r}")
    return target.read_bytes()


# --- opening -----------------------------------------------------------------------------------


@pytest.mark.parametrize("pin", PINS)
@pytest.mark.parametrize("cipher", list(pkcs12.PBES))
def test_it_opens_3des_and_aes_files_with_any_pin(pin, cipher):
    if not pin:
        data = p12(pin)
    else:
        builder = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2048)
        builder = builder.key_cert_algorithm(cipher).hmac_hash(hashes.SHA1())
        data = p12(pin, encryption=builder.build(pin.encode()))
    opened = Llave.from_p12(data, pin)
    assert opened.subject_id == "CPJ-3-101-123456"
    assert (opened.not_before, opened.not_after) == (BEFORE, AFTER)


@pytest.mark.parametrize("pin", ["1234", "ñandú€ largo"])
@pytest.mark.parametrize(
    "options",
    [
        ("-legacy", "-keypbe", "PBE-SHA1-RC2-40", "-certpbe", "PBE-SHA1-RC2-40", "-macalg", "sha1"),
        ("-legacy",),
        ("-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"),
        ("-keypbe", "AES-256-CBC", "-certpbe", "AES-128-CBC"),
        (),
    ],
    ids=["rc2-40", "legacy", "3des", "aes", "default"],
)
def test_it_opens_what_openssl_makes_old_and_new(tmp_path, options, pin):
    opened = Llave.from_p12(openssl_p12(tmp_path, pin, *options), pin)
    assert opened.subject_id == "CPJ-3-101-123456"
    signed = opened.sign(b"texto")
    opened.certificate.public_key().verify(signed, b"texto", padding.PKCS1v15(), hashes.SHA256())


def test_it_opens_accents_in_either_unicode_form():
    assert Llave.from_p12(p12("an\u0303o"), "a\u00f1o").subject_id
    assert Llave.from_p12(p12("a\u00f1o"), "an\u0303o").subject_id


def test_it_opens_a_pin_whose_bytes_an_old_tool_took_for_characters():
    assert Llave.from_p12(p12("año".encode().decode("latin-1")), "año").subject_id


def test_it_takes_memoryviews_and_the_pin_as_bytes():
    assert Llave.from_p12(memoryview(p12("1234")), b"1234").subject_id


def test_it_picks_the_keys_own_certificate_among_its_issuers():
    other = authority().certificate
    opened = Llave.from_p12(p12("1", others=[other, Authority("CA RAIZ", 8).certificate]), "1")
    assert opened.subject_id == "CPJ-3-101-123456"


@pytest.mark.parametrize("pin", ["", "12345", "1234 ", "ñ", "\ud800", b"\xff\xfe", b"x" * 100_000])
def test_a_wrong_pin_is_a_clear_error(pin):
    with pytest.raises(LlaveError, match=r"PIN|llave criptográfica") as caught:
        Llave.from_p12(p12("1234"), pin)
    assert "1234" not in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"", b"hola", b"\x30", b"\x30\x80" * 50, b"PK\x03\x04", b"0" * 300_000]
)
def test_what_is_no_p12_is_refused(data):
    with pytest.raises(LlaveError):
        Llave.from_p12(data, "1234")


@pytest.mark.parametrize("rounds", [2**31 - 1, 2**62, 3_000_000])
def test_a_file_with_a_hostile_work_factor_is_refused_at_once(rounds):
    start = time.process_time()
    with pytest.raises(LlaveError, match="trabajo desmedido"):
        Llave.from_p12(_with_rounds(p12_once(), rounds), "1234")
    assert time.process_time() - start < 3


def test_a_file_with_a_strong_work_factor_is_opened():
    builder = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(60_000)
    assert Llave.from_p12(p12("1234", encryption=builder.build(b"1234")), "1234").subject_id


def _with_rounds(data, rounds):
    """A file whose MAC asks for that many rounds: the last integer of its last element."""
    *before, mac = _elements(data)[0][1]
    kept = _elements(_der(*mac))[0][1][:-1]
    number = rounds.to_bytes(rounds.bit_length() // 8 + 1, "big")
    mac = (0x30, b"".join(_der(tag, _raw(body)) for tag, body in [*kept, (0x02, number)]))
    return _der(0x30, b"".join(_der(tag, _raw(body)) for tag, body in [*before, mac]))


@pytest.mark.parametrize("piece", [1000, 7])
def test_it_opens_ber_files_as_java_writes_them(piece):
    """Open lengths and octets in pieces; the MAC covers the octets put together."""
    der = p12_once()
    assert Llave.from_p12(_ber(der, piece), "1234").subject_id == "CPJ-3-101-123456"
    with pytest.raises(LlaveError, match="PIN"):
        Llave.from_p12(_ber(der, piece), "4321")
    with pytest.raises(LlaveError, match="trabajo desmedido"):
        Llave.from_p12(_ber(_with_rounds(der, 2**31 - 1), piece), "1234")


def test_work_hidden_across_pieces_is_seen():
    _version, (_, (oid, (tag, body))), mac = _elements(p12_once())[0][1]
    octets = _elements(body)[0][1]
    grown = octets.replace(b"\x02\x02\x08\x00", b"\x02\x02\x7f\xff")  # as many bytes, more rounds
    assert grown != octets
    assert max(_iterations(_ber(p12_once(), 7))) == 2048
    hidden = _der(0x30, [_version, (0x30, [oid, (tag, _der(0x04, grown))]), mac])
    assert max(_iterations(_ber(hidden, 7))) == 0x7FFF


@pytest.mark.parametrize(
    "hostile", [b"\x24\x80" * 100_000, b"\x30\x80" * 100_000, b"\x04\x7f" * 100_000]
)
def test_looking_for_hidden_work_takes_no_time(hostile):
    start = time.process_time()
    with pytest.raises(LlaveError):
        Llave.from_p12(b"\x30\x80" + hostile, "1234")
    assert time.process_time() - start < 3


def _ber(der, piece):
    version, (_, (oid, (_, body))), mac = _elements(der)[0][1]
    octets = _elements(body)[0][1]
    pieces = b"".join(_der(4, octets[i : i + piece]) for i in range(0, len(octets), piece))
    content = b"\xa0\x80\x24\x80" + pieces + b"\0\0\0\0"
    info = b"\x30\x80" + _der(*oid) + content + b"\0\0"
    return b"\x30\x80" + _der(*version) + info + _der(*mac) + b"\0\0"


def _elements(data):
    """DER as (tag, content) pairs; the content of a sequence is again such a list."""
    found = []
    while data:
        tag, length, start = data[0], data[1], 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(data[2:start], "big")
        body, data = data[start : start + length], data[start + length :]
        found.append((tag, _elements(body) if tag == 0x30 else body))
    return found


def _raw(body):
    return body if isinstance(body, bytes) else b"".join(_der(*one) for one in body)


def _der(tag, body):
    body = _raw(body)
    size = len(body).to_bytes(4, "big").lstrip(b"\0")
    length = bytes((len(body),)) if len(body) < 128 else bytes((0x80 | len(size),)) + size
    return bytes((tag,)) + length + body


def _sha1(pin):
    builder = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2048)
    return builder.hmac_hash(hashes.SHA1()).build(pin)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (lambda: rsa_key(1, 1024), "1024 bits"),
        (lambda: ec_key(), "no es RSA"),
        (lambda: ed25519.Ed25519PrivateKey.generate(), "no es RSA"),
    ],
)
def test_a_key_hacienda_does_not_take_is_refused(key, said):
    with pytest.raises(LlaveError, match=said):
        Llave.from_p12(p12("1", key=key()), "1")


def test_a_file_without_key_or_with_anothers_certificate_is_refused():
    lone = pkcs12.serialize_key_and_certificates(
        None, None, authority().issue(), None, BestAvailableEncryption(b"1")
    )
    with pytest.raises(LlaveError, match="no contiene una llave"):
        Llave.from_p12(lone, "1")
    bare = pkcs12.serialize_key_and_certificates(
        None, rsa_key(), None, [authority().certificate], BestAvailableEncryption(b"1")
    )
    with pytest.raises(LlaveError, match="certificado de la llave"):
        Llave.from_p12(bare, "1")


@SLOW
@given(st.data())
def test_damaged_files_raise_nothing_but_our_error(data):
    good = bytearray(p12_once())
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(good)))
    with contextlib.suppress(LlaveError):
        Llave.from_p12(bytes(good[:cut] if data.draw(st.booleans()) else good), "1234")


def p12_once(made=[]):  # noqa: B006 - one file for all examples
    if not made:
        made.append(p12("1234", encryption=_sha1(b"1234")))
    return made[0]


# --- owner and validity ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "tipo", "numero"),
    [
        ("CPF-01-1234-0123", "01", "112340123"),
        ("CPF-09-0123-0456", "01", "901230456"),
        ("CPJ-3-101-123456", "02", "3101123456"),
        ("cpj-3-101-a00001", "02", "3101A00001"),
        ("CPJ-3-101-123456", "02", "3-101-123456"),
        ("DIMEX-155812345678", "03", "155812345678"),
        ("NITE-3120123456", "04", "3120123456"),
        ("NUP-155812345678", "03", "155812345678"),
        ("3101123456", "02", "3101123456"),
        ("003101123456", None, "3101123456"),
        ("CPJ 3 101 123456", "02", "3101123456"),
    ],
)
def test_a_key_belongs_to_whom_its_subject_names(subject, tipo, numero):
    assert check_owner(llave(subject), tipo, numero) == []


@pytest.mark.parametrize(
    ("subject", "tipo", "numero"),
    [
        ("CPJ-3-101-123456", "02", "3101123457"),
        ("CPJ-3-101-123456", "01", "3101123456"),
        ("CPF-01-1234-0123", "02", "3101123456"),
        ("CPF-01-1234-0123", "01", "112340124"),
        ("CPJ-", "02", ""),
        ("---", "02", "3101123456"),
    ],
)
def test_anothers_key_is_a_problem(subject, tipo, numero):
    problems = check_owner(llave(subject), tipo, numero)
    assert [(one.code, one.severity) for one in problems] == [("llave-de-otro", "error")]


def test_a_key_that_names_nobody_is_a_problem():
    assert [one.code for one in check_owner(llave(None), "02", "3101123456")] == [
        "llave-sin-titular"
    ]


@SLOW
@given(st.text(max_size=60), st.text(max_size=20))
def test_reading_a_subject_never_fails(subject, numero):
    titular = Titular.parse(subject)
    assert titular.is_same(titular.numero) or not titular.numero
    titular.is_same(numero, "01")


@pytest.mark.parametrize(
    ("when", "codes"),
    [
        (BEFORE - timedelta(seconds=1), [("llave-aun-no-vale", "error")]),
        (BEFORE, []),
        (AFTER - timedelta(days=31), []),
        (AFTER - timedelta(days=29), [("llave-por-vencer", "warning")]),
        (AFTER, [("llave-por-vencer", "warning")]),
        (AFTER + timedelta(seconds=1), [("llave-vencida", "error")]),
    ],
)
def test_validity_is_told(when, codes):
    assert [(one.code, one.severity) for one in check_validity(llave(), when)] == codes


def test_days_are_told_in_costa_ricas_time():
    late = authority().llave(after=datetime(2028, 3, 1, 3, 0, tzinfo=UTC))
    assert "29/02/2028" in check_validity(late, AFTER)[0].message


def test_a_sandbox_key_is_known_as_such():
    assert not llave().sandbox
    assert Authority("CA PERSONA FISICA - SANDBOX", 7).llave().sandbox


def test_an_unreadable_certificate_is_our_error():
    for junk in (b"", b"\x30\x03\x02\x01\x01", b"x" * 70_000):
        with pytest.raises(LlaveError):
            Certificado.from_der(junk)


# --- the ring ----------------------------------------------------------------------------------


def test_what_is_sealed_opens_for_its_owner_and_purpose_only():
    ring = KeyRing.from_text(RING_TEXT)
    blob = ring.seal(b"secreto", owner="3101123456", purpose="totp")
    assert b"secreto" not in blob
    assert ring.open(memoryview(blob), owner="3101123456", purpose="totp") == b"secreto"
    for owner, purpose in (("3101123457", "totp"), ("3101123456", "firma"), ("3101123456totp", "")):
        with pytest.raises(LlaveError):
            ring.open(blob, owner=owner, purpose=purpose)


def test_owner_and_purpose_do_not_run_into_each_other():
    ring = KeyRing.from_text(RING_TEXT)
    blob = ring.seal(b"x", owner="a|b", purpose="c")
    with pytest.raises(LlaveError):
        ring.open(blob, owner="a", purpose="b|c")


def test_two_seals_of_one_secret_differ():
    ring = KeyRing.from_text(RING_TEXT)
    assert ring.seal(b"x", owner="o", purpose="p") != ring.seal(b"x", owner="o", purpose="p")


def test_a_ring_is_rotated_by_putting_a_key_in_front():
    old, new = KeyRing.generate("2026a"), KeyRing.generate("2026b")
    blob = KeyRing.from_text(old).seal(b"dato", owner="o", purpose="p")
    both = KeyRing.from_text(f"{new},{old}")
    assert both.open(blob, owner="o", purpose="p") == b"dato"
    assert not both.is_current(blob)
    fresh = both.rotate(blob, owner="o", purpose="p")
    assert both.is_current(fresh)
    assert both.rotate(fresh, owner="o", purpose="p") == fresh
    assert KeyRing.from_text(new).open(fresh, owner="o", purpose="p") == b"dato"
    with pytest.raises(LlaveError, match="2026a"):
        KeyRing.from_text(new).open(blob, owner="o", purpose="p")


@SLOW
@given(st.binary(max_size=300), st.text(max_size=20), st.text(max_size=20), st.data())
def test_anything_sealed_comes_back_and_any_change_is_seen(secret, owner, purpose, data):
    ring = KeyRing.from_text(RING_TEXT)
    blob = ring.seal(secret, owner=owner, purpose=purpose)
    assert ring.open(blob, owner=owner, purpose=purpose) == secret
    position = data.draw(st.integers(0, len(blob) - 1))
    changed = bytearray(blob)
    changed[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(LlaveError):
        ring.open(bytes(changed), owner=owner, purpose=purpose)


@SLOW
@given(st.one_of(st.binary(max_size=80), st.text(max_size=20), st.none(), st.integers()))
def test_junk_raises_nothing_but_our_error(junk):
    ring = KeyRing.from_text(RING_TEXT)
    with pytest.raises(LlaveError):
        ring.open(junk, owner="o", purpose="p")
    with pytest.raises(LlaveError):
        Llave.unseal(ring, junk, "o")


KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"a:{KEY}",
        f" a:{KEY} , b:{KEY}\n",
        f"a:{KEY.rstrip('=')}",
        f"a:{base64.urlsafe_b64encode(bytes([251] * 32)).decode()}",
        f"a:{KEY},",
    ],
)
def test_rings_are_read_as_people_write_them(text):
    ring = KeyRing.from_text(text)
    assert ring.open(ring.seal(b"x", owner="o", purpose="p"), owner="o", purpose="p") == b"x"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "vacío"),
        (" , ", "vacío"),
        (KEY, "id:base64"),
        (f"a:{KEY},a:{KEY}", "dos veces"),
        (f"ñ:{KEY}", "nombre"),
        (f"{'x' * 40}:{KEY}", "nombre"),
        ("a:c2hvcnQ=", "5 bytes"),
        ("a:no*es*base64", "base64"),
        ("a:", "0 bytes"),
    ],
)
def test_a_bad_ring_is_a_clear_error_that_shows_no_key(text, said):
    with pytest.raises(LlaveError, match=said) as caught:
        KeyRing.from_text(text)
    assert KEY[:20] not in str(caught.value)
    assert caught.value.__cause__ is None


# --- sealed keys -------------------------------------------------------------------------------


def test_a_key_is_sealed_and_opened_whole():
    ring = KeyRing.from_text(RING_TEXT)
    original = llave()
    blob = original.seal(ring, "3101123456")
    again = Llave.unseal(ring, blob, "3101123456")
    assert again.certificado == original.certificado
    assert again.sign(b"lo mismo") == original.sign(b"lo mismo")
    for owner, purpose in (("3101123457", "firma"), ("3101123456", "totp")):
        with pytest.raises(LlaveError):
            Llave.unseal(ring, blob, owner, purpose)


def test_opening_a_sealed_key_does_not_check_it_again():
    ring = KeyRing.from_text(RING_TEXT)
    blob = llave().seal(ring, "o")
    start = time.process_time()
    for _ in range(20):
        Llave.unseal(ring, blob, "o")
    # checking takes tens of milliseconds for each
    assert (time.process_time() - start) / 20 < 0.008


def test_a_seal_that_holds_something_else_is_no_key():
    ring = KeyRing.from_text(RING_TEXT)
    der = llave().certificado.der
    framed = b"\x01" + len(der).to_bytes(4, "big") + der
    for data in (
        b"",
        b"\x01",
        b"\x02abcde",
        framed,
        framed + b"junk",
        b"\x01\xff\xff\xff\xff" + der,
    ):
        blob = ring.seal(data, owner="o", purpose="firma")
        with pytest.raises(LlaveError):
            Llave.unseal(ring, blob, "o")
    pkcs8 = ec_key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(LlaveError, match="RSA"):
        Llave.unseal(ring, ring.seal(framed + pkcs8, owner="o", purpose="firma"), "o")


def test_secrets_are_never_shown_copied_or_pickled():
    ring = KeyRing.from_text(f"a:{KEY}")
    for secret in (ring, llave()):
        shown = f"{secret!r} {secret!s}"
        assert KEY[:16] not in shown
        assert "0x" not in shown
        for spill in (pickle.dumps, copy.deepcopy):
            with pytest.raises(LlaveError):
                spill(secret)
    assert isinstance(llave().private_key, rsa.RSAPrivateKey)
    assert isinstance(llave().certificate, x509.Certificate)
    assert check_validity(llave(), NOW) == []
