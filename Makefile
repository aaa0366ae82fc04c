# `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: help venv run test lint types unit simulate mutants kill twins soak bench lock clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

venv: $(VENV)/.done  ## make .venv with the exact pinned packages and the gridtrader command

$(VENV)/.done: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

run: venv  ## trade the sample accounts on the embedded exchange (ARGS="…" passes options; Ctrl-C stops)
	$(BIN)/gridtrader run --embedded $(ARGS)

test: lint types unit  ## lint, types, all tests

lint: venv  ## style, and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: venv  ## static types, strict
	$(BIN)/mypy

unit: venv  ## the tests (ARGS="…" goes to pytest)
	$(BIN)/pytest -n 2 $(ARGS)

simulate: venv  ## play seeds of the fault simulation (ARGS="--seeds 1..500")
	$(BIN)/gridtrader simulate $(ARGS)

mutants: venv  ## check the checker: each seeded defect of the bot must be caught by the simulation
	$(BIN)/python -m tests.mutants $(ARGS)

kill: venv  ## kill -9 and restart the daemon over the real wire, fifty times
	$(BIN)/python -m tests.e2e.kill $(ARGS)

twins: venv  ## a crash at every input and output in turn, against the run without
	$(BIN)/python -m tests.e2e.twins $(ARGS)

soak: venv  ## minutes of trading over the real wire, judged by the exchange's own books
	$(BIN)/python -m tests.e2e.soak $(ARGS)

bench: venv  ## the replay beside other tools, which are installed aside (ARGS="--days 60 --only backtesting")
	$(BIN)/python -m benchmarks.replay_peers $(ARGS)

lock: venv  ## renew requirements.txt from pyproject.toml (needs uv); no host is written into it
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --extra dev --upgrade -o requirements.txt pyproject.toml

clean:  ## remove what make and the tests leave behind
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
