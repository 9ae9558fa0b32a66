# Thin on purpose: makes the virtual environment from the lock file, then calls `python -m app …`.
# Everything is created inside the checkout (.venv, .cache, .data); nothing is written elsewhere.
ARGS ?=
# Test processes; each has a PostgreSQL of its own. One more than there are cores: many tests wait for real time.
TESTERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1


.DEFAULT_GOAL := help
.PHONY: help run doctor demo chaos quick test check format bench docs lock clean

help: ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 10

$(VENV)/.run: requirements.lock
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install -qq --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install -qq --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/.run

run: $(VENV)/.run ## the whole service on this machine: database, sandbox, web, worker
	@exec $(PY) -m app up $(ARGS)

demo: $(VENV)/.run ## a bounded story on a fast clock; checks the promises and ends by itself
	@exec $(PY) -m app demo $(ARGS)

chaos: $(VENV)/.run ## kills, pauses, cuts and lies against the whole fleet; compares everything at the end
	@exec $(PY) -m app chaos $(ARGS)

quick: $(VENV)/.dev ## tests in a minute: leaves out stories (tests/acceptance, whatever opens a shop), processes, and all marked slow
	$(PY) -m pytest -n $(TESTERS) --dist worksteal --ignore=tests/acceptance -m "not slow and not story and not process" $(ARGS)

test: $(VENV)/.dev ## the whole test suite on a real PostgreSQL and the real sandbox
	$(PY) -m pytest -n $(TESTERS) --dist worksteal $(ARGS)

check: $(VENV)/.dev ## format, lint, types, import contracts, spelling
	$(VENV)/bin/ruff format --check app tests migrations
	$(VENV)/bin/ruff check app tests migrations
	$(VENV)/bin/mypy
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/lint-imports
	$(VENV)/bin/typos app tests migrations docs README.md

format: $(VENV)/.dev ## rewrite the code in the house style
	$(VENV)/bin/ruff check --fix app tests migrations
	$(VENV)/bin/ruff format app tests migrations

bench: $(VENV)/.dev ## figures as ratios to a ceiling measured in the same run
	$(PY) -m app bench $(ARGS)

doctor: $(VENV)/.run ## examine what is stored; fails when anything does not hold
	@exec $(PY) -m app doctor $(ARGS)

docs: $(VENV)/.run ## redraw the generated parts of README and docs
	$(PY) -m app docs $(ARGS)

lock: ## resolve the pinned, hashed dependency files again (needs uv)
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements-dev.lock
	uv pip compile pyproject.toml -c requirements-dev.lock --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements.lock

clean: ## remove the environment, caches and the embedded database
	rm -rf $(VENV) .cache .data .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
