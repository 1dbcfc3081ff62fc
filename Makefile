# `make run` opens the dashboard with the sample, `make test` proves that everything works, `make test-all` with its slowest proofs too.
# All set up what they need.
PYTHON ?= python3
VENV ?= .venv
PORT ?= 8501
# An index that serves CPU-only builds of torch *and* torchvision, for machines without a GPU: make run TORCH_INDEX=...
TORCH_INDEX ?=

BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt
TORCH = $(if $(TORCH_INDEX),$(PIP) --index-url $(TORCH_INDEX) torch torchvision,true)

# What is compiled is kept: every worker and every process that a test starts would compile it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-all lint clean

run: $(VENV)/.ready
	$(BIN)/kdmcse dashboard --sample --port $(PORT)

PYTEST = $(BIN)/python -m pytest -n 2 --dist worksteal --durations 10

test: $(VENV)/.ready-to-test lint
	$(BIN)/python tests/browser/setup.py
	$(PYTEST) -m "not slow"

test-all: $(VENV)/.ready-to-test lint
	$(BIN)/python tests/browser/setup.py
	$(PYTEST)

lint: $(VENV)/.ready-to-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

$(VENV)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make run PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade pip
	$(TORCH)
	$(PIP) -e .
	touch $@

$(VENV)/.ready-to-test: $(VENV)/.ready
	$(PIP) -e .[dev]
	touch $@

clean:
	rm -rf $(VENV) build *.egg-info
