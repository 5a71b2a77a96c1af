"""The sandbox's reception API: take documents in, tell what became of them, list them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from hacienda.errors import InvalidError
from hacienda.respuesta import ACEPTADO, ERROR, PROCESANDO, RECHAZADO, RECIBIDO
from hacienda.sandbox.clock import Clock, instant
from hacienda.sandbox.faults import Faults
from hacienda.sandbox.identity import titular
from hacienda.sandbox.reply import Reply, Request, as_json, refusal
from hacienda.sandbox.store import Document, Store

TIPOS = ("01", "02", "03", "04", "05", "06")
MAX_PAGE = 50
MAX_XML_BYTES = 5_000_000
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,100}", re.ASCII)


class Refused(Exception):
    """The request is turned away at the door, with this status and cause."""

    def __init__(self, status: int, cause: str) -> None:
        super().__init__(cause)
        self.reply = refusal(status, cause)


class Reception:
    """What happens at the door. `due` is called when there is something to judge.

    `delay` is how many seconds, by the sandbox's clock, a document waits for its answer.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        faults: Faults,
        *,
        delay: float,
        due: Callable[[], None],
        forge: Callable[[Document], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._faults = faults
        self._due = due
        self._forge = forge
        self.delay = delay

    def post(self, request: Request, user: str) -> Reply:
        """POST /recepcion."""
        try:
            document = self._read(request.body, user)
        except Refused as refused:
            return refused.reply
        if not self._take_in(document):
            return refusal(
                400, f"El comprobante [{document.identity}] ya fue recibido anteriormente."
            )
        if document.callback_url and self._faults.strikes("callback-forged", document.identity):
            self._forge(document)
        self._due()
        # a whole address, as Hacienda's: not every client knows what a relative one is relative to
        host = request.headers.get("host", "")
        base = f"http://{host}" if _HOST.fullmatch(host) else ""
        location = f"{base}{request.path.rstrip('/')}/{document.identity}"
        return Reply(202, b"", {"Location": location})

    def get(self, identity: str, user: str) -> Reply:
        """GET /recepcion/{clave} and /recepcion/{clave}-{consecutivo}."""
        document = self._store.document(unquote(identity))
        if document is None or self._faults.strikes("invisible", document.identity):
            return refusal(404, f"El comprobante [{identity}] no ha sido recibido.")
        if not _is_party(document, user):
            return refusal(403, "El usuario no es parte de este comprobante.")
        return as_json(status_of(document, self._clock.timestamp()))

    def list(self, request: Request, user: str) -> Reply:
        """GET /comprobantes: those in which the user has a part, newest first."""
        owner = titular(user)
        try:
            offset = _count(request.query.get("offset", "0"))
            limit = min(_count(request.query.get("limit", str(MAX_PAGE))), MAX_PAGE)
        except Refused as refused:
            return refused.reply
        padded = owner.numero.rjust(12, "0") if owner is not None else ""
        values: list[Any] = [tipo + padded for tipo in TIPOS]
        its_own = ", ".join(f"?{n}" for n in range(1, len(values) + 1))
        where = f"state = 'aceptado' AND (emisor IN ({its_own}) OR receptor IN ({its_own}))"
        for name in ("emisor", "receptor"):
            if name in request.query:
                values.append(request.query[name].upper())
                where += f" AND {name} = ?{len(values)}"
        # `where` is made of our own words; what came from outside is in `values`.
        total = self._store.value(f"SELECT count(*) FROM documents WHERE {where}", values)  # noqa: S608
        page = self._store.documents(
            f"{where} ORDER BY sequence DESC LIMIT {limit} OFFSET {offset}", values
        )
        whole = offset == 0 and len(page) == total
        last = max(offset, offset + len(page) - 1)
        return as_json(
            [self._listed(d) for d in page],
            200 if whole else 206,
            {"Content-Range": f"items {offset}-{last}/{total}"},
        )

    def one(self, clave: str, user: str) -> Reply:
        """GET /comprobantes/{clave}."""
        document = self._store.document(unquote(clave))
        if document is None or document.state != ACEPTADO:
            return refusal(404, f"El comprobante [{clave}] no existe.")
        if not _is_party(document, user):
            return refusal(403, "El usuario no es parte de este comprobante.")
        return as_json(self._listed(document))

    def _read(self, body: bytes, user: str) -> Document:
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            raise Refused(400, "El cuerpo de la solicitud no es JSON.") from None
        if not isinstance(data, dict):
            raise Refused(400, "El cuerpo de la solicitud no es un objeto JSON.")
        clave = _text(data, "clave")
        if not re.fullmatch(r"[0-9A-Za-z]{50}", clave):
            raise Refused(400, "La clave no tiene 50 caracteres.")
        consecutivo = _text(data, "consecutivoReceptor", required=False)
        if consecutivo and not re.fullmatch(r"[0-9]{20}", consecutivo):
            raise Refused(400, "El consecutivo del receptor no tiene 20 dígitos.")
        fecha = _text(data, "fecha")
        try:
            instant(fecha)
        except InvalidError:
            raise Refused(400, "La fecha no tiene la forma de RFC 3339.") from None
        emisor = _party(data, "emisor", required=True)
        receptor = _party(data, "receptor", required=False)
        sender = receptor if consecutivo else emisor
        if not _is(user, sender):
            raise Refused(
                403, "La identificación del comprobante no es la del usuario que lo envía."
            )
        now = self._clock.timestamp()
        identity = f"{clave}-{consecutivo}" if consecutivo else clave
        slow = self._faults.strikes("slow", identity)
        return Document(
            sequence=0,
            identity=identity,
            clave=clave,
            fecha=fecha,
            emisor=emisor,
            receptor=receptor,
            xml=_xml(data),
            callback_url=_text(data, "callbackUrl", required=False),
            received_at=now,
            due_at=now + (self._faults.slow_seconds if slow else self.delay),
            state=RECIBIDO,
            receptions=1,
            decisions=0,
            answer=None,
        )

    def _take_in(self, document: Document) -> bool:
        """Keep it; False when it was here before, unless its processing had failed."""
        with self._store.transaction():
            again = self._store.execute(
                "UPDATE documents SET xml = ?, due_at = ?, state = ?, receptions = receptions + 1"
                " WHERE identity = ? AND state = ?",
                (document.xml, document.due_at, RECIBIDO, document.identity, ERROR),
            )
            if again:
                return True
            return bool(
                self._store.execute(
                    "INSERT OR IGNORE INTO documents (identity, clave, fecha, emisor, receptor,"
                    " xml, callback_url, received_at, due_at, state)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        document.identity,
                        document.clave,
                        document.fecha,
                        document.emisor,
                        document.receptor,
                        document.xml,
                        document.callback_url,
                        document.received_at,
                        document.due_at,
                        document.state,
                    ),
                )
            )

    def _listed(self, document: Document) -> dict[str, Any]:
        notes = self._store.rows(
            "SELECT clave, tipo, fecha FROM adjustments WHERE original = ? ORDER BY fecha, clave",
            (document.clave,),
        )
        listed: dict[str, Any] = {
            "clave": document.identity,
            "fecha": document.fecha,
            "emisor": self._named(document.emisor),
        }
        if document.receptor:
            listed["receptor"] = self._named(document.receptor)
        for name, tipo in (("notasCredito", "NC"), ("notasDebito", "ND")):
            listed[name] = [
                {"clave": n["clave"], "fecha": n["fecha"]} for n in notes if n["tipo"] == tipo
            ]
        return listed

    def _named(self, padded: str) -> dict[str, str]:
        nombre = self._store.value(
            "SELECT nombre FROM taxpayers WHERE numero = ?", (padded[2:].lstrip("0"),)
        )
        return {
            "tipoIdentificacion": padded[:2],
            "numeroIdentificacion": padded[2:],
            "nombre": nombre or "",
        }


def status_of(document: Document, now: float, *, camel: bool = False) -> dict[str, str]:
    """The JSON of a state: as the query has it, or as the callback has it."""
    estado = document.state
    if estado == RECIBIDO and now > document.received_at:
        estado = PROCESANDO
    keys = ("indEstado", "respuestaXml") if camel else ("ind-estado", "respuesta-xml")
    data = {
        "clave": document.identity,
        "fecha": document.fecha,
        keys[0]: estado.upper() if camel else estado,
    }
    if estado in (ACEPTADO, RECHAZADO) and document.answer is not None:
        data[keys[1]] = base64.b64encode(document.answer).decode()
    return data


def _is_party(document: Document, user: str) -> bool:
    return _is(user, document.emisor) or _is(user, document.receptor)


def _is(user: str, padded: str) -> bool:
    """Whether the user's name is that of this party; a name that names nobody may be anyone."""
    owner = titular(user)
    return owner is None or (bool(padded) and owner.is_same(padded[2:], padded[:2]))


def _text(data: Mapping[str, Any], name: str, *, required: bool = True) -> str:
    value = data.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value):
        raise Refused(400, f"Falta el dato «{name}» o no es un texto.")
    return value


def _party(data: Mapping[str, Any], name: str, *, required: bool) -> str:
    value = data.get(name)
    if value is None and not required:
        return ""
    tipo = value.get("tipoIdentificacion") if isinstance(value, dict) else None
    numero = value.get("numeroIdentificacion") if isinstance(value, dict) else None
    if not isinstance(tipo, str) or not re.fullmatch(r"0[1-6]", tipo):
        raise Refused(400, f"El tipo de identificación de «{name}» no existe.")
    if not isinstance(numero, str) or not re.fullmatch(r"[0-9A-Za-z]{1,12}", numero):
        raise Refused(400, f"El número de identificación de «{name}» no es válido.")
    return tipo + numero.upper().rjust(12, "0")


def _xml(data: Mapping[str, Any]) -> bytes:
    try:
        xml = base64.b64decode(_text(data, "comprobanteXml"), validate=True)
    except (binascii.Error, ValueError):
        raise Refused(400, "El dato «comprobanteXml» no es base64.") from None
    if len(xml) > MAX_XML_BYTES:
        raise Refused(400, "El comprobante es demasiado grande.")
    return xml


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise Refused(400, "Los parámetros «offset» y «limit» son números.")
    return int(text)
