# Two commands are all that is needed: `make run` and `make test`. Each sets up what is missing first.
# `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/ready
NODE_SETUP := node_modules/.package-lock.json

# What must be covered to the last branch.
COVERED := pysim/player.py,pysim/show.py,pysim/tempo.py,pysim/narrate.py,pysim/scenes/*,pysim/run/noise.py,pysim/terminal/*

.DEFAULT_GOAL := help
.PHONY: help run term test lint unit bench site serve test-web bench-web bench-pyodide golden docs wheel clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: term ## set up and start the show

term: $(SETUP) ## the show in this terminal
	@$(BIN)/python -m pysim

test: lint unit ## everything that is checked

lint: $(SETUP) ## ruff and mypy, both strict
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

unit: $(SETUP) ## the Python tests, with coverage
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report --include='$(COVERED)' --fail-under=100 --skip-covered --show-missing

bench: $(SETUP) ## what is promised about speed, measured
	$(BIN)/python benchmarks/bench.py

site: $(SETUP) $(NODE_SETUP) ## build the page into site/
	npm run --silent site

serve: site ## build the page and serve it on this machine
	npx vite preview --config web/vite.config.ts --host 127.0.0.1

test-web: site ## the page's checks: types, style, the engine in Node, Chromium and Firefox
	npx tsc --project web/tsconfig.json --noEmit
	npx biome ci
	npm run --silent test:node
	npm run --silent test:browser

bench-web: site ## what is promised about the page's speed, measured in Chromium
	node benchmarks/web.mjs

bench-pyodide: $(SETUP) $(NODE_SETUP) ## `make bench` under Pyodide in Node
	npm run --silent bench:pyodide

golden: $(SETUP) ## write the golden files anew; read the diff before you commit it
	$(BIN)/python -m pytest -q --update-golden

docs: $(SETUP) ## draw the README's picture and write the table of events anew
	$(BIN)/python docs/make.py

wheel: $(SETUP) ## build the package
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## remove everything that was made
	rm -rf $(VENV) dist .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache node_modules site
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(SETUP): pyproject.toml .ci/system-packages
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "pysim needs Python 3.11 or newer; set PYTHON=..." >&2; exit 1; }
	@sh .ci/system-packages
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@

# Not `npm ci`: where a mirror lacks the binaries of other platforms, the lock file cannot name them, and it refuses.
$(NODE_SETUP): package.json package-lock.json
	npm install --no-audit --no-fund
	@touch $@
