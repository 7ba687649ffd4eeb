# Everything runs from .venv, made here from the hashed lock; `make` alone lists the targets.
# What fails before a pipe fails its target.
SHELL := bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= python3
BIN := .venv/bin
LOCK := requirements.lock
FAULTS ?= 1000
SEED ?= 0
UI_PORT ?= 4200
export PYTHONPATH :=
# Every target starts many processes; none has to compile our modules again.
export PYTHONDONTWRITEBYTECODE :=

# Tests write many small files and sync each to the disk: in memory both cost nearly nothing. Only
# where there is room (8 GiB), and programs may be started from there, as tests do.
SHM := /dev/shm
IN_MEMORY := $(shell test "$$(df -kP $(SHM) 2>/dev/null | awk 'NR == 2 {print $$4}')" -ge 8388608 2>/dev/null \
  && ! grep -q " $(SHM) [^ ]* [^ ]*noexec" /proc/mounts && echo $(SHM))
ifneq ($(IN_MEMORY),)
test test-connector test-long fuzz prove: export TMPDIR := $(IN_MEMORY)
endif

.PHONY: help demo up down ui test test-connector test-long fuzz real-shops crash closed-loop prove check format audit bench size new-connector new-policy dictionary lock clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/ready: $(LOCK) pyproject.toml sandbox/pyproject.toml
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python $(LOCK)
	@$(BIN)/uv pip install --quiet --compile-bytecode --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $@

up: .venv/ready ## the demo's home runs by itself: server, worker, deployments, its emulated shop
	@test -f demo-home/shopkeeper.toml || $(BIN)/shopkeeper demo
	@$(BIN)/shopkeeper --home demo-home up

down: .venv/ready ## end what `make up` started
	@$(BIN)/shopkeeper --home demo-home down

ui: .venv/ready ## the Prefect UI over the runs of the last demo, at UI_PORT (4200), until Ctrl-C
	@$(BIN)/python -m deployments.server demo-home $(UI_PORT)

demo: .venv/ready ## the whole loop against the sandbox, on real transactions
	@$(BIN)/shopkeeper demo

test: .venv/ready ## all tests but those of `make test-long` and `make fuzz`
	@$(BIN)/python -m pytest -q -m "not fuzz and not long and not real_shop" --numprocesses auto --dist loadfile \
	  --no-loadscope-reorder

test-connector: .venv/ready ## one connector NAME: what every connector is judged by, and its own tests
	@$(BIN)/python -m pytest -q -m "not fuzz and not long and not real_shop" -k "$(NAME)" \
	  tests/connectors/test_every_connector.py tests/connectors/test_every_odd_document.py \
	  tests/connectors/$(NAME)

# Whole processes wait for each other as long as they compute, so there are more of them than cores.
test-long: .venv/ready ## whole processes: killed in every seam, unattended for minutes, proven by faults
	@$(BIN)/python -m pytest -q -m long --numprocesses $$(($$(getconf _NPROCESSORS_ONLN) + 2)) --dist loadfile \
	  --no-loadscope-reorder

fuzz: .venv/ready ## what official specs allow and forbid; every value made odd; builds after any readings
	@$(BIN)/python -m pytest -q -m fuzz --numprocesses auto

real-shops: .venv/ready ## against a real Medusa (from ../shared, or at MEDUSA_URL with MEDUSA_KEY), Postfix and Dovecot
	@REAL_SHOPS=1 $(BIN)/python -m pytest -q -m real_shop

crash: .venv/ready ## kill -9 in every seam of the loop, each by itself and all in a row; a histogram
	@$(BIN)/python -m tests.crash

closed-loop: .venv/ready ## 90 days in five demand worlds: profit and stock-outs against doing nothing
	@$(BIN)/python -m tests.closed_loop

prove: .venv/ready ## FAULTS random fault plans (1,000) from SEED on, and their scoreboard
	@$(BIN)/shopkeeper sandbox prove --faults $(FAULTS) --seed $(SEED)

check: .venv/ready ## format, lint, strict types, import contracts
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary .
	@$(BIN)/lint-imports --no-logo | tail -n 3

format: .venv/ready ## format and fix what can be fixed
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

audit: .venv/ready ## what is installed: a bill of materials (sbom.json), against the lock and by licence
	@$(BIN)/python -m tests.audit

bench: .venv/ready ## measure, print a table, write bench.json
	@$(BIN)/python -m tests.bench

size: .venv/ready ## lines per room and platform; lengths of functions and files; circles
	@$(BIN)/python -m tests.size

new-connector: .venv/ready ## a connector NAME from its template; then `make test` says what to fill in
	@$(BIN)/python -m tests.new connector $(NAME)

new-policy: .venv/ready ## a policy NAME from its template; then `make test` says what to fill in
	@$(BIN)/python -m tests.new policy $(NAME)

dictionary: .venv/ready ## write docs/data-dictionary.md and docs/metrics.md from what declares them
	@$(BIN)/python -m tests.dictionary

lock: .venv/ready ## resolve the newest versions that fit, with hashes and without hosts
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-emit-index-url \
	  --no-annotate --python-version 3.11 --extra dev --output-file $(LOCK) pyproject.toml sandbox/pyproject.toml

clean: ## remove what the targets made
	@rm -rf .venv demo-home bench.json sbom.json
