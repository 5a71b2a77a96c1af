"""Text as people see it."""

import pytest

from iofacturo.lib.visible import visible


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
