# Every target does its own set-up: a fresh clone needs Python 3.11 or later and make, nothing else.
SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
# Node comes from the wheel inside .venv; nothing on the machine is used or changed.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

DEVELOPMENT := .venv/.ready
CLOUD := .venv-cloud/.ready
NODE := node_modules/.ready
SETUP := $(DEVELOPMENT) $(CLOUD) $(NODE)

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

.PHONY: setup
setup: $(SETUP) ## Install everything into this folder (each other target does it by itself)

$(DEVELOPMENT): requirements/development.txt
	@$(PYTHON) tools/check_python.py
	@echo "Installing Python dependencies into .venv (about four minutes, once)"
	@$(PYTHON) -m venv --clear .venv
	@$(PYTHON) tools/still_at_it.py \
	  $(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/development.txt
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(CLOUD): requirements/cloud.txt
	@$(PYTHON) tools/check_python.py
	@echo "Installing the emulated cloud into .venv-cloud"
	@$(PYTHON) -m venv --clear .venv-cloud
	@$(PYTHON) tools/still_at_it.py \
	  .venv-cloud/bin/python -m pip install --quiet --require-hashes --requirement requirements/cloud.txt
	@touch $@

$(NODE): package-lock.json $(DEVELOPMENT)
	@echo "Installing the CDK command line into node_modules"
	@$(BIN)/npm ci --silent --no-fund --no-audit
	@touch $@

FAST_TESTS := tests/unit tests/contract tests/handlers tests/journeys tests/matrix tests/rate

.PHONY: lint
lint: $(DEVELOPMENT)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy

.PHONY: check
check: lint ## Lint, types and fast tests (under two minutes once caches are warm)
	@$(BIN)/pytest -q -n 2 -m "not slow" $(FAST_TESTS)

.PHONY: test
test: $(SETUP) lint ## Everything, also the whole stack and its pages in Chromium
	@$(BIN)/pytest -q -n 2 $(FAST_TESTS)
	@$(BIN)/python -m tools.all_tests

.PHONY: bench
bench: $(DEVELOPMENT) ## Measure CPU, calls and cost beside a naive sender: build/bench.json, in a few minutes
	@$(BIN)/python -m bench

.PHONY: browser
browser: $(SETUP) ## The tests in Chromium alone: every mail, and the inbox of the whole stack
	@$(BIN)/pytest -q tests/browser

.PHONY: demo
demo: $(SETUP) ## Deploy to an emulated AWS account and send order confirmations (ORDERS=, CUSTOMERS=)
	@$(BIN)/python -m postroad.local.demo $(if $(ORDERS),--orders $(ORDERS)) $(if $(CUSTOMERS),--customers $(CUSTOMERS))

.PHONY: up
up: $(SETUP) ## Start the local stack with its inbox, and leave it running
	@$(BIN)/postroad local up

.PHONY: down
down: $(DEVELOPMENT) ## Stop the local stack
	@$(BIN)/postroad local down

.PHONY: lock
lock: $(DEVELOPMENT) ## Rewrite the lock files after a change of requirements/*.in
	@for name in runtime development cloud; do \
	  $(BIN)/pip-compile --quiet --generate-hashes --no-emit-options --no-emit-index-url --strip-extras \
	    --allow-unsafe --no-header --output-file requirements/$$name.txt requirements/$$name.in || exit 1; done
	@$(BIN)/npm install --package-lock-only --silent

.PHONY: clean
clean: ## Stop the local stack and remove everything that make made
	@# With a broken .venv nothing can be stopped: then .local stays, which says what runs.
	@if test -x $(BIN)/postroad; then $(BIN)/postroad local down && rm -rf .local || true; fi
	rm -rf .venv .venv-cloud node_modules build cdk.out *.egg-info \
	  .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
