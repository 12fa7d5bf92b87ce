# `make help` lists what there is. Everything runs in .venv, made from the locked requirements.
PYTHON ?= python3.11
BIN := .venv/bin
ARGS ?=

.PHONY: help setup check test slow lowest demo bench lock format clean
.DEFAULT_GOAL := help

help: ## say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.venv/.ready: requirements.lock requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

setup: .venv/.ready ## make the virtual environment

check: .venv/.ready ## lint, format, types, room walls
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: .venv/.ready ## the tests, without the slow proofs (on SQLite and PostgreSQL)
	.ci/postgresql
	.ci/chromium
	$(BIN)/pytest -n auto -m "not slow" $(ARGS)

slow: .venv/.ready ## the slow proofs
	.ci/postgresql
	$(BIN)/pytest -n auto -m slow $(ARGS)

lowest: .venv/.ready ## the tests with the lowest versions that pyproject.toml allows
	.ci/postgresql
	.ci/chromium
	$(PYTHON) -m venv .venv-lowest
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --resolution lowest-direct --python-version 3.11 pyproject.toml -o .venv-lowest/requirements.txt
	$(BIN)/uv pip install --quiet --python .venv-lowest/bin/python -r .venv-lowest/requirements.txt hubspot-sdk==0.1.0a9 pytest hypothesis segment-analytics-python
	.venv-lowest/bin/python -m pytest -m "not slow" $(ARGS)

demo: .venv/.ready ## the main job against a stand-in HubSpot; ARGS=--once reports and ends
	$(BIN)/segue demo $(ARGS)

bench: .venv/.ready ## how fast it is, on 1 and 10 million events; ARGS="--contacts 20000 --engine sqlite" is less
	.ci/postgresql
	$(BIN)/python -m bench $(ARGS)

format: .venv/.ready ## put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .venv/.ready ## take the newest versions that fit pyproject.toml into the lock files
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --no-header --no-annotate pyproject.toml --group lock -o requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --no-header --no-annotate pyproject.toml --group dev -o requirements-dev.lock

clean: ## remove what was made
	rm -rf .venv .venv-lowest build var *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
