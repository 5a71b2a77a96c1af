"""Validation against Hacienda's XSDs, where the operator has them.

The schemas are Hacienda's and are not part of this library. `HACIENDA_XSD_DIR` (or the
`directory` of each call) names a folder that holds

    v4.3                      the older version
    v4.4                      4.4 as published in mid 2025: generation "2025"
    v4.4-rev2026-derived      4.4 as revised in April 2026: generation "2026"

with one file per document type. Each schema is compiled once per process; nothing is ever
fetched.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from threading import Lock

from lxml import etree

from hacienda.comprobante import by_root
from hacienda.errors import HaciendaError, Problem, XMLError
from hacienda.xml.parser import parse

GENERATIONS = {"2025": "v4.4", "2026": "v4.4-rev2026-derived"}
"""Folder of each generation of version 4.4."""

MAX_PROBLEMS = 500
"""A document with more faults than this is not helped by the rest of the list."""

MAX_CHILDREN = 10_000
"""More elements than that inside one, each with a fault, take libxml2 minutes to tell where."""

_DS = "http://www.w3.org/2000/09/xmldsig#"
_NAMESPACE = re.compile(r"https?://[^{}]*/v(4\.[0-9]+)/[A-Za-z]+")
_DUMMY_SIGNATURE = (
    f'<ds:Signature xmlns:ds="{_DS}"><ds:SignedInfo>'
    '<ds:CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>'
    '<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>'
    '<ds:Reference URI="">'
    '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
    "<ds:DigestValue>AA==</ds:DigestValue></ds:Reference></ds:SignedInfo>"
    "<ds:SignatureValue>AA==</ds:SignatureValue></ds:Signature>"
)


def available(directory: str | Path | None = None) -> bool:
    """Whether there are schemas of version 4.4 to validate with.

    >>> available("/no/existe")
    False
    """
    folder = _folder(directory)
    return folder is not None and any((folder / name).is_dir() for name in GENERATIONS.values())


def validate(
    data: bytes,
    generation: str = "2026",
    directory: str | Path | None = None,
    signed: bool = True,
) -> list[Problem]:
    """What the XSD has against the document `data`; an empty list if nothing.

    `generation` is "2025" or "2026" and decides for version 4.4; a document of 4.3 is held to its
    own schema. Every schema demands a signature: with `signed=False` a document that has none is
    checked as if it had one. The signature itself is not verified here.

    Raises `XMLError` for what cannot be read, and `HaciendaError` where the schema is missing.
    """
    if generation not in GENERATIONS:
        raise HaciendaError(f"No hay generación «{generation}»: use 2025 o 2026.")
    root = parse(data)
    schema = _schema(_file(str(root.tag), generation, _folder(directory)))
    if data.count(b"<") > MAX_CHILDREN:
        crowded = next((one for one in root.iter() if len(one) > MAX_CHILDREN), None)
        if crowded is not None:
            return [_too_many(crowded)]
    if not signed and root.find(f"{{{_DS}}}Signature") is None:
        root.append(etree.fromstring(_DUMMY_SIGNATURE))
    return schema.problems(root)


@dataclass(frozen=True, slots=True)
class _Schema:
    compiled: etree.XMLSchema
    # The log of the last validation hangs on the schema, so one thread at a time.
    lock: Lock = field(default_factory=Lock)

    def problems(self, root: etree._Element) -> list[Problem]:
        with self.lock:
            if self.compiled.validate(root):
                return []
            entries = [(e.path, e.type_name, e.message) for e in self.compiled.error_log]
        found = [_problem(root, *entry) for entry in entries[:MAX_PROBLEMS]]
        if len(entries) > MAX_PROBLEMS:
            found.append(
                Problem(
                    "xsd-demasiados",
                    "",
                    "error",
                    f"Hay {len(entries) - MAX_PROBLEMS} incumplimientos más del esquema.",
                )
            )
        return found


@cache
def _schema(file: Path) -> _Schema:
    parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False)
    try:
        return _Schema(etree.XMLSchema(etree.parse(str(file), parser)))
    except (OSError, etree.LxmlError) as error:
        raise HaciendaError(f"El esquema {file} no se puede usar: {error}") from error


def _folder(directory: str | Path | None) -> Path | None:
    named = directory if directory is not None else os.environ.get("HACIENDA_XSD_DIR", "")
    return Path(os.path.abspath(named)) if named and str(named) else None


@lru_cache(maxsize=256)  # looking for a file takes as long as reading a small document
def _file(tag: str, generation: str, folder: Path | None) -> Path:
    if folder is None:
        raise HaciendaError(
            "No hay esquemas con qué validar: ponga en HACIENDA_XSD_DIR la carpeta de los XSD."
        )
    name = etree.QName(tag)
    version = _NAMESPACE.fullmatch(name.namespace or "")
    if by_root(name.localname) is None or version is None:
        raise XMLError(
            f"La raíz «{name.localname[:60]}» con el espacio de nombres "
            f"«{(name.namespace or '')[:120]}» no es de un comprobante electrónico."
        )
    version_folder = GENERATIONS[generation] if version[1] == "4.4" else f"v{version[1]}"
    local = name.localname
    for candidate in (
        f"{local[0].lower()}{local[1:]}.xsd",
        f"{local}_V{version[1]}.xsd",
        f"{local}.xsd",
    ):
        file = folder / version_folder / candidate
        if file.is_file():
            return file.resolve()
    raise HaciendaError(
        f"Falta el esquema de {local} versión {version[1]}: no está en {folder / version_folder}."
    )


def _problem(root: etree._Element, path: str | None, kind: str, message: str) -> Problem:
    text = _NAMESPACES.sub("", message)
    code, spanish = _translated(kind, _SUBJECT.sub("", text, count=1))
    text = text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "…"
    return Problem(
        code=code,
        path=_named(root, path),
        severity="error",
        message=f"{spanish} [{text}]",
        remedy=_REMEDIES.get(code, ""),
    )


def _too_many(crowded: etree._Element) -> Problem:
    name = etree.QName(crowded).localname
    return Problem(
        "xsd-demasiados-elementos",
        path_of(crowded),
        "error",
        f"{name} tiene {len(crowded)} elementos dentro: ningún comprobante lleva tantos.",
    )


def _named(root: etree._Element, path: str | None) -> str:
    """libxml2's `/*/*[10]/*/*[2]`, or `/fe:X/fe:Y[2]` where there are prefixes, in our names.

    Its names are no XPath that could be asked: nothing says what the prefixes stand for, and one
    prefix may stand for several namespaces.
    """
    current = root
    for step in (path or "").strip("/").split("/")[1:]:
        match = _STEP.fullmatch(step)
        if match is None:
            break
        name, ordinal = match[1], int(match[2] or 1)
        child = next(islice(_children(current, name), ordinal - 1, None), None)
        if child is None:
            break
        current = child
    return path_of(current)


def _children(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    """The elements that libxml2 counts under that name; `*` is any, and `p:n` goes by its prefix."""
    prefix, _, local = name.rpartition(":")
    for child in parent.iterchildren("{*}*"):
        if name == "*" or (child.prefix or "", etree.QName(child).localname) == (prefix, local):
            yield child


def path_of(element: etree._Element) -> str:
    """Where an element stands, in the names of the XSD, from below the root, counted from 1."""
    steps: list[str] = []
    current: etree._Element | None = element
    while current is not None:
        parent = current.getparent()
        if parent is not None:
            steps.append(_step(current))
        current = parent
    return "/".join(reversed(steps))


def _step(element: etree._Element) -> str:
    name = etree.QName(element).localname
    tag = str(element.tag)
    before = len(list(element.itersiblings(tag, preceding=True)))
    if before or name in _REPEATING or next(element.itersiblings(tag), None) is not None:
        return f"{name}[{before + 1}]"
    return name


# Elements that are numbered in a path even when there is only one of them. MedioPago and
# CorreoElectronico are here too: where they may not repeat, [1] does no harm.
_REPEATING = frozenset(
    {
        "LineaDetalle",
        "CodigoComercial",
        "NumeroVINoSerie",
        "LineaDetalleSurtido",
        "CodigoComercialSurtido",
        "DescuentoSurtido",
        "ImpuestoSurtido",
        "Descuento",
        "Impuesto",
        "OtrosCargos",
        "TotalDesgloseImpuesto",
        "MedioPago",
        "InformacionReferencia",
        "OtroTexto",
        "OtroContenido",
    }
)

_STEP = re.compile(r"([^\[\]]+)(?:\[([0-9]+)\])?")
_NAMESPACES = re.compile(r"\{(?:https?:)?//[^{}']*\}")
_SUBJECT = re.compile(r"^Element '[^']*'(?=, attribute)|^Element '[^']*': (?:\[facet '\w+'\] )?")
_V = r"^(?:The value )?'(?P<value>.*)'"
_RULES: tuple[tuple[str, str, str, str], ...] = (
    # libxml2's type, our code, what its message holds, our message
    (
        "PATTERN_VALID",
        "xsd-patron",
        rf"{_V} is not accepted by the pattern '(?P<limit>.*)'",
        "«{value}» no tiene la forma que se pide.",
    ),
    (
        "ENUMERATION_VALID",
        "xsd-codigo",
        rf"{_V} is not an element of the set",
        "«{value}» no es uno de los códigos permitidos.",
    ),
    (
        "MAXLENGTH_VALID",
        "xsd-largo",
        r"length of '(?P<value>\d+)'.*length of '(?P<limit>\d+)'",
        "El texto tiene {value} caracteres y el máximo es {limit}.",
    ),
    (
        "MINLENGTH_VALID",
        "xsd-corto",
        r"length of '(?P<value>\d+)'.*length of '(?P<limit>\d+)'",
        "El texto tiene {value} caracteres y el mínimo es {limit}.",
    ),
    (
        "LENGTH_VALID",
        "xsd-longitud",
        r"length of '(?P<value>\d+)'.*length of '(?P<limit>\d+)'",
        "El texto tiene {value} caracteres y deben ser {limit}.",
    ),
    (
        "TOTALDIGITS_VALID",
        "xsd-digitos",
        rf"{_V} has more digits than are allowed \('(?P<limit>\d+)'\)",
        "{value} tiene más de {limit} dígitos.",
    ),
    (
        "FRACTIONDIGITS_VALID",
        "xsd-decimales",
        rf"{_V} has more fractional digits than are allowed \('(?P<limit>\d+)'\)",
        "{value} tiene más de {limit} decimales.",
    ),
    (
        "MININCLUSIVE_VALID",
        "xsd-minimo",
        rf"{_V} is less than the minimum value allowed \('(?P<limit>.*)'\)",
        "{value} es menor que {limit}, el mínimo.",
    ),
    (
        "MAXINCLUSIVE_VALID",
        "xsd-maximo",
        rf"{_V} is greater than the maximum value allowed \('(?P<limit>.*)'\)",
        "{value} es mayor que {limit}, el máximo.",
    ),
    (
        "DATATYPE_VALID_1_2_1",
        "xsd-valor",
        rf"{_V} is not a valid value of the",
        "«{value}» no es un valor válido para este dato.",
    ),
    (
        "ELEMENT_CONTENT",
        "xsd-falta",
        r"Missing child element\(s\)\.(?: Expected is (?:one of )?\( (?P<limit>.*) \))?",
        "Falta un elemento: se espera {limit}.",
    ),
    (
        "ELEMENT_CONTENT",
        "xsd-elemento-inesperado",
        r"This element is not expected\.(?: Expected is (?:one of )?\( (?P<limit>.*) \))?",
        "Este elemento no va aquí; se espera {limit}.",
    ),
    (
        "COMPLEX_TYPE_3_2_1",
        "xsd-atributo",
        r"attribute '(?P<value>.*?)'",
        "El atributo «{value}» no está permitido.",
    ),
    (
        "COMPLEX_TYPE_2_3",
        "xsd-texto-suelto",
        "Character content",
        "Hay texto suelto donde solo van elementos.",
    ),
    (
        "TYPE_3_1_1",
        "xsd-atributo",
        r"attribute '(?P<value>.*?)'",
        "El atributo «{value}» no está permitido.",
    ),
    ("TYPE_3_1_2", "xsd-contenido", "Element content", "Aquí solo va texto, no otros elementos."),
    (
        "COMPLEX_TYPE_2_2",
        "xsd-contenido",
        "Element content",
        "Aquí solo va texto, no otros elementos.",
    ),
    (
        "CVC_ELT_1",
        "xsd-raiz",
        "No matching global declaration",
        "La raíz no corresponde a su espacio de nombres.",
    ),
    ("", "xsd", "", "No cumple el esquema."),
)
_REMEDIES = {
    "xsd-elemento-inesperado": "Revise el orden de los elementos y que ninguno sobre.",
    "xsd-falta": "Agregue el elemento que falta.",
    "xsd-raiz": "Use el espacio de nombres de su tipo de comprobante.",
    "xsd-patron": "Revise el largo y los caracteres del dato.",
}
_MAX_VALUE = 80
_MAX_TEXT = 600


def _translated(kind: str, message: str) -> tuple[str, str]:
    for ending, code, pattern, spanish in _RULES:
        match = re.search(pattern, message, re.DOTALL) if kind.endswith(ending) else None
        if match is None:
            continue
        found = {key: (value or "")[:_MAX_VALUE] for key, value in match.groupdict().items()}
        if code in ("xsd-falta", "xsd-elemento-inesperado"):
            if found["limit"] == "Signature":
                return "xsd-sin-firma", "Falta la firma electrónica."
            found["limit"] = found["limit"].replace(", ", " o ") or "el final"
        return code, spanish.format_map(found)
    return "xsd", "No cumple el esquema."
