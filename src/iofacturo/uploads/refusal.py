"""Why a file is not taken, and what its sender can do about it.

Every refusal has a code for programs and a sentence for people: it names the file, says what is
wrong with it in plain words and how to send it instead.
"""

import unicodedata

FORMATS = "Envíelo en PDF, PNG o JPG; desde el teléfono basta una captura de pantalla."
AGAIN = "Búsquelo de nuevo en su teléfono o computadora y vuelva a elegirlo."
PRINTED = "Ábralo, use Imprimir y «Guardar como PDF», y envíe ese; también sirve una captura."
CAPTURE = "Haga una captura de pantalla del comprobante y envíe esa."

SENTENCES = {
    "empty": f"está vacío. {AGAIN}",
    "too_large": "pesa {size} y el límite es {limit}. Envíe una captura de pantalla o solo la "
    "página de la transferencia.",
    "cut_off": f"llegó incompleto. {AGAIN}",
    "broken": f"está dañado y no se puede leer. {CAPTURE}",
    "heic": f"es una foto HEIC, que no podemos leer. {FORMATS}",
    "webp": f"es una imagen WEBP, que no recibimos. {FORMATS}",
    "gif": f"es una imagen GIF, que no recibimos. {FORMATS}",
    "tiff": f"es una imagen TIFF, que no recibimos. {FORMATS}",
    "bmp": f"es una imagen BMP, que no recibimos. {FORMATS}",
    "svg": f"es un dibujo SVG, que no recibimos. {FORMATS}",
    "office": f"es un documento de oficina, no un comprobante en PDF. {PRINTED}",
    "archive": "es un archivo comprimido. Descomprímalo y envíe el PDF o la imagen que trae adentro.",
    "page": f"es una página web guardada, no un comprobante. {CAPTURE}",
    "program": f"es un programa, no un comprobante. {FORMATS}",
    "unknown": f"no se puede leer. {FORMATS}",
    "mixed": f"trae otro archivo escondido adentro y por seguridad no lo recibimos. {CAPTURE}",
    "encrypted": f"está protegido con contraseña o permisos y no podemos abrirlo. {PRINTED}",
    "too_many_pages": "tiene {pages} páginas y recibimos hasta {limit}. Envíe solo la página de la "
    "transferencia.",
    "too_many_pixels": f"mide {{width}} × {{height}} puntos, más de lo que podemos abrir. {CAPTURE}",
    "too_small": "mide {width} × {height} puntos y no se alcanza a leer. Envíe la imagen original "
    "o una captura de pantalla.",
    "too_complex": f"es demasiado pesado de abrir. {CAPTURE}",
    "busy": "no se pudo revisar ahora porque hay muchos otros en turno. Vuelva a enviarlo en un "
    "minuto.",
}


class Refused(Exception):
    """A file that is not taken. `code` is a key of SENTENCES, `message` is for its sender."""

    def __init__(self, code: str, name: str = "", **facts: object) -> None:
        self.code, self.facts = code, facts
        self.message = sentence(code, name, facts)
        super().__init__(self.message)


def sentence(code: str, name: str, facts: dict[str, object]) -> str:
    """What the sender reads."""
    return f"El archivo «{shown(name)}» {SENTENCES[code].format(**facts)}"


def shown(name: str) -> str:
    """*name* fit for a sentence: one line, no invisible characters, not too long."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(c for c in base if unicodedata.category(c)[0] != "C")
    plain = " ".join(plain.split())
    if len(plain) > 60:
        plain = plain[:40] + "…" + plain[-18:]
    return plain or "sin nombre"
