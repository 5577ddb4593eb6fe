# The chores of the house. `make` or `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
export HF_HUB_OFFLINE := 1
export DO_NOT_TRACK := 1

.PHONY: help setup demo up test check format bench lock clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: .venv/.setup-stamp ## Install what is needed: system packages (as root or by sudo) and .venv

.venv/.setup-stamp: tools/setup.sh requirements/runtime.txt requirements/dev.txt pyproject.toml
	@PYTHON="$(PYTHON)" bash tools/setup.sh
	@touch $@

demo: setup ## Hold the demo office hour: real tracks in, published page out (ARGS="--exit --data DIR")
	@$(BIN)/sprechstunde demo $(ARGS)

up: setup ## Run the house on its data directory (ARGS="--data DIR")
	@$(BIN)/sprechstunde up $(ARGS)

test: setup ## Run the tests (ARGS="tests/pipeline" runs a part)
	@$(BIN)/python -m pytest $(ARGS)

check: setup ## Format, lint, imports, types: under a minute
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/lint-imports
	@$(BIN)/mypy

format: setup ## Put the code into shape
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --quiet --fix .

bench: setup ## Measure the figures of docs/performance.md (ARGS="pipeline" runs a part)
	@$(BIN)/python -m bench $(ARGS)

lock: setup ## Compile requirements/*.txt anew, with hashes and without index addresses
	@for set in runtime dev; do $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url \
	  --python-version 3.11 --no-header requirements/$$set.in -o requirements/$$set.txt; done

clean: ## Throw away what can be made again
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
