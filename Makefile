# python3 and make are enough; uv is used when it is on the PATH. Every target sets up .venv first, from the lock files.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
CORES ?= 2

.PHONY: help env demo test check lint types contracts rules pythons bench fmt pictures tables lock clean

help: ## this list
	@sed -n 's/^\([a-z%-]*\):[^#]*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | awk -F '\t' '{ printf "make %-16s %s\n", $$1, $$2 }'

env: ## set up .venv from the lock files; does nothing when they have not changed
	@bash scripts/bootstrap.sh

demo: env ## run the desk on synthetic bars and print the why-trace of its decisions
	@$(BIN)/mqk demo

test: check pythons ## everything .ci/run runs: check, the goldens on every other Python, the whole suite
	$(BIN)/python -m pytest -n $(CORES) --dist worksteal

check: lint types contracts rules ## the gates without the suite: format, lint, types, import contracts, rules

lint: env ## format and lint, changing nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: env ## mypy --strict
	$(BIN)/mypy

contracts: env ## the import contracts of .importlinter
	$(BIN)/lint-imports

rules: env ## everything that proves the shipped rules
	$(BIN)/mqk rules ci rules/

pythons: env ## the golden decisions on every other supported Python of this machine
	$(BIN)/python scripts/other_pythons.py

bench: env ## the benchmarks of tests/perf; PEERS=/path/to/env adds the peers installed there
	$(BIN)/python -m tests.perf

campaign-%: env ## the full leg of one long proof; writes its figures to docs/evidence/
	$(BIN)/python -m tests.campaigns.$(subst -,_,$*)

fmt: env ## format, and fix what ruff can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

pictures: env ## draw what an editor shows again, for docs/editors; look at them before you commit them
	MQK_UPDATE_SNAPSHOTS=1 $(BIN)/python -m pytest -q -p no:xdist tests/language_server/test_language_server_pictures.py
	$(BIN)/python scripts/make_editor_files.py

tables: env ## build the parser's tables again, after a change of the grammar
	$(BIN)/python scripts/build_tables.py

lock: env ## resolve again: uv.lock and the two hashed requirement files
	$(BIN)/uv lock
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv export --quiet --frozen --no-emit-project --group dev --output-file requirements.txt
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv export --quiet --frozen --no-emit-project --only-group golden --output-file scripts/golden-requirements.txt

clean: ## remove what the targets above have built
	rm -rf .venv .pythons build dist .mypy_cache .ruff_cache .import_linter_cache
