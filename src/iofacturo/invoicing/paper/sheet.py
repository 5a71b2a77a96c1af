"""What is printed of a document, in words: every code is described, every amount written out.

`sheet` gives plain JSON; the typst sources beside this file only set it. What the law wants to be
read on the representation is in the annexes of the resolution, notes 1, 7 and 13.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import hacienda
from hacienda import clave as claves
from hacienda import comprobante as ley
from hacienda import identificacion, ubicacion
from hacienda.catalogos.codigo_comercial import CODIGO_COMERCIAL
from hacienda.catalogos.condicion_venta import CONDICION_VENTA
from hacienda.catalogos.descuento import DESCUENTO
from hacienda.catalogos.exoneracion import INSTITUCION, TIPO_EXONERACION
from hacienda.catalogos.forma_farmaceutica import FORMA_FARMACEUTICA
from hacienda.catalogos.impuesto import IMPUESTO, IVA
from hacienda.catalogos.iva_cobrado_fabrica import IVA_COBRADO_FABRICA
from hacienda.catalogos.medio_pago import MEDIO_PAGO
from hacienda.catalogos.moneda import MONEDA
from hacienda.catalogos.otros_cargos import OTROS_CARGOS
from hacienda.catalogos.referencia import CODIGO_REFERENCIA, TIPO_DOCUMENTO_REFERENCIA
from hacienda.catalogos.situacion import SITUACION
from hacienda.catalogos.tarifa_iva import TARIFA_IVA
from hacienda.catalogos.tipo_identificacion import TIPO_IDENTIFICACION
from hacienda.catalogos.tipo_transaccion import TIPO_TRANSACCION
from hacienda.catalogos.unidad_medida import UNIDAD_MEDIDA
from iofacturo.invoicing.catalogue import actividad
from iofacturo.invoicing.paper.figures import amount, exact, money, percent
from iofacturo.invoicing.paper.lettering import MISSING, line, paragraphs
from iofacturo.lib import formats

OTHER = "99"
NORMAL_TRANSACTION = "01"
RESOLUTION = "MH-DGT-RES-0027-2024"

Sheet = dict[str, Any]
Pairs = list[tuple[str, str]]


def sheet(
    document: hacienda.Comprobante, *, proforma: bool = False, place: tuple[str, str] = ("", "")
) -> Sheet:
    """The printed content of *document*: texts, and lists of texts, ready to be set.

    *place* is the name and the address of the sucursal that issues it, where they were told.
    """
    resumen = document.resumen_factura or ley.ResumenFactura()
    moneda = resumen.codigo_tipo_moneda or ley.CodigoTipoMoneda(codigo_moneda="CRC")
    currency = moneda.codigo_moneda or "CRC"
    bought = isinstance(document, ley.FacturaElectronicaCompra)
    seller, buyer = ("Proveedor", "Comprador") if bought else ("Emisor", "Receptor")
    name = claves.TIPOS[document.codigo]
    number = document.numero_consecutivo or ""
    lines = [_linea(one, currency) for one in document.detalle_servicio]
    content: Sheet = {
        "title": "Proforma" if proforma else name,
        "number": "" if proforma else str(int(number[10:])) if number[10:].isdigit() else number,
        "subtitle": f"De: {name.lower()}" if proforma else "",
        "issued": _when(document.fecha_emision),
        "consecutivo": "" if proforma else number,
        "clave": "" if proforma else claves.format(document.clave or ""),
        "swapped": bought,
        "parties": [
            _party(seller, document.emisor, document.codigo_actividad_emisor),
            _party(buyer, document.receptor, document.codigo_actividad_receptor),
        ],
        "terms": _terms(document, resumen, currency),
        "currency": _currency(currency),
        "lines": lines,
        "discounts": any(one["discount"] for one in lines),
        "measured": any(one["quantity"] or one["price"] for one in lines),  # a receipt is not
        "charges": [_cargo(one, currency) for one in document.otros_cargos],
        "exonerations": _exonerations(document, currency),
        "references": [_reference(one) for one in document.informacion_referencia],
        "totals": _totals(resumen),
        "taxes": _taxes(document, resumen),
        "total": money(resumen.total_comprobante, currency),
        "total_label": "Total pagado"
        if isinstance(document, ley.ReciboElectronicoPago)
        else "Total",
        "in_colones": _in_colones(resumen, moneda),
        "payments": _payments(resumen, currency),
        "notes": _notes(document),
        "legal": _legal(document, proforma),
    }
    content["parties"][1 if bought else 0]["facts"] += _sucursal(*place)
    content["missing"] = MISSING if MISSING in json.dumps(content, ensure_ascii=False) else ""
    return content


def _sucursal(name: str, address: str) -> Pairs:
    """Where the company issues it from: in no XML, whose address stays as it was signed."""
    where = [line(part) for part in (name, address) if part.strip()]
    return [("Sucursal", ", ".join(where))] if where else []


def described(catalogue: hacienda.catalogos.Catalogo, code: str | None, other: str | None) -> str:
    """A code's description; for «otros» what the issuer wrote."""
    if code == OTHER and other:
        return line(other)
    return line(catalogue.nombre_de(code)) if code else line(other or "")


# -- who ---------------------------------------------------------------------------------------


def _party(role: str, one: ley.Emisor | ley.Receptor | None, codigo: str | None) -> Sheet:
    if one is None:
        return {"role": role, "name": "", "trade": "", "facts": []}
    facts: Pairs = []
    if one.identificacion:
        tipo, numero = one.identificacion.tipo or "", one.identificacion.numero or ""
        facts.append((described(TIPO_IDENTIFICACION, tipo, None), _numero(tipo, numero)))
    elif isinstance(one, ley.Receptor) and one.identificacion_extranjero:
        facts.append(("Identificación extranjera", line(one.identificacion_extranjero)))
    if codigo:
        facts.append(("Actividad económica", line(actividad.shown(codigo))))
    facts.append(("Dirección", _address(one)))
    if one.telefono and one.telefono.num_telefono:
        facts.append(("Teléfono", _telefono(one.telefono)))
    facts.append(("Correo", ", ".join(line(one) for one in _emails(one))))
    if isinstance(one, ley.Emisor) and one.registrofiscal8707:
        facts.append(("Registro fiscal Ley 8707", line(one.registrofiscal8707)))
    return {
        "role": role,
        "name": line(one.nombre or ""),
        "trade": line(one.nombre_comercial or ""),
        "facts": [pair for pair in facts if pair[1]],
    }


def _numero(tipo: str, numero: str) -> str:
    return line(identificacion.format(tipo, numero))


def _emails(one: ley.Emisor | ley.Receptor) -> tuple[str, ...]:
    held = one.correo_electronico or ()
    return (held,) if isinstance(held, str) else held


def _address(one: ley.Emisor | ley.Receptor) -> str:
    parts = []
    place = one.ubicacion
    if place:
        parts = [place.otras_senas, place.barrio, _where(place)]
    parts.append(one.otras_senas_extranjero)
    return line(", ".join(part.strip(" ,") for part in parts if part))


@lru_cache(maxsize=2048)
def _place(provincia: str, canton: str, distrito: str) -> str:
    named = ubicacion.describe(provincia, canton, distrito)
    return ", ".join(reversed(named.split(", ")))


def _where(place: ley.Ubicacion) -> str:
    return _place(place.provincia or "", place.canton or "", place.distrito or "")


def _telefono(one: ley.Telefono) -> str:
    digits = one.num_telefono or ""
    shown = f"{digits[:4]}-{digits[4:]}" if len(digits) == 8 else digits
    return line(f"+{one.codigo_pais}\u00a0{shown}" if one.codigo_pais else shown)


# -- how ---------------------------------------------------------------------------------------


def _when(at: datetime | None) -> str:
    return formats.momento_corto(at) if at else ""


def _terms(document: hacienda.Comprobante, resumen: ley.ResumenFactura, currency: str) -> Pairs:
    terms: Pairs = []
    if document.condicion_venta:
        shown = described(CONDICION_VENTA, document.condicion_venta, document.condicion_venta_otros)
        terms.append(("Condición de venta", shown))
    if document.plazo_credito:
        days = str(document.plazo_credito)
        unit = "" if not days.isdigit() else " día" if days == "1" else " días"
        terms.append(("Plazo del crédito", line(days + unit)))
    terms.append(("Moneda", _currency(currency)))
    rate = resumen.codigo_tipo_moneda.tipo_cambio if resumen.codigo_tipo_moneda else None
    if currency != "CRC" and rate:
        terms.append(("Tipo de cambio", f"₡{exact(rate)}"))
    situacion = (document.clave or "")[41:42]
    if situacion in ("2", "3"):
        terms.append(("Situación", described(SITUACION, situacion, None)))
    return terms


@lru_cache(maxsize=256)
def _currency(code: str) -> str:
    name = MONEDA.nombre_de(code)
    return line(code if name == code else f"{name} ({code})")


def _in_colones(resumen: ley.ResumenFactura, moneda: ley.CodigoTipoMoneda) -> str:
    """The total in colones, for who keeps books in them."""
    total, rate = resumen.total_comprobante, moneda.tipo_cambio
    if total is None or not rate or (moneda.codigo_moneda or "CRC") == "CRC":
        return ""
    return money(total * rate, "CRC")


def _payments(resumen: ley.ResumenFactura, currency: str) -> Pairs:
    return [
        (
            described(MEDIO_PAGO, one.tipo_medio_pago, one.medio_pago_otros),
            money(one.total_medio_pago, currency),
        )
        for one in resumen.medio_pago
    ]


# -- what --------------------------------------------------------------------------------------


def _linea(one: ley.LineaDetalle, currency: str) -> Sheet:
    discount = sum((d.monto_descuento or Decimal(0) for d in one.descuento), Decimal(0))
    taxes = [tax for tax in one.impuesto if tax.codigo]
    iva = next((tax for tax in taxes if tax.codigo in IVA), None)
    charged = sum((tax.monto or Decimal(0) for tax in taxes), Decimal(0))
    return {
        "number": str(one.numero_linea or ""),
        "detail": line(one.detalle or ""),
        "codes": " · ".join(_codes(one)),
        "more": list(_line_facts(one, currency)),
        "quantity": exact(one.cantidad, 0),
        "unit": _unit(one),
        "price": exact(one.precio_unitario),
        "discount": amount(discount) if discount else "",
        "subtotal": amount(one.sub_total if one.sub_total is not None else one.monto_total),
        "rate": _rate(iva),
        "tax": amount(one.impuesto_neto if one.impuesto_neto is not None else charged),
        "total": amount(one.monto_total_linea),
    }


def _unit(one: ley.LineaDetalle) -> str:
    if one.unidad_medida_comercial:
        return line(one.unidad_medida_comercial)
    return _unit_name(one.unidad_medida or "")


@lru_cache(maxsize=256)
def _unit_name(code: str) -> str:
    return line(UNIDAD_MEDIDA.nombre_de(code))


def _rate(iva: ley.Impuesto | None) -> str:
    if iva is None:
        return ""
    if iva.codigo_tarifa_iva == "10":
        return "Exento"
    if iva.tarifa is not None:
        return percent(iva.tarifa)
    return described(TARIFA_IVA, iva.codigo_tarifa_iva, None)


def _codes(one: ley.LineaDetalle) -> Iterator[str]:
    """What the line is called by others: in the catalogue, in the shop, at the customs."""
    if one.codigo_cabys:
        yield f"CAByS {line(one.codigo_cabys)}"
    for code in one.codigo_comercial:
        if code.codigo:
            yield f"{described(CODIGO_COMERCIAL, code.tipo, None)}: {line(code.codigo)}"
    if one.partida_arancelaria:
        yield f"Partida arancelaria: {line(one.partida_arancelaria)}"


def _line_facts(one: ley.LineaDetalle, currency: str) -> Iterator[str]:
    """What else a line says, sentence by sentence, below its description."""
    if one.tipo_transaccion and one.tipo_transaccion != NORMAL_TRANSACTION:
        yield described(TIPO_TRANSACCION, one.tipo_transaccion, None)
    if one.numero_vin_o_serie:
        yield "VIN o serie: " + ", ".join(line(vin) for vin in one.numero_vin_o_serie)
    if one.registro_medicamento:
        yield f"Registro del medicamento: {line(one.registro_medicamento)}"
    if one.forma_farmaceutica:
        yield f"Forma farmacéutica: {described(FORMA_FARMACEUTICA, one.forma_farmaceutica, None)}"
    for part in one.detalle_surtido:
        quantity = exact(part.cantidad_surtido, 0)
        unit = _unit_name(part.unidad_medida_surtido or "")
        yield f"Incluye {quantity} {unit} de {line(part.detalle_surtido or '')}"
    for discount in one.descuento:
        if discount.monto_descuento:
            yield _discount(discount)
    if one.iva_cobrado_fabrica:
        yield described(IVA_COBRADO_FABRICA, one.iva_cobrado_fabrica, None)
    for tax in one.impuesto:
        if tax.codigo and (tax.codigo not in IVA or tax.codigo in ("07", "08")):
            yield _tax(tax)
        if tax.exoneracion and tax.exoneracion.monto_exoneracion:
            yield f"Exonerado: {amount(tax.exoneracion.monto_exoneracion)}"
    if one.impuesto_asumido_emisor_fabrica:
        yield f"Impuesto que asume el emisor o la fábrica: {amount(one.impuesto_asumido_emisor_fabrica)}"


def _discount(one: ley.Descuento) -> str:
    kind = described(DESCUENTO, one.codigo_descuento, one.codigo_descuento_otro)
    why = line(one.naturaleza_descuento or "")
    words = f"{kind} ({why})" if kind and why and why.casefold() != kind.casefold() else kind or why
    if not words:
        words = "Descuento"
    elif not words.startswith("Descuento"):
        words = f"Descuento, {words[:1].lower()}{words[1:]}"
    return f"{words}: {amount(one.monto_descuento)}"


def _tax(one: ley.Impuesto) -> str:
    name = described(IMPUESTO, one.codigo, one.codigo_impuesto_otro)
    rate = f", {percent(one.tarifa)}" if one.tarifa is not None else ""
    if one.factor_calculo_iva is not None:
        rate = f", factor {exact(one.factor_calculo_iva, 0)}"
    return f"{name}{rate}: {amount(one.monto)}"


def _cargo(one: ley.OtrosCargos, currency: str) -> Sheet:
    kind = described(OTROS_CARGOS, one.tipo_documento_oc, one.tipo_documento_otros)
    third = [line(one.nombre_tercero or "")]
    if one.identificacion_tercero:
        of = one.identificacion_tercero
        third.append(_numero(of.tipo or "", of.numero or ""))
    detail, share = line(one.detalle or ""), percent(one.porcentaje_oc)
    return {
        "kind": kind,
        "detail": "" if detail.casefold() == kind.casefold() else detail,
        "third": ", ".join(part for part in third if part),
        "percent": "" if _says(kind, share) else share,
        "amount": amount(one.monto_cargo),
    }


def _says(text: str, part: str) -> bool:
    return part.replace(formats.NBSP, " ") in text.replace(formats.NBSP, " ")


def _exonerations(document: hacienda.Comprobante, currency: str) -> list[Sheet]:
    """Each exoneration once, with the lines it holds for and what it forgives in all."""
    found: dict[tuple[object, ...], Sheet] = {}
    sums: dict[tuple[object, ...], Decimal] = {}
    for one in document.detalle_servicio:
        for tax in one.impuesto:
            given = tax.exoneracion
            if given is None:
                continue
            key: tuple[object, ...] = (
                given.tipo_documento_ex1, given.numero_documento, given.articulo, given.inciso,
                given.nombre_institucion, given.fecha_emision_ex, given.tarifa_exonerada,
            )  # fmt: skip
            shown = found.setdefault(key, _exoneracion(given))
            shown["lines"].append(str(one.numero_linea or ""))
            sums[key] = sums.get(key, Decimal(0)) + (given.monto_exoneracion or Decimal(0))
    for key, shown in found.items():
        shown["amount"] = money(sums[key], currency)
        shown["lines"] = _line_list(shown["lines"])
    return list(found.values())


def _exoneracion(one: ley.Exoneracion) -> Sheet:
    law = [f"artículo {line(one.articulo)}" if one.articulo else ""]
    law.append(f"inciso {line(one.inciso)}" if one.inciso else "")
    return {
        "document": described(TIPO_EXONERACION, one.tipo_documento_ex1, one.tipo_documento_otro),
        "number": line(one.numero_documento or ""),
        "law": ", ".join(part for part in law if part),
        "institution": described(INSTITUCION, one.nombre_institucion, one.nombre_institucion_otros),
        "date": formats.dia_largo(one.fecha_emision_ex) if one.fecha_emision_ex else "",
        "points": f"{exact(one.tarifa_exonerada, 0)} puntos porcentuales"
        if one.tarifa_exonerada is not None
        else "",
        "lines": [],
        "amount": "",
    }


def _line_list(numbers: list[str]) -> str:
    """`línea 3`, `líneas 1 y 2`, `líneas 1 a 40`."""
    if len(numbers) < 2:
        return f"línea {''.join(numbers)}"
    whole = [int(number) for number in numbers if number.isdigit()]
    if len(whole) == len(numbers) > 2 and whole[-1] - whole[0] == len(whole) - 1:
        return f"líneas {numbers[0]} a {numbers[-1]}"
    if len(numbers) > 12:
        return f"{len(numbers)} líneas"
    return f"líneas {', '.join(numbers[:-1])} y {numbers[-1]}"


def _reference(one: ley.InformacionReferencia) -> Sheet:
    number = one.numero or ""
    return {
        "why": described(CODIGO_REFERENCIA, one.codigo, one.codigo_referencia_otro),
        "document": described(TIPO_DOCUMENTO_REFERENCIA, one.tipo_doc_ir, one.tipo_doc_ref_otro),
        "label": _label(number),
        "number": claves.format(number) if claves.is_valid(number) else line(number),
        "date": formats.dia_largo(one.fecha_emision_ir) if one.fecha_emision_ir else "",
        "reason": line(one.razon or ""),
    }


def _label(number: str) -> str:
    """What people call the document of a clave: its type and number; nothing for other numbers."""
    if not claves.is_valid(number):
        return ""
    consecutivo = claves.compact(number)[21:41]
    name = claves.TIPOS.get(consecutivo[8:10])
    return f"{name} {int(consecutivo[10:])}" if name else ""


# -- how much ----------------------------------------------------------------------------------


def _totals(r: ley.ResumenFactura) -> Pairs:
    """The rows of the summary that hold something; the sale and what leads to it always."""
    rows: Pairs = []
    for label, value in (
        ("Servicios gravados", r.total_serv_gravados),
        ("Servicios exentos", r.total_serv_exentos),
        ("Servicios exonerados", r.total_serv_exonerado),
        ("Servicios no sujetos", r.total_serv_no_sujeto),
        ("Mercancías gravadas", r.total_mercancias_gravadas),
        ("Mercancías exentas", r.total_mercancias_exentas),
        ("Mercancías exoneradas", r.total_merc_exonerada),
        ("Mercancías no sujetas", r.total_merc_no_sujeta),
    ):
        if value:
            rows.append((label, amount(value)))
    rows.append(("Total de la venta", amount(r.total_venta)))
    if r.total_descuentos:
        rows.append(("Descuentos", f"−{amount(r.total_descuentos)}"))
        rows.append(("Venta neta", amount(r.total_venta_neta)))
    return [row for row in rows if row[1]]


def _taxes(document: hacienda.Comprobante, r: ley.ResumenFactura) -> Pairs:
    """What is added to the net sale, tax by tariff."""
    rows: Pairs = []
    for group in r.total_desglose_impuesto:
        rows.append((_tax_group(group), amount(group.total_monto_impuesto)))
    if not rows and r.total_impuesto is not None:
        rows.append(("Impuestos", amount(r.total_impuesto)))
    elif len(rows) > 1:
        rows.append(("Total de impuestos", amount(r.total_impuesto)))
    if r.total_imp_asum_emisor_fabrica:
        assumed = amount(r.total_imp_asum_emisor_fabrica)
        rows.append(("Impuesto que asume el emisor (no se cobra)", assumed))
    if r.total_otros_cargos:
        rows.append(("Otros cargos", amount(r.total_otros_cargos)))
    if r.total_iva_devuelto:
        rows.append(("IVA devuelto", f"−{amount(r.total_iva_devuelto)}"))
    return [row for row in rows if row[1]]


def _tax_group(one: ley.TotalDesgloseImpuesto) -> str:
    name = "IVA" if one.codigo == "01" else described(IMPUESTO, one.codigo, None)
    if not one.codigo_tarifa_iva:
        return name
    tariff = described(TARIFA_IVA, one.codigo_tarifa_iva, None)
    return f"{name}, {tariff[:1].lower()}{tariff[1:]}"


# -- the rest ----------------------------------------------------------------------------------


def _notes(document: hacienda.Comprobante) -> list[str]:
    if document.otros is None:
        return []
    notes = []
    for one in document.otros.otro_texto:
        shown = paragraphs(one.texto)
        if one.codigo and shown:
            shown[0] = f"{line(one.codigo)}: {shown[0]}"
        notes += shown
    return notes


def _legal(document: hacienda.Comprobante, proforma: bool) -> list[str]:
    if proforma:
        return ["Este documento no es un comprobante electrónico y no tiene efectos tributarios."]
    provider = _provider(document.proveedor_sistemas or "")
    return [
        f"Emitido conforme a la resolución {RESOLUTION} de la Dirección General de Tributación, "
        f"versión {document.version}. El documento legal es el XML firmado que este archivo lleva "
        "adjunto.",
        f"Hecho con ioFacturo. Proveedor del sistema: identificación {provider}."
        if provider
        else "",
    ]


def _provider(number: str) -> str:
    kinds = identificacion.tipos(number) if number else ()
    return _numero(kinds[0], number) if kinds else line(number)
