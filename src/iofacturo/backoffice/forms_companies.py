"""A new customer: the company, its first owner and its first folios."""

from typing import Any

from django import forms

from iofacturo.accounts.company_forms import IdentifiedCompanyForm
from iofacturo.accounts.furniture import Furnished

LOT_KINDS = [("migration", "Migración: los folios que traía"), ("courtesy", "Cortesía")]
MOST_FOLIOS = 1_000_000
MOST_MONTHS = 60


class FirstLotForm(Furnished, forms.Form):
    kind = forms.ChoiceField(label="Clase", choices=LOT_KINDS)
    folios = forms.IntegerField(label="Folios", min_value=1, max_value=MOST_FOLIOS)
    months = forms.IntegerField(
        label="Meses de vigencia", min_value=1, max_value=MOST_MONTHS, initial=12
    )


class OwnerForm(Furnished, forms.Form):
    owner_email = forms.EmailField(
        label="Correo de la persona propietaria",
        max_length=160,
        help_text="Le llegará una invitación que vale 7 días.",
    )

    def clean_owner_email(self) -> str:
        return self.cleaned_data["owner_email"].lower()


class NewCompanyForm(OwnerForm, IdentifiedCompanyForm):
    """Everything at once; without folios the lot can be given later on the company's page."""

    kind = forms.ChoiceField(
        label="Primeros folios", choices=[("", "Ninguno por ahora"), *LOT_KINDS], required=False
    )
    folios = forms.IntegerField(label="Folios", min_value=1, max_value=MOST_FOLIOS, required=False)
    months = forms.IntegerField(
        label="Meses de vigencia", min_value=1, max_value=MOST_MONTHS, initial=12, required=False
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("kind"):
            for name in ("folios", "months"):
                if data.get(name) is None and name not in self.errors:
                    self.add_error(name, "Escriba un número.")
        return data

    @property
    def lot(self) -> dict[str, Any] | None:
        data = self.cleaned_data
        if not data["kind"]:
            return None
        return {name: data[name] for name in ("kind", "folios", "months")}
