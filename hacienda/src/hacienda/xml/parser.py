"""One way to parse XML that somebody else wrote: nothing is fetched, expanded or unbounded.

Documents come from suppliers, from mail and from the web, so everything that makes parsing
dangerous is refused before libxml2 sees it: document type declarations (and with them entities
and files or addresses to fetch), input that is too large, and markup in such numbers that the
tree would fill the memory. libxml2 itself stops at 256 levels.

What is merely untidy is accepted: a byte order mark, blank space before the declaration, UTF-16,
and the Latin encodings that older programs declare. A declaration of UTF-16 in a file that is
plainly 8-bit (a habit of .NET) is ignored.
"""

from __future__ import annotations

import codecs
import re

from lxml import etree

from hacienda.errors import XMLError

MAX_BYTES = 10 * 1024 * 1024
"""A thousand lines, the most a document may have, take about 3 MB."""

MAX_MARKUP = 600_000
"""How many ``<``, and how many ``=``, a document may hold: it bounds the size of the tree."""

MAX_NAMESPACES = 64
"""How many namespace declarations may be in scope at one place."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"""<\?xml\s[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_LATIN = frozenset(
    {"iso8859-1", "iso8859-15", "cp1252", "cp1250", "cp850", "cp437", "mac-roman", "ascii"}
)
_PROLOG = re.compile(rb"(?>\s+|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)


def parse(data: bytes, *, whole: bool = False) -> etree._Element:
    """The root element of `data`, or XMLError with a reason a person can act on.

    `whole` keeps comments and processing instructions, which a signature may cover; who reads
    values leaves them out.
    """
    text = utf8(data)
    if text.count(b"<") > MAX_MARKUP or text.count(b"=") > MAX_MARKUP:
        raise XMLError("El XML tiene demasiados elementos para ser un comprobante.")
    prolog = _PROLOG.match(text)
    start = prolog.end() if prolog else 0
    if text.startswith(b"<!DOCTYPE", start):
        raise XMLError(
            "El XML declara un tipo de documento (DOCTYPE) o entidades. Por seguridad no se lee: "
            "ningún comprobante lo necesita."
        )
    try:
        if text.count(b"xmlns") > MAX_NAMESPACES and _most_in_scope(text) > MAX_NAMESPACES:
            raise XMLError("El XML declara demasiados espacios de nombres.")
        root = etree.fromstring(text, _parser(whole))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise XMLError(f"El archivo no es XML bien formado: {_reason(error)}.") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise XMLError("El XML declara un tipo de documento (DOCTYPE); por seguridad no se lee.")
    return root


def _most_in_scope(text: bytes) -> int:
    """How many declarations are in force at most. What looks them up compares them one by one."""
    counter = etree.XMLPullParser(
        ("start-ns", "end-ns"), encoding="utf-8", resolve_entities=False, no_network=True
    )
    counter.feed(text)
    most = now = 0
    for event, _ in counter.read_events():
        now += 1 if event == "start-ns" else -1
        most = max(most, now)
    return most


def _parser(whole: bool) -> etree.XMLParser[etree._Element]:
    # Comments and instructions are left out by the parser itself, so that the text around them
    # is one piece: a value cut in two by a comment must not be read as its first half.
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=not whole,
        remove_pis=not whole,
        collect_ids=False,
    )


def utf8(data: bytes) -> bytes:
    """`data` as UTF-8 without mark or leading blanks; its declaration may say something else."""
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise XMLError("El XML debe llegar como bytes, tal como está en el archivo.")
    data = bytes(data)
    if len(data) > MAX_BYTES:
        raise XMLError(
            f"El archivo mide {len(data):,} bytes; el máximo para un comprobante es {MAX_BYTES:,}."
        )
    text = _decoded(data).lstrip()
    if not text:
        raise XMLError("El archivo está vacío.")
    if not text.startswith(b"<"):
        raise XMLError("El archivo no es XML: no empieza con el signo <.")
    return text


def _decoded(data: bytes) -> bytes:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _recoded(data, encoding) if encoding != "utf-8" else data[len(mark) :]
    if data.startswith(b"<\0"):
        return _recoded(data, "utf-16-le")
    if data.startswith(b"\0<"):
        return _recoded(data, "utf-16-be")
    declared = _DECLARED.match(data.lstrip()[:400])
    if declared is None or declared[1].lower() in (b"utf-8", b"utf8"):
        return data
    name = declared[1].decode("ascii")
    try:
        encoding = codecs.lookup(name).name
    except LookupError:
        encoding = ""
    if encoding.startswith(("utf-16", "utf-32", "utf-8")):
        return data
    if encoding not in _LATIN:
        raise XMLError(f"El XML declara la codificación «{name}», que no se lee. Use UTF-8.")
    return _recoded(data, encoding)


def _recoded(data: bytes, encoding: str) -> bytes:
    try:
        return data.decode(encoding).encode("utf-8")
    except UnicodeError as error:
        raise XMLError(f"El contenido del archivo no corresponde a {encoding}.") from error


def _reason(error: Exception) -> str:
    if isinstance(error, etree.XMLSyntaxError):
        line, column = error.position
        message = (error.msg or "sin detalle").split(", line ")[0]
        for fragment, spanish in _SYNTAX:
            if fragment in message:
                return f"{spanish} (línea {line}, columna {column}; {message})"
        return f"{message} (línea {line}, columna {column})"
    return str(error)


_SYNTAX = (
    ("Excessive depth", "tiene demasiados niveles, uno dentro de otro"),
    ("Document is empty", "está vacío"),
    ("Premature end", "está cortado: falta el final"),
    ("Opening and ending tag mismatch", "una etiqueta se cierra con otro nombre"),
    ("Input is not proper UTF-8", "el texto no está en UTF-8"),
    ("Invalid bytes in character encoding", "el texto no está en UTF-8"),
    ("Extra content", "hay contenido después del final"),
    ("not defined", "usa un prefijo o una entidad que no está definida"),
    ("Start tag expected", "no empieza con una etiqueta"),
    ("xmlParseEntityRef", "hay un signo & sin escapar"),
    ("PCDATA invalid Char", "tiene un carácter que el XML no admite"),
    ("redefined", "repite un atributo"),
)
