# `make demo` and `make test` are the two commands of the README. Each does all of its own set-up.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# In how many processes the tests run: one more than there are processors, as some wait for a disk or a program while
# others compute. Tests are handed out one by one, or one process would be left with the long ones at the end. (`--dist
# loadgroup` does that, too, but counts all that it has handed out after every test.)
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
SIDE_BY_SIDE := --numprocesses $(WORKERS) --dist load --maxschedchunk 1

.PHONY: help demo test check style types walls format bench-dev bench-flow bench-middleware bench-observe bench-tasks clean

help:  ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The library and its command line. A stamp stands for what is installed, so a second run starts at once.
$(VENV)/.library: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Motet needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
		|| { echo "No virtual environment could be made: on Debian, apt-get install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[all]'
	@touch $@

$(VENV)/.tools: $(VENV)/.library
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group dev
	@touch $@

demo: $(VENV)/.library  ## survey the standard library with a flow, then run a durable task tree about this machine
	$(BIN)/python examples/code_survey/demo.py
	$(BIN)/motet run examples/machine_report/tasks.json --store sqlite:///motet-demo.db \
		--allow-command uname --allow-command uptime

test: $(VENV)/.tools  ## run every test; with COVER=1, measure what they cover, which takes longer
ifdef COVER
	$(BIN)/coverage erase
	PYTHONDONTWRITEBYTECODE= $(BIN)/coverage run -m pytest $(SIDE_BY_SIDE)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
else
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest $(SIDE_BY_SIDE)
endif

check: $(VENV)/.tools  ## style, types and the walls between the rooms
	@$(MAKE) --no-print-directory --jobs=2 types style walls

style: $(VENV)/.tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.tools
	$(BIN)/mypy

walls: $(VENV)/.tools
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.tools  ## bring the code into its style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench-dev: $(VENV)/.library  ## measure how long it takes from saving a file to serving it, for the example projects
	$(BIN)/python -m benchmarks.dev

bench-flow: $(VENV)/.library  ## measure flows beside other libraries (builds an environment for each)
	$(BIN)/python -m benchmarks.flow

bench-middleware: $(VENV)/.library  ## measure middleware and compositions likewise (Agenkit needs a Python 3.12)
	$(BIN)/python -m benchmarks.middleware

bench-observe: $(VENV)/.library  ## measure what observing adds to a call, beside the libraries below it
	$(BIN)/python -m benchmarks.observe

bench-tasks: $(VENV)/.library  ## measure durable tasks likewise (needs a PostgreSQL server; see benchmarks/README.md)
	$(BIN)/python -m benchmarks.tasks

clean:  ## remove what the other targets made
	rm -rf $(VENV) build dist .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache benchmarks/.venvs benchmarks/.data
