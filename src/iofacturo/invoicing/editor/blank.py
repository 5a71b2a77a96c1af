"""What a new document of each type begins with."""

from __future__ import annotations

from typing import Any

COLONES = {"CodigoMoneda": "CRC", "TipoCambio": "1"}
REFERENCES = {"REP": {"TipoDocIR": "01", "Codigo": "04"}, "FEC": {"Codigo": "04"}}
"""What the reference, which these cannot do without, says unless a person says otherwise."""


def of(tipo: str) -> dict[str, Any]:
    """A draft in which nobody stated anything: paid at once, in cash, in colones."""
    data: dict[str, Any] = {
        "tipo": tipo,
        "CondicionVenta": "11" if tipo == "REP" else "01",
        "ResumenFactura": {
            "CodigoTipoMoneda": dict(COLONES),
            "MedioPago": [{"TipoMedioPago": "04" if tipo == "REP" else "01"}],
        },
    }
    if tipo in REFERENCES:
        data["InformacionReferencia"] = [dict(REFERENCES[tipo])]
    return data
