"""What Hacienda answers about a document: the state, the signed MensajeHacienda, its detail.

Source: reference of the reception API (GET /recepcion/{clave}, callback) and Anexos y Estructuras
v4.4, MensajeHacienda.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hacienda.errors import XMLError

if TYPE_CHECKING:
    from hacienda.comprobante import MensajeHacienda

RECIBIDO = "recibido"
PROCESANDO = "procesando"
ACEPTADO = "aceptado"
RECHAZADO = "rechazado"
ERROR = "error"
# Ours: Hacienda does not know the clave, or not yet.
NO_ENCONTRADO = "no-encontrado"

FINAL = frozenset({ACEPTADO, RECHAZADO})

# A callback is one answer of some kilobytes.
MAX_CALLBACK_BYTES = 5_000_000


@dataclass(frozen=True, slots=True)
class Fila:
    """One row of a detail: Hacienda's own code, its message, row and column of the XML.

    `codigo` is text ("-37") since no catalogue of codes is published; row and column are None
    where they are not given.
    """

    codigo: str
    mensaje: str
    fila: int | None = None
    columna: int | None = None


@dataclass(frozen=True, slots=True)
class Detalle:
    """The DetalleMensaje: the whole text as it came, what precedes the rows, and the rows."""

    texto: str
    nota: str = ""
    filas: tuple[Fila, ...] = ()


@dataclass(frozen=True)
class Respuesta:
    """The state of a document at Hacienda.

    `estado` is in lower case: recibido, procesando, aceptado, rechazado, error, or a word Hacienda
    may yet invent; no-encontrado is ours, for a clave it does not know (yet). `xml` holds the exact
    bytes of the signed MensajeHacienda once there is one.
    """

    clave: str
    estado: str
    fecha: str = ""
    xml: bytes | None = None
    consecutivo: str | None = None
    """of the receiver, when the answer is about a MensajeReceptor"""

    @classmethod
    def read(cls, data: Any) -> Respuesta:
        """From the JSON object of the API or of a callback, in both spellings of its keys.

        Raises `XMLError` when it is no such object.
        """
        if not isinstance(data, Mapping):
            raise XMLError("La respuesta de Hacienda no es un objeto JSON.")
        keys = {_fold_key(k): v for k, v in data.items() if isinstance(k, str)}
        estado, identity = keys.get("indestado"), keys.get("clave")
        if not isinstance(estado, str) or not estado.strip() or not isinstance(identity, str):
            raise XMLError("La respuesta de Hacienda no trae la clave o el estado.")
        clave, _, consecutivo = identity.strip().partition("-")
        fecha = keys.get("fecha")
        return cls(
            clave=clave,
            estado=estado.strip().lower(),
            fecha=fecha if isinstance(fecha, str) else "",
            xml=_decode(keys.get("respuestaxml")),
            consecutivo=consecutivo or None,
        )

    @cached_property
    def mensaje(self) -> MensajeHacienda | None:
        """The MensajeHacienda as a value; None when there is none or it cannot be read."""
        if self.xml is None:
            return None
        from hacienda.comprobante import MensajeHacienda
        from hacienda.xml.reader import read

        try:
            value = read(self.xml)
        except XMLError:
            return None
        return value if isinstance(value, MensajeHacienda) else None

    @cached_property
    def detalle(self) -> Detalle:
        """What Hacienda had to say, rows and all."""
        text = self.mensaje.detalle_mensaje if self.mensaje is not None else None
        return detalle(text or "")

    @property
    def accepted(self) -> bool:
        """Whether it was accepted: the signed message decides, the state only without one."""
        if self.mensaje is not None and self.mensaje.mensaje is not None:
            return self.final and self.mensaje.mensaje.strip() == "1"
        return self.estado == ACEPTADO

    @property
    def rejected(self) -> bool:
        return self.final and not self.accepted

    @property
    def final(self) -> bool:
        """Whether Hacienda will say no more about it."""
        return self.estado in FINAL

    @property
    def failed(self) -> bool:
        """Whether Hacienda's processing failed: ask on for a while, then send again."""
        return self.estado == ERROR

    @property
    def missing(self) -> bool:
        """Whether Hacienda does not know the clave, or not yet."""
        return self.estado == NO_ENCONTRADO

    @property
    def pending(self) -> bool:
        """Whether there is only to wait."""
        return not (self.final or self.failed or self.missing)

    @property
    def warnings(self) -> tuple[Fila, ...]:
        """The rows in the detail of an accepted document: it is valid, and they are advice."""
        return self.detalle.filas if self.accepted else ()

    @property
    def errors(self) -> tuple[Fila, ...]:
        """The rows in the detail of a rejected document."""
        return self.detalle.filas if self.rejected else ()

    def is_about(self, clave: str) -> bool:
        """Whether both the answer and the signed message in it speak of this clave."""
        if self.clave.upper() != clave.upper():
            return False
        inside = self.mensaje.clave if self.mensaje is not None else None
        return inside is None or inside.strip().upper() == clave.upper()


@dataclass(frozen=True, slots=True)
class Aviso:
    """A callback: somebody says that this clave has this state.

    Anybody can say so; Hacienda does not authenticate. It is a hint to ask Hacienda now, and
    nothing else of it is worth keeping.
    """

    clave: str
    estado: str
    consecutivo: str | None = None


def callback(data: bytes | str) -> Aviso:
    """Read the body of a callback. Raises `XMLError` when it cannot be one.

    >>> clave = "50622112600310112345600100001010000000001112345678"
    >>> callback('{"clave": "%s", "indEstado": "ACEPTADO", "respuestaXml": ""}' % clave).estado
    'aceptado'
    """
    if len(data) > MAX_CALLBACK_BYTES:
        raise XMLError("El aviso es demasiado grande.")
    try:
        respuesta = Respuesta.read(json.loads(data))
    except (ValueError, RecursionError) as error:
        raise XMLError("El aviso no es JSON.") from error
    if not re.fullmatch(r"[0-9A-Za-z]{50}", respuesta.clave):
        raise XMLError("El aviso no trae una clave.")
    if respuesta.consecutivo and not re.fullmatch(r"[0-9]{20}", respuesta.consecutivo):
        raise XMLError("El aviso no trae un consecutivo.")
    return Aviso(respuesta.clave, respuesta.estado, respuesta.consecutivo)


def detalle(texto: str) -> Detalle:
    """Take a DetalleMensaje apart, leniently; what is not understood stays in `texto`.

    Rows are recognised after a header "codigo, mensaje, fila, columna" or by their negative code.
    A message may hold commas, quotes and line breaks.

    >>> d = detalle('Aceptado con avisos:\\ncodigo, mensaje, fila, columna\\n'
    ...             '-37, "La provincia, el cantón no son los del RUT", 0, 0')
    >>> d.filas[0].codigo, d.filas[0].mensaje, d.nota
    ('-37', 'La provincia, el cantón no son los del RUT', 'Aceptado con avisos:')
    """
    # Two rows on one line, as happens where the line breaks were lost on the way.
    spread = re.sub(r"([,;\t|] ?\d{1,9} ?[,;\t|] ?\d{1,9}) +(?=-\d{1,6} ?[,;\t|])", r"\1\n", texto)
    note: list[str] = []
    rows: list[list[str]] = []
    after_header = False
    for line in spread.replace("\r\n", "\n").split("\n"):
        if _is_header(line):
            after_header = True
        elif _starts_row(line, any_code=after_header):
            rows.append([line])
        elif rows:
            rows[-1].append(line)
        elif not after_header:
            note.append(line)
    nota = "\n".join(note).strip().rstrip("[").strip()
    return Detalle(texto, nota, tuple(_row("\n".join(lines)) for lines in rows))


def _starts_row(line: str, *, any_code: bool) -> bool:
    match = re.match(r"[\s\[\"']{0,9}(-?)\d{1,6}[\"']{0,2}[ \t]{0,9}[,;\t|]", line)
    return match is not None and (any_code or match.group(1) == "-")


def _is_header(line: str) -> bool:
    words = re.findall(r"[a-z]+", _fold(line[:200]))
    return words[:2] == ["codigo", "mensaje"]


def _row(text: str) -> Fila:
    head, separator, rest = _split_code(text.strip().lstrip("[").strip())
    body = rest.strip().rstrip("]").strip()
    fila: int | None = None
    columna: int | None = None
    parts = body.rsplit(separator, 2)
    if len(parts) == 3 and _number(parts[1]) is not None and _number(parts[2]) is not None:
        body, fila, columna = parts[0], _number(parts[1]), _number(parts[2])
    return Fila(head.strip(" \"'"), body.strip().strip("\"'«»“”").strip(), fila, columna)


def _split_code(text: str) -> tuple[str, str, str]:
    found = re.search(r"[,;\t|]", text)
    if found is None:
        return text, ",", ""
    return text[: found.start()], found.group(), text[found.end() :]


def _number(text: str) -> int | None:
    trimmed = text.strip().strip("\"'")
    return int(trimmed) if re.fullmatch(r"-?[0-9]{1,9}", trimmed) else None


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _fold_key(key: str) -> str:
    """`ind-estado`, `indEstado` and `IND_ESTADO` are one key."""
    return key.lower().replace("-", "").replace("_", "")


def _decode(value: Any) -> bytes | None:
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        # The state is still worth having; the answer can be asked for again.
        return None
