"""The arithmetic of a comprobante: from what a person states to every computed field, and back.

`calculate` fills in a document whose lines state quantity, price, discounts, taxes and
exonerations; `differences` recomputes a finished document and lists what does not add up. Both
run the same formulas, those of the annexes v4.4 (fields of the line and of ResumenFactura).

Amounts are `Decimal`; every computed amount is rounded half-up to 5 decimals as it arises, and
totals are sums of rounded amounts, so that what is printed adds up.

>>> from hacienda.comprobante import *
>>> factura = calculate(FacturaElectronica(detalle_servicio=(LineaDetalle(
...     codigo_cabys="2151100000000", cantidad=Decimal(2), precio_unitario=Decimal(1000),
...     descuento=(Descuento(monto_descuento=Decimal(200), codigo_descuento="07"),),
...     impuesto=(Impuesto(codigo="01", codigo_tarifa_iva="08"),),
... ),)))
>>> print(factura.resumen_factura.total_impuesto, factura.resumen_factura.total_comprobante)
234.00000 2034.00000
>>> differences(factura)
[]

Where the annexes leave a choice, this is taken:

- A gift (discount 01 or 03) of part of a line: the issuer bears the IVA of what is given away, the
  client pays that of the rest. In types without ImpuestoAsumidoEmisorFabrica it has no effect.
- With discount 02 the IVA is that of MontoTotal too, and the client pays it.
- With IVACobradoFabrica 01 the IVA counts as charged at the factory (ImpuestoAsumido…), unless the
  line states another amount there. The stated amount also stands on a line with specific taxes.
- The exonerated share of a line is computed for that line, from the taxes that carry an exoneration.
- A REP adds up as net plus tax.
"""

from __future__ import annotations

from hacienda.montos.calculo import calculate as calculate
from hacienda.montos.calculo import es_salud as es_salud
from hacienda.montos.calculo import leaves_sums_open as leaves_sums_open
from hacienda.montos.decimales import discounts as discounts
from hacienda.montos.decimales import quantize as quantize
from hacienda.montos.decimales import without_tax as without_tax
from hacienda.montos.diferencias import TOLERANCE as TOLERANCE
from hacienda.montos.diferencias import differences as differences
