"""Hypothesis strategies for lawful documents of every type, complete with their amounts.

They use what the law has: several taxes, exonerations, gifts, specific taxes with their data, IVA of
the factory, sets, other charges (also alone), means of payment, currencies, terms of credit,
references, foreign parties, long text with accents and markup. What only the 2026 revision has comes
along where `new` is true; `only_2026` tells whether a document has any of it.

`montos.calculate` completes the amounts; whether it does so rightly is for the tests to say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st

from hacienda import clave, montos, ubicacion
from hacienda.catalogos.forma_farmaceutica import FORMA_FARMACEUTICA
from hacienda.comprobante import (
    COSTA_RICA,
    TIPOS,
    CodigoComercial,
    CodigoComercialSurtido,
    CodigoTipoMoneda,
    Comprobante,
    DatosImpuestoEspecifico,
    DatosImpuestoEspecificoSurtido,
    Descuento,
    DescuentoSurtido,
    Emisor,
    Exoneracion,
    FechaHora,
    Identificacion,
    Impuesto,
    ImpuestoSurtido,
    InformacionReferencia,
    LineaDetalle,
    LineaDetalleSurtido,
    MedioPago,
    MensajeHacienda,
    MensajeReceptor,
    OtroContenido,
    Otros,
    OtrosCargos,
    OtroTexto,
    Receptor,
    ResumenFactura,
    Telefono,
    Ubicacion,
    texto_fecha,
)
from hacienda.estructura import Element, of

TODAY = date(2026, 11, 22)
UNIT = Decimal("0.00001")

_PHRASES = (
    "Café molido <tostado> & «orgánico»",
    "Ñandú, pingüino y corazón: 50 % de descuento",
    "Servicio de diseño 'a la medida' \"premium\"",
    "€ 日本 ½ — línea con\ttabulador",
    "Señas: 200 m norte del parque ]]> y 25 m este",
    "Tornillo de 3/8\" × 2' galvanizado",
)
_NOTES = ("NC", "ND")


def text(least: int, most: int) -> st.SearchStrategy[str]:
    """Text of a length, never blank, with accents and markup."""

    def fit(phrase: str, times: int) -> str:
        long = " ".join([phrase] * times)
        return (long + " ampliación de texto" * (least // 4 + 1))[
            : max(least, min(most, len(long)))
        ]

    letters = st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["Cc", "Zs"])
    return st.one_of(
        st.builds(fit, st.sampled_from(_PHRASES), st.sampled_from([1, 1, 1, 2, 9])),
        st.text(letters, min_size=max(least, 1), max_size=min(most, least + 12)),
    )


def amounts(most: int, places: int) -> st.SearchStrategy[Decimal]:
    """More than zero, of up to so many decimals, often round."""
    scale = 10**places
    return st.one_of(
        st.integers(1, most * scale).map(lambda n: Decimal(n).scaleb(-places)),
        st.integers(1, most).map(Decimal),
        st.integers(1, most * 100).map(
            lambda n: Decimal(n).scaleb(-2) if places >= 2 else Decimal(max(1, n // 100))
        ),
    )


def digits(count: int, first: str = "123456789") -> st.SearchStrategy[str]:
    return st.builds(
        lambda head, tail: head + f"{tail:0{count - 1}}",
        st.sampled_from(first),
        st.integers(0, 10 ** (count - 1) - 1),
    )


@st.composite
def identificaciones(draw: st.DrawFn, kinds: str, new: bool) -> Identificacion:
    """`kinds` lists the allowed types by their last digit."""
    tipo = "0" + draw(st.sampled_from(kinds))
    if tipo == "02" and new and draw(st.booleans()):
        numero = "3101" + draw(st.sampled_from("ABXZ")) + draw(digits(5))
    elif tipo in ("05", "06"):
        numero = "P" + draw(st.text("0123456789ABCDEFXYZ", max_size=19))
    else:
        size = {"01": 9, "02": 10, "03": draw(st.sampled_from([11, 12])), "04": 10}[tipo]
        numero = draw(digits(size, "2345" if tipo == "02" else "123456789"))
    return Identificacion(tipo=tipo, numero=numero)


@cache
def _districts() -> list[tuple[str, str, str]]:
    return [
        (p, c, d)
        for p, _ in ubicacion.provincias()
        for c, _ in ubicacion.cantones(p)
        for d, _ in ubicacion.distritos(p, c)
    ]


@st.composite
def ubicaciones(draw: st.DrawFn) -> Ubicacion:
    provincia, canton, distrito = draw(st.sampled_from(_districts()))
    return Ubicacion(
        provincia=provincia,
        canton=canton,
        distrito=distrito,
        barrio=draw(st.none() | text(5, 50)),
        otras_senas=draw(text(5, 160)),
    )


def telefonos(new: bool) -> st.SearchStrategy[Telefono]:
    short = st.sampled_from(["911", "22223333"]) if new else st.just("88887777")
    return st.builds(Telefono, codigo_pais=st.just("506"), num_telefono=digits(8, "2678") | short)


CORREOS = st.sampled_from(
    ["ventas@cafeprueba.cr", "a.b+c@sub.dominio.co.cr", "ñandú@correo.com", "1@2.cr"]
)


@st.composite
def emisores(draw: st.DrawFn, kinds: str, new: bool) -> Emisor:
    identificacion = draw(identificaciones(kinds, new))
    foreign = identificacion.tipo == "05"
    return Emisor(
        nombre=draw(text(5, 100)),
        identificacion=identificacion,
        registrofiscal8707=draw(st.none() | digits(12)),
        nombre_comercial=draw(st.none() | text(3, 80)),
        ubicacion=None if foreign else draw(ubicaciones()),
        otras_senas_extranjero=draw(text(5, 300)) if foreign else None,
        telefono=draw(st.none() | telefonos(new)),
        correo_electronico=tuple(draw(st.lists(CORREOS, min_size=1, max_size=4))),
    )


@st.composite
def receptores(draw: st.DrawFn, kinds: str, new: bool, nameless: bool = False) -> Receptor:
    identificacion = draw(identificaciones(kinds, new))
    foreign = identificacion.tipo == "05"
    return Receptor(
        nombre=draw(text(3, 100)),
        identificacion=None if nameless and draw(st.booleans()) else identificacion,
        nombre_comercial=draw(st.none() | text(3, 80)),
        ubicacion=None if foreign else draw(st.none() | ubicaciones()),
        otras_senas_extranjero=draw(text(5, 300)) if foreign else None,
        telefono=draw(st.none() | telefonos(new)),
        correo_electronico=draw(st.none() | CORREOS),
    )


# --- lines -------------------------------------------------------------------------------------

GOODS = ("2391102010200", "0111100000000", "2441001000000", "3731100000000", "4911300000000")
SERVICES = ("8314100000000", "9312100000000", "6742000000100", "7211200000000")
SOAP = "3532101000000"
DRINK = "2449000000000"
_TARIFAS = {
    "01": "0", "02": "1", "03": "2", "04": "4", "05": "0", "06": "4", "07": "8", "08": "13",
    "09": "0.5", "10": "0", "11": "0",
}  # fmt: skip


@st.composite
def exoneraciones(draw: st.DrawFn, tipo: str, tarifa: Decimal, issued: datetime) -> Exoneracion:
    kinds = ["02", "03", "04", "08", "09", "10", "99"]
    kinds += ["01", "05", "06", "07", "11"] if tipo in _NOTES else []
    kind = draw(st.sampled_from(kinds))
    institution = draw(st.sampled_from(["01", "02", "12", "99"]))
    hundredths = int(tarifa * 100)
    points = draw(st.sampled_from([hundredths, hundredths // 2]) | st.integers(1, hundredths))
    return Exoneracion(
        tipo_documento_ex1=kind,
        tipo_documento_otro=draw(text(5, 100)) if kind == "99" else None,
        numero_documento=draw(st.sampled_from(["AL-00012345-26", "9635", "LEY-7210"])),
        articulo="15" if kind in ("02", "03", "06", "07", "08") else draw(st.none() | st.just("8")),
        inciso=draw(st.none() | st.just("2")),
        nombre_institucion=institution,
        nombre_institucion_otros=draw(text(5, 160)) if institution == "99" else None,
        fecha_emision_ex=issued - timedelta(days=draw(st.integers(0, 700))),
        tarifa_exonerada=Decimal(points).scaleb(-2),
    )


@st.composite
def iva(draw: st.DrawFn, tipo: str, issued: datetime, codigo: str = "01") -> Impuesto:
    """The IVA by tariff, exonerated now and then."""
    codes = ["08", "08", "08", "02", "03", "04", "09", "01", "10", "11"]
    codes += ["05", "06", "07"] if tipo in _NOTES else []
    if tipo == "FEE" and draw(st.integers(0, 3)):
        codes = ["10", "01"]
    code = draw(st.sampled_from(codes))
    tarifa = Decimal(_TARIFAS[code])
    exonerated = tarifa > 0 and tipo not in ("FEE", "REP") and draw(st.integers(0, 3)) == 0
    return Impuesto(
        codigo=codigo,
        codigo_tarifa_iva=code,
        tarifa=tarifa if draw(st.booleans()) else None,  # `calculate` knows it
        exoneracion=draw(exoneraciones(tipo, tarifa, issued)) if exonerated else None,
    )


@st.composite
def otros_impuestos(draw: st.DrawFn, tipo: str, new: bool) -> tuple[Impuesto, str | None]:
    """A tax that is no IVA, and the CAByS that it asks for."""
    codes = ["02", "12", "99"]
    if tipo in ("FE", "TE", "NC", "ND"):
        codes += ["03", "04", "05", "06"]
    code = draw(st.sampled_from(codes))
    unit = draw(amounts(500, 5))
    size = draw(amounts(2000, 2))
    if code == "02":
        return Impuesto(codigo=code, tarifa=draw(amounts(40, 2))), None
    if code == "12":
        return Impuesto(codigo=code, tarifa=draw(st.none() | st.just(Decimal(5)))), None
    if code == "99":
        return Impuesto(
            codigo=code, codigo_impuesto_otro=draw(text(5, 100)), tarifa=draw(amounts(20, 2))
        ), None
    cabys, porcentaje, proporcion, volumen = None, None, None, None
    if code == "04":
        size = draw(st.sampled_from(["350", "750", "1000"]).map(Decimal))
        porcentaje = draw(st.sampled_from(["5", "35", "40"]).map(Decimal))
        if draw(st.booleans()):
            proporcion = draw(amounts(999, 5 if new else 2))
    if code == "05":
        cabys = draw(st.sampled_from([SOAP, DRINK]))
        volumen = draw(st.sampled_from(["250", "90", "1.25"]).map(Decimal))
    data = DatosImpuestoEspecifico(
        cantidad_unidad_medida=size,
        porcentaje=porcentaje,
        proporcion=proporcion,
        volumen_unidad_consumo=volumen,
        impuesto_unidad=unit,
    )
    return Impuesto(codigo=code, datos_impuesto_especifico=data), cabys


@st.composite
def descuentos(draw: st.DrawFn, total: Decimal) -> tuple[Descuento, ...]:
    """Discounts of a line, each on what is left; a gift has no amount: it is of all that is left."""
    out: list[Descuento] = []
    left = total
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2, 5]))):
        code = draw(st.sampled_from(["04", "05", "06", "07", "08", "09", "99"]))
        share = (left * draw(st.integers(0, 100)) / 100).quantize(UNIT)
        left -= share
        other = code == "99"
        out.append(
            Descuento(
                monto_descuento=share,
                codigo_descuento=code,
                codigo_descuento_otro=draw(text(5, 100)) if other else None,
                naturaleza_descuento=draw(text(3, 80)) if other else draw(st.none() | text(3, 80)),
            )
        )
    return tuple(out)


@st.composite
def regalias(draw: st.DrawFn, total: Decimal) -> tuple[Descuento, ...]:
    """A gift of all or of part of a line."""
    code = draw(st.sampled_from(["01", "02", "03"]))
    part = draw(st.none() | st.integers(1, 100))
    amount = None if part is None else (total * part / 100).quantize(UNIT)
    return (Descuento(monto_descuento=amount, codigo_descuento=code),)


@st.composite
def surtidos(draw: st.DrawFn, tipo: str) -> tuple[LineaDetalleSurtido, ...]:
    """The parts of a set; their amounts are computed with the line."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        code = draw(st.sampled_from(["08", "02", "10"] if tipo != "FEE" else ["10"]))
        cantidad, precio = draw(amounts(20, 3)), draw(amounts(9000, 5))
        discounted = draw(st.booleans())
        taxes = [ImpuestoSurtido(codigo_impuesto_surtido="01", codigo_tarifa_iva_surtido=code)]
        if tipo != "FEE" and draw(st.integers(0, 3)) == 0:
            data = DatosImpuestoEspecificoSurtido(
                cantidad_unidad_medida_surtido=Decimal(20), impuesto_unidad_surtido=Decimal("24.5")
            )
            taxes.append(
                ImpuestoSurtido(
                    codigo_impuesto_surtido="06", datos_impuesto_especifico_surtido=data
                )
            )
        parts.append(
            LineaDetalleSurtido(
                codigo_cabys_surtido=draw(st.sampled_from(GOODS)),
                codigo_comercial_surtido=(
                    CodigoComercialSurtido(tipo_surtido="03", codigo_surtido="SKU-1"),
                ),
                cantidad_surtido=cantidad,
                unidad_medida_surtido="Unid",
                unidad_medida_comercial_surtido=draw(st.none() | text(1, 20)),
                detalle_surtido=draw(text(3, 200)),
                precio_unitario_surtido=precio,
                descuento_surtido=(
                    DescuentoSurtido(
                        monto_descuento_surtido=(cantidad * precio / 4).quantize(UNIT),
                        codigo_descuento_surtido="99",
                        descuento_surtido_otros=draw(text(3, 80)),
                    ),
                )
                if discounted
                else (),
                impuesto_surtido=tuple(taxes),
            )
        )
    return tuple(parts)


def _of_the_set(parts: tuple[LineaDetalleSurtido, ...]) -> dict[str, Any]:
    """Price and taxes of the line that sells a set, from its parts."""
    price = Decimal(0)
    for part in parts:
        price += ((part.cantidad_surtido or 0) * (part.precio_unitario_surtido or 0)).quantize(
            UNIT, "ROUND_HALF_UP"
        )
        price -= sum(d.monto_descuento_surtido or 0 for d in part.descuento_surtido)
    codes = dict.fromkeys(t.codigo_impuesto_surtido for p in parts for t in p.impuesto_surtido)
    taxes = [
        Impuesto(
            codigo=code,
            datos_impuesto_especifico=DatosImpuestoEspecifico(
                cantidad_unidad_medida=Decimal(20), impuesto_unidad=Decimal("24.5")
            )
            if code == "06"
            else None,
        )
        for code in codes
    ]
    return {
        "codigo_cabys": "2399999002200",
        "detalle_surtido": parts,
        "precio_unitario": price,
        "impuesto": tuple(taxes),
        "codigo_comercial": (CodigoComercial(tipo="03", codigo="SURT-01"),),
    }


@st.composite
def lineas(draw: st.DrawFn, tipo: str, new: bool, issued: datetime) -> LineaDetalle:
    """A line as a person states it."""
    cantidad, precio = draw(amounts(900, 3)), draw(amounts(99999, 5))
    total = (cantidad * precio).quantize(UNIT, "ROUND_HALF_UP")
    service = draw(st.booleans())
    values: dict[str, Any] = {
        "codigo_cabys": draw(st.sampled_from(SERVICES if service else GOODS)),
        "cantidad": cantidad,
        "unidad_medida": draw(st.sampled_from(["Sp", "Os", "h", "Al"] if service else ["Unid", "Kg", "m²", "´´", "L"])),
        "precio_unitario": precio,
    }  # fmt: skip
    what = draw(
        st.sampled_from(["iva", "iva", "iva", "gift", "specific", "08", "07", "factory", "set"])
    )
    if what == "set" and tipo != "FEC":
        values |= _of_the_set(draw(surtidos(tipo)))
        values["unidad_medida"] = "Unid"
    elif what == "gift":
        values["descuento"] = draw(regalias(total))
        values["impuesto"] = (draw(iva(tipo, issued)),)
    elif what == "factory" and tipo not in ("FEC", "FEE"):
        values |= draw(_factory())
    else:
        values["descuento"] = draw(descuentos(total))
        taxes: list[Impuesto] = []
        if what == "08" and tipo != "FEE":
            factor = Decimal(draw(st.integers(1, 1300))).scaleb(-4)
            taxes.append(Impuesto(codigo="08", factor_calculo_iva=factor))
        elif what == "07":
            taxes.append(draw(iva(tipo, issued, "07")))
            values["base_imponible"] = (
                draw(st.none() | amounts(99999, 5)) if tipo != "FEE" else None
            )
        else:
            taxes.append(draw(iva(tipo, issued)))
        if what == "specific":
            for _ in range(draw(st.integers(1, 2))):
                other, cabys = draw(otros_impuestos(tipo, new))
                if other.codigo not in {tax.codigo for tax in taxes}:
                    taxes.append(other)
                    values["codigo_cabys"] = cabys or values["codigo_cabys"]
            if draw(st.integers(0, 4)) == 0:
                del taxes[0]
        values["impuesto"] = tuple(taxes)
    if tipo in _NOTES and draw(st.integers(0, 9)) == 0:
        values["codigo_cabys"] = None
    return LineaDetalle(**values, **draw(_details(tipo)))


@st.composite
def _factory(draw: st.DrawFn) -> dict[str, Any]:
    """IVA charged at the factory: on a base of its own, or already borne."""
    if draw(st.booleans()):
        return {
            "iva_cobrado_fabrica": "01",
            "base_imponible": draw(amounts(99999, 5)),
            "impuesto": (Impuesto(codigo="01", codigo_tarifa_iva="08"),),
        }
    return {
        "iva_cobrado_fabrica": "02",
        "impuesto": (Impuesto(codigo="01", codigo_tarifa_iva="10"),),
    }


@st.composite
def _details(draw: st.DrawFn, tipo: str) -> dict[str, Any]:
    """What a line says about what is sold."""
    values: dict[str, Any] = {
        "detalle": draw(text(3, 200)),
        "tipo_transaccion": draw(st.none() | st.sampled_from(["01", "08", "13"])),
        "unidad_medida_comercial": draw(st.none() | text(1, 20)),
    }
    if tipo in (*_NOTES, "FEE"):
        values["partida_arancelaria"] = "090121000000"
    rare = draw(st.integers(0, 9))
    if rare == 0:
        values["numero_vin_o_serie"] = ("1HGCM82633A004352", "S-2")
    elif rare == 1:
        values["registro_medicamento"] = "M-CR-19-00123"
        values["forma_farmaceutica"] = draw(st.sampled_from(list(FORMA_FARMACEUTICA)))
    return values


@st.composite
def lineas_rep(draw: st.DrawFn, issued: datetime) -> LineaDetalle:
    """A line of a receipt: what was paid, perhaps the amount that the tax is on, the tax."""
    return LineaDetalle(
        detalle=draw(text(3, 200)),
        monto_total=draw(amounts(999999, 5)),
        sub_total=draw(st.none() | amounts(999999, 5)),
        impuesto=tuple(draw(st.lists(iva("REP", issued), max_size=1))),
    )


# --- charges, references, payments -------------------------------------------------------------


@st.composite
def cargos(draw: st.DrawFn, kinds: list[str], new: bool, *, percentages: bool) -> OtrosCargos:
    kind = draw(st.sampled_from(kinds))
    third = kind == "04"
    percentage = draw(amounts(15, 5)) if percentages and draw(st.booleans()) else None
    return OtrosCargos(
        tipo_documento_oc=kind,
        tipo_documento_otros=draw(text(5, 100)) if kind == "99" else None,
        identificacion_tercero=draw(identificaciones("1234", new)) if third else None,
        nombre_tercero=draw(text(5, 100)) if third else None,
        detalle=draw(text(1, 160)),
        porcentaje_oc=percentage,
        monto_cargo=None if percentage is not None else draw(amounts(50000, 5)),
    )


@st.composite
def referencias(
    draw: st.DrawFn, tipo: str, new: bool, issued: datetime, issuer: str, kind: str = ""
) -> InformacionReferencia:
    kinds = ["01", "02", "03", "04", "07", "08", "10"]
    if tipo != "REP":
        kinds += ["05", "06", "11", "12", "13", "14", "15", "17", "18", "99"]
    kinds += ["09"] if tipo in _NOTES else []
    kinds += ["19", "20"] if new else []
    kind = kind or draw(st.sampled_from(kinds))
    codes = ["01", "02", "04", "05", "06", "07", "08", "09", "10", "11", "99"]
    codes += ["12"] if tipo == "NC" else []
    if new:
        codes += ["15", "16"] + (["17"] if tipo == "REP" else ["13", "14"])
    code = draw(st.sampled_from(codes))
    when = issued - timedelta(days=draw(st.integers(0, 400)))
    number: str | None = draw(text(1, 50))
    codigo = {"12": "09", "15": "08", "19": "09", "20": "10"}.get(kind, kind)
    if kind in ("01", "02", "03", "04", "09", "11", "12", "15", "19", "20"):
        codigo = codigo if codigo in ("01", "02", "03", "04", "08", "09", "10") else "01"
        series = clave.Consecutivo.build(1, 1, codigo, draw(st.integers(1, 10**9)))
        number = clave.build(when, issuer, series, codigo="87654321")
        if kind == "09" and codigo == "09":  # a return of goods refers to a factura
            number = clave.build(when, issuer, series[:8] + "01" + series[10:], codigo="87654321")
    bare = kind == "13" and draw(st.booleans())
    return InformacionReferencia(
        tipo_doc_ir=kind,
        tipo_doc_ref_otro=draw(text(5, 100)) if kind == "99" else None,
        numero=None if bare else number,
        fecha_emision_ir=when,
        codigo=None if bare else code,
        codigo_referencia_otro=draw(text(5, 100)) if code == "99" and not bare else None,
        razon=None if bare else draw(text(3, 180)),
    )


MONEDAS = st.sampled_from([("CRC", "1"), ("CRC", "1"), ("USD", "505.12"), ("EUR", "588.03"), ("JPY", "3.25")])  # fmt: skip


@st.composite
def medios(draw: st.DrawFn, total: Decimal) -> tuple[MedioPago, ...]:
    """Means of payment that add up to the total; the last takes what is left."""
    kinds = draw(
        st.lists(st.sampled_from(["01", "02", "03", "04", "05", "06", "07", "99"]),
                 min_size=1, max_size=4, unique=True)
    )  # fmt: skip
    if total < Decimal("0.01"):
        kinds = kinds[:1]
    share = (total / len(kinds)).quantize(UNIT, "ROUND_DOWN")
    return tuple(
        MedioPago(
            tipo_medio_pago=kind,
            medio_pago_otros=draw(text(3, 100)) if kind == "99" else None,
            total_medio_pago=None if kind == kinds[-1] else share,
        )
        for kind in kinds
    )


OTROS = st.one_of(
    st.none(),
    st.builds(
        Otros,
        otro_texto=st.lists(
            st.builds(OtroTexto, texto=text(1, 500), codigo=st.none() | text(1, 20)), max_size=2
        ).map(tuple),
        otro_contenido=st.just(()) | st.just((OtroContenido(texto="<orden n='7'/>", codigo="oc"),)),
    ),
)


# --- documents ---------------------------------------------------------------------------------


def only(value: Any, elements: tuple[Element, ...]) -> Any:
    """The value without what its type does not have."""
    known = {element.attribute: element for element in elements}
    changes: dict[str, Any] = {}
    for name in type(value).__dataclass_fields__:
        if name in ("extra", "version"):
            continue
        held = getattr(value, name)
        element = known.get(name)
        if element is None:
            if held is not None and held != ():
                changes[name] = () if isinstance(held, tuple) else None
            continue
        inner = element.children[0] if element.kind == "wrapper" else element
        if inner.kind != "group" or held is None:
            continue
        if isinstance(held, tuple):
            changes[name] = tuple(only(one, inner.children) for one in held)
        else:
            changes[name] = only(held, inner.children)
    return replace(value, **changes) if changes else value


_CONDITIONS = {
    "FE": [
        "01",
        "02",
        "03",
        "04",
        "05",
        "06",
        "07",
        "08",
        "10",
        "12",
        "12",
        "12",
        "14",
        "15",
        "99",
    ],
    "REP": ["09", "11"],
}
_RECEIVERS = {"FE": "12341", "FEC": "1234", "REP": "1234"}


@st.composite
def comprobantes(draw: st.DrawFn, tipo: str, new: bool = False) -> Comprobante:
    """A lawful document of a type, calculated."""
    issued = datetime(2026, 11, 22, 9, 30, tzinfo=COSTA_RICA) - timedelta(
        minutes=draw(st.integers(0, 300_000))
    )
    condition = draw(
        st.sampled_from(_CONDITIONS.get(tipo, [c for c in _CONDITIONS["FE"] if c != "12"]))
    )
    foreign = tipo == "FE" and condition == "12" and draw(st.booleans())
    seller = "1234"
    if tipo == "FEC":
        seller = draw(st.sampled_from("12345"))
        if draw(st.integers(0, 3)) == 0:
            seller, condition = "6", "13"
    emisor = draw(emisores(seller, new))
    receptor: Receptor | None
    if tipo in _RECEIVERS:
        receptor = draw(receptores("5" if foreign else _RECEIVERS[tipo], new))
    else:
        receptor = draw(st.none() | receptores("12345", new, nameless=True))
    who = receptor if tipo == "FEC" else emisor
    issuer = who.identificacion.numero  # type: ignore[union-attr]
    references = _counted(tipo, foreign, draw)
    must = "16" if tipo == "FEC" and seller == "5" else ""
    situacion = draw(st.sampled_from("1113"))
    series = clave.Consecutivo.build(
        draw(st.integers(1, 999)),
        draw(st.integers(1, 99999)),
        tipo,
        draw(st.integers(1, 10**10 - 1)),
    )
    moneda, cambio = draw(MONEDAS)
    charges_only = tipo in ("FE", "TE", *_NOTES) and draw(st.integers(0, 9)) == 0
    document = TIPOS[tipo](
        clave=clave.build(issued, issuer, series, situacion, draw(digits(8, "0123456789"))),
        proveedor_sistemas=draw(st.sampled_from(["3101999888", "1234567890123"])),
        codigo_actividad_emisor=draw(st.sampled_from(["6201.0", "4719.0", "620100"])),
        codigo_actividad_receptor="4719.0"
        if tipo == "FEC"
        else draw(st.none() | st.just("4711.0")),
        numero_consecutivo=series,
        fecha_emision=draw(st.sampled_from([issued, _without_offset(issued)])),
        emisor=emisor,
        receptor=receptor,
        condicion_venta=condition,
        condicion_venta_otros=draw(text(5, 100)) if condition == "99" else None,
        plazo_credito=draw(st.integers(1, 99999)) if condition in ("02", "10") else None,
        detalle_servicio=() if charges_only else draw(_many_lines(tipo, new, issued)),
        otros_cargos=draw(_charges(new, charges_only)),
        resumen_factura=ResumenFactura(
            codigo_tipo_moneda=CodigoTipoMoneda(codigo_moneda=moneda, tipo_cambio=Decimal(cambio))
        ),
        informacion_referencia=tuple(
            draw(referencias(tipo, new, issued, issuer, must if n == 0 else ""))
            for n in range(references)
        ),
        otros=draw(OTROS),
    )
    document = only(document, of(tipo).children)
    return _paid(document, draw)


def _without_offset(when: datetime) -> FechaHora:
    return FechaHora(texto_fecha(when).removesuffix("-06:00"))


def _counted(tipo: str, foreign: bool, draw: st.DrawFn) -> int:
    """How many references: some types, and foreign buyers, need one."""
    if tipo in ("NC", "ND", "FEC", "REP") or foreign:
        return draw(st.sampled_from([1, 1, 2, 10]))
    return draw(st.sampled_from([0, 0, 0, 1]))


@st.composite
def _many_lines(
    draw: st.DrawFn, tipo: str, new: bool, issued: datetime
) -> tuple[LineaDetalle, ...]:
    one = lineas_rep(issued) if tipo == "REP" else lineas(tipo, new, issued)
    few = draw(st.lists(one, min_size=1, max_size=4))
    return tuple(few * draw(st.sampled_from([1] * 12 + [20])))


@st.composite
def _charges(draw: st.DrawFn, new: bool, alone: bool) -> tuple[OtrosCargos, ...]:
    if alone:
        some = cargos(["04", "08", "09", "10"], new, percentages=False)
        return tuple(draw(st.lists(some, min_size=1, max_size=3)))
    every = [f"{n:02}" for n in range(1, 11)] + ["99"]
    return tuple(draw(st.lists(cargos(every, new, percentages=True), max_size=2)))


def _paid(document: Comprobante, draw: st.DrawFn) -> Comprobante:
    """The document with its amounts, and how it is paid."""
    first = montos.calculate(document)
    summary = document.resumen_factura or ResumenFactura()
    charges = tuple(
        c for c in first.otros_cargos if c.monto_cargo
    )  # a percentage of nothing is none
    total = first.resumen_factura.total_comprobante  # type: ignore[union-attr]
    medico = document.tipo in ("FE", "TE") and draw(st.integers(0, 3)) == 0
    if medico:
        payments: tuple[MedioPago, ...] = (MedioPago(tipo_medio_pago="02"),)
    elif document.condicion_venta in ("02", "08", "10") and draw(st.booleans()):
        payments = ()
    else:
        payments = draw(medios(total or Decimal(0)))
    settled = replace(
        document, otros_cargos=charges, resumen_factura=replace(summary, medio_pago=payments)
    )
    return montos.calculate(settled, medico_card=medico)


@st.composite
def mensajes_receptor(draw: st.DrawFn, new: bool = False) -> MensajeReceptor:
    issuer = draw(identificaciones("1234", new)).numero or ""
    when = datetime(2026, 11, 20, 12, tzinfo=COSTA_RICA) - timedelta(
        hours=draw(st.integers(0, 999))
    )
    series = clave.Consecutivo.build(1, 1, draw(st.sampled_from(["01", "03", "09"])), 7)
    mensaje = draw(st.sampled_from("123"))
    tax = draw(st.none() | amounts(9999, 5))
    condition = draw(st.sampled_from(["01", "02", "03", "04", "05"])) if mensaje != "3" else None
    free = condition in (None, "05")
    return MensajeReceptor(
        clave=clave.build(when, issuer, series, codigo="12345678"),
        numero_cedula_emisor=issuer,
        fecha_emision_doc=when + timedelta(hours=1),
        mensaje=mensaje,
        detalle_mensaje=draw(text(5, 160)) if mensaje != "1" else draw(st.none() | text(5, 160)),
        monto_total_impuesto=tax,
        codigo_actividad=None if free else "6201.0",
        condicion_impuesto=condition,
        monto_total_impuesto_acreditar=tax if condition == "01" else None,
        monto_total_de_gasto_aplicable=None if free else Decimal(1000),
        total_factura=Decimal(10000) + (tax or 0),
        numero_cedula_receptor=draw(identificaciones("1234", False)).numero,
        numero_consecutivo_receptor=clave.Consecutivo.build(1, 2, f"{4 + int(mensaje):02}", 31),
    )


@st.composite
def mensajes_hacienda(draw: st.DrawFn, new: bool = False) -> MensajeHacienda:
    issuer = draw(identificaciones("1234", new))
    buyer = draw(st.none() | identificaciones("12345", new))
    mensaje = draw(st.sampled_from("13"))
    series = clave.Consecutivo.build(1, 1, "01", 7)
    return MensajeHacienda(
        clave=clave.build(TODAY, issuer.numero or "", series, codigo="12345678"),
        nombre_emisor=draw(text(1, 100)),
        tipo_identificacion_emisor=issuer.tipo,
        numero_cedula_emisor=issuer.numero,
        nombre_receptor=draw(text(1, 100)) if buyer else None,
        tipo_identificacion_receptor=buyer.tipo if buyer else None,
        numero_cedula_receptor=buyer.numero if buyer else None,
        mensaje=mensaje,
        estado_mensaje="Aceptado" if mensaje == "1" else "Rechazado",
        detalle_mensaje=draw(text(1, 900)),
        monto_total_impuesto=draw(st.none() | amounts(9999, 5)),
        total_factura=draw(amounts(99999, 5)),
    )


def lawful(tipo: str, new: bool | None = None) -> st.SearchStrategy[Any]:
    """Lawful documents of a type (short name); `new` None: with or without what 2026 brought."""
    kinds: dict[str, Callable[[bool], st.SearchStrategy[Any]]] = {
        "MR": lambda n: mensajes_receptor(n),
        "MH": lambda n: mensajes_hacienda(n),
    }
    make = kinds.get(tipo, lambda n: comprobantes(tipo, n))
    if new is not None:
        return make(new)
    return st.booleans().flatmap(make)


def only_2026(document: Any) -> bool:
    """Whether a document uses what only the 2026 revision has, read off its fields."""
    if not (document.clave or "").isdigit():
        return True
    if isinstance(document, MensajeReceptor):
        return not (document.numero_cedula_emisor or "").isdigit()
    if not isinstance(document, Comprobante):
        return False
    phones = [p.telefono for p in (document.emisor, document.receptor) if p and p.telefono]
    if any(len(phone.num_telefono or "") < 8 for phone in phones):
        return True
    for one in document.informacion_referencia:
        if (one.tipo_doc_ir or "") in ("19", "20") or "13" <= (one.codigo or "") <= "17":
            return True
    shares = [
        tax.datos_impuesto_especifico.proporcion
        for line in document.detalle_servicio
        for tax in line.impuesto
        if tax.datos_impuesto_especifico and tax.datos_impuesto_especifico.proporcion is not None
    ]
    return any(share >= 1000 or share != share.quantize(Decimal("0.01")) for share in shares)
