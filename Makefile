PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Each start of a service compiles all that it imports where the environment forbids to keep what was compiled.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test check bench faults mutate format lock clean
.DEFAULT_GOAL := run

# A compiler-free environment: uv from a private venv, every package pinned by hash in requirements.lock.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 14) else f"docwatch needs Python 3.11 to 3.13, this is {v[0]}.{v[1]}: make PYTHON=python3.12 ...")'
	@test -x $(VENV)/uv/bin/uv || { $(PYTHON) -m venv $(VENV) && $(PYTHON) -m venv $(VENV)/uv && $(VENV)/uv/bin/pip install --quiet --disable-pip-version-check uv; }
	@$(VENV)/uv/bin/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(VENV)/uv/bin/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

run: $(STAMP)
	@$(BIN)/docwatch up

test: $(STAMP)
	@$(BIN)/pytest -n 2 --dist worksteal -m "not faults and not long"
	@$(BIN)/pytest -n 2 --dist worksteal -m "faults and not long" tests/faults

check: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy -n auto
	@$(BIN)/lint-imports
	@$(BIN)/python -m contracts.export --check
	@$(BIN)/python -m deploy.grafana.generate --check
	@$(BIN)/python -m deploy.asyncapi.generate --check
	@$(BIN)/python -m deploy.nats.generate --check

bench: $(STAMP)
	@$(BIN)/python -m tests.benchmarks

faults: $(STAMP)
	@$(BIN)/pytest -m "faults or long" -v

mutate: $(STAMP)
	@$(BIN)/python -m tests.faults.mutate

format: $(STAMP)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: $(STAMP)
	@$(VENV)/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --all-extras --group dev \
		--generate-hashes --no-header --no-annotate --no-emit-package docwatch pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) .docwatch
