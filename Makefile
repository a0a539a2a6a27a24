# Works with GNU make 3.81 (macOS). Every target that needs the environment brings it first.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
STAMP := .venv/.setup-stamp
# ARGS goes to the tool behind a target: make test ARGS="-k rounding", make demo ARGS="--seed 7".
ARGS ?=

# A shell that forbids bytecode makes every start of every process compile what it imports: seconds each.
export PYTHONDONTWRITEBYTECODE :=

# An environment whose interpreter has gone is no environment, whatever its stamp says.
ifneq ($(shell $(BIN)/python -c 'print("runs")' 2>/dev/null),runs)
.PHONY: $(STAMP)
endif

.PHONY: help setup lock fmt check lint format-check types types-pyright layers \
        browser test-fast test full bench fuzz demo serve-demo screenshots clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## bring uv, a CPython from 3.12 on and every locked package into .tools and .venv
	@:

$(STAMP): pyproject.toml requirements/lock.txt requirements/uv.txt requirements/pip.txt scripts/setup scripts/bootstrap.py
	@scripts/setup

demo: setup ## the main job: shadow, compare, block, fix, cut over, roll back; then a migration under traffic
	$(BIN)/strangler demo $(ARGS)
	$(BIN)/strangler demo --chapter amounts

serve-demo: setup ## the same, and everything keeps running to look around in
	$(BIN)/strangler demo --keep-serving $(ARGS)

fmt: setup ## format, and fix what ruff can fix
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

check: setup lint format-check types types-pyright layers ## ruff, mypy strict, basedpyright, import layers

lint: setup
	$(BIN)/ruff check .

format-check: setup
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

types-pyright: setup
	$(BIN)/basedpyright

layers: setup
	$(BIN)/lint-imports

test-fast: setup ## tests that start no processes and need no PostgreSQL
	$(PYTEST) -q -n 2 -m "not (full or system or postgres)" $(ARGS)

browser: setup # Debian's Chromium, where there is none and packages may be installed
	@$(BIN)/python scripts/browser.py

test: setup browser ## the suite, under eight minutes on two cores
	$(PYTEST) -q -n 4 --dist loadscope --no-loadscope-reorder -m "not full" $(ARGS)

full: setup browser ## kill matrices, soaks, the third-party server; the result goes to docs/full-run.md
	$(BIN)/python scripts/full_run.py $(ARGS)

fuzz: setup ## every property on generated cases for ten minutes, then as long the API (ARGS="--minutes 60")
	$(BIN)/python scripts/fuzz.py $(ARGS)

screenshots: setup browser ## every page at three widths in both themes, into build/screenshots
	$(BIN)/python scripts/screenshots.py $(ARGS)

bench: setup ## ratios against peers in one run, as a table and as JSON
	$(BIN)/python bench/run.py $(ARGS)

lock: setup ## resolve the dependencies anew (add ARGS=--upgrade for newer versions) and write the hashes
	@scripts/lock $(ARGS)

clean: ## remove what was built; the next make sets up anew
	rm -rf .venv .tools dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
