"""What an administrator types about plans and promotions."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import Max

from iofacturo.accounts.furniture import Furnished
from iofacturo.backoffice.forms_review import AmountField
from iofacturo.folios import plan as domain
from iofacturo.folios import promotion
from iofacturo.folios.plan import CABYS, CURRENCIES, RATE, Plan, PlanVersion
from iofacturo.folios.promotion import Promotion, PromotionVersion
from iofacturo.lib import clock

RATES = [("13.00", "13 %"), ("4.00", "4 %"), ("2.00", "2 %"), ("1.00", "1 %"), ("0.00", "0 %")]
RESERVED = {"nuevo", "nueva"}
BENEFITS = 8


class DayField(forms.DateField):
    """A day in Costa Rica, by the browser's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        kwargs.setdefault("error_messages", {}).setdefault(
            "invalid", "Escriba una fecha, como 2026-12-01."
        )
        super().__init__(**kwargs)


class CodeForm(Furnished, forms.Form):
    """The code of something new: for ever, and part of its address."""

    code = forms.SlugField(
        label="Código",
        max_length=40,
        help_text="En minúsculas y con guiones, como plan-500. No se cambia después.",
        error_messages={"invalid": "Use letras sin tilde, números y guiones."},
    )
    model: type[Plan] | type[Promotion]

    def clean_code(self) -> str:
        code = self.cleaned_data["code"].lower()
        if code in RESERVED or self.model.objects.filter(code=code).exists():
            raise forms.ValidationError("Ese código ya está en uso. Escriba otro.")
        return code


class _Window:
    """Two days that say from when and until when, both included; *now* when the first is empty."""

    now: datetime

    def window(
        self, data: dict[str, Any], first: str, last: str
    ) -> tuple[datetime, datetime | None]:
        start = clock.midnight(data[first]) if data.get(first) else self.now
        end = clock.midnight(data[last] + timedelta(days=1)) if data.get(last) else None
        return start, end


class PlanForm(_Window, Furnished, forms.Form):
    """A version of a plan."""

    name = forms.CharField(label="Nombre", max_length=60)
    folios = forms.IntegerField(label="Folios", min_value=1, max_value=100_000_000)
    months = forms.IntegerField(label="Meses de vigencia", min_value=1, max_value=120)
    total = AmountField(
        label="Precio final", help_text="Con el IVA incluido, como lo ve el cliente."
    )
    currency = forms.ChoiceField(label="Moneda", choices=CURRENCIES)
    tax_rate = forms.TypedChoiceField(label="Tarifa de IVA", choices=RATES)
    cabys = forms.RegexField(
        r"^\d{13}$",
        label="Código CAByS del servicio",
        error_messages={"invalid": "El código CAByS tiene 13 dígitos."},
    )
    benefits = forms.CharField(
        label="Beneficios",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=f"Uno por línea, hasta {BENEFITS}.",
    )
    sold_from = DayField(
        label="A la venta desde", required=False, help_text="Si lo deja vacío, desde ahora."
    )
    sold_until = DayField(
        label="Último día de venta", required=False, help_text="Si lo deja vacío, sin fin."
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        self.now = now
        super().__init__(*args, **kwargs)

    @staticmethod
    def start(version: PlanVersion | None) -> dict[str, Any]:
        """What the form holds before anybody typed: the version in force, without its window."""
        if version is None:
            return {"currency": "CRC", "tax_rate": str(RATE), "cabys": CABYS}
        return {
            "name": version.name,
            "folios": version.folios,
            "months": version.months,
            "total": f"{version.total:f}".replace(".", ","),
            "currency": version.currency,
            "tax_rate": f"{version.tax_rate:.2f}",
            "cabys": version.cabys,
            "benefits": "\n".join(version.benefits),
        }

    def clean_total(self) -> Any:
        total = self.cleaned_data["total"]
        if total is not None and total <= 0:
            raise forms.ValidationError("Escriba un precio mayor que cero.")
        return total

    def clean_benefits(self) -> list[str]:
        lines = [" ".join(line.split()) for line in self.cleaned_data["benefits"].splitlines()]
        lines = [line for line in lines if line]
        if len(lines) > BENEFITS or any(len(line) > 80 for line in lines):
            raise forms.ValidationError(f"Hasta {BENEFITS} líneas de 80 letras.")
        return lines

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first = data.get("sold_from")
        if first and first < clock.local(self.now).date():
            self.add_error("sold_from", "Escoja un día que no haya pasado, o déjelo vacío.")
        self.begins, self.ends = self.window(data, "sold_from", "sold_until")
        if first == clock.local(self.now).date():
            self.begins = self.now
        if self.ends and self.ends <= self.begins:
            self.add_error("sold_until", "La venta no puede terminar antes de empezar.")
        return data

    def values(self) -> dict[str, Any]:
        """What `Plan.publish` takes."""
        names = ["name", "folios", "months", "total", "currency", "cabys", "benefits"]
        return {name: self.cleaned_data[name] for name in names} | {
            "tax_rate": type(RATE)(self.cleaned_data["tax_rate"]),
            "sold_from": self.begins,
            "sold_until": self.ends,
        }


class NewPlanForm(PlanForm, CodeForm):
    model = Plan
    field_order = ("code",)


class PromotionForm(_Window, Furnished, forms.Form):
    """A version of a promotion."""

    name = forms.CharField(label="Nombre", max_length=80, help_text="Lo ve el cliente en su lote.")
    kind = forms.ChoiceField(label="Qué da", choices=promotion.KINDS)
    percent = AmountField(label="Porcentaje", required=False, help_text="Si da un porcentaje.")
    amount = AmountField(
        label="Monto", required=False, help_text="Si da un monto: se resta del precio final."
    )
    bonus_folios = forms.IntegerField(
        label="Folios de regalo", required=False, min_value=1, max_value=100_000_000
    )
    currency = forms.ChoiceField(label="Moneda del monto", choices=CURRENCIES)
    starts_on = DayField(
        label="Primer día", required=False, help_text="Si lo deja vacío, desde ahora."
    )
    ends_on = DayField(label="Último día")
    limit_total = forms.IntegerField(label="Límite en total", required=False, min_value=1)
    limit_per_company = forms.IntegerField(label="Límite por empresa", required=False, min_value=1)
    plans = forms.ModelMultipleChoiceField(
        label="Planes",
        queryset=Plan.objects.alias(size=Max("versions__folios")).order_by("size", "code"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Si no marca ninguno, vale para todos.",
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        self.now = now
        super().__init__(*args, **kwargs)
        boxes = self.fields["plans"]
        assert isinstance(boxes, forms.ModelMultipleChoiceField)  # noqa: S101 - for the types only
        boxes.widget.attrs.pop("class", None)
        names = {version.plan_id: version.name for version in domain.in_force(now)}
        boxes.label_from_instance = lambda obj: str(names.get(obj.pk, obj.code))  # type: ignore[method-assign]

    @staticmethod
    def start(version: PromotionVersion | None) -> dict[str, Any]:
        if version is None:
            return {"kind": "percent", "currency": "CRC"}

        def comma(value: Any) -> str:
            return "" if value is None else f"{value:f}".replace(".", ",")

        return {
            "name": version.name,
            "kind": version.kind,
            "percent": comma(version.percent),
            "amount": comma(version.amount),
            "bonus_folios": version.bonus_folios,
            "currency": version.currency,
            "starts_on": clock.local(version.starts_at).date(),
            "ends_on": clock.local(version.ends_at - timedelta(microseconds=1)).date(),
            "limit_total": version.limit_total,
            "limit_per_company": version.limit_per_company,
            "plans": list(version.plans.all()),
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        needed = {"percent": "percent", "fixed": "amount", "bonus": "bonus_folios"}
        field = needed.get(data.get("kind", ""))
        if field and not data.get(field) and field not in self.errors:
            self.add_error(field, "Falta este dato.")
        if data.get("kind") == "percent" and data.get("percent") and data["percent"] >= 100:
            self.add_error("percent", "Escriba un porcentaje menor que 100.")
        if data.get("ends_on"):
            self.starts_at, ends_at = self.window(data, "starts_on", "ends_on")
            assert ends_at is not None  # noqa: S101 - the field is required
            self.ends_at = ends_at
            if self.ends_at <= max(self.starts_at, self.now):
                self.add_error("ends_on", "Escoja un último día que no haya pasado.")
        return data

    def values(self) -> dict[str, Any]:
        """What `Promotion.publish` takes."""
        names = "name kind percent amount bonus_folios currency limit_total limit_per_company plans"
        return {name: self.cleaned_data[name] for name in names.split()} | {
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
        }


class NewPromotionForm(PromotionForm, CodeForm):
    model = Promotion
    field_order = ("code",)
