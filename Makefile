# Two commands for newcomers: `make demo` and `make test`. The rest are their parts.
# Everything missing is installed from Debian, PyPI, npm and crates.io; one cargo profile builds all.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
export CARGO_TARGET_DIR := $(TARGET)
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export SCRYPATH_BIN := $(TARGET)/release/scrypath
export SCRYPATH_BUILT := 1
export LANG := C.UTF-8
export MIX_QUIET := 1

PYTHON ?= $(shell tests/setup/python.sh)
CARGO := cargo --quiet
WITHOUT_BINDINGS := --exclude scrypath-elixir --exclude scrypath-python --exclude scrypath-node

.PHONY: help demo test test-docs generate build vectors parity faults conformance bench lint format setup
.PHONY: build-rust build-python build-node build-elixir
.PHONY: test-rust test-python test-oban test-node test-prisma test-elixir demo-elixir demo-python demo-node

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 20

demo: build ## films into SQLite, synced, searched, hydrated: in Elixir, Python and Node
	@tests/setup/same_output.sh "$(MAKE) --no-print-directory demo-elixir" \
	  "$(MAKE) --no-print-directory demo-python" "$(MAKE) --no-print-directory demo-node"

demo-elixir:
	@cd elixir && mix run --no-compile demo.exs
demo-python:
	@python python/demo.py
demo-node:
	@node node/demo.mjs

test: build lint test-rust test-elixir test-python test-oban test-node test-prisma test-docs conformance vectors parity faults bench ## everything that guards main

build: build-rust build-python build-node build-elixir ## the binary, the virtual environment, node/ and elixir/

setup: ## installs what this machine lacks
	@tests/setup/install.sh

.venv/bin/python: python/pyproject.toml | setup
	@echo "· virtual environment"
	$(PYTHON) -m venv --clear .venv
	.venv/bin/python -m pip --quiet install --upgrade pip maturin

build-rust: setup
	@echo "· Rust"
	$(CARGO) build --release --workspace --exclude scrypath-python
	if [ "$(TARGET)" != "$(CURDIR)/target" ]; then
	  mkdir -p target/release && ln -sf $(SCRYPATH_BIN) target/release/scrypath
	fi

build-python: build-rust .venv/bin/python
	@echo "· Python package"
	tests/setup/place.sh $(SCRYPATH_BIN) python/src/scrypath/bin/scrypath
	cd python && PIP_QUIET=1 maturin develop --quiet --release --extras dev

build-node: build-rust
	@echo "· Node package"
	cd node
	if [ package-lock.json -nt node_modules/.package-lock.json ]; then npm ci --silent; fi
	npm run --silent build

build-elixir: build-rust
	@echo "· Elixir package"
	cd elixir && mix compile && MIX_ENV=test mix compile

lint: ## format and lint, in every stack's own way
	@echo "· rustfmt, clippy"
	cargo fmt --all --check
	# What maturin sets, so that clippy and maturin do not make each other compile pyo3 again.
	export PYO3_BUILD_EXTENSION_MODULE=1 PYO3_CONFIG_FILE="$$(ls $(TARGET)/maturin/pyo3-config-*.txt 2>/dev/null | head -n 1)"
	[ -n "$$PYO3_CONFIG_FILE" ] || unset PYO3_CONFIG_FILE
	$(CARGO) clippy --release --workspace -- -D warnings
	$(CARGO) clippy --release --workspace $(WITHOUT_BINDINGS) --all-targets -- -D warnings
	echo "· mix format"
	(cd elixir && mix format --check-formatted)
	echo "· ruff, mypy"
	(cd python && ruff format --check . && ruff check . && mypy)
	echo "· node lint"
	(cd node && npm run --silent lint)

format: ## writes what `lint` would refuse
	cargo fmt --all
	(cd elixir && mix format)
	(cd python && ruff format . && ruff check --fix .)
	(cd node && npm run --silent format)

test-rust:
	@echo "· Rust tests"
	$(CARGO) test --release --workspace $(WITHOUT_BINDINGS)
test-elixir:
	@echo "· Elixir tests, on its own"
	cd elixir
	SCRYPATH_DEPS=none MIX_BUILD_PATH=$$PWD/_build/alone mix test
	packages="$${SCRYPATH_DEPS_PATH:-$$HOME/.cache/scrypath/hex}"
	if [ -d "$$packages" ]; then
	  echo "· Elixir tests, with the Hex packages in $$packages"
	  ../tests/setup/with_postgres.sh mix test
	else
	  echo "· Elixir tests that need Hex packages were left out: no $$packages"
	fi
test-python:
	@echo "· Python tests"
	cd python && ../tests/setup/with_postgres.sh python -m pytest -q
test-oban: ## Oban for Python and `scrypath worker` on one table, with jobs of all three languages
	@python="$$(tests/setup/oban.sh)"
	if [ -z "$$python" ]; then
	  echo "· tests with Oban for Python were left out: no Python 3.12 or newer"
	  exit 0
	fi
	echo "· tests with Oban for Python"
	cd python && PYTHONPATH="$$PWD/src" ../tests/setup/with_postgres.sh "$$python" -m pytest -q tests/test_oban.py
test-node:
	@echo "· Node tests"
	cd node && ../tests/setup/with_postgres.sh npm test --silent

test-prisma: ## jobs inside the transactions of a real Prisma
	@echo "· tests with Prisma"
	tests/setup/prisma.sh
	cd tests/interop/prisma && ../../setup/with_postgres.sh node --test prisma.test.js

test-docs: ## the code of README.md and docs is the code that runs
	@echo "· documentation"
	python3 tests/docs/check.py
	# In node/, where the package is found by its name.
	trap 'rm -f node/.docs-*.mjs' EXIT
	for page in quickstart guides; do
	  (cd elixir && mix run --no-compile ../tests/docs/$$page.exs) >/dev/null
	  python tests/docs/$$page.py >/dev/null
	  cp tests/docs/$$page.mjs node/.docs-$$page.mjs
	  node node/.docs-$$page.mjs >/dev/null
	done

generate: build-rust ## writes what is generated: pages of docs, the types in node and python, the code in README.md
	@SCRYPATH_GENERATE=1 $(CARGO) test --release -p scrypath-core --test pages --test wire
	$(MAKE) --no-print-directory build
	python3 tests/docs/check.py --write
	tests/setup/parity.sh --write

vectors: ## the shared rules in all four suites; the numbers must be equal
	@tests/setup/vectors.sh

parity: ## each function, option and kind of error is in all three packages, and each function is tested there
	@tests/setup/parity.sh

faults: ## the queue behind faulty networks, clocks and processes: by seed, and for real with workers that are killed
	@tests/setup/with_postgres.sh bash -c '$(TARGET)/release/scrypath-storm --database-url "$$SCRYPATH_TEST_POSTGRES" \
	  --scrypath $(SCRYPATH_BIN) --seconds $(or $(SCRYPATH_STORM_SECONDS),60)'
	$(TARGET)/release/scrypath-faults --seeds $(or $(SCRYPATH_SEEDS),2000)

conformance: ## the embedded index held against recorded exchanges with a real Meilisearch
	@python3 tests/conformance/run.py $(SCRYPATH_BIN)

bench: ## each benchmark once, small: that it runs, not how fast
	@SCRYPATH_BENCH_ROUNDS=20 SCRYPATH_BENCH_PASSES=1 SCRYPATH_BENCH_RECORDS=2000 tests/bench/run.sh
	SCRYPATH_BENCH_ROUNDS=20 SCRYPATH_BENCH_JOBS="200 2000" tests/setup/with_postgres.sh tests/bench/queue.sh
