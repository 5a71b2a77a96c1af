"""Inviting people and changing their seats."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from iofacturo.accounts.company_forms import Line
from iofacturo.accounts.furniture import Furnished
from iofacturo.accounts.login_forms import PASSWORD_HINT
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.permissions import COMPANY_ROLES, STAFF_ROLES, rank
from iofacturo.accounts.user import User


class SeatForm(Furnished, forms.Form):
    """Role and grants, with the roles that *actor* may give."""

    role = forms.ChoiceField(label="Rol", choices=[])
    can_issue = forms.BooleanField(label="Contaduría: puede emitir", required=False)
    can_renew = forms.BooleanField(label="Contaduría: puede renovar el plan", required=False)

    def __init__(
        self, *args: Any, actor: Membership, seat: Membership | None = None, **kwargs: Any
    ) -> None:
        if seat is not None:
            kwargs["initial"] = seat.terms
        super().__init__(*args, **kwargs)
        own = seat is not None and seat.pk == actor.pk
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)  # noqa: S101 for the type checker
        role.choices = [
            (name, label)
            for name, label in COMPANY_ROLES
            if (name != "owner" or actor.may("owners"))
            and not (own and rank(name) > rank(actor.role))
        ]


class InvitationForm(SeatForm):
    email = forms.EmailField(
        label="Correo electrónico",
        max_length=160,
        help_text="Le llegará un enlace que vale 7 días.",
    )
    field_order = ["email", "role", "can_issue", "can_renew"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].initial = "issuer"
        self.fields["email"].widget.attrs["autocomplete"] = "off"

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


class StaffInvitationForm(Furnished, forms.Form):
    email = forms.EmailField(
        label="Correo electrónico",
        max_length=160,
        help_text="Le llegará un enlace que vale 7 días.",
    )
    role = forms.ChoiceField(label="Rol", choices=STAFF_ROLES)

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


class StaffRoleForm(Furnished, forms.Form):
    role = forms.ChoiceField(label="Rol", choices=STAFF_ROLES)


class NewPersonForm(Furnished, forms.Form):
    """The account that an invitation makes; its e-mail is the invited one."""

    name = Line(label="Su nombre", max_length=100)
    password1 = forms.CharField(
        label="Contraseña", strip=False, widget=forms.PasswordInput, help_text=PASSWORD_HINT
    )
    password2 = forms.CharField(
        label="Contraseña, otra vez", strip=False, widget=forms.PasswordInput
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        self.email = email
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        for name in ("password1", "password2"):
            self.fields[name].widget.attrs["autocomplete"] = "new-password"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, second = data.get("password1"), data.get("password2")
        if first:
            try:
                validate_password(first, User(email=self.email, name=data.get("name", "")))
            except forms.ValidationError as error:
                self.add_error("password1", error)
        if first and second and first != second:
            self.add_error("password2", "Las dos contraseñas no son iguales.")
        return data
