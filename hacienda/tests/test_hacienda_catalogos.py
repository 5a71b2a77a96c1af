"""The code tables and the CAByS catalogue."""

from __future__ import annotations

import pkgutil
import time
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import pytest

import hacienda.catalogos
from hacienda import estructura
from hacienda.catalogos import EMITIDOS, Catalogo, Codigo
from hacienda.catalogos.cabys import Cabys, Producto, es_servicio
from hacienda.catalogos.codigo_comercial import CODIGO_COMERCIAL
from hacienda.catalogos.condicion_venta import CONDICION_VENTA
from hacienda.catalogos.descuento import DESCUENTO
from hacienda.catalogos.exoneracion import INSTITUCION, TIPO_EXONERACION
from hacienda.catalogos.forma_farmaceutica import FORMA_FARMACEUTICA
from hacienda.catalogos.impuesto import IMPUESTO
from hacienda.catalogos.iva_cobrado_fabrica import IVA_COBRADO_FABRICA
from hacienda.catalogos.medio_pago import MEDIO_PAGO
from hacienda.catalogos.mensaje import CONDICION_IMPUESTO, MENSAJE
from hacienda.catalogos.moneda import COMUNES, MONEDA, SOLO_2025
from hacienda.catalogos.otros_cargos import OTROS_CARGOS
from hacienda.catalogos.referencia import CODIGO_REFERENCIA, TIPO_DOCUMENTO_REFERENCIA
from hacienda.catalogos.tarifa_iva import POR_TARIFA, TARIFA_IVA
from hacienda.catalogos.tipo_comprobante import TIPO_COMPROBANTE
from hacienda.catalogos.tipo_identificacion import TIPO_IDENTIFICACION
from hacienda.catalogos.tipo_transaccion import TIPO_TRANSACCION
from hacienda.catalogos.unidad_medida import UNIDAD_MEDIDA
from hacienda.errors import InvalidError

LINE = "DetalleServicio/LineaDetalle/"
TAX = LINE + "Impuesto/"


def tables() -> list[Catalogo]:
    found = []
    for module in pkgutil.iter_modules(hacienda.catalogos.__path__):
        for value in vars(import_module(f"hacienda.catalogos.{module.name}")).values():
            if isinstance(value, Catalogo):
                found.append(value)
    return found


def test_every_code_has_a_name_and_lawful_restrictions():
    assert len(tables()) == 21
    for table in tables():
        assert table.nombre
        assert table.nota
        for code, entry in table.items():
            assert code == entry.codigo
            assert entry.nombre.strip() == entry.nombre != ""
            assert set(entry.solo) <= {*EMITIDOS, "MR"}
            assert entry.desde in ("2025", "2026")


@pytest.mark.parametrize(
    ("table", "tipo", "path"),
    [
        (CONDICION_VENTA, "NC", "CondicionVenta"),
        (MEDIO_PAGO, "FE", "ResumenFactura/MedioPago/TipoMedioPago"),
        (IMPUESTO, "FE", TAX + "Codigo"),
        (TARIFA_IVA, "FE", TAX + "CodigoTarifaIVA"),
        (TIPO_EXONERACION, "FE", TAX + "Exoneracion/TipoDocumentoEX1"),
        (INSTITUCION, "FE", TAX + "Exoneracion/NombreInstitucion"),
        (DESCUENTO, "FE", LINE + "Descuento/CodigoDescuento"),
        (OTROS_CARGOS, "FE", "OtrosCargos/TipoDocumentoOC"),
        (CODIGO_COMERCIAL, "FE", LINE + "CodigoComercial/Tipo"),
        (IVA_COBRADO_FABRICA, "FE", LINE + "IVACobradoFabrica"),
        (TIPO_TRANSACCION, "FE", LINE + "TipoTransaccion"),
        (UNIDAD_MEDIDA, "FE", LINE + "UnidadMedida"),
        (CODIGO_REFERENCIA, "REP", "InformacionReferencia/Codigo"),
        (TIPO_DOCUMENTO_REFERENCIA, "FE", "InformacionReferencia/TipoDocIR"),
        (TIPO_IDENTIFICACION, "FE", "Emisor/Identificacion/Tipo"),
        (MENSAJE, "MR", "Mensaje"),
        (CONDICION_IMPUESTO, "MR", "CondicionImpuesto"),
    ],
)
def test_tables_hold_what_the_schema_takes(table, tipo, path):
    element = estructura.of(tipo).find(path)
    assert set(table) == set(element.facets.enumeration)


@pytest.mark.parametrize("tipo", EMITIDOS)
def test_restrictions_never_pass_the_schema(tipo):
    conditions = estructura.of(tipo).find("CondicionVenta").facets.enumeration
    assert {c.codigo for c in CONDICION_VENTA.of_tipo(tipo)} <= set(conditions)
    codes = estructura.of(tipo).find("InformacionReferencia/Codigo").facets.enumeration
    assert {c.codigo for c in CODIGO_REFERENCIA.of_tipo(tipo)} <= set(codes)


def test_restrictions_of_use():
    assert not TARIFA_IVA["07"].allowed_in("FE")
    assert TARIFA_IVA["07"].allowed_in("NC")
    assert [c.codigo for c in CONDICION_VENTA.of_tipo("REP")] == ["09", "11"]
    assert CONDICION_VENTA["13"].allowed_in("FEC")
    assert not CONDICION_VENTA["13"].allowed_in("FE")
    assert not TIPO_EXONERACION["05"].allowed_in("TE")
    assert TIPO_DOCUMENTO_REFERENCIA["16"].solo == ("FEC",)
    assert {c for c, e in CODIGO_REFERENCIA.items() if e.desde == "2026"} == {
        "13",
        "14",
        "15",
        "16",
        "17",
    }
    assert {c for c, e in TIPO_DOCUMENTO_REFERENCIA.items() if e.desde == "2026"} == {"19", "20"}
    assert "03" not in CODIGO_REFERENCIA


def test_tariffs():
    percent = {code: str(entry.tarifa) for code, entry in TARIFA_IVA.items()}
    assert percent == {
        "01": "0",
        "02": "1",
        "03": "2",
        "04": "4",
        "05": "0",
        "06": "4",
        "07": "8",
        "08": "13",
        "09": "0.5",
        "10": "0",
        "11": "0",
    }
    for tarifa, code in POR_TARIFA.items():
        assert TARIFA_IVA[code].tarifa == tarifa
        assert not TARIFA_IVA[code].solo


def test_case_matters_in_units():
    assert UNIDAD_MEDIDA["Cm"].nombre == "Comisión"
    assert UNIDAD_MEDIDA["cm"].nombre == "Centímetro"
    assert UNIDAD_MEDIDA["t"].nombre == "Tesla"
    assert UNIDAD_MEDIDA["T"].nombre == "Tonelada"
    assert len(UNIDAD_MEDIDA) == 101
    assert "kg" not in UNIDAD_MEDIDA


def test_sizes():
    assert len(MONEDA) == 178
    assert len(SOLO_2025) == 10
    assert set(COMUNES) < set(MONEDA)
    assert len(FORMA_FARMACEUTICA) == 229
    assert list(TIPO_COMPROBANTE) == [f"{n:02}" for n in range(1, 11)]


def test_a_table_names_codes():
    assert MEDIO_PAGO.nombre_de("06") == "SINPE Móvil"
    assert MEDIO_PAGO.nombre_de("98") == "98"
    assert MEDIO_PAGO.nombre_de(None) == ""
    with pytest.raises(ValueError, match="repeated"):
        Catalogo("x", "1", Codigo("1", "a"), Codigo("1", "b"))


def test_data_equals_the_official_lists():
    folder = Path(__file__).resolve().parents[2] / "../shared/catalogs"
    if not (folder / "forma_farmaceutica.csv").is_file():
        pytest.skip("the official lists are not here")
    for name, table in (
        ("forma_farmaceutica", FORMA_FARMACEUTICA),
        ("unidades_medida", UNIDAD_MEDIDA),
        ("monedas", [code for code in MONEDA if code not in SOLO_2025]),
    ):
        lines = (folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()[1:]
        assert [row.split(",")[0] for row in lines] == list(table)


# CAByS.

CATALOGUE = """\
codigo,descripcion,impuesto,cat1,cat1_desc,cat2,cat2_desc
0111100000100,"Trigo duro, para siembra (semillas)",1,0,Agricultura,01,Productos
2211000000100,Leche fluida de vaca,1,2,Alimentos,22,Lácteos
2229100000000,"Leche condensada, azucarada",13,2,Alimentos,22,Lácteos
2312000000000,Pañales desechables para bebé,1,2,Alimentos,23,Otros
8314100000000,Servicios de diseño y desarrollo de tecnología,13,8,Servicios,83,Otros
9312100000000,Servicios médicos generales,4,9,Servicios,93,Salud
9999900000000,Traslado,,9,Servicios,99,Otros
9311100000000,Servicios de hospitales públicos,exento,9,Servicios,93,Salud
"""


@pytest.fixture(scope="module")
def cabys() -> Cabys:
    return Cabys.from_csv(CATALOGUE.encode())


def found(cabys: Cabys, text: str, **more) -> list[str]:
    return [p.codigo for p in cabys.search(text, **more)]


def test_a_catalogue_is_a_mapping(cabys):
    assert len(cabys) == 8
    assert "2211000000100" in cabys
    assert "0" not in cabys
    wheat = cabys["0111100000100"]
    assert wheat == Producto(
        "0111100000100", "Trigo duro, para siembra (semillas)", "1", "Agricultura"
    )
    assert (wheat.tarifa, wheat.es_servicio) == (1, False)
    assert cabys["9311100000000"].tarifa == 0
    assert cabys["9999900000000"].tarifa is None
    assert list(cabys) == sorted(cabys)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("leche", ["2211000000100", "2229100000000"]),
        ("VACA leche", ["2211000000100"]),
        ("lech vac", ["2211000000100"]),
        ("pañales", ["2312000000000"]),
        ("panal bebe", ["2312000000000"]),
        ("diseno", ["8314100000000"]),
        ("leches", ["2211000000100", "2229100000000"]),
        ("leche para la vaca", ["2211000000100"]),
        ("eche", []),
        ("93", ["9311100000000", "9312100000000"]),
        ("0111100000100", ["0111100000100"]),
        ("", []),
        ("  ,;", []),
        ("zzz", []),
    ],
)
def test_search(cabys, text, codes):
    assert found(cabys, text) == codes


def test_search_keeps_goods_or_services(cabys):
    assert found(cabys, "de", clase="bienes") == ["2211000000100", "2312000000000"]
    assert set(found(cabys, "de", clase="servicios")) == {"8314100000000", "9311100000000"}
    assert found(cabys, "9", clase="bienes") == []
    assert len(found(cabys, "de", limit=1)) == 1
    assert found(cabys, "de", limit=0) == []


def test_whole_words_come_first():
    cabys = Cabys(
        [Producto("1", "Salero", "13"), Producto("2", "Producto que contiene sal de mesa", "13")]
    )
    assert found(cabys, "sal") == ["2", "1"]


def test_the_first_digit_decides():
    assert [es_servicio(code) for code in ("0", "4", "5", "9", "")] == [
        False,
        False,
        True,
        True,
        False,
    ]


def test_it_reads_the_workbook_as_exported():
    text = (
        "Banco Central de Costa Rica;;;;\r\nCatálogo;;;;\r\n"
        "Categoría 1;Descripción (categoría 1);Categoría 9;Descripción (categoría 9);Impuesto\r\n"
        "0;Agricultura;111100000100;Trigo duro;1%\r\n"
        "0;Agricultura;'0111200000100;Trigo  blando;0,13\r\n"
        "8;Servicios;8314100000000;Diseño;Exento\r\n"
        "8;Servicios;no es código;Diseño;13%\r\n"
    )
    for data in (text.encode("utf-8-sig"), text.encode("cp1252"), text.replace(";", "\t").encode()):
        cabys = Cabys.from_csv(data)
        assert [(p.codigo, p.descripcion, p.impuesto) for p in cabys.values()] == [
            ("0111100000100", "Trigo duro", "1"),
            ("0111200000100", "Trigo blando", "13"),
            ("8314100000000", "Diseño", "exento"),
        ]
        assert cabys["0111100000100"].categoria == "Agricultura"


@pytest.mark.parametrize(
    "data", [b"", b"a,b\n1,2\n", b"codigo,descripcion\nx,y\n", b"\xff\xfe\x00", b'codigo,"' * 9]
)
def test_it_refuses_what_is_no_catalogue(data):
    with pytest.raises(InvalidError):
        Cabys.from_csv(data)


def test_it_refuses_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(InvalidError):
        Cabys.read(tmp_path / "cabys.csv")
    path = tmp_path / "good.csv"
    path.write_text(CATALOGUE, encoding="utf-8")
    assert len(Cabys.read(path)) == 8


def test_a_search_of_the_whole_catalogue_takes_milliseconds():
    """20,506 made-up codes with as many words as the real ones; limits are of processor time."""
    syllables = ["ca", "fe", "mo", "li", "do", "tra", "ser", "vi", "cios", "par", "a", "de", "sol"]
    words = [a + b + c for a in syllables for b in syllables for c in syllables]
    items = []
    for n in range(20506):
        picked = (words[(n * step + step) % len(words)] for step in (7, 31, 101, 211, 307, 401))
        items.append(Producto(f"{n * 487651234 % 10**13:013}", " ".join(picked) + " de", "13"))
    cabys = Cabys(items)
    for text in ("c", "c d", "cafemo", "serv tra", "de", "a a", "s p l", "12", "nada de nada"):
        best = 1.0
        for _ in range(3):
            start = time.process_time()
            cabys.search(text)
            best = min(best, time.process_time() - start)
        assert best < 0.01, text


def test_tariffs_are_decimals(cabys):
    assert Cabys.from_csv(b"codigo,descripcion,impuesto\n2211000000100,x,0.5\n")[
        "2211000000100"
    ].tarifa == Decimal("0.5")
