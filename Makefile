# Two commands are all that is needed: `make run` and `make test`. Each sets up what is missing first.
# `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# How the page's archives are packed: stored, or deflated for hosts that send .zip and .whl files as they are.
ARCHIVES := stored
# The page's engine: in halves, of which the second comes later; small, but in one; or whole as Pyodide publishes it, for who wants to
# compare or to install packages of their own.
ENGINE := halves
SETUP := $(VENV)/ready
RESTART_AGENT := .cache/restart-agent/ready
EXAMPLES := .cache/examples/ready
ANALYSERS := .cache/analysers/ready
NODE_SETUP := node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help metrics run term test lint unit hunt site test-web test-page test-node test-browsers test-built test-ways test-webkit bench realism restart-agent seeds bench-web weight bench-pyodide \
	corpus corpus-readers pictures hot protocol golden docs wheel clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: site ## build the page and serve it on this machine
	npx vite preview --config web/vite.config.ts --host 127.0.0.1

term: $(SETUP) ## the show in this terminal
	@$(BIN)/python -m pysim

test: ## everything that is checked
	@# The site's build and mypy are one thread each; the tests after them are as many as there are cores.
	$(MAKE) --jobs=2 --output-sync=line site lint test-page
	$(MAKE) unit
	$(ON_THE_SITE)

lint: $(SETUP) ## ruff and mypy, both strict
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# Its wheel is for a newer C library than the part that is used needs, and for one Python: neither matters to it.
$(RESTART_AGENT):
	@rm -rf $(@D) && mkdir -p $(@D)
	-@$(BIN)/python -m pip install --quiet --target $(@D) --no-deps --only-binary=:all: --platform manylinux_2_39_x86_64 --python-version 3.12 \
		nvidia-resiliency-ext==0.7.0 && $(BIN)/python -m pip install --quiet --target $(@D) httpx pydantic && touch $@ \
		|| echo "NVIDIA's restart agent cannot be had: its tests are skipped"

restart-agent: $(SETUP) $(RESTART_AGENT) ## fetch NVIDIA's restart agent, which judges our logs

# PyTorch's analyser of flight recorders is a part of its wheel that needs nothing of the rest; gcm's names older packages than it needs.
$(ANALYSERS):
	@rm -rf $(@D) && mkdir -p $(@D)
	-@$(BIN)/python -m pip download --quiet --dest $(@D) --no-deps --only-binary=:all: --platform macosx_11_0_arm64 --python-version 3.11 torch==2.10.0 \
		&& $(BIN)/python -m zipfile --extract $(@D)/torch-*.whl $(@D)/wheel && mkdir -p $(@D)/torch/distributed \
		&& mv $(@D)/wheel/torch/distributed/flight_recorder $(@D)/torch/distributed/ && rm -rf $(@D)/wheel $(@D)/torch-*.whl \
		&& $(BIN)/python -m pip install --quiet --target $(@D) --no-deps gpucm==0.0.2 typeguard==2.13.3 && touch $@ \
		|| echo "PyTorch's and gcm's analysers cannot be had: their tests are skipped"

unit: $(SETUP) $(RESTART_AGENT) metrics ## the Python tests; what pyproject.toml lists must be covered to the last branch
	$(BIN)/python -m pytest --numprocesses auto --cov --cov-report=
	$(BIN)/coverage report --fail-under=100 --skip-covered --show-missing

metrics: # Prometheus, which reads ours; the tests that need it are skipped where it cannot be had
	-@sh .ci/system-packages metrics

hunt: $(SETUP) $(EXAMPLES) $(ANALYSERS) ## the property tests with many new inputs, the cases that are too many for every day, both browsers for every check, and every engine in them
	$(BIN)/python -m pip install --quiet --group readers
	$(BIN)/python -m pytest -q --hypothesis-profile=hunt --thorough
	PYSIM_THOROUGH=1 $(MAKE) test-built
	$(MAKE) test-ways

# An environment of their own: Drain wants an older version of what MLflow wants a newer one of.
$(EXAMPLES): pyproject.toml .ci/system-packages
	$(CHECK_PYTHON)
	@rm -rf $(@D)
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --upgrade pip
	$(@D)/bin/python -m pip install --quiet --editable '.[corpus]' --group examples
	@touch $@

corpus: $(EXAMPLES) ## a small corpus in out/corpus, and what two baselines make of it: out/*.svg
	$(<D)/bin/python -m pysim corpus out/corpus --runs 50
	$(<D)/bin/python examples/corpus/execute.py out/corpus out

corpus-readers: $(SETUP) $(EXAMPLES) ## corpora read by other people's programs
	$(BIN)/python -m pip install --quiet --group readers
	$(BIN)/python -m pytest -q --thorough tests/export/corpus/test_corpus_readers.py

bench: $(SETUP) ## what is promised about speed, measured
	$(BIN)/python benchmarks/bench.py

realism: $(SETUP) $(RESTART_AGENT) ## predicted against published, and the auditor over random plans; ARGS=losses prints one section
	PYTHONPATH=tests $(BIN)/python -m realism $(ARGS)

seeds: $(SETUP) ## seeds with which something happens early in a preset's show; ARGS=classic looks for one preset
	PYTHONPATH=tests $(BIN)/python -m early $(ARGS)

site: $(SETUP) $(NODE_SETUP) ## build the page into site/
	npm run --silent site -- --archives=$(ARCHIVES) --engine=$(ENGINE)

test-web: test-page test-built ## the page's checks: its logic, the engine in Node, the page in Chromium and Firefox

test-page: $(NODE_SETUP) ## the page's types, style and logic; needs no built site
	npx tsc --project web/tsconfig.json --noEmit
	npx biome ci
	npm run --silent test:unit

test-node: site
	npm run --silent test:node

test-browsers: site
	$(IN_BROWSERS)

test-built: site
	$(ON_THE_SITE)

test-ways: ## the page with each of the other engines, in Chromium and Firefox
	@set -e; for engine in small whole; do \
		export PYSIM_ENGINE=$(CURDIR)/.cache/ways/$$engine/engine PYSIM_SITE=$(CURDIR)/.cache/ways/$$engine/site; \
		$(MAKE) test-browsers ENGINE=$$engine; \
	done

define IN_BROWSERS
@sh .ci/system-packages browsers
@mkdir -p .cache
@# Both at once: a browser waits more than it works.
@PYSIM_BROWSER=firefox npm run --silent test:browser >.cache/firefox.log 2>&1 & firefox=$$!; \
PYSIM_BROWSER=chrome npm run --silent test:browser; chrome=$$?; \
wait $$firefox; status=$$?; cat .cache/firefox.log; exit $$((chrome + status))
endef

define ON_THE_SITE
npm run --silent test:node
$(IN_BROWSERS)
endef

test-webkit: site ## the main ones in WebKit
	@sh .ci/system-packages webkit
	npm run --silent test:webkit

bench-web: site ## what is promised about the page's speed, measured in Chromium
	@sh .ci/system-packages browsers
	node benchmarks/web.mjs

weight: site ## what a visit of the page loads, by part: docs/weight.md
	node benchmarks/weight.mjs docs/weight.md

bench-pyodide: $(SETUP) $(NODE_SETUP) ## `make bench` under Pyodide in Node
	npm run --silent bench:pyodide

pictures: site ## photograph the page at several sizes, in several states
	@sh .ci/system-packages browsers
	npm run --silent pictures

hot: $(SETUP) $(NODE_SETUP) ## list anew what the page needs of the interpreter first, after Pyodide or NumPy changed; ARGS=--add adds what our own changes need
	@sh .ci/system-packages browsers
	npm run --silent site -- --archives=$(ARCHIVES) --engine=small
	node web/build/split/record.mjs $(ARGS)
	node web/build/split/record-browser.mjs

protocol: $(SETUP) ## write the page's types anew from the core's
	$(BIN)/python web/build/protocol.py

golden: $(SETUP) ## write the golden files anew; read the diff before you commit it
	$(BIN)/python -m pytest -q --update-golden

docs: $(SETUP) ## draw the README's pictures and write the table of events anew
	$(BIN)/python -m pip install --quiet --group docs
	$(BIN)/python docs/make.py
	$(BIN)/python docs/plots.py
	$(BIN)/python docs/plot_loss.py

wheel: $(SETUP) ## build the package
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## remove everything that was made
	rm -rf $(VENV) dist out .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache node_modules site
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

define CHECK_PYTHON
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "pysim needs Python 3.11 or newer; set PYTHON=..." >&2; exit 1; }
@PYTHON=$(PYTHON) sh .ci/system-packages python
endef

$(SETUP): pyproject.toml .ci/system-packages
	$(CHECK_PYTHON)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@

# Not `npm ci`: where a mirror lacks the binaries of other platforms, the lock file cannot name them, and it refuses.
$(NODE_SETUP): package.json package-lock.json .ci/system-packages
	@sh .ci/system-packages node
	npm install --no-audit --no-fund
	@touch $@
