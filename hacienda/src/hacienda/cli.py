"""`hacienda` on the command line: every part of the library on files and pipes.

Each command returns a `_Result` and prints nothing itself, so that output happens in one place:
a closed pipe or a terminal without accents spoils no exit code.

Exit codes: 0, 1 when problems were found, 2 when the input could not be used.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NoReturn

from hacienda.errors import HaciendaError, InvalidError, LlaveError, Problem, SendError, XMLError

if TYPE_CHECKING:
    from hacienda.catalogos.cabys import Cabys
    from hacienda.cliente import Cliente
    from hacienda.comprobante import Documento
    from hacienda.llave import Llave
    from hacienda.respuesta import Respuesta

OK, PROBLEMS, UNUSABLE = 0, 1, 2
MAX_INPUT = 20 * 1024 * 1024
"""More than any document; what is longer is not read to its end."""


@dataclass(frozen=True, slots=True)
class _Result:
    """`data` is printed with --json, `text` without; bytes go out as they are.

    `notes` are for the person, on standard error.
    """

    code: int
    data: Any
    text: str | bytes
    notes: tuple[str, ...] = ()


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    others = [word for word in words if word != "--json"]
    if others[:1] == ["sandbox"]:
        return _sandbox(others[1:])
    arguments = _parser().parse_args(words)
    try:
        result: _Result = arguments.run(arguments)
    except BrokenPipeError:
        return UNUSABLE
    except SendError as error:
        return _fail(error, PROBLEMS if error.status is not None else UNUSABLE)
    except HaciendaError as error:
        return _fail(error)
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        return _fail(f"{name}{_OS_ERRORS.get(type(error).__name__, error.strerror or error)}")
    except KeyboardInterrupt:
        return _fail("interrumpido", 130)
    except Exception as error:
        # A fault of ours: say so in a line. HACIENDA_DEBUG shows where.
        if os.environ.get("HACIENDA_DEBUG"):
            raise
        return _fail(f"error interno, por favor repórtelo: {type(error).__name__}: {error}")
    for note in result.notes:
        _complain(note)
    try:
        _print(result, as_json=arguments.json)
    except OSError as error:
        _silence()
        # Who reads us may stop when it has enough; a full disk is another matter.
        if not isinstance(error, BrokenPipeError):
            return _fail(f"no se puede escribir el resultado: {error.strerror or error}")
    return result.code


def _sandbox(words: list[str]) -> int:
    """The sandbox serves until it is told to end, and has a command line of its own."""
    import sqlite3

    from hacienda.sandbox import server

    try:
        return server.main(words)
    except sqlite3.Error as error:
        return _fail(f"el archivo de estado no se puede usar: {error}")
    except OSError as error:
        return _fail(f"{error.filename or 'sandbox'}: {error.strerror or error}")


_OS_ERRORS = {
    "FileNotFoundError": "no existe ese archivo",
    "IsADirectoryError": "es una carpeta, no un archivo",
    "PermissionError": "no hay permiso para leerlo",
}


def _fail(error: object, code: int = UNUSABLE) -> int:
    _complain(str(error))
    return code


def _complain(text: str) -> None:
    try:
        print(f"hacienda: {text}", file=sys.stderr)
    except (OSError, ValueError):
        pass
    except UnicodeError:
        print(f"hacienda: {text!a}", file=sys.stderr)


def _print(result: _Result, *, as_json: bool) -> None:
    if as_json:
        out = _json(result.data)
    else:
        out = (
            result.text if isinstance(result.text, bytes) else result.text.encode(errors="replace")
        )
        if out and isinstance(result.text, str):
            out += b"\n"
    stream = getattr(sys.stdout, "buffer", None)
    if stream is not None:
        sys.stdout.flush()
        stream.write(out)
        stream.flush()
    elif sys.stdout is not None:  # a stream of text took the place of standard output
        sys.stdout.write(out.decode(errors="replace"))


def _silence() -> None:
    """Let Python close standard output without complaining a second time."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _json(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, indent=2).encode(errors="replace") + b"\n"


# --- what comes in


def _input(name: str) -> bytes:
    """The bytes of a file, `-` being standard input; refused when empty or too long."""
    if name == "-":
        if sys.stdin is None:
            raise XMLError("No hay entrada estándar.")
        data = sys.stdin.buffer.read(MAX_INPUT + 1)
    else:
        with open(name, "rb") as file:
            data = file.read(MAX_INPUT + 1)
    shown = "La entrada estándar" if name == "-" else f"El archivo {name}"
    if len(data) > MAX_INPUT:
        raise XMLError(f"{shown} mide más de {MAX_INPUT // (1024 * 1024)} MB.")
    if not data.strip():
        raise XMLError(f"{shown} no trae nada.")
    return data


def _is_json(data: bytes) -> bool:
    head = data[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return head[:1] in (b"{", b"[")


def _document(data: bytes) -> Documento:
    """The document in XML or JSON."""
    if _is_json(data):
        from hacienda import documento_json

        return documento_json.loads(data)
    from hacienda.xml import reader

    return reader.read(data)


def _environment(name: str, what: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise HaciendaError(f"Falta {what}: póngalo en la variable de ambiente {name}.")
    return value


def _cabys(name: str | None) -> Cabys | None:
    """The catalogue in the file given, or the one that HACIENDA_CABYS names."""
    from hacienda.catalogos.cabys import Cabys

    path = name or os.environ.get("HACIENDA_CABYS", "")
    return Cabys.read(path) if path else None


# --- what goes out


def _problem(problem: Problem) -> dict[str, str]:
    data = {
        "code": problem.code,
        "path": problem.path,
        "severity": problem.severity,
        "message": problem.message,
    }
    return {**data, "remedy": problem.remedy} if problem.remedy else data


_SEVERITY = {"error": "error", "warning": "aviso"}


def _line(problem: Problem) -> str:
    where = f" {problem.path}:" if problem.path else ""
    remedy = f" {problem.remedy}" if problem.remedy else ""
    return f"{_SEVERITY[problem.severity]}:{where} {problem.message}{remedy} [{problem.code}]"


def _problems(problems: Sequence[Problem], none: str) -> _Result:
    """Errors give exit code 1; warnings alone do not."""
    code = PROBLEMS if any(p.is_error for p in problems) else OK
    text = "\n".join(_line(p) for p in problems) or none
    return _Result(code, {"problems": [_problem(p) for p in problems]}, text)


def _xml(xml: bytes, document: Documento | None, notes: Iterable[str] = ()) -> _Result:
    clave = document.clave if document is not None else None
    data = {"clave": clave, "xml": xml.decode("utf-8")}
    return _Result(OK, data, xml, tuple(notes))


# --- commands


def _run_clave(arguments: argparse.Namespace) -> _Result:
    from hacienda import clave
    from hacienda.comprobante import COSTA_RICA

    if arguments.clave is not None:
        text = arguments.clave
        if text == "-":
            text = _input("-").decode("utf-8", errors="replace").strip()
        parsed = clave.parse(text)
    else:
        if arguments.identificacion is None:
            raise InvalidError("Indique una clave, o --identificacion y --numero para construirla.")
        consecutivo = arguments.consecutivo
        if consecutivo is None:
            if arguments.numero is None:
                raise InvalidError("Indique --numero o --consecutivo.")
            consecutivo = clave.Consecutivo.build(
                arguments.sucursal, arguments.terminal, arguments.tipo, arguments.numero
            )
        text = clave.build(
            arguments.dia or datetime.now(COSTA_RICA),
            arguments.identificacion,
            consecutivo,
            arguments.situacion,
            arguments.codigo,
        )
        parsed = clave.parse(text)
    parts = parsed.consecutivo
    data = {
        "clave": str(parsed),
        "dia": parsed.dia.isoformat(),
        "identificacion": parsed.identificacion,
        "consecutivo": str(parts),
        "sucursal": parts.sucursal,
        "terminal": parts.terminal,
        "tipo": parts.tipo,
        "numero": parts.numero,
        "situacion": parsed.situacion,
        "codigo": parsed.codigo,
    }
    if arguments.clave is None:
        return _Result(OK, data, str(parsed))
    shown = [
        f"Clave           {clave.format(str(parsed))}",
        f"Día             {parsed.dia:%d/%m/%Y}",
        f"Identificación  {parsed.numero_identificacion}",
        f"Consecutivo     {parts}",
        f"  Sucursal      {parts.sucursal}",
        f"  Terminal      {parts.terminal}",
        f"  Tipo          {parts.tipo} {clave.TIPOS[parts.tipo]}",
        f"  Número        {parts.numero}",
        f"Situación       {parsed.situacion} {clave.SITUACIONES[parsed.situacion]}",
        f"Código          {parsed.codigo}",
    ]
    return _Result(OK, data, "\n".join(shown))


def _run_read(arguments: argparse.Namespace) -> _Result:
    from hacienda import documento_json
    from hacienda.xml import reader

    data = documento_json.to_json(reader.read(_input(arguments.file)))
    return _Result(OK, data, _json(data))


def _run_build(arguments: argparse.Namespace) -> _Result:
    from hacienda import documento_json
    from hacienda.comprobante import Comprobante
    from hacienda.xml import writer

    document = documento_json.loads(_input(arguments.file))
    if arguments.calculate:
        if not isinstance(document, Comprobante):
            raise InvalidError("Solo se calculan comprobantes, no mensajes.")
        from hacienda import montos

        document = montos.calculate(document)
    return _xml(writer.write(document), document)


def _run_check(arguments: argparse.Namespace) -> _Result:
    from hacienda import reglas

    data = _input(arguments.file)
    document = _document(data)
    problems = [] if _is_json(data) else _order(data)
    cabys = _cabys(arguments.cabys)
    problems += reglas.check(document, today=arguments.today, cabys=cabys)
    return _problems(problems, "Sin problemas.")


def _order(data: bytes) -> list[Problem]:
    """The first element out of the XSD's order. The value has no order of its own to check."""
    from hacienda.xml import reader, writer
    from hacienda.xml.parser import parse
    from hacienda.xml.schema import path_of

    came = parse(data)
    ordered = parse(writer.write(reader.read(data)))
    for signature in came.findall("{http://www.w3.org/2000/09/xmldsig#}Signature"):
        came.remove(signature)
    for element, expected in zip(came.iter(), ordered.iter(), strict=False):
        if element.tag != expected.tag:
            name = str(expected.tag).rpartition("}")[2]
            return [
                Problem(
                    "elemento-fuera-de-orden",
                    path_of(element),
                    "error",
                    f"El elemento no va en este lugar: aquí corresponde {name}.",
                    "Ordene los elementos como en el esquema.",
                )
            ]
    return []


def _llave(name: str) -> Llave:
    from hacienda.llave import Llave

    pin = os.environ.get("HACIENDA_PIN")
    if pin is None:
        raise LlaveError(
            "Falta el PIN de la llave: póngalo en la variable de ambiente HACIENDA_PIN."
        )
    return Llave.from_p12(_input(name), pin)


def _run_sign(arguments: argparse.Namespace) -> _Result:
    from hacienda import firma
    from hacienda.comprobante import COSTA_RICA
    from hacienda.llave import check_owner
    from hacienda.xml import writer

    if arguments.file == "-" == arguments.p12:
        raise XMLError("El documento y la llave no pueden venir ambos de la entrada estándar.")
    data = _input(arguments.file)
    document = _document(data)
    llave = _llave(arguments.p12)
    now = datetime.now(COSTA_RICA)
    if _is_json(data):
        signed = firma.sign(writer.write(document), llave, when=now, canonical=True)
    else:
        signed = firma.sign(data, llave, when=now)
    tipo, numero = _issuer(document)
    doubts = check_owner(llave, tipo, numero) if numero else []
    return _xml(signed, document, [_line(problem) for problem in doubts])


def _issuer(document: Documento) -> tuple[str | None, str | None]:
    """Who must sign a document: type, if known, and number of identification."""
    from hacienda.comprobante import Comprobante, FacturaElectronicaCompra, MensajeReceptor

    if isinstance(document, MensajeReceptor):
        return None, document.numero_cedula_receptor
    if not isinstance(document, Comprobante):
        return None, None
    who = document.receptor if isinstance(document, FacturaElectronicaCompra) else document.emisor
    identificacion = who.identificacion if who is not None else None
    if identificacion is None:
        return None, None
    return identificacion.tipo, identificacion.numero


_TRUST = {
    "trusted": "viene de una autoridad de confianza",
    "untrusted": "no viene de una autoridad de confianza",
    "unknown": "no se sabe: indique sus autoridades en HACIENDA_CA_DIR",
}


def _run_verify(arguments: argparse.Namespace) -> _Result:
    from hacienda import firma

    found = firma.verify(_input(arguments.file))
    is_issuer = {True: "sí", False: "no", None: "no se puede comparar"}[found.signer_is_issuer]
    lines = [
        f"Integridad       {'correcta' if found.integrity else 'ROTA: no es lo que se firmó'}",
        f"Confianza        {_TRUST[found.trust]}",
        f"Firmante         {found.signer or 'desconocido'}",
        f"Es el emisor     {is_issuer}",
    ]
    if found.not_before and found.not_after:
        lines.append(
            f"Llave vigente    del {found.not_before:%d/%m/%Y} al {found.not_after:%d/%m/%Y}"
        )
    lines += [_line(problem) for problem in found.problems]
    return _Result(OK if found.integrity else PROBLEMS, found.to_json(), "\n".join(lines))


def _run_validate(arguments: argparse.Namespace) -> _Result:
    from hacienda.xml import schema

    problems = schema.validate(
        _input(arguments.file), generation=arguments.generation, signed=arguments.signed
    )
    return _problems(problems, f"Válido según los esquemas de {arguments.generation}.")


def _cliente(arguments: argparse.Namespace) -> Cliente:
    from hacienda.cliente import Cliente

    return Cliente(
        arguments.env or os.environ.get("HACIENDA_ENV") or "stag",
        arguments.user or _environment("HACIENDA_USER", "el usuario de Hacienda"),
        _environment("HACIENDA_PASSWORD", "la contraseña de Hacienda"),
        url=arguments.url or os.environ.get("HACIENDA_URL") or None,
    )


def _run_send(arguments: argparse.Namespace) -> _Result:
    xml = _input(arguments.file)
    original = _input(arguments.original) if arguments.original else None
    with _cliente(arguments) as cliente:
        if arguments.wait:
            return _respuesta(cliente.deliver(xml, original=original, wait=arguments.wait))
        sent = cliente.send(xml, original=original)
    data = {"clave": sent.clave, "status": sent.status, "duplicate": sent.duplicate}
    how = "Hacienda ya lo tenía" if sent.duplicate else "Enviado"
    return _Result(OK, data, f"{how}: {sent.clave}")


def _run_status(arguments: argparse.Namespace) -> _Result:
    from hacienda import clave

    identity, _, consecutivo = arguments.clave.strip().partition("-")
    identity = clave.validate(identity)
    with _cliente(arguments) as cliente:
        return _respuesta(cliente.status(identity, consecutivo or None))


def _respuesta(respuesta: Respuesta) -> _Result:
    data: dict[str, Any] = {"clave": respuesta.clave, "estado": respuesta.estado}
    if respuesta.consecutivo:
        data["consecutivo"] = respuesta.consecutivo
    if respuesta.fecha:
        data["fecha"] = respuesta.fecha
    lines = [f"{respuesta.clave}: {respuesta.estado}"]
    mensaje = respuesta.mensaje
    if mensaje is not None:
        data["detalle"] = mensaje.detalle_mensaje or ""
        lines += [mensaje.detalle_mensaje] if mensaje.detalle_mensaje else []
    if respuesta.xml is not None:
        data["respuesta"] = respuesta.xml.decode("utf-8", errors="replace")
    bad = respuesta.rejected or respuesta.failed or respuesta.missing
    return _Result(PROBLEMS if bad else OK, data, "\n".join(lines))


def _run_cabys(arguments: argparse.Namespace) -> _Result:
    cabys = _cabys(arguments.catalog)
    if cabys is None:
        raise HaciendaError("Falta el catálogo CAByS: indíquelo con --file o en HACIENDA_CABYS.")
    found = cabys.search(" ".join(arguments.words), clase=arguments.clase, limit=arguments.limit)
    data = [
        {"codigo": p.codigo, "descripcion": p.descripcion, "impuesto": p.impuesto} for p in found
    ]
    lines = [f"{p.codigo}  {_rate(p.impuesto):>6}  {p.descripcion}" for p in found]
    return _Result(OK if found else PROBLEMS, data, "\n".join(lines) or "No se encontró nada.")


def _rate(impuesto: str) -> str:
    return f"{impuesto} %" if impuesto[:1].isdigit() else impuesto


# --- the command line itself


class _Parser(argparse.ArgumentParser):
    """Argparse that speaks Spanish where it speaks to people."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**{**more, "add_help": False, "allow_abbrev": False})
        self._positionals.title = "argumentos"
        self._optionals.title = "opciones"
        self.add_argument("-h", "--help", action="help", help="muestra esta ayuda y termina")

    def format_usage(self) -> str:
        return super().format_usage().replace("usage:", "uso:", 1)

    def format_help(self) -> str:
        return super().format_help().replace("usage:", "uso:", 1)

    def error(self, message: str) -> NoReturn:
        for english, spanish in _ARGPARSE:
            message = message.replace(english, spanish)
        self.exit(UNUSABLE, f"{self.format_usage()}hacienda: {message}\n")


_ARGPARSE = (
    ("the following arguments are required:", "falta indicar:"),
    ("unrecognized arguments:", "no se conoce:"),
    ("invalid choice:", "valor no permitido:"),
    ("(choose from", "(elija entre"),
    ("argument ", "argumento "),
    ("expected one argument", "necesita un valor"),
    ("expected at least one argument", "necesita al menos un valor"),
    ("invalid _day value:", "no es una fecha AAAA-MM-DD:"),
    ("invalid int value:", "no es un número entero:"),
    ("invalid _seconds value:", "no son segundos, de 0 a 86400:"),
    ("not allowed with", "no va junto con"),
)


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 86_400:
        raise ValueError
    return seconds


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="hacienda",
        description="Comprobantes electrónicos de Costa Rica, versión 4.4.",
        epilog="Código de salida: 0 bien, 1 hay problemas, 2 la entrada no se puede usar.",
    )
    parser.add_argument("--json", action="store_true", help="muestra el resultado como JSON")
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="comando", title="comandos", parser_class=_Parser
    )

    def add(name: str, run: Callable[[argparse.Namespace], _Result], text: str) -> _Parser:
        command = commands.add_parser(name, help=text, description=text)
        # SUPPRESS keeps a --json that stood before the command
        command.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="resultado como JSON"
        )
        command.set_defaults(run=run)
        return command

    def add_file(name: str, run: Callable[[argparse.Namespace], _Result], text: str) -> _Parser:
        command = add(name, run, text)
        command.add_argument("file", metavar="ARCHIVO", help="archivo, o - para entrada estándar")
        return command

    clave = add("clave", _run_clave, "Desarma una clave de 50 caracteres, o construye una.")
    clave.add_argument("clave", nargs="?", metavar="CLAVE", help="clave por desarmar")
    clave.add_argument("--identificacion", metavar="NÚMERO", help="cédula de quien emite")
    clave.add_argument("--dia", type=_day, metavar="AAAA-MM-DD", help="día de emisión (hoy)")
    clave.add_argument("--sucursal", type=int, default=1, metavar="N", help="de 1 a 999 (1)")
    clave.add_argument("--terminal", type=int, default=1, metavar="N", help="de 1 a 99999 (1)")
    clave.add_argument("--tipo", default="01", help="código o sigla: 01, FE, 04, TE… (01)")
    clave.add_argument("--numero", type=int, metavar="N", help="número dentro de la serie")
    clave.add_argument(
        "--consecutivo", metavar="20 DÍGITOS", help="en vez de las cuatro anteriores"
    )
    clave.add_argument("--situacion", default="1", help="1 normal, 2 contingencia, 3 sin internet")
    clave.add_argument("--codigo", metavar="8 DÍGITOS", help="código de seguridad (al azar)")

    add_file("read", _run_read, "Lee el XML de un comprobante y lo muestra como JSON.")

    build = add_file("build", _run_build, "Construye el XML sin firma a partir del JSON.")
    build.add_argument("--calculate", action="store_true", help="llena los montos calculados")

    check = add_file("check", _run_check, "Revisa un comprobante (XML o JSON) contra las reglas.")
    check.add_argument("--today", type=_day, metavar="AAAA-MM-DD", help="revisa como en este día")
    check.add_argument("--cabys", metavar="CSV", help="catálogo CAByS (HACIENDA_CABYS)")

    sign = add_file("sign", _run_sign, "Firma un comprobante (XML o JSON). PIN en HACIENDA_PIN.")
    sign.add_argument("--p12", required=True, metavar="ARCHIVO", help="llave criptográfica")

    add_file("verify", _run_verify, "Verifica la firma de un comprobante de cualquier emisor.")

    validate = add_file("validate", _run_validate, "Valida el XML contra los XSD de Hacienda.")
    validate.add_argument(
        "--generation",
        choices=("2025", "2026"),
        default="2026",
        help="generación de los XSD (2026)",
    )
    validate.add_argument("--signed", action="store_true", help="exige además que esté firmado")

    send = add_file("send", _run_send, "Envía un comprobante firmado a Hacienda.")
    send.add_argument("--original", metavar="XML", help="comprobante que un mensaje confirma")
    send.add_argument(
        "--wait", type=_seconds, default=0.0, metavar="SEGUNDOS", help="espera la respuesta"
    )
    status = add("status", _run_status, "Pregunta a Hacienda por el estado de una clave.")
    status.add_argument("clave", metavar="CLAVE", help="clave, o clave-consecutivo de un mensaje")
    for command in (send, status):
        command.add_argument("--env", metavar="AMBIENTE", help="stag, prod o sandbox-local")
        command.add_argument("--url", metavar="URL", help="otra dirección (HACIENDA_URL)")
        command.add_argument("--user", metavar="USUARIO", help="usuario (HACIENDA_USER)")

    cabys = add("cabys", _run_cabys, "Busca en el catálogo CAByS.")
    cabys.add_argument("words", nargs="+", metavar="PALABRA", help="palabras, o inicio del código")
    cabys.add_argument("--file", dest="catalog", metavar="CSV", help="catálogo (HACIENDA_CABYS)")
    cabys.add_argument("--limit", type=int, default=20, metavar="N", help="cuántos (20)")
    kind = cabys.add_mutually_exclusive_group()
    kind.add_argument("--bienes", dest="clase", action="store_const", const="bienes")
    kind.add_argument("--servicios", dest="clase", action="store_const", const="servicios")

    # Only for the list of commands: `main` hands its words to `hacienda.sandbox.server`.
    commands.add_parser("sandbox", help="Levanta una Hacienda de prueba en esta máquina.")
    return parser


if __name__ == "__main__":
    sys.exit(main())
