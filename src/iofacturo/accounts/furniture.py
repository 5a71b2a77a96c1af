"""How our forms look: the classes of the house on every control, Spanish labels and hints."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms

from iofacturo.lib.visible import visible, visible_lines


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


def clean_texts(form: forms.BaseForm) -> None:
    """Whatever is typed into *form* loses what nobody types on purpose; secrets stay as they are."""
    for field in form.fields.values():
        if not isinstance(field, forms.CharField) or isinstance(
            field.widget, forms.PasswordInput | forms.HiddenInput
        ):
            continue
        cleaned = visible_lines if isinstance(field.widget, forms.Textarea) else visible
        field.to_python = _then(field.to_python, cleaned)  # type: ignore[method-assign, assignment]


def _then(read: Callable[[Any], Any], cleaned: Callable[[str], str]) -> Callable[[Any], Any]:
    def both(value: Any) -> Any:
        found = read(value)
        return cleaned(found) if isinstance(found, str) else found

    return both


class Furnished:
    """Mixed in before a form class; LABELS and HINTS replace those that came with the fields.

    Texts of every such form are cleaned, whoever types them: customers and staff alike.
    """

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
        clean_texts(self)  # type: ignore[arg-type]
