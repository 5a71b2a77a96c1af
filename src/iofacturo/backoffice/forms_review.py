"""What a reviewer types: the bank's line, a correction, a rejection, a reversal."""

from collections.abc import Sequence
from typing import Any

from django import forms

from iofacturo.accounts.furniture import Furnished
from iofacturo.accounts.user import User
from iofacturo.lib import amounts
from iofacturo.renewals import internal_note
from iofacturo.renewals.bank import Typed
from iofacturo.renewals.review import CORRECTIONS, REJECTIONS, REVERSALS

MOST_LINES = 3  # transfers that together pay one request
LONGEST_MESSAGE = 1000


class AmountField(forms.CharField):
    """Money as people type it, read by `lib.amounts`."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", amounts.LONGEST)
        super().__init__(**kwargs)
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return amounts.parse(text)
        except amounts.AmountError as error:
            raise forms.ValidationError(str(error)) from None


class LineForm(Furnished, forms.Form):
    """One movement as the bank shows it."""

    booked_on = forms.DateField(
        label="Fecha en el banco", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    amount = AmountField(label="Monto recibido")
    reference = forms.CharField(label="Referencia del banco", max_length=40)
    payer = forms.CharField(label="Quién paga", max_length=120, required=False)

    def typed(self) -> Typed:
        data = self.cleaned_data
        return Typed(data["booked_on"], data["amount"], data["reference"], data["payer"])


class _Lines(forms.BaseFormSet):
    """Up to MOST_LINES movements; rows left empty do not count."""

    def typed(self) -> list[Typed]:
        return [form.typed() for form in self.forms if form.has_changed()]


LineFormSet: type[_Lines] = forms.formset_factory(  # type: ignore[assignment]
    LineForm, formset=_Lines, extra=MOST_LINES, max_num=MOST_LINES, absolute_max=MOST_LINES
)


class CorrectionForm(Furnished, forms.Form):
    """Why, in words for the customer; with a partial payment also the line that did arrive."""

    reason = forms.ChoiceField(
        label="Qué falta",
        choices=[("", "Escoja"), *((key, text) for key, (text, _) in CORRECTIONS.items())],
    )
    message = forms.CharField(
        label="Mensaje para el cliente",
        max_length=LONGEST_MESSAGE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    booked_on = forms.DateField(
        label="Fecha de lo que sí llegó",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    amount = AmountField(label="Monto que sí llegó", required=False)
    reference = forms.CharField(label="Referencia del banco", max_length=40, required=False)

    def __init__(self, *args: Any, found: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found = found  # what did arrive is in the books already

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if (
            data.get("reason") == "underpaid" and not self.found
        ):  # the customer is told the difference to the céntimo
            for name in ("booked_on", "amount", "reference"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, "Escriba los tres datos de lo que sí llegó.")
        return data

    def typed(self) -> list[Typed]:
        data = self.cleaned_data
        if data.get("reason") != "underpaid" or self.found or not data.get("amount"):
            return []
        return [Typed(data["booked_on"], data["amount"], data["reference"])]


class RejectionForm(Furnished, forms.Form):
    reason = forms.ChoiceField(label="Motivo", choices=[("", "Escoja"), *REJECTIONS.items()])
    message = forms.CharField(
        label="Mensaje para el cliente",
        max_length=LONGEST_MESSAGE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ReversalForm(Furnished, forms.Form):
    reason = forms.ChoiceField(label="Motivo", choices=[("", "Escoja"), *REVERSALS.items()])
    note = forms.CharField(
        label="Explicación", max_length=LONGEST_MESSAGE, widget=forms.Textarea(attrs={"rows": 3})
    )
    amount = AmountField(
        label="Monto de la nota de crédito",
        required=False,
        help_text="Vacío: la parte proporcional a los folios sin usar. Puede ser menor, con razón.",
    )


class HandOverForm(Furnished, forms.Form):
    """To whom, and why; nobody in particular is the queue."""

    to = forms.ChoiceField(label="A quién", required=False)
    reason = forms.CharField(
        label="Por qué",
        max_length=internal_note.LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Lo lee el equipo, no el cliente.",
    )

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._people = {str(user.pk): user for user in people}
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the types only
        names = [(pk, str(user)) for pk, user in self._people.items()]
        field.choices = [("", "A la cola, para quien siga"), *names]

    @property
    def person(self) -> User | None:
        return self._people.get(self.cleaned_data["to"])


class NoteForm(Furnished, forms.Form):
    text = forms.CharField(
        label="Nota interna",
        max_length=internal_note.LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Solo la lee el equipo. Queda en el historial y no se puede borrar.",
    )
    token = forms.CharField(max_length=64, widget=forms.HiddenInput)


class ReopenForm(Furnished, forms.Form):
    note = forms.CharField(
        label="Dónde apareció el dinero",
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
