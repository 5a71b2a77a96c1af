"""How our forms look: the classes of the house on every control, Spanish labels and hints."""

from typing import Any, ClassVar

from django import forms


def furnish(form: forms.BaseForm) -> None:
    """Give every visible control of *form* its class; no text inside placeholders."""
    for field in form.fields.values():
        widget = field.widget
        widget.attrs.pop("placeholder", None)
        if isinstance(widget, forms.Select):
            kind = "select"
        elif isinstance(widget, forms.Textarea):
            kind = "textarea"
        elif isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.HiddenInput):
            continue
        else:
            kind = "input"
        if kind == "select" and isinstance(field, forms.ChoiceField):
            field.error_messages["required"] = "Escoja una opción."
        widget.attrs["class"] = f"{widget.attrs.get('class', '')} {kind}".strip()


class Furnished:
    """Mixed in before a form class; LABELS and HINTS replace those that came with the fields."""

    LABELS: ClassVar[dict[str, str]] = {}
    HINTS: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for name, label in self.LABELS.items():
            if name in self.fields:  # type: ignore[attr-defined]
                self.fields[name].label = label  # type: ignore[attr-defined]
        for name, hint in self.HINTS.items():
            if name in self.fields:  # type: ignore[attr-defined]
                self.fields[name].help_text = hint  # type: ignore[attr-defined]
        furnish(self)  # type: ignore[arg-type]
