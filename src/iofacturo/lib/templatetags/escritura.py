"""What every template may say without loading: amounts, days, icons."""

from datetime import date, datetime
from decimal import Decimal

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from iofacturo.lib import formats

register = template.Library()


def _quiet(function):
    """The filter for *function*; nothing stays nothing."""

    def filtered(value):
        return "" if value is None or value == "" else function(value)

    return filtered


for _name in (
    "numero", "porcentaje", "dia", "dia_largo", "fecha_completa", "hora", "momento",
    "momento_corto", "iban", "duracion",
):  # fmt: skip
    register.filter(_name, _quiet(getattr(formats, _name)))


@register.filter
def colones(value: Decimal | int | None) -> str:
    return "" if value is None else formats.dinero(value)


@register.filter
def dinero(value: Decimal | int | None, currency: str = "CRC") -> str:
    return "" if value is None else formats.dinero(value, currency)


@register.filter
def iso(value: date | datetime | None) -> str:
    """For `<time datetime>`."""
    return "" if value is None else value.isoformat()


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """A decorative icon from the sprite."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#i-{}"></use></svg>',
        classes,
        static("icons.svg"),
        name,
    )


@register.filter
def folios(value: int | None) -> str:
    """`1 folio`, `48 folios`."""
    if value is None:
        return ""
    return f"{formats.numero(value)} {'folio' if value == 1 else 'folios'}"
