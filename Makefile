# make setup   everything the portal needs, in this checkout; seconds when there is nothing to do
# make serve   set up, fill the demo once, serve on PORT (8000) until Ctrl-C
# make test    set up, check, and run the whole suite
# make check   format, lint, floors, migrations, deployment settings, templates
# make bench   speed and size, as ratios
# make lock    renew the locks from pyproject.toml and package.json

SHELL := /bin/bash
MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := setup
.PHONY: setup system-packages static serve test check bench lock

PORT ?= 8000
export PORT
BIN := .venv/bin
STATIC_SOURCES = $(shell find static build/static -type f 2>/dev/null)

setup: system-packages build/.collected

system-packages:
	@bin/system-packages

.venv/.complete: requirements-dev.lock bin/make-venv
	@bin/make-venv
	@touch $@

node_modules/.complete: package.json package-lock.json .npmrc bin/make-node-modules
	@bin/make-node-modules
	@touch $@

# Quick, and templates may have named a new icon: runs each time, writes only what changed.
static: .venv/.complete node_modules/.complete
	@$(BIN)/python bin/build-static

build/.collected: static
	@bin/collect-static

serve: setup
	@bin/serve

test: setup check
	@$(BIN)/pytest -q -n 2
	@bin/with-postgres $(BIN)/pytest -q -m both_databases

check: setup
	@bin/check

bench: setup
	@$(BIN)/pytest -q -p no:xdist tests/bench

UV_COMPILE = UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --upgrade

lock: .venv/.complete
	$(UV_COMPILE) pyproject.toml -o requirements.lock
	$(UV_COMPILE) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(UV_COMPILE) --group node -o requirements-node.lock
	npm install --package-lock-only
