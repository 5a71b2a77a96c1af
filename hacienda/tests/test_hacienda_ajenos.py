"""Documents as other people's systems write them: lawful ones pass, hostile ones end soon."""

from __future__ import annotations

import time
from datetime import date

from hacienda import check, read

NAMESPACE = "https://cdn.comprobanteselectronicos.go.cr/xml-schemas/v4.4/"
TODAY = date(2026, 11, 22)


def test_a_crowd_of_faulty_lines_is_told_soon() -> None:
    lines = "<LineaDetalle/>" * 150_000
    document = read(
        f'<FacturaElectronica xmlns="{NAMESPACE}facturaElectronica"><DetalleServicio>'
        f"{lines}</DetalleServicio></FacturaElectronica>".encode()
    )
    before = time.process_time()
    problems = check(document, today=TODAY)
    assert time.process_time() - before < 1.5
    assert len(problems) == 1000
    assert problems[0].code == "falta-elemento"
    assert any(one.code == "demasiados-elementos" for one in problems)
