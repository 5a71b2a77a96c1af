"""What the demo's companies sell and to whom: documents as a person would state them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

# detail, CAByS, unit, price without IVA, IVA code
Article = tuple[str, str, str, str, str]
CAFE: list[Article] = [
    ("Café molido 500 g, tueste medio", "2391102010200", "Unid", "4200", "02"),
    ("Café en grano 1 kg, tueste oscuro", "2391102010100", "Unid", "8900", "02"),
    ("Capuchino grande", "6340001000100", "Unid", "1770", "08"),
    ("Café chorreado", "6340001000100", "Unid", "1150", "08"),
    ("Agua embotellada 600 ml", "6340002020100", "Unid", "885", "08"),
    ("Pan tostado, paquete", "2341000000100", "Unid", "1550", "08"),
    ("Café descafeinado 340 g", "2391102020000", "Unid", "5300", "08"),
]
ROASTER: list[Article] = [
    ("Café oro tostado, saco de 10 kg", "2391102010100", "Unid", "58000", "02"),
    ("Tueste por encargo", "2391102010200", "Kg", "2600", "02"),
    ("Café descafeinado, saco de 5 kg", "2391102020000", "Unid", "41000", "08"),
]
# name, cédula, activity, mail
Buyer = tuple[str, str, str, str]
BUYERS: list[Buyer] = [
    ("Panadería Santa Ana S.R.L.", "3102684512", "1071.0", "compras@santaana.demo.cr"),
    ("Hotel Bosque Verde S.A.", "3101448291", "5510.0", "proveedores@bosqueverde.demo.cr"),
    ("Distribuidora Irazú S.A.", "3101207736", "4690.0", "facturas@irazu.demo.cr"),
    ("Oficinas Compartidas La Sabana S.A.", "3101715068", "6820.0", "pagos@lasabana.demo.cr"),
    ("Soda La Esquina S.R.L.", "3102415230", "5610.0", "facturas@soda.demo.cr"),
    ("Escuela Monteverde S.A.", "3101389914", "8510.0", "administracion@monteverde.demo.cr"),
]
WRONG = ("Comercial Sin Registro S.A.", "3101650404", "4690.0", "pagos@sinregistro.demo.cr")
GROWER = ("Rosa Elena Mora Castillo", "105430871")
ABROAD = ("Northwind Coffee Traders LLC", "US-48-1190023", "2200 Harbor Way, Portland, Oregon")
PESOS = [("01", 5), ("02", 6), ("06", 6), ("04", 3)]
PORCENTAJES = {"02": "1", "08": "13", "04": "4", "10": "0"}


@dataclass
class Counter:
    """A shop's habits."""

    articles: list[Article]
    chance: random.Random
    day: str = ""  # of now, as the XSD writes an instant

    def tiquete(self) -> dict[str, Any]:
        return {"tipo": "TE", "CondicionVenta": "01", **self._sold(self.chance.randint(1, 3))}

    def factura(self, buyer: Buyer | None = None, *, credit_days: int = 0) -> dict[str, Any]:
        who = buyer or self.chance.choice(BUYERS)
        data: dict[str, Any] = {
            "tipo": "FE",
            "Receptor": receptor(who),
            "CodigoActividadReceptor": who[2],
            "CondicionVenta": "01",
            **self._sold(self.chance.randint(1, 5), most=24),
        }
        if credit_days:  # with the IVA to be paid when the money comes: a receipt will follow
            data["CondicionVenta"], data["PlazoCredito"] = "10", str(credit_days)
        return data

    def compra(self) -> dict[str, Any]:
        """A grower who issues no invoices: the buyer makes the document."""
        return {
            "tipo": "FEC",
            "Emisor": {
                "Nombre": GROWER[0],
                "Identificacion": {"Tipo": "01", "Numero": GROWER[1]},
                "Ubicacion": {
                    "Provincia": "1", "Canton": "05", "Distrito": "01",
                    "OtrasSenas": "San Marcos de Tarrazú, 300 metros al sur del beneficio",
                },
            },
            "CondicionVenta": "01",
            "DetalleServicio": _lines(
                [("Café cereza, fanega", "0161001020000", "Unid", "92000", "02",
                  self.chance.randint(1, 4), 0)]
            ),
            "ResumenFactura": _summary("04"),
            "InformacionReferencia": [
                {
                    "TipoDocIR": "14",  # somebody of the régimen especial
                    "Numero": f"{self.chance.randrange(100, 999)}",
                    "FechaEmisionIR": self.day,
                    "Codigo": "04",
                    "Razon": "Café cereza recibido en bodega",
                }
            ],
        }  # fmt: skip

    def exportacion(self) -> dict[str, Any]:
        article = ("Café tostado en grano, caja de 12 kg", "2391102010100", "Unid", "168", "01")
        sold = _lines([(*article, self.chance.randint(4, 20), 0)])
        sold["LineaDetalle"][0]["PartidaArancelaria"] = "090121000000"
        return {
            "tipo": "FEE",
            "Receptor": {
                "Nombre": ABROAD[0],
                "Identificacion": {"Tipo": "05", "Numero": ABROAD[1]},
                "OtrasSenasExtranjero": ABROAD[2],
            },
            "CondicionVenta": "01",
            "DetalleServicio": sold,
            "ResumenFactura": _summary("04", "USD", "505.35"),
        }

    def _sold(self, kinds: int, most: int = 3) -> dict[str, Any]:
        chosen = self.chance.sample(self.articles, min(kinds, len(self.articles)))
        means = self.chance.choices([code for code, _ in PESOS], [weight for _, weight in PESOS])[0]
        lines = [
            (*article, self.chance.randint(1, most), 5 if self.chance.random() < 0.12 else 0)
            for article in chosen
        ]
        return {"DetalleServicio": _lines(lines), "ResumenFactura": _summary(means)}


def receptor(buyer: Buyer) -> dict[str, Any]:
    name, number, _, email = buyer
    return {
        "Nombre": name,
        "Identificacion": {"Tipo": "02", "Numero": number},
        "CorreoElectronico": email,
    }


def _lines(rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    return {
        "LineaDetalle": [
            {
                "NumeroLinea": str(number),
                "CodigoCABYS": cabys,
                "Cantidad": str(quantity),
                "UnidadMedida": unit,
                "Detalle": detail,
                "PrecioUnitario": price,
                **_discount(Decimal(price) * quantity, percent),
                "Impuesto": [
                    {
                        "Codigo": "01",
                        "CodigoTarifaIVA": tarifa,
                        "Tarifa": PORCENTAJES.get(tarifa, "0"),
                    }
                ],
            }
            for number, (detail, cabys, unit, price, tarifa, quantity, percent) in enumerate(
                rows, 1
            )
        ]
    }


def _discount(amount: Decimal, percent: int) -> dict[str, Any]:
    if not percent:
        return {}
    return {
        "Descuento": [
            {"MontoDescuento": str(amount * percent / 100), "CodigoDescuento": "07"}  # comercial
        ]
    }


def _summary(means: str, currency: str = "CRC", rate: str = "1") -> dict[str, Any]:
    return {
        "CodigoTipoMoneda": {"CodigoMoneda": currency, "TipoCambio": rate},
        "MedioPago": [{"TipoMedioPago": means}],
    }
