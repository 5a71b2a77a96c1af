"""What the scripts of the forms ask for: customers, products, CAByS, and Hacienda's look-ups.

Everything is GET and JSON. A look-up that cannot be answered says why under `error`, with 404
when there is no such thing and 503 when it cannot be known now.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import JsonResponse
from django.views.decorators.http import require_safe

from hacienda.catalogos.cabys import es_servicio
from hacienda.consultas import ExoneracionAutorizada
from iofacturo.accounts.access import member
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.invoicing.catalogue import cabys, customer, lookup, product
from iofacturo.invoicing.catalogue.cabys import CabysItem
from iofacturo.invoicing.catalogue.customer import Customer
from iofacturo.invoicing.catalogue.product import Product, plain
from iofacturo.lib import clock
from iofacturo.lib.visible import visible

MOST = 10
SHORTEST = 3
NOT_IMPORTED = (
    "El catálogo CAByS no está cargado en este sistema. Escriba los 13 dígitos del código."
)
FOR_STAFF = "Se carga con el comando: iofacturo import-cabys ARCHIVO."


@member("issue")
@require_safe
def customers(request: SeatedRequest) -> JsonResponse:
    """`/facturar/buscar/clientes/?q=`"""
    found = customer.search(request.company, _asked(request))
    return JsonResponse({"results": [_customer(row) for row in found]})


@member("issue")
@require_safe
def products(request: SeatedRequest) -> JsonResponse:
    """`/facturar/buscar/productos/?q=`"""
    found = product.search(request.company, _asked(request))
    return JsonResponse({"results": [_product(row) for row in found]})


@member("issue")
@require_safe
def cabys_codes(request: SeatedRequest) -> JsonResponse:
    """`/facturar/buscar/cabys/?q=`; while nothing was imported, what Hacienda answers."""
    words = _asked(request)
    if cabys.in_force() is not None:
        return JsonResponse({"results": [_code(item) for item in cabys.search(words, MOST)]})
    answer: dict[str, Any] = {"results": [], "aviso": NOT_IMPORTED}
    if _is_staff(request):
        answer["aviso"] = f"{NOT_IMPORTED} {FOR_STAFF}"
    if len(words) >= SHORTEST:
        try:
            lookup.allow(request.company.pk)
            found = lookup.cabys(words, MOST)
        except lookup.Unavailable:
            return JsonResponse(answer)
        answer["results"] = [_code(_told(one)) for one in found]
    return JsonResponse(answer)


@member("issue")
@require_safe
def taxpayer(request: SeatedRequest) -> JsonResponse:
    """`/facturar/buscar/contribuyente/?numero=`"""
    numero = request.GET.get("numero", "")[:30]
    try:
        lookup.allow(request.company.pk)
        found = lookup.taxpayer(numero)
    except lookup.Unavailable as reason:
        return _refused(str(reason), 503)
    if found is None:
        return _refused("Hacienda no tiene inscrita esa identificación. Revise el número.", 404)
    return JsonResponse(
        {
            "tipo": found.tipo_identificacion,
            "numero": found.identificacion,
            "nombre": visible(found.nombre)[:100],
            "actividades": [
                {"codigo": one.codigo, "descripcion": one.descripcion}
                for one in found.actividades_activas
            ],
            "avisos": warnings(found),
        }
    )


@member("issue")
@require_safe
def rate(request: SeatedRequest) -> JsonResponse:
    """`/facturar/buscar/tipo-de-cambio/?moneda=USD`, of today or of `dia=2026-11-20`."""
    moneda, today = request.GET.get("moneda", "USD")[:3].upper(), clock.today()
    try:
        day = date.fromisoformat(request.GET.get("dia") or today.isoformat())
    except ValueError:
        return _refused("Esa fecha no existe.", 404)
    if moneda == "CRC":
        return JsonResponse({"venta": "1", "compra": "1", "dia": day.isoformat()})
    if moneda != "USD":
        return _refused("Hacienda solo publica el tipo de cambio del dólar. Escríbalo a mano.", 404)
    try:
        lookup.allow(request.company.pk)
        found = lookup.dollar(day, today)
    except lookup.Unavailable as reason:
        return _refused(str(reason), 503)
    if found is None:
        return _refused("No hay tipo de cambio de ese día. Escríbalo a mano.", 404)
    return JsonResponse(
        {
            "venta": plain(found.venta),
            "compra": plain(found.compra) if found.compra is not None else "",
            "dia": (found.fecha or day).isoformat(),
        }
    )


@member("issue")
@require_safe
def exoneration(request: SeatedRequest) -> JsonResponse:
    """`/facturar/buscar/exoneracion/?numero=AL-00000000-00`"""
    numero = visible(request.GET.get("numero", ""))[:40]
    try:
        lookup.allow(request.company.pk)
        found = lookup.exoneration(numero) if numero else None
    except lookup.Unavailable as reason:
        return _refused(str(reason), 503)
    if found is None:
        return _refused("Hacienda no tiene una exoneración con ese número.", 404)
    return JsonResponse(_exoneration(found))


def warnings(found: lookup.Taxpayer) -> list[str]:
    """What is worth knowing of a taxpayer before selling to them on credit."""
    told = []
    if found.estado and not found.estado.casefold().startswith("inscrito"):
        told.append(f"En Hacienda figura como «{found.estado}».")
    if found.moroso:
        told.append("Figura como moroso en Hacienda.")
    if found.omiso:
        told.append("Figura como omiso en Hacienda.")
    if not found.actividades_activas:
        told.append("No tiene actividades económicas activas.")
    return told


def _asked(request: SeatedRequest) -> str:
    return visible(request.GET.get("q", "")[:100])


def _refused(error: str, status: int) -> JsonResponse:
    return JsonResponse({"error": error}, status=status)


def _customer(row: Customer) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "nombre": row.nombre,
        "cedula": row.cedula,
        "tipo": row.tipo_identificacion,
        "numero": row.identificacion,
        "correo": row.email,
        "correos": row.emails,
        "actividad": row.actividad,
        "condicion": row.condicion_venta,
        "plazo": row.plazo,
        "receptor": row.receptor(),
    }


def _product(row: Product) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "codigo": row.codigo,
        "detalle": row.detalle,
        "cabys": row.cabys,
        "unidad": row.unidad,
        "precio": plain(row.precio),
        "moneda": row.moneda,
        "aviso": row.get_cabys_warning_display() if row.cabys_warning else "",
        "linea": row.linea(),
    }


def _code(item: CabysItem) -> dict[str, Any]:
    value = item.porcentaje
    return {
        "codigo": item.codigo,
        "descripcion": item.descripcion,
        "tarifa": item.tarifa,
        "porcentaje": plain(value) if value is not None else "",
        "servicio": es_servicio(item.codigo),
    }


def _told(one: Any) -> CabysItem:
    """A code as Hacienda's look-up has it, in the shape of the catalogue's."""
    value = one.impuesto
    impuesto = "" if value is None else plain(value) if value else "exento"
    return CabysItem(codigo=one.codigo, descripcion=one.descripcion, impuesto=impuesto)


def _exoneration(found: ExoneracionAutorizada) -> dict[str, Any]:
    return {
        "numero": found.numero,
        "identificacion": found.identificacion,
        "porcentaje": plain(found.porcentaje) if found.porcentaje is not None else "",
        "emision": found.emision.isoformat() if found.emision else "",
        "vencimiento": found.vencimiento.isoformat() if found.vencimiento else "",
        "cabys": list(found.cabys),
    }


def _is_staff(request: SeatedRequest) -> bool:
    """Whether this person also works for the provider, who can load the catalogue."""
    return getattr(request, "staff", None) is not None
