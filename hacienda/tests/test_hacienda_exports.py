"""What `import hacienda` offers: everything is there, documented, and costs little."""

from __future__ import annotations

import ast
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import hacienda

SOURCE = Path(hacienda.__file__)


@pytest.mark.parametrize("name", hacienda.__all__)
def test_every_name_is_there_and_documented(name):
    value = getattr(hacienda, name)
    if inspect.ismodule(value) or inspect.isfunction(value):
        assert value.__doc__
    elif inspect.isclass(value):
        generated = f"{value.__name__}("  # what a dataclass writes when nobody else does
        documented = value.__doc__ and not value.__doc__.startswith(generated)
        plain = {"Telefono", "CodigoComercial", "Descuento", "MedioPago", "Otros"}
        named_by_the_law = issubclass(value, hacienda.Comprobante) or name in plain
        assert documented or named_by_the_law, name


def test_names_are_sorted_into_one_home_each():
    assert len(hacienda.__all__) == len(set(hacienda.__all__))
    assert set(hacienda.__all__) <= set(dir(hacienda))


def test_type_checkers_see_the_same_names():
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(seen) == set(hacienda.__all__)
    for name, home in hacienda._HOMES.items():
        assert seen[name] == home


def test_it_refuses_a_name_it_does_not_have():
    with pytest.raises(AttributeError, match="nada"):
        hacienda.nada  # noqa: B018 - the access is the test


def in_a_new_process(code: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE.parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout.strip()


def test_importing_it_loads_nothing_heavy():
    code = (
        "import sys, hacienda; hacienda.calculate;"
        "print([m for m in ('lxml', 'cryptography', 'httpx', 'django') if m in sys.modules])"
    )
    assert in_a_new_process(code) == "[]"


def test_only_what_sends_imports_httpx():
    code = (
        "import sys, hacienda; hacienda.read, hacienda.write, hacienda.sign, hacienda.verify;"
        "hacienda.check; print('httpx' in sys.modules, 'django' in sys.modules)"
    )
    assert in_a_new_process(code) == "False False"


def test_importing_it_takes_less_than_a_fifth_of_a_second():
    """Of processor time, with the values and their arithmetic; the best of three."""
    code = (
        "import time; start = time.process_time(); import hacienda; hacienda.calculate;"
        "print(time.process_time() - start)"
    )
    assert min(float(in_a_new_process(code)) for _ in range(3)) < 0.2
