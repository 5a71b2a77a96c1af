"""Printing: the PDF of a document, as it is made whenever somebody asks for it.

`invoicing.pdf`         milliseconds a page, from the signed XML to the finished file: read, put into
                        words, set, tagged, XML and answer attached; every document is another
`invoicing.pdf_ticket`  the same on the 80 mm strip
`invoicing.pdf_long`    milliseconds a page of a document of 1,000 lines

Against 15 ms. Processor time is what is counted, so that a busy machine says the same.
"""

from __future__ import annotations

import io
import os
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal

BAR_MS = 15.0
DOCUMENTS = int(os.environ.get("BENCH_PAPERS", "200"))
LINES = 12
AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)

Row = dict[str, object]


def measure() -> dict[str, Row]:
    os.environ.setdefault("IOFACTURO_BUILDING", "1")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iofacturo.settings")
    import django

    django.setup()
    from iofacturo.invoicing.catalogue import actividad

    actividad._held["5610.0"] = "Restaurantes"  # read once by a process; there is no database here
    results = {
        "invoicing.pdf": timed("letter", [signed(n, LINES) for n in range(DOCUMENTS)]),
        "invoicing.pdf_ticket": timed("ticket", [signed(n, LINES) for n in range(DOCUMENTS // 2)]),
    }
    results["invoicing.pdf_long"] = timed("letter", [signed(n, 1000) for n in range(3)])
    return results


def timed(size: str, bodies: list[bytes]) -> Row:
    import pikepdf

    printed(bodies[0], size)  # the compiler warms up
    spent, pages = [], 0
    for body in bodies:
        cpu = time.process_time()
        made = printed(body, size)
        took = time.process_time() - cpu
        with pikepdf.open(io.BytesIO(made)) as file:
            count = len(file.pages)
        pages += count
        spent.append(took * 1000 / count)
    value = sum(spent) / len(spent)
    return {
        "value": value, "unit": "ms/page", "against": BAR_MS, "ratio": value / BAR_MS,
        "better": "lower", "p99_ms": sorted(spent)[int(len(spent) * 0.99)], "n": pages,
    }  # fmt: skip


def printed(body: bytes, size: str) -> bytes:
    """What `pdf.render` does, without the database."""
    import hacienda
    from iofacturo.invoicing.paper import pdf
    from iofacturo.invoicing.paper.sheet import sheet

    content = sheet(hacienda.read(body))
    content["state"], content["stamp"] = STATE, ""
    files = [
        pdf.Attached("comprobante.xml", body, "source", "Comprobante electrónico, XML firmado"),
        pdf.Attached("respuesta.xml", ANSWER, "supplement", "Respuesta del Ministerio de Hacienda"),
    ]
    return pdf.compose(content, size, files, AT)


STATE = {"word": "ACEPTADO", "text": "por Hacienda el 23 nov 2026, 9:05 a. m.", "tone": "ok"}
ANSWER = b"<MensajeHacienda>" + b"<Dato>1</Dato>" * 300 + b"</MensajeHacienda>"


def signed(number: int, lines: int) -> bytes:
    """A document unlike the others: another number, other prices, other words; signed."""
    from tests.invoicing import scene

    import hacienda
    from hacienda import clave
    from hacienda.llave import Llave

    consecutivo = clave.Consecutivo.build(1, 1, "01", number + 1)
    stated = scene.stated(precio=str(Decimal(1000) + number * Decimal("37.25")), lines=lines)
    for line in stated["DetalleServicio"]["LineaDetalle"]:
        line["Detalle"] = f"Café molido de altura, lote {number} saco {line['NumeroLinea']}"
    document = hacienda.from_json(
        stated
        | {
            "Clave": clave.build(AT, "3101000001", consecutivo, "1", f"{number:08}"),
            "ProveedorSistemas": "3101999999",
            "CodigoActividadEmisor": "5610.0",
            "NumeroConsecutivo": str(consecutivo),
            "FechaEmision": "2026-11-23T09:00:00-06:00",
            "Emisor": {
                "Nombre": f"Café Prueba {number} S.A.",
                "Identificacion": {"Tipo": "02", "Numero": "3101000001"},
                "Ubicacion": {
                    "Provincia": "1", "Canton": "01", "Distrito": "01",
                    "OtrasSenas": "Avenida central, casa 25",
                },
                "CorreoElectronico": ["facturas@ejemplo.cr"],
            },
        }
    )  # fmt: skip
    llave = Llave.from_p12(scene.p12("CPJ-3-101-000001"), scene.PIN)
    return hacienda.build_sign(hacienda.calculate(document), llave, when=AT)


if __name__ == "__main__":
    from bench.__main__ import table

    print(table(measure()), file=sys.stdout)
