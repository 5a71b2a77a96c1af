"""The codes in the rows of an answer.

Hacienda publishes no catalogue. The first group are codes that users have reported; the others are
the sandbox's own and mean nothing elsewhere.
"""

ESTRUCTURA = "-1"
CLAVE = "-15"
UBICACION = "-37"
CONSECUTIVO = "-78"
CABYS = "-400"
ACTIVIDAD = "-408"
DESGLOSE = "-487"
TARIFA = "-505"

FIRMA = "-9001"
LLAVE = "-9002"
SOBRE = "-9003"
FECHA = "-9004"
SUMAS = "-9005"
REGLA = "-9006"
REFERENCIA = "-9007"
NUMERO = "-9008"
REGISTRO = "-9009"
MENSAJE = "-9010"
EXONERACION = "-9011"
