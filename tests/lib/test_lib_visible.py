"""Text as people see it."""

import importlib
from pathlib import Path

import pytest
from django import forms

from iofacturo import backoffice
from iofacturo.accounts.furniture import Furnished
from iofacturo.lib.visible import visible, visible_lines


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Peña \t y\u00a0Ávila  ", "Peña y Ávila"),
        ("gpj.\u202eexe", "gpj.exe"),
        ("a\r\nBcc: b\x07\x1b[31m", "a Bcc: b[31m"),
        ("\u2028 \ufeff", ""),
        ("a \x07 b", "a b"),
        ("\ufffe\U0001f469\u200d\U0001f373", "\U0001f469\u200d\U0001f373"),
    ],
)
def test_what_nobody_sees_is_left_out(typed, kept) -> None:
    assert visible(typed) == kept
    assert visible(visible(typed)) == kept


def test_lines_stay_and_so_do_the_spaces_within_them() -> None:
    typed = "\n\r\nUno\u202e:\x07  \r\n\t- dos  y\u2028tres\n\n"
    assert visible_lines(typed) == "Uno:\n    - dos  y\ntres"


def test_forms_clean_what_anybody_types_but_no_secret() -> None:
    class Form(Furnished, forms.Form):
        name = forms.CharField()
        text = forms.CharField(widget=forms.Textarea)
        secret = forms.CharField(widget=forms.PasswordInput, strip=False)

    typed = "gpj.\u202e  exe\x0b"
    form = Form({"name": typed, "text": f"{typed}\nb", "secret": typed})
    assert form.is_valid()
    assert form.cleaned_data == {
        "name": "gpj. exe", "text": "gpj.  exe\nb", "secret": typed,
    }  # fmt: skip


def test_staff_forms_are_all_of_the_house() -> None:
    """So what staff type is cleaned as what customers type."""
    room = Path(backoffice.__file__).parent
    for path in room.glob("*.py"):
        module = importlib.import_module(f"iofacturo.backoffice.{path.stem}")
        for name, kind in vars(module).items():
            if isinstance(kind, type) and issubclass(kind, forms.BaseForm):
                ours = kind.__module__.startswith("iofacturo.")
                assert not ours or issubclass(kind, Furnished), name
