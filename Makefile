# Four commands, each of which sets up all that it needs on a machine with Python 3.11 (with venv), git and make.
# A virtual environment of its own, uv into it, the locked dependencies, and this package without build isolation.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export PATH := $(CURDIR)/$(BIN):$(PATH)
export UV_LINK_MODE ?= copy
unexport PYTHONDONTWRITEBYTECODE  # where a machine sets it, every command takes twice as long to start

.PHONY: demo demo-platform test docs bench bench-prove lint types house unit integration e2e failpoints lock clean services

demo: $(READY)
	@$(BIN)/roadworthy demo

demo-platform: $(READY)
	@$(BIN)/roadworthy demo --platform

test: lint types house unit integration e2e docs
	@echo "Everything holds."

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache

types: $(READY)
	$(BIN)/mypy

house: $(READY)
	$(BIN)/pytest -q tests/unit/test_house.py -p no:randomly

unit: $(READY)
	$(BIN)/pytest -q -n 2 tests/unit

integration: $(READY) services
	$(BIN)/pytest -q -n 2 tests/integration

failpoints: $(READY) services
	ROADWORTHY_FAILPOINTS=all $(BIN)/pytest -q -n 2 tests/integration/test_platform_killed.py tests/integration/test_runner_killed.py

e2e: $(READY) services
	$(BIN)/pytest -q -n 3 tests/e2e  # each waits for processes half of its time

docs: $(READY)
	$(BIN)/sphinx-build --fail-on-warning --keep-going -q -b html docs docs/_build/html

bench: $(READY)
	$(BIN)/python benchmarks/run.py $(BENCH)

bench-prove: $(READY)
	$(BIN)/python benchmarks/run.py $(basename $(notdir $(wildcard benchmarks/prove_*.py)))

services: $(READY)
	@scripts/services install

lock: $(READY)
	scripts/lock

$(READY): locks/bootstrap.txt locks/dev.txt pyproject.toml
	@scripts/setup "$(PYTHON)" $(VENV)
	@touch $(READY)

clean:
	rm -rf $(VENV) docs/_build .cache
