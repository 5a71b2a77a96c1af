"""docs/settings.md lists every setting, and only those."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CALL = re.compile(r"""env\.(?:text|flag|number|words|required)\(\s*["']([A-Z_]+)["']""")


def in_code() -> set[str]:
    names: set[str] = set()
    for path in (ROOT / "src").rglob("*.py"):
        names |= set(CALL.findall(path.read_text()))
    return names


def on_the_page() -> set[str]:
    page = (ROOT / "docs" / "settings.md").read_text()
    return set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.M))


def test_every_setting_in_the_code_is_on_the_page():
    assert in_code() - on_the_page() == set()


def test_every_setting_on_the_page_is_in_the_code():
    assert on_the_page() - in_code() == set()
