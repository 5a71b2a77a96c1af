# Five verbs, the same on a laptop and in CI: setup, run, test, lint, bench.
PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv/bin
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/.venv
export UV_COMPILE_BYTECODE := 1
export UV_PYTHON_DOWNLOADS := never
unexport VIRTUAL_ENV PYTHONPATH DJANGO_SETTINGS_MODULE

.PHONY: setup run pictures test test-hacienda test-portal test-browser lint bench lock clean

setup: .venv/.dev

run: .venv/.ready
	@exec $(VENV)/python -m iofacturo.cli run

.uv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-warn-script-location --target .uv "uv==$(UV_VERSION)" 2>.uv.log || { cat .uv.log; exit 1; }
	@rm -f .uv.log

# What the portal needs, from pinned and hashed requirements; the two packages are installed in place.
.venv/.ready: .uv/bin/uv requirements/base.txt pyproject.toml hacienda/pyproject.toml
	@test -x $(VENV)/python || .uv/bin/uv venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
	@.uv/bin/uv pip install --quiet --require-hashes --python .venv -r requirements/base.txt
	@.uv/bin/uv pip install --quiet --no-deps --python .venv -e hacienda -e .
	@touch $@

.venv/.dev: .venv/.ready requirements/dev.txt
	@.uv/bin/uv pip install --quiet --require-hashes --python .venv -r requirements/dev.txt
	@touch $@

test: .venv/.dev
	@$(VENV)/python -m tests

lint: .venv/.dev
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@IOFACTURO_BUILDING=1 $(VENV)/mypy src
	@MYPYPATH=hacienda/src $(VENV)/mypy --config-file hacienda/pyproject.toml -p hacienda
	@$(VENV)/lint-imports
	@IOFACTURO_BUILDING=1 $(VENV)/python -m iofacturo.cli makemigrations --check --dry-run

# The help centre's screenshots, taken from the running product.
pictures: .venv/.dev
	@$(VENV)/python docs/pictures.py

bench: .venv/.dev
	@$(VENV)/python -m bench

lock: .uv/bin/uv
	@.uv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-package hacienda --custom-compile-command "make lock" pyproject.toml hacienda/pyproject.toml -o requirements/base.txt
	@.uv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-package hacienda --custom-compile-command "make lock" --group dev -c requirements/base.txt pyproject.toml hacienda/pyproject.toml -o requirements/dev.txt
