"""The three answers about a document: integrity, trust, signer."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from cryptography import x509
from lxml import etree

from hacienda.certificado import Certificado
from hacienda.comprobante import COSTA_RICA
from hacienda.confianza import Roots
from hacienda.errors import LlaveError, Problem
from hacienda.verificacion.arbol import Refused, local
from hacienda.verificacion.emisor import ISSUED, Issuer, is_issuer, issuer_of
from hacienda.verificacion.firma import Firma
from hacienda.verificacion.lugar import ids_of, placed, refuse_costly
from hacienda.xml.parser import parse, utf8

Trust = Literal["trusted", "untrusted", "unknown"]


@dataclass(frozen=True, slots=True)
class Verification:
    """What a document's signature is worth.

    `integrity`, `trust` and `signer_is_issuer` (None: nothing to compare) are the three answers.
    `signer` is the certificate's identification as written (`CPJ-3-101-123456`), `signer_name` its
    common name; the instants are aware. `problems` explain every answer that is not the good one,
    and what is merely odd (severity `warning`).
    """

    integrity: bool
    trust: Trust = "unknown"
    signer_is_issuer: bool | None = None
    signer: str | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    problems: tuple[Problem, ...] = ()
    signer_name: str | None = None
    signing_time: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """The answer as `hacienda verify --json` prints it."""
        return {
            "integrity": self.integrity,
            "trust": self.trust,
            "signer_is_issuer": self.signer_is_issuer,
            "signer": self.signer,
            "not_before": self.not_before.isoformat() if self.not_before else None,
            "not_after": self.not_after.isoformat() if self.not_after else None,
            "problems": [
                {
                    "code": one.code,
                    "path": one.path,
                    "severity": one.severity,
                    "message": one.message,
                }
                for one in self.problems
            ],
        }


def verify(
    xml: bytes,
    roots: Roots | Iterable[x509.Certificate] | str | Path | None = None,
    *,
    at: datetime | None = None,
) -> Verification:
    """Check the signature of a document, of any type and of any vendor.

    `roots` are the trusted authorities: `Roots`, certificates, or the folder that holds them; None
    takes the folder that `HACIENDA_CA_DIR` names, and without one trust is "unknown". Certificates
    are judged at the instant `at` (naive: Costa Rica's time); None judges them at the time of
    signing that the signature states, so that an old document does not go stale with its key.

    Raises `XMLError` for what is no acceptable XML (malformed, a DTD, oversized, too deep). A
    document without a signature, or with a bad one, is no exception: its `integrity` is False.
    """
    root = parse(xml, whole=True)
    try:
        nodes = placed(root)
        refuse_costly(utf8(xml), root)
    except Refused as refusal:
        return Verification(False, problems=(refusal.problem,))
    ids = ids_of(root)
    checks = [Firma(node, index, len(nodes), ids) for index, node in enumerate(nodes)]
    for check in checks:  # all that is judged in place goes before anything is cut out
        check.run()
    for check in checks:
        check.cover(root if len(nodes) == 1 else parse(xml, whole=True))
    issuer = issuer_of(root)
    chosen = next((one for one in checks if is_issuer(one.certificado, issuer)), checks[0])
    problems = [problem for one in checks for problem in one.problems]
    problems += _remarks(root, checks)
    signer_is_issuer = None
    if issuer is not None and chosen.certificado is not None:
        signer_is_issuer = is_issuer(chosen.certificado, issuer)
        if not signer_is_issuer:
            problems.append(_not_the_issuer(chosen.certificado, issuer))
    moment = at or chosen.signing_time or datetime.now(UTC)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=COSTA_RICA)
    trust, doubts = _trust(chosen, roots, moment, stated=at is not None)
    certificado = chosen.certificado
    return Verification(
        integrity=not any(one.broken for one in checks),
        trust=trust,
        signer_is_issuer=signer_is_issuer,
        signer=certificado.signer if certificado else None,
        not_before=certificado.not_before if certificado else None,
        not_after=certificado.not_after if certificado else None,
        problems=(*problems, *doubts),
        signer_name=certificado.name if certificado else None,
        signing_time=chosen.signing_time,
    )


def _not_the_issuer(certificado: Certificado, issuer: Issuer) -> Problem:
    return Problem(
        "firmante-no-es-emisor",
        issuer.path,
        "error",
        f"Firmó {certificado.signer}, pero el documento dice ser de {issuer.numero or 'nadie'}.",
        "Hacienda rechaza lo que firma otra persona.",
    )


def _remarks(root: etree._Element, checks: Sequence[Firma]) -> list[Problem]:
    """What is odd about a document's signatures taken together."""
    found: list[Problem] = []
    if len(checks) > 1:
        signers = ", ".join(one.certificado.signer for one in checks if one.certificado)
        found.append(
            Problem(
                "varias-firmas",
                "ds:Signature",
                "warning",
                f"El documento tiene {len(checks)} firmas: {signers}.",
            )
        )
    issued = local(root) in ISSUED or local(root) == "MensajeReceptor"
    if issued and not all(one.has_policy or one.broken for one in checks):
        found.append(
            Problem(
                "sin-politica",
                "ds:Signature",
                "warning",
                "La firma no nombra la política de firma de Hacienda (XAdES-EPES).",
            )
        )
    return found


def _trust(
    check: Firma,
    roots: Roots | Iterable[x509.Certificate] | str | Path | None,
    at: datetime,
    *,
    stated: bool,
) -> tuple[Trust, list[Problem]]:
    certificado = check.certificado
    path = f"{check.path}/ds:KeyInfo"
    doubts: list[Problem] = []
    try:
        known = _roots(roots)
    except LlaveError as error:
        known = None
        doubts.append(Problem("raices-ilegibles", "", "warning", error.message))
    if certificado is None:
        return "unknown", doubts
    if known is None or not len(known):
        if stated and not certificado.is_valid_at(at):
            message = "El certificado del firmante no estaba vigente."
            doubts.append(Problem("certificado-no-confiable", path, "warning", message))
        return "unknown", doubts
    refusal = known.refusal(certificado.x509, check.others, at)
    if refusal is None:
        return "trusted", doubts
    return "untrusted", [*doubts, Problem("certificado-no-confiable", path, "error", refusal)]


def _roots(roots: Roots | Iterable[x509.Certificate] | str | Path | None) -> Roots | None:
    if roots is None:
        directory = os.environ.get("HACIENDA_CA_DIR", "")
        return Roots.from_directory(directory) if directory else None
    if isinstance(roots, Roots):
        return roots
    if isinstance(roots, (str, Path)):
        return Roots.from_directory(roots)
    return Roots(roots)
