"""The arithmetic: worked examples, every rule, and a second opinion over random documents."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hacienda import montos
from hacienda.comprobante import (
    TIPOS,
    CodigoTipoMoneda,
    Comprobante,
    DatosImpuestoEspecifico,
    Descuento,
    DescuentoSurtido,
    Exoneracion,
    FacturaElectronica,
    FacturaElectronicaExportacion,
    Impuesto,
    ImpuestoSurtido,
    LineaDetalle,
    LineaDetalleSurtido,
    MedioPago,
    NotaCreditoElectronica,
    OtrosCargos,
    ReciboElectronicoPago,
    ResumenFactura,
    TotalDesgloseImpuesto,
)
from hacienda.errors import InvalidError

D = Decimal
GOODS = "2151100000000"
SERVICE = "8314100000000"
SOAP = "3532101010199"
HEALTH = "9312100000000"
IVA13 = Impuesto(codigo="01", codigo_tarifa_iva="08")


def line(price, *taxes, code=GOODS, qty=1, **more) -> LineaDetalle:
    return LineaDetalle(
        codigo_cabys=code,
        cantidad=D(qty),
        unidad_medida="Unid",
        detalle="Prueba",
        precio_unitario=D(price),
        impuesto=taxes or (IVA13,),
        **more,
    )


def discount(amount, code="07") -> Descuento:
    return Descuento(monto_descuento=D(amount), codigo_descuento=code)


def fe(*lines, cls=FacturaElectronica, **more) -> Comprobante:
    return montos.calculate(cls(detalle_servicio=lines, **more))


def amounts(value) -> dict[str, Decimal]:
    """The Decimals of a value that are not zero."""
    return {
        name: getattr(value, name)
        for name in value.__slots__
        if isinstance(getattr(value, name), Decimal) and getattr(value, name)
    }


def groups(c) -> dict[tuple[str, str | None], Decimal]:
    return {
        (g.codigo, g.codigo_tarifa_iva): g.total_monto_impuesto
        for g in c.resumen_factura.total_desglose_impuesto
    }


# The worked examples of the reference.


def test_goods_with_a_commercial_discount():
    c = fe(line(1000, qty=2, descuento=(discount(200),)))
    (item,) = c.detalle_servicio
    assert amounts(item) == {
        "cantidad": 2,
        "precio_unitario": 1000,
        "monto_total": 2000,
        "sub_total": 1800,
        "base_imponible": 1800,
        "impuesto_neto": 234,
        "monto_total_linea": 2034,
    }
    assert item.impuesto_asumido_emisor_fabrica == 0
    assert item.impuesto[0].monto == 234
    assert item.impuesto[0].tarifa == 13
    assert amounts(c.resumen_factura) == {
        "total_mercancias_gravadas": 2000,
        "total_gravado": 2000,
        "total_venta": 2000,
        "total_descuentos": 200,
        "total_venta_neta": 1800,
        "total_impuesto": 234,
        "total_comprobante": 2034,
    }
    assert groups(c) == {("01", "08"): 234}


def test_service_with_eight_points_exonerated():
    tax = replace(IVA13, exoneracion=Exoneracion(tarifa_exonerada=D(8)))
    c = fe(line(100000, tax, code=SERVICE))
    (item,) = c.detalle_servicio
    assert item.impuesto[0].monto == 13000
    assert item.impuesto[0].exoneracion.monto_exoneracion == 8000
    assert item.impuesto_neto == 5000
    assert item.monto_total_linea == 105000
    assert amounts(c.resumen_factura) == {
        "total_serv_gravados": D("38461.53846"),
        "total_serv_exonerado": D("61538.46154"),
        "total_gravado": D("38461.53846"),
        "total_exonerado": D("61538.46154"),
        "total_venta": 100000,
        "total_venta_neta": 100000,
        "total_impuesto": 5000,
        "total_comprobante": 105000,
    }


def test_gift_whose_iva_the_issuer_bears():
    c = fe(line(500, descuento=(discount(500, "01"),)))
    (item,) = c.detalle_servicio
    assert (item.sub_total, item.base_imponible, item.impuesto[0].monto) == (0, 0, 65)
    assert item.impuesto_asumido_emisor_fabrica == 65
    assert (item.impuesto_neto, item.monto_total_linea) == (0, 0)
    assert amounts(c.resumen_factura) == {
        "total_mercancias_gravadas": 500,
        "total_gravado": 500,
        "total_venta": 500,
        "total_descuentos": 500,
        "total_imp_asum_emisor_fabrica": 65,
    }
    assert groups(c) == {("01", "08"): 0}


def test_restaurant_with_its_service_charge():
    service = OtrosCargos(tipo_documento_oc="06", detalle="Servicio", porcentaje_oc=D(10))
    c = fe(line(10000, code="6331000000000"), otros_cargos=(service,))
    assert c.otros_cargos[0].monto_cargo == 1000
    assert amounts(c.resumen_factura) == {
        "total_serv_gravados": 10000,
        "total_gravado": 10000,
        "total_venta": 10000,
        "total_venta_neta": 10000,
        "total_impuesto": 1300,
        "total_otros_cargos": 1000,
        "total_comprobante": 12300,
    }


def test_exempt_and_not_subject():
    c = fe(
        line(5000, Impuesto(codigo="01", codigo_tarifa_iva="10"), code=SERVICE),
        line(2000, Impuesto(codigo="01", codigo_tarifa_iva="11"), code=SERVICE),
    )
    for item in c.detalle_servicio:
        assert item.base_imponible == item.sub_total
        assert item.impuesto[0].monto == item.impuesto_asumido_emisor_fabrica == 0
        assert item.impuesto_neto == 0
    assert amounts(c.resumen_factura) == {
        "total_serv_exentos": 5000,
        "total_serv_no_sujeto": 2000,
        "total_exento": 5000,
        "total_no_sujeto": 2000,
        "total_venta": 7000,
        "total_venta_neta": 7000,
        "total_comprobante": 7000,
    }
    assert groups(c) == {("01", "10"): 0, ("01", "11"): 0}


# Rounding.


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("1.000005", "1.00001"),
        ("1.0000049", "1.00000"),
        ("0", "0.00000"),
        ("-0.000005", "-0.00001"),
        ("9999999999999.999994", "9999999999999.99999"),
    ],
)
def test_it_rounds_half_up_at_five_decimals(amount, rounded):
    assert str(montos.quantize(D(amount))) == rounded


def test_it_refuses_what_is_no_amount():
    for amount in ("NaN", "Infinity", "1E+200"):
        with pytest.raises(InvalidError):
            montos.quantize(D(amount))


def test_discounts_in_percent_follow_one_another():
    assert montos.discounts(D(1000), D(10), D(5), D("33.33")) == (100, 45, D("284.9715"))


def test_a_price_with_iva_included_comes_back():
    base = montos.without_tax(D("4990"), D(13))
    c = fe(line(base))
    assert c.resumen_factura.total_comprobante == 4990


def test_large_amounts_lose_nothing():
    c = fe(line("9999999999.99999", qty="999.999"))
    exact = Fraction("9999999999.99999") * Fraction("999.999")
    assert abs(Fraction(c.detalle_servicio[0].monto_total) - exact) <= Fraction(1, 200000)


# Taxes other than the plain IVA.


def specific(code, **data) -> Impuesto:
    given_data = {name: D(value) for name, value in data.items()}
    return Impuesto(codigo=code, datos_impuesto_especifico=DatosImpuestoEspecifico(**given_data))


@pytest.mark.parametrize(
    ("tax", "qty", "code", "amount", "base"),
    [
        (Impuesto(codigo="02", tarifa=D(10)), 2, GOODS, 200, 2200),
        (Impuesto(codigo="12"), 2, GOODS, 100, 2100),
        (Impuesto(codigo="99", tarifa=D(3)), 2, GOODS, 60, 2000),
        (specific("03", cantidad_unidad_medida="40", impuesto_unidad="250"), 2, GOODS, 10000, 2000),
        (
            specific("04", cantidad_unidad_medida="750", porcentaje="40", impuesto_unidad="3.5"),
            2,
            GOODS,
            2100,
            4100,
        ),
        (
            specific("04", cantidad_unidad_medida="1", proporcion="12.5", impuesto_unidad="4"),
            2,
            GOODS,
            100,
            2100,
        ),
        (
            specific(
                "05",
                cantidad_unidad_medida="600",
                volumen_unidad_consumo="250",
                impuesto_unidad="20",
            ),
            2,
            "2449000000000",
            96,
            2096,
        ),
        (
            specific(
                "05",
                cantidad_unidad_medida="1",
                volumen_unidad_consumo="125",
                impuesto_unidad="0.3",
            ),
            2,
            SOAP,
            75,
            2075,
        ),
        (specific("06", cantidad_unidad_medida="20", impuesto_unidad="25"), 2, GOODS, 1000, 2000),
    ],
)
def test_specific_taxes(tax, qty, code, amount, base):
    c = fe(line(1000, tax, IVA13, qty=qty, code=code))
    (item,) = c.detalle_servicio
    assert item.impuesto[0].monto == amount
    assert item.base_imponible == base
    assert item.impuesto[1].monto == D(base) * 13 / 100
    assert item.impuesto_neto == amount + D(base) * 13 / 100
    assert c.resumen_factura.total_mercancias_gravadas == 2000
    assert montos.differences(c) == []


def test_the_proporcion_of_alcohol_is_filled_in():
    tax = specific("04", cantidad_unidad_medida="355", porcentaje="4.5", impuesto_unidad="1")
    (item,) = fe(line(1000, tax, IVA13)).detalle_servicio
    assert item.impuesto[0].datos_impuesto_especifico.proporcion == D("15.975")
    tax = specific("04", cantidad_unidad_medida="750", porcentaje="40", impuesto_unidad="1")
    (item,) = fe(line(1000, tax, IVA13)).detalle_servicio
    assert str(item.impuesto[0].datos_impuesto_especifico.proporcion) == "300.00"


def test_a_tax_that_says_too_little_keeps_its_amount():
    tax = Impuesto(codigo="99", codigo_impuesto_otro="Timbre forestal", monto=D("12.5"))
    c = fe(line(1000, tax, IVA13))
    assert c.detalle_servicio[0].impuesto_neto == D("142.5")


def test_special_iva_on_an_edited_base():
    tax = Impuesto(codigo="07", codigo_tarifa_iva="08")
    (item,) = fe(line(1000, tax, base_imponible=D(400))).detalle_servicio
    assert (item.base_imponible, item.impuesto[0].monto) == (400, 52)
    (item,) = fe(line(1000, tax)).detalle_servicio
    assert item.base_imponible == 1000


def test_a_base_that_may_not_be_edited_is_computed():
    (item,) = fe(line(1000, base_imponible=D(400))).detalle_servicio
    assert item.base_imponible == 1000


def test_used_goods_pay_by_factor():
    tax = Impuesto(codigo="08", factor_calculo_iva=D("0.0650"))
    c = fe(line(1000, tax, descuento=(discount(100),)))
    assert c.detalle_servicio[0].impuesto[0].monto == D("58.5")
    assert c.resumen_factura.total_mercancias_gravadas == 1000
    assert groups(c) == {("08", None): D("58.5")}


def test_iva_charged_at_the_factory():
    c = fe(line(1000, iva_cobrado_fabrica="01", base_imponible=D(1500)))
    (item,) = c.detalle_servicio
    assert item.impuesto[0].monto == 195
    assert item.impuesto_asumido_emisor_fabrica == 195
    assert item.monto_total_linea == 1000
    assert c.resumen_factura.total_imp_asum_emisor_fabrica == 195
    assert c.resumen_factura.total_impuesto == 0


def test_iva_charged_at_the_factory_that_the_client_pays():
    c = fe(
        line(
            1000,
            iva_cobrado_fabrica="01",
            base_imponible=D(1500),
            impuesto_asumido_emisor_fabrica=D(0),
        )
    )
    assert c.detalle_servicio[0].monto_total_linea == 1195
    assert c.resumen_factura.total_comprobante == 1195
    assert montos.differences(c) == []


def test_goods_that_bore_the_iva_at_the_factory_are_exempt():
    tax = Impuesto(codigo="01", codigo_tarifa_iva="10")
    c = fe(line(1000, tax, iva_cobrado_fabrica="02"))
    assert c.resumen_factura.total_mercancias_exentas == 1000
    assert c.resumen_factura.total_comprobante == 1000


@pytest.mark.parametrize(
    ("tarifa", "percent", "row"),
    [
        ("01", "0", "total_merc_no_sujeta"),
        ("02", "1", "total_mercancias_gravadas"),
        ("03", "2", "total_mercancias_gravadas"),
        ("04", "4", "total_mercancias_gravadas"),
        ("05", "0", "total_mercancias_gravadas"),
        ("06", "4", "total_mercancias_gravadas"),
        ("07", "8", "total_mercancias_gravadas"),
        ("08", "13", "total_mercancias_gravadas"),
        ("09", "0.5", "total_mercancias_gravadas"),
        ("10", "0", "total_mercancias_exentas"),
        ("11", "0", "total_merc_no_sujeta"),
    ],
)
def test_every_tariff_has_its_percentage_and_its_row(tarifa, percent, row):
    c = fe(line(1000, Impuesto(codigo="01", codigo_tarifa_iva=tarifa)))
    assert c.detalle_servicio[0].impuesto[0].tarifa == D(percent)
    assert c.resumen_factura.total_impuesto == D(percent) * 10
    assert getattr(c.resumen_factura, row) == 1000


# Gifts.


def test_part_of_a_line_given_away():
    c = fe(line(100, qty=10, descuento=(discount(200, "03"),)))
    (item,) = c.detalle_servicio
    assert item.impuesto[0].monto == 130
    assert item.impuesto_asumido_emisor_fabrica == 26
    assert item.impuesto_neto == 104
    assert item.monto_total_linea == 904
    assert groups(c) == {("01", "08"): 104}


def test_gift_whose_iva_the_client_pays():
    c = fe(line(500, descuento=(discount(500, "02"),)))
    (item,) = c.detalle_servicio
    assert item.impuesto[0].monto == 65
    assert item.impuesto_asumido_emisor_fabrica == 0
    assert c.resumen_factura.total_comprobante == 65


def test_a_gift_without_an_amount_is_of_all_that_is_left():
    gift = Descuento(codigo_descuento="01")
    (item,) = fe(line(500, descuento=(discount(100), gift))).detalle_servicio
    assert [d.monto_descuento for d in item.descuento] == [100, 400]
    assert item.sub_total == 0


# Exonerations.


def test_the_exoneration_never_passes_the_tax():
    tax = Impuesto(
        codigo="01", codigo_tarifa_iva="04", exoneracion=Exoneracion(tarifa_exonerada=D(13))
    )
    c = fe(line(1000, tax))
    (item,) = c.detalle_servicio
    assert item.impuesto[0].exoneracion.monto_exoneracion == 40
    assert item.impuesto_neto == 0
    assert c.resumen_factura.total_merc_exonerada == 1000
    assert c.resumen_factura.total_mercancias_gravadas == 0


def test_an_exoneration_does_not_spread_over_other_lines():
    exonerated = replace(IVA13, exoneracion=Exoneracion(tarifa_exonerada=D(13)))
    c = fe(line(1000, exonerated), line(3000))
    assert c.resumen_factura.total_exonerado == 1000
    assert c.resumen_factura.total_gravado == 3000
    assert c.resumen_factura.total_impuesto == 390


def test_sums_wide_shares_are_merely_odd():
    exonerated = replace(IVA13, exoneracion=Exoneracion(tarifa_exonerada=D(13)))
    c = fe(line(1000, exonerated), line(3000))
    resumen = replace(
        c.resumen_factura,
        total_merc_exonerada=D(500),
        total_exonerado=D(500),
        total_mercancias_gravadas=D(3500),
        total_gravado=D(3500),
    )
    problems = montos.differences(replace(c, resumen_factura=resumen))
    assert problems
    assert all(p.severity == "warning" for p in problems)


# The other types.


def test_export_has_neither_base_nor_net():
    tax = Impuesto(codigo="01", codigo_tarifa_iva="01")
    c = fe(line(1000, tax), cls=FacturaElectronicaExportacion)
    (item,) = c.detalle_servicio
    assert item.base_imponible is item.impuesto_neto is None
    assert item.impuesto_asumido_emisor_fabrica is None
    assert item.monto_total_linea == 1000
    resumen = c.resumen_factura
    assert (
        resumen.total_merc_no_sujeta is resumen.total_exonerado is resumen.total_no_sujeto is None
    )
    assert resumen.total_mercancias_exentas == resumen.total_venta == 1000
    assert montos.differences(c) == []


def test_export_with_a_tax_adds_it():
    c = fe(line(1000), cls=FacturaElectronicaExportacion)
    assert c.detalle_servicio[0].monto_total_linea == 1130
    assert c.resumen_factura.total_comprobante == 1130


def test_purchase_bears_no_tax():
    c = fe(line(500, descuento=(discount(500, "01"),)), cls=TIPOS["FEC"])
    (item,) = c.detalle_servicio
    assert item.impuesto_asumido_emisor_fabrica is None
    assert item.impuesto_neto == 0
    assert c.resumen_factura.total_comprobante == 0


def test_payment_receipt():
    paid = LineaDetalle(detalle="Abono 1", monto_total=D(50000), impuesto=(IVA13,))
    c = fe(
        paid,
        cls=ReciboElectronicoPago,
        resumen_factura=ResumenFactura(medio_pago=(MedioPago(tipo_medio_pago="04"),)),
    )
    (item,) = c.detalle_servicio
    assert item.numero_linea == 1
    assert (item.sub_total, item.impuesto_neto, item.monto_total_linea) == (50000, 6500, 56500)
    resumen = c.resumen_factura
    assert amounts(resumen) == {
        "total_venta": 50000,
        "total_venta_neta": 50000,
        "total_impuesto": 6500,
        "total_comprobante": 56500,
    }
    assert resumen.medio_pago[0].total_medio_pago == 56500
    assert resumen.total_gravado is resumen.total_descuentos is resumen.total_otros_cargos is None
    assert montos.differences(c) == []


def test_payment_receipt_with_another_taxed_amount():
    paid = LineaDetalle(monto_total=D(50000), sub_total=D(20000), impuesto=(IVA13,))
    c = fe(paid, cls=ReciboElectronicoPago)
    assert c.detalle_servicio[0].impuesto_neto == 2600
    assert c.resumen_factura.total_comprobante == 52600


def test_a_line_without_cabys_is_a_service_by_its_unit():
    item = replace(line(1000, code=None), unidad_medida="Sp")
    c = fe(item, line(500, code=None), cls=NotaCreditoElectronica)
    assert c.resumen_factura.total_serv_gravados == 1000
    assert c.resumen_factura.total_mercancias_gravadas == 500


def test_the_code_decides_and_not_the_unit():
    c = fe(replace(line(1000, code=GOODS), unidad_medida="Sp"))
    assert c.resumen_factura.total_mercancias_gravadas == 1000


def test_a_set_is_the_sum_of_its_parts():
    def part(price, tarifa, qty=1, off=0):
        return LineaDetalleSurtido(
            codigo_cabys_surtido=GOODS,
            cantidad_surtido=D(qty),
            precio_unitario_surtido=D(price),
            descuento_surtido=(DescuentoSurtido(monto_descuento_surtido=D(off)),) if off else (),
            impuesto_surtido=(
                ImpuestoSurtido(codigo_impuesto_surtido="01", codigo_tarifa_iva_surtido=tarifa),
            ),
        )

    parts = (part(100, "08", qty=2, off=20), part(50, "02"))
    c = fe(line(230, Impuesto(codigo="01"), qty=3, detalle_surtido=parts))
    (item,) = c.detalle_servicio
    first, second = item.detalle_surtido
    assert (first.monto_total_surtido, first.sub_total_surtido) == (200, 180)
    assert (first.base_imponible_surtido, second.base_imponible_surtido) == (180, 50)
    assert first.impuesto_surtido[0].monto_impuesto_surtido == D("23.4")
    assert first.impuesto_surtido[0].tarifa_surtido == 13
    assert second.impuesto_surtido[0].monto_impuesto_surtido == D("0.5")
    assert (item.monto_total, item.sub_total) == (690, 690)
    assert item.impuesto[0].monto == D("71.7")
    assert item.impuesto[0].tarifa is None
    assert item.monto_total_linea == D("761.7")
    assert montos.differences(c) == []
    assert montos.calculate(c) == c

    tax = replace(first.impuesto_surtido[0], monto_impuesto_surtido=D(99))
    bad = replace(item, detalle_surtido=(replace(first, impuesto_surtido=(tax,)), second))
    paths = [p.path for p in montos.differences(replace(c, detalle_servicio=(bad,)))]
    assert paths == [
        "DetalleServicio/LineaDetalle[1]/DetalleSurtido/LineaDetalleSurtido[1]/"
        "ImpuestoSurtido[1]/MontoImpuestoSurtido",
        "DetalleServicio/LineaDetalle[1]/Impuesto[1]/Monto",
    ]


# Charges and payments.


def test_a_stated_charge_stands():
    tip = OtrosCargos(tipo_documento_oc="06", detalle="Propina", monto_cargo=D(777))
    assert fe(line(1000), otros_cargos=(tip,)).resumen_factura.total_comprobante == 1907


def test_a_document_of_charges_only():
    charge = OtrosCargos(tipo_documento_oc="10", detalle="Intereses", monto_cargo=D(250))
    c = fe(otros_cargos=(charge,))
    assert c.resumen_factura.total_comprobante == 250
    assert c.resumen_factura.total_desglose_impuesto == ()
    assert montos.differences(c) == []


def paid(*means) -> ResumenFactura:
    return ResumenFactura(
        medio_pago=tuple(
            MedioPago(tipo_medio_pago=code, total_medio_pago=None if amount is None else D(amount))
            for code, amount in means
        )
    )


def test_the_means_without_an_amount_gets_the_rest():
    c = fe(line(1000), resumen_factura=paid(("01", 130), ("02", None)))
    assert [m.total_medio_pago for m in c.resumen_factura.medio_pago] == [130, 1000]
    c = fe(line(1000), resumen_factura=paid(("01", None), ("02", None)))
    assert [m.total_medio_pago for m in c.resumen_factura.medio_pago] == [None, None]


def test_iva_of_health_services_is_given_back_to_cards():
    health = line(10000, Impuesto(codigo="01", codigo_tarifa_iva="04"), code=HEALTH)
    document = FacturaElectronica(
        detalle_servicio=(health, line(1000)), resumen_factura=paid(("02", None))
    )
    c = montos.calculate(document, medico_card=True)
    assert c.resumen_factura.total_iva_devuelto == 400
    assert c.resumen_factura.total_comprobante == 10000 + 400 + 1130 - 400
    assert montos.differences(c) == []
    assert montos.calculate(c) == c

    mixed = replace(document, resumen_factura=paid(("02", 5500), ("01", None)))
    assert montos.calculate(mixed, medico_card=True).resumen_factura.total_iva_devuelto == 200

    cash = replace(document, resumen_factura=paid(("01", None)))
    assert montos.calculate(cash, medico_card=True).resumen_factura.total_iva_devuelto == 0
    assert montos.calculate(document).resumen_factura.total_iva_devuelto is None

    picked = montos.calculate(document, medico_card=lambda item: item.codigo_cabys == GOODS)
    assert picked.resumen_factura.total_iva_devuelto == 130


def test_it_keeps_what_is_not_its_own():
    currency = CodigoTipoMoneda(codigo_moneda="USD", tipo_cambio=D("512.34"))
    c = fe(line(1000), resumen_factura=ResumenFactura(codigo_tipo_moneda=currency))
    assert c.resumen_factura.codigo_tipo_moneda is currency


def test_it_refuses_a_line_without_quantity():
    with pytest.raises(InvalidError, match="línea 2"):
        fe(line(1000), replace(line(1000), cantidad=None))
    with pytest.raises(InvalidError):
        fe(line("1E+999"))


# Finished documents.


def spoil(c: Comprobante, **resumen) -> list[str]:
    changed = replace(
        c, resumen_factura=replace(c.resumen_factura, **{k: D(v) for k, v in resumen.items()})
    )
    return [p.path for p in montos.differences(changed) if p.severity == "error"]


def test_every_total_is_checked():
    exonerated = replace(IVA13, exoneracion=Exoneracion(tarifa_exonerada=D(8)))
    c = fe(
        line(1000, descuento=(discount(100),)),
        line(500, exonerated, code=SERVICE),
        line(300, Impuesto(codigo="01", codigo_tarifa_iva="10")),
        line(200, Impuesto(codigo="01", codigo_tarifa_iva="01")),
        otros_cargos=(OtrosCargos(tipo_documento_oc="99", monto_cargo=D(50)),),
    )
    names = [
        f for f in ResumenFactura.__slots__ if isinstance(getattr(c.resumen_factura, f), Decimal)
    ]
    assert len(names) == 19
    for name in names:
        changed = replace(
            c,
            resumen_factura=replace(
                c.resumen_factura, **{name: getattr(c.resumen_factura, name) + 1}
            ),
        )
        assert montos.differences(changed), name


@pytest.mark.parametrize(
    "name",
    [
        "monto_total",
        "sub_total",
        "base_imponible",
        "impuesto_asumido_emisor_fabrica",
        "impuesto_neto",
        "monto_total_linea",
    ],
)
def test_every_amount_of_a_line_is_checked(name):
    c = fe(line(1000), line(2000))
    bad = replace(c.detalle_servicio[1], **{name: D(99)})
    problems = montos.differences(replace(c, detalle_servicio=(c.detalle_servicio[0], bad)))
    element = LineaDetalle.__dataclass_fields__[name].metadata["xsd"]
    assert problems[0].path == f"DetalleServicio/LineaDetalle[2]/{element}"
    assert problems[0].severity == "error"
    assert problems[0].code.endswith("-no-coincide")
    assert "99" in problems[0].message


def test_one_mistake_is_reported_where_it_is():
    c = fe(line(1000))
    (item,) = c.detalle_servicio
    tax = replace(item.impuesto[0], monto=D(100))
    wrong = replace(
        c,
        detalle_servicio=(
            replace(item, impuesto=(tax,), impuesto_neto=D(100), monto_total_linea=D(1100)),
        ),
        resumen_factura=replace(
            c.resumen_factura,
            total_desglose_impuesto=(
                TotalDesgloseImpuesto(
                    codigo="01", codigo_tarifa_iva="08", total_monto_impuesto=D(100)
                ),
            ),
            total_impuesto=D(100),
            total_comprobante=D(1100),
        ),
    )
    (problem,) = montos.differences(wrong)
    assert problem.path == "DetalleServicio/LineaDetalle[1]/Impuesto[1]/Monto"
    assert problem.message.startswith("Monto dice 100 y debería ser 130")


def test_a_missing_group_is_an_error():
    c = fe(line(1000), line(1000, Impuesto(codigo="01", codigo_tarifa_iva="04")))
    some = replace(
        c.resumen_factura,
        total_desglose_impuesto=c.resumen_factura.total_desglose_impuesto[:1],
        total_impuesto=D(130),
        total_comprobante=D(2130),
    )
    codes = [p.code for p in montos.differences(replace(c, resumen_factura=some))]
    assert codes == ["falta-desglose-impuesto"]


def test_a_group_may_come_in_pieces():
    c = fe(line(1000))
    halves = tuple(
        TotalDesgloseImpuesto(codigo="01", codigo_tarifa_iva="08", total_monto_impuesto=D(65))
        for _ in range(2)
    )
    resumen = replace(c.resumen_factura, total_desglose_impuesto=halves)
    assert montos.differences(replace(c, resumen_factura=resumen)) == []


def test_documents_rounded_to_two_decimals_have_no_difference():
    """As systems do that round every printed amount to 2 decimals."""

    def cents(value: Decimal) -> Decimal:
        return value.quantize(D("0.01"), "ROUND_HALF_UP")

    def rounded(value, names):
        return replace(value, **{n: cents(getattr(value, n)) for n in names if getattr(value, n)})

    exact = fe(*(line(f"{100 + i}.37", qty=f"{i}.125") for i in range(1, 41)))
    lines = []
    for item in exact.detalle_servicio:
        tax = rounded(item.impuesto[0], ["monto"])
        item = rounded(
            replace(item, impuesto=(tax,)),
            ["monto_total", "sub_total", "base_imponible", "impuesto_neto", "monto_total_linea"],
        )
        lines.append(item)
    resumen = rounded(
        exact.resumen_factura,
        list(amounts(exact.resumen_factura)),
    )
    (group,) = resumen.total_desglose_impuesto
    resumen = replace(resumen, total_desglose_impuesto=(rounded(group, ["total_monto_impuesto"]),))
    document = replace(exact, detalle_servicio=tuple(lines), resumen_factura=resumen)
    assert montos.differences(document) == []
    assert montos.differences(document, tolerance=D("0.00001")) != []


def test_a_price_rounded_after_multiplying_is_merely_odd():
    c = fe(line("884.96", qty=700))  # 1000 with IVA included: 884.955752…
    (item,) = c.detalle_servicio
    off = D("619469.03")
    tax = replace(item.impuesto[0], monto=D("80530.97"))
    item = replace(
        item,
        monto_total=off,
        sub_total=off,
        base_imponible=off,
        impuesto=(tax,),
        impuesto_neto=D("80530.97"),
        monto_total_linea=D(700000),
    )
    resumen = replace(
        c.resumen_factura,
        total_mercancias_gravadas=off,
        total_gravado=off,
        total_venta=off,
        total_venta_neta=off,
        total_desglose_impuesto=(
            TotalDesgloseImpuesto(
                codigo="01", codigo_tarifa_iva="08", total_monto_impuesto=D("80530.97")
            ),
        ),
        total_impuesto=D("80530.97"),
        total_comprobante=D(700000),
    )
    (problem,) = montos.differences(replace(c, detalle_servicio=(item,), resumen_factura=resumen))
    assert (problem.severity, problem.code) == ("warning", "monto-total-no-coincide")


def test_wrong_column_of_the_right_sum_is_a_warning():
    c = fe(line(1000))
    resumen = replace(
        c.resumen_factura, total_serv_gravados=D(1000), total_mercancias_gravadas=D(0)
    )
    problems = montos.differences(replace(c, resumen_factura=resumen))
    assert {p.severity for p in problems} == {"warning"}
    assert len(problems) == 2


def test_it_never_raises_on_weird_documents():
    weird = [
        FacturaElectronica(),
        FacturaElectronica(resumen_factura=ResumenFactura()),
        FacturaElectronica(detalle_servicio=(LineaDetalle(),), resumen_factura=ResumenFactura()),
        ReciboElectronicoPago(detalle_servicio=(LineaDetalle(),)),
        FacturaElectronica(
            detalle_servicio=(LineaDetalle(cantidad=D("NaN"), precio_unitario=D("Infinity")),)
        ),
        FacturaElectronica(detalle_servicio=(line("1E+9000", monto_total=D("sNaN")),)),
        FacturaElectronica(
            detalle_servicio=(line(1),), resumen_factura=ResumenFactura(total_venta=D("1E+9000"))
        ),
        FacturaElectronica(
            detalle_servicio=(
                line(
                    1,
                    specific(
                        "05",
                        cantidad_unidad_medida="1",
                        volumen_unidad_consumo="0",
                        impuesto_unidad="1",
                    ),
                ),
            )
        ),
    ]
    for document in weird:
        for problem in montos.differences(document):
            assert len(problem.message) < 400


def test_older_documents_only_get_warnings():
    old = FacturaElectronica(
        version="4.3",
        detalle_servicio=(
            LineaDetalle(
                codigo=GOODS,
                cantidad=D(1),
                precio_unitario=D(100),
                monto_total=D(100),
                sub_total=D(100),
                impuesto=(Impuesto(codigo="01", codigo_tarifa="08", tarifa=D(13), monto=D(99)),),
                monto_total_linea=D(199),
            ),
        ),
        resumen_factura=ResumenFactura(
            total_mercancias_gravadas=D(100),
            total_gravado=D(100),
            total_venta=D(100),
            total_venta_neta=D(100),
            total_impuesto=D(99),
            total_comprobante=D(199),
        ),
    )
    (problem,) = montos.differences(old)
    assert problem.severity == "warning"


def test_exonerations_of_4_3_read_as_points_or_as_a_share():
    def old(percentage, amount):
        net = 13 - D(amount)
        exoneracion = Exoneracion(porcentaje_exoneracion=percentage, monto_exoneracion=D(amount))
        tax = Impuesto(codigo="01", tarifa=D(13), monto=D(13), exoneracion=exoneracion)
        return FacturaElectronica(
            version="4.3",
            detalle_servicio=(
                replace(line(100, tax), impuesto_neto=net, monto_total_linea=100 + net),
            ),
        )

    assert montos.differences(old("8", 8)) == []
    assert montos.differences(old("50", "6.5")) == []
    assert montos.differences(old("8", 5)) != []


# A second opinion, in fractions.


def half_up(value: Fraction) -> Fraction:
    scaled = abs(value) * 100000
    whole = scaled.numerator * 2 // scaled.denominator
    return Fraction((whole + 1) // 2, 100000) * (1 if value >= 0 else -1)


RATES = {"01": 0, "02": 1, "03": 2, "04": 4, "08": 13, "09": Fraction(1, 2), "10": 0, "11": 0}


def second_opinion(document: Comprobante) -> dict[str, object]:
    """The rules of the annex once more, from the stated facts alone, exact and then rounded."""
    has_assumed = document.tipo in ("FE", "TE", "NC", "ND")
    export = document.tipo == "FEE"
    rows: dict[str, Fraction] = defaultdict(Fraction)
    taxes: dict[tuple[str, str | None], Fraction] = defaultdict(Fraction)
    out_lines = []
    all_discounts = all_assumed = Fraction(0)
    for item in document.detalle_servicio:
        quantity, price = Fraction(item.cantidad), Fraction(item.precio_unitario)
        gross = half_up(quantity * price)
        reductions = [half_up(Fraction(d.monto_descuento)) for d in item.descuento]
        sub = gross - sum(reductions)
        kinds = {d.codigo_descuento for d in item.descuento}
        amount: list[Fraction] = [Fraction(0)] * len(item.impuesto)
        into_base = Fraction(0)
        for i, tax in enumerate(item.impuesto):
            data = tax.datos_impuesto_especifico
            if tax.codigo == "02":
                amount[i] = half_up(Fraction(tax.tarifa) / 100 * sub)
            elif tax.codigo == "12":
                amount[i] = half_up(sub / 20)
            elif tax.codigo == "03":
                amount[i] = half_up(
                    Fraction(data.cantidad_unidad_medida) * Fraction(data.impuesto_unidad)
                )
            elif tax.codigo == "06":
                amount[i] = half_up(
                    quantity
                    * Fraction(data.cantidad_unidad_medida)
                    * Fraction(data.impuesto_unidad)
                )
            elif tax.codigo == "05":
                amount[i] = half_up(
                    quantity
                    * Fraction(data.cantidad_unidad_medida)
                    * Fraction(data.impuesto_unidad)
                    / Fraction(data.volumen_unidad_consumo)
                )
            if tax.codigo in ("02", "05", "12"):
                into_base += amount[i]
        base = sub + into_base
        assumed = Fraction(0)
        relief: list[Fraction] = [Fraction(0)] * len(item.impuesto)
        held: list[Fraction] = [Fraction(0)] * len(item.impuesto)
        for i, tax in enumerate(item.impuesto):
            if tax.codigo == "08":
                amount[i] = half_up(Fraction(tax.factor_calculo_iva) * sub)
            elif tax.codigo == "01":
                rate = Fraction(RATES[tax.codigo_tarifa_iva]) / 100
                plain, whole = half_up(rate * base), half_up(rate * gross)
                amount[i] = plain
                if "02" in kinds or (has_assumed and kinds & {"01", "03"}):
                    amount[i] = max(plain, whole)
                if has_assumed and kinds & {"01", "03"}:
                    held[i] = amount[i] - plain
            if tax.exoneracion is not None:
                points = Fraction(tax.exoneracion.tarifa_exonerada) / 100
                relief[i] = min(half_up(points * base), amount[i])
                held[i] = min(held[i], amount[i] - relief[i])
            assumed += held[i]
            key = (tax.codigo, tax.codigo_tarifa_iva)
            taxes[key] += amount[i] - relief[i] - held[i]
        net = sum(amount) - sum(relief) - assumed
        out_lines.append((gross, sub, base, tuple(amount), tuple(relief), assumed, net, sub + net))
        all_discounts += sum(reductions)
        all_assumed += assumed
        column = "serv" if int(item.codigo_cabys[0]) >= 5 else "merc"
        iva = next((t for t in item.impuesto if t.codigo in ("01", "08")), None)
        tarifa = iva.codigo_tarifa_iva if iva else None
        if iva is None:
            rows[column, "gravado" if any(amount) else "exento"] += gross
        elif tarifa == "10":
            rows[column, "exento"] += gross
        elif tarifa in ("01", "11"):
            rows[column, "exento" if export else "no_sujeto"] += gross
        else:
            taxed = sum(a for a, t in zip(amount, item.impuesto, strict=True) if t.exoneracion)
            share = half_up(gross * sum(relief) / taxed) if taxed else Fraction(0)
            rows[column, "exonerado"] += share
            rows[column, "gravado"] += gross - share
    charges = sum((Fraction(c.monto_cargo) for c in document.otros_cargos), Fraction(0))
    sale = sum(rows.values(), Fraction(0))
    return {
        "lines": out_lines,
        "rows": {key: value for key, value in rows.items() if value},
        "taxes": dict(taxes),
        "sale": sale,
        "discounts": all_discounts,
        "assumed": all_assumed,
        "total": sale - all_discounts + sum(taxes.values()) + charges,
    }


def what_was_calculated(c: Comprobante) -> dict[str, object]:
    """The same facts read from a calculated document."""
    resumen = c.resumen_factura
    rows = {}
    for column, kind, name in [
        ("serv", "gravado", "total_serv_gravados"),
        ("serv", "exento", "total_serv_exentos"),
        ("serv", "exonerado", "total_serv_exonerado"),
        ("serv", "no_sujeto", "total_serv_no_sujeto"),
        ("merc", "gravado", "total_mercancias_gravadas"),
        ("merc", "exento", "total_mercancias_exentas"),
        ("merc", "exonerado", "total_merc_exonerada"),
        ("merc", "no_sujeto", "total_merc_no_sujeta"),
    ]:
        if getattr(resumen, name):
            rows[column, kind] = Fraction(getattr(resumen, name))
    lines = []
    for item in c.detalle_servicio:
        relief = tuple(
            Fraction(t.exoneracion.monto_exoneracion) if t.exoneracion else Fraction(0)
            for t in item.impuesto
        )
        amount = tuple(Fraction(t.monto) for t in item.impuesto)
        assumed = Fraction(item.impuesto_asumido_emisor_fabrica or 0)
        sub = Fraction(item.sub_total)
        base = sub if item.base_imponible is None else Fraction(item.base_imponible)
        net = item.impuesto_neto
        lines.append(
            (
                Fraction(item.monto_total),
                sub,
                base,
                amount,
                relief,
                assumed,
                Fraction(net) if net is not None else sum(amount) - sum(relief),
                Fraction(item.monto_total_linea),
            )
        )
    return {
        "lines": lines,
        "rows": rows,
        "taxes": {key: Fraction(value) for key, value in groups(c).items()},
        "sale": Fraction(resumen.total_venta),
        "discounts": Fraction(resumen.total_descuentos),
        "assumed": Fraction(resumen.total_imp_asum_emisor_fabrica or 0),
        "total": Fraction(resumen.total_comprobante),
    }


def money(low="0.00001", high="1000000", places=5):
    return st.decimals(low, high, places=places, allow_nan=False, allow_infinity=False)


@st.composite
def taxes_of(draw, tipo):
    taxes = []
    if draw(st.integers(0, 9)):
        tarifa = draw(st.sampled_from(sorted(RATES)))
        exoneracion = None
        if RATES[tarifa] and tipo != "FEE" and draw(st.booleans()):
            exoneracion = Exoneracion(tarifa_exonerada=draw(money("0.01", "13", 2)))
        taxes.append(Impuesto(codigo="01", codigo_tarifa_iva=tarifa, exoneracion=exoneracion))
    else:
        taxes.append(Impuesto(codigo="08", factor_calculo_iva=draw(money("0", "0.13", 4))))
    others = ["02", "12"] if tipo in ("FEC", "FEE") else ["02", "03", "05", "06", "12"]
    for code in draw(st.lists(st.sampled_from(others), max_size=2, unique=True)):
        if code == "02":
            tax = Impuesto(codigo=code, tarifa=draw(money("0", "99", 2)))
        elif code == "12":
            tax = Impuesto(codigo=code)
        else:
            tax = specific(
                code,
                cantidad_unidad_medida=draw(money("0", "9999", 2)),
                volumen_unidad_consumo=draw(money("0.01", "9999", 2)),
                impuesto_unidad=draw(money("0", "500")),
            )
        taxes.append(tax)
    if tipo == "FEE":  # without a base these would have another rule
        taxes = [tax for tax in taxes if tax.codigo in ("01", "08")]
    return tuple(draw(st.permutations(taxes)))


@st.composite
def documents(draw):
    tipo = draw(st.sampled_from(["FE", "TE", "NC", "ND", "FEC", "FEE"]))
    lines = []
    for _ in range(draw(st.integers(0, 6))):
        quantity, price = draw(money("0.001", "9999", 3)), draw(money())
        left = montos.quantize(quantity * price)
        reductions = []
        for _ in range(draw(st.integers(0, 3))):
            part = draw(st.sampled_from([D(0), D("0.1"), D("0.333"), D(1)]))
            amount = montos.quantize(left * part)
            code = draw(st.sampled_from(["01", "02", "03", "04", "07", "99"]))
            reductions.append(Descuento(monto_descuento=amount, codigo_descuento=code))
            left -= amount
        lines.append(
            LineaDetalle(
                codigo_cabys=draw(st.sampled_from([GOODS, SERVICE, HEALTH, "0111100000100"])),
                cantidad=quantity,
                precio_unitario=price,
                descuento=tuple(reductions),
                impuesto=draw(taxes_of(tipo)),
            )
        )
    charges = draw(st.lists(money(), max_size=2))
    return TIPOS[tipo](
        detalle_servicio=tuple(lines),
        otros_cargos=tuple(OtrosCargos(tipo_documento_oc="99", monto_cargo=m) for m in charges),
    )


@settings(max_examples=150, deadline=None)
@given(documents())
def test_total_for_total_equal_to_a_second_opinion(document):
    c = montos.calculate(document)
    assert what_was_calculated(c) == second_opinion(document)
    assert montos.differences(c, tolerance=D("0.00001")) == []
    assert montos.calculate(c) == c


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.none(),
            st.decimals(allow_nan=True, allow_infinity=True),
            st.sampled_from([D(0), D(-1), D("1E+50")]),
        ),
        min_size=8,
        max_size=8,
    ),
    st.sampled_from(["FE", "FEC", "FEE", "REP"]),
)
def test_differences_never_raise(values, tipo):
    a, b, c, d, e, f, g, h = values
    tax = Impuesto(
        codigo="01",
        codigo_tarifa_iva="08",
        tarifa=a,
        monto=b,
        exoneracion=Exoneracion(tarifa_exonerada=c, monto_exoneracion=d),
    )
    item = LineaDetalle(cantidad=e, precio_unitario=f, monto_total=g, impuesto=(tax, tax))
    document = TIPOS[tipo](
        detalle_servicio=(item,),
        resumen_factura=ResumenFactura(total_venta=h, total_impuesto=a, total_comprobante=b),
    )
    assert isinstance(montos.differences(document), list)


@settings(max_examples=80, deadline=None)
@given(documents().filter(lambda d: d.detalle_servicio), st.data())
def test_no_computed_amount_can_be_changed_unnoticed(document, data):
    c = montos.calculate(document)
    number = data.draw(st.integers(-1, len(c.detalle_servicio) - 1))
    holder = c.resumen_factura if number < 0 else c.detalle_servicio[number]
    names = [
        name
        for name in holder.__slots__
        if isinstance(getattr(holder, name), Decimal)
        and name not in ("cantidad", "precio_unitario", "total_iva_devuelto")
    ]
    name = data.draw(st.sampled_from(names))
    slack = D("0.01") * (10 + abs(getattr(holder, "cantidad", 0)))
    changed = replace(holder, **{name: getattr(holder, name) + 1 + slack})
    if number < 0:
        bad = replace(c, resumen_factura=changed)
    else:
        lines = list(c.detalle_servicio)
        lines[number] = changed
        bad = replace(c, detalle_servicio=tuple(lines))
    assert montos.differences(bad)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.decimals("0.001", "99999", places=3),
            st.decimals("0.00001", "9999999", places=5),
            st.sampled_from(["01", "02", "04", "08", "10"]),
            st.decimals("0", "1", places=5),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_what_leaves_its_sums_open_adds_up(sold):
    lines = tuple(
        LineaDetalle(
            codigo_cabys="2151100000000",
            cantidad=cantidad,
            precio_unitario=precio,
            descuento=(Descuento(monto_descuento=share * precio // 2, codigo_descuento="07"),),
            impuesto=(Impuesto(codigo="01", codigo_tarifa_iva=tarifa),),
        )
        for cantidad, precio, tarifa, share in sold
    )
    stated = FacturaElectronica(detalle_servicio=lines)
    assert montos.leaves_sums_open(stated)
    document = montos.calculate(stated)
    assert montos.differences(document) == []
    assert not montos.leaves_sums_open(document)
    assert not montos.leaves_sums_open(replace(stated, resumen_factura=document.resumen_factura))
    assert not montos.leaves_sums_open(
        replace(stated, otros_cargos=(OtrosCargos(monto_cargo=D(1)),))
    )
    for name in (
        "monto_total",
        "sub_total",
        "base_imponible",
        "impuesto_neto",
        "monto_total_linea",
    ):
        odd = replace(lines[0], **{name: D(1)})
        assert not montos.leaves_sums_open(replace(stated, detalle_servicio=(odd, *lines[1:])))
