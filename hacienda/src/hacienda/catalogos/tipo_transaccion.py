"""Kinds of transaction of a line (note 22)."""

from __future__ import annotations

from hacienda.catalogos import Catalogo, Codigo

_LINES = ("FE", "ND", "NC", "FEC", "FEE")

TIPO_TRANSACCION = Catalogo(
    "Tipo de transacción",
    "22",
    Codigo("01", "Venta normal de bienes y servicios", _LINES),
    Codigo("02", "Mercancía de autoconsumo exento", _LINES),
    Codigo("03", "Mercancía de autoconsumo gravado", _LINES),
    Codigo("04", "Servicio de autoconsumo exento", _LINES),
    Codigo("05", "Servicio de autoconsumo gravado", _LINES),
    Codigo("06", "Cuota de afiliación", _LINES),
    Codigo("07", "Cuota de afiliación exenta", _LINES),
    Codigo("08", "Bienes de capital para el emisor", _LINES),
    Codigo("09", "Bienes de capital para el receptor", _LINES),
    Codigo("10", "Bienes de capital para el emisor y el receptor", _LINES),
    Codigo("11", "Bienes de capital de autoconsumo exento para el emisor", _LINES),
    Codigo("12", "Bienes de capital sin contraprestación a terceros, exento", _LINES),
    Codigo("13", "Sin contraprestación a terceros", _LINES),
)
