PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RIVAL := .venv-bench

.DEFAULT_GOAL := help
.PHONY: help demo test test-all lint format check docs picture bench bench-aws clean

help: ## Say what there is to make.
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/local.stamp ## Build the pipeline on the embedded engine, and send an order through it.
	@PATH="$(CURDIR)/$(BIN):$$PATH" scripts/demo

test: $(VENV)/dev.stamp ## Run all tests but the slow ones.
	$(BIN)/pytest --numprocesses 2 --dist loadfile

test-all: $(VENV)/dev.stamp ## Run the slow tests, too.
	$(BIN)/pytest --numprocesses 2 --dist loadfile -m ""

lint: $(VENV)/dev.stamp ## Check form and types.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/dev.stamp ## Put the code into form.
	$(BIN)/ruff check --fix --exit-zero --quiet .
	$(BIN)/ruff format .

check: lint test ## What must pass before a push.

docs: $(VENV)/dev.stamp ## Write the generated documents anew.
	$(BIN)/python scripts/document.py

picture: $(VENV)/dev.stamp ## Record the README's picture anew, from a run on the embedded engine.
	$(BIN)/python scripts/picture.py

bench: $(VENV)/dev.stamp $(RIVAL)/bench.stamp ## Measure speed, and write docs/benchmarks.md.
	$(BIN)/python -m benchmarks --aws-cli $(RIVAL)/bin/aws

bench-aws: $(VENV)/dev.stamp $(RIVAL)/bench.stamp ## The same on your AWS account; asks first.
	$(BIN)/python -m benchmarks.aws --aws-cli $(RIVAL)/bin/aws

clean: ## Remove everything that was made here.
	rm -rf $(VENV) $(RIVAL) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed"'
	$(PYTHON) -m venv $(VENV)

$(VENV)/local.stamp: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[local]'
	@touch $@

$(VENV)/dev.stamp: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/local.stamp

# Of its own: the AWS CLI wants one botocore and no other, and not the one that boto3 wants.
$(RIVAL)/bench.stamp: benchmarks/requirements.txt
	$(PYTHON) -m venv $(RIVAL)
	$(RIVAL)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@
