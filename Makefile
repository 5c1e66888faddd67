PYTHON ?=
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Each start of a service compiles all that it imports where the environment forbids to keep what was compiled.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test check bench faults mutate format lock clean
.DEFAULT_GOAL := run

# Which interpreter, and how everything is fixed by its hash, is in the script. make PYTHON=... names another one.
$(STAMP): requirements.lock tools.lock pyproject.toml deploy/environment.sh
	@sh deploy/environment.sh "$(VENV)" "$(PYTHON)"
	@touch $@

run: $(STAMP)
	@$(BIN)/docwatch up

test: $(STAMP)
	@$(BIN)/python -m tests.whole

check: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy -n auto
	@$(BIN)/lint-imports
	@$(BIN)/python -m contracts.export --check
	@$(BIN)/python -m deploy.grafana.generate --check
	@$(BIN)/python -m deploy.asyncapi.generate --check
	@$(BIN)/python -m deploy.nats.generate --check
	@$(BIN)/python -m deploy.helm.generate --check
	@$(BIN)/python -m deploy.helm.check

bench: $(STAMP)
	@$(BIN)/python -m tests.benchmarks

faults: $(STAMP)
	@$(BIN)/pytest -m "faults or long" -v

mutate: $(STAMP)
	@$(BIN)/python -m tests.faults.mutate

format: $(STAMP)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
lock: $(STAMP)
	@$(VENV)/uv/bin/$(LOCK) --all-extras --group dev --no-emit-package docwatch pyproject.toml -o requirements.lock
	@$(VENV)/uv/bin/$(LOCK) --group pyproject.toml:tools --constraint requirements.lock -o tools.lock

clean:
	rm -rf $(VENV) .docwatch
