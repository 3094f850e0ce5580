# Everything that is done with this repository, on a machine with Python 3.11 or newer and make.
# The virtual environment, and what is installed in it, come by themselves, and again when their files change.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
# Inside the other one, which is where bench/peers.py looks for it, and goes when that goes.
PEERS := $(VENV)/peers
# pip checks every hash of the lock files; regiolog itself is installed as a link to this folder.
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
INSTALL_SELF := $(PIP) --no-build-isolation --no-deps --editable .

# Each process of regiolog would compile all of it once more, and the tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help serve test check format lint types contracts bench peers soak installed dist lock clean

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

serve: $(VENV)/.runtime ## run the register; ARGS="--port 8080 --data DIR" are handed on
	@exec $(BIN)/regiolog serve $(ARGS)

test: $(VENV)/.dev ## run the tests, several files at a time; ARGS="-k sparql" are handed on to pytest
	@$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

check: format lint types contracts test ## everything that must hold before a change goes in

format: $(VENV)/.dev
	@$(BIN)/ruff format --check --quiet . || \
	  { echo 'The format differs: run $(BIN)/ruff format' >&2; exit 1; }

lint: $(VENV)/.dev
	@$(BIN)/ruff check --quiet

types: $(VENV)/.dev
	@$(BIN)/mypy

contracts: $(VENV)/.dev
	@$(BIN)/lint-imports --no-cache --no-logo

bench: $(VENV)/.dev ## measure, beside the goals and the peers that are there; ARGS are handed on
	@$(BIN)/python -m bench $(ARGS)

peers: $(PEERS)/.made ## install what `make bench` measures beside us, in an environment of its own

soak: $(VENV)/.dev ## the long tests at full length
	@$(BIN)/pytest --soak -m soak --timeout 3600 $(ARGS)

dist: $(VENV)/.dev ## build the wheel and the source distribution in dist/
	@rm -rf build dist
	@$(BIN)/python -m build --no-isolation

installed: dist ## run the journeys on the wheel alone, away from this folder
	@away=$$(mktemp -d) && trap 'rm -rf "$$away"' EXIT && \
	  $(MAKE) --no-print-directory VENV="$$away/venv" "$$away/venv/.dev" && \
	  "$$away/venv/bin/python" -m pip --quiet uninstall --yes regiolog && \
	  "$$away/venv/bin/python" -m pip --quiet install --no-deps dist/*.whl && \
	  cp -R pyproject.toml tests "$$away" && cd "$$away" && venv/bin/pytest $(ARGS) tests/journeys

lock: $(VENV)/.dev ## write requirements/*.txt again; ARGS=--upgrade takes the newest versions
	@$(BIN)/uv pip compile pyproject.toml --group build $(LOCKED) --output-file requirements/runtime.txt
	@$(BIN)/uv pip compile pyproject.toml --group dev $(LOCKED) --constraints requirements/runtime.txt \
	  --output-file requirements/dev.txt
	@$(BIN)/uv pip compile --group peers $(LOCKED) --output-file requirements/peers.txt

LOCKED = --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
  --custom-compile-command 'make lock' --quiet $(ARGS)

clean: ## remove what can be made again; the registers in data folders stay
	rm -rf $(VENV) build dist *.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

# --- The environment ------------------------------------------------------------------------------------------

# Each stamp stands for a finished step: one that was interrupted is done again.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo 'regiolog needs Python 3.11 or newer, and $(PYTHON) is not: name one with PYTHON=python3.12, say.' >&2; \
	    exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo 'This Python comes without venv or ensurepip: install them (on Debian and Ubuntu: python3-venv).' >&2; \
	    exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.made requirements/runtime.txt pyproject.toml
	@echo 'Installing what regiolog runs on (once)' >&2
	@$(PIP) --require-hashes --requirement requirements/runtime.txt
	@$(INSTALL_SELF)
	@touch $@

$(VENV)/.dev: $(VENV)/.made requirements/dev.txt pyproject.toml
	@echo 'Installing what regiolog is tested with (once)' >&2
	@$(PIP) --require-hashes --requirement requirements/dev.txt
	@$(INSTALL_SELF)
	@touch $@ $(VENV)/.runtime

$(PEERS)/.made: $(VENV)/.made requirements/peers.txt
	@echo 'Installing what regiolog is measured beside (once)' >&2
	@$(BIN)/python -m venv --clear $(PEERS)
	@$(PEERS)/bin/python -m pip --disable-pip-version-check --quiet install \
	  --require-hashes --requirement requirements/peers.txt
	@if command -v npm > /dev/null; then \
	  npm install --silent --no-audit --no-fund --prefix $(VENV)/npm/ldes-client-0.3.0 ldes-client@0.3.0; fi
	@touch $@
