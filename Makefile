# `make demo` and `make test` do all their own set-up: a virtual environment in .venv, the
# dependencies, the database. They need Python 3.10 or newer, and make.
PYTHON ?= python3
PORT ?= 8000
FUZZ_SECONDS ?= 60
# What test-all hands to tox, such as TOX="-e nodrf", or TOX="-p 2" for two environments at a time.
TOX ?=
# How many tests run at a time; 0 for one after the other, in one process.
WORKERS ?= auto
VENV ?= .venv
BIN := $(VENV)/bin
QUIETLY := --quiet --disable-pip-version-check

# What tests the package from outside, or takes its time: other people's code beside it, sites at
# random, servers, samples, installations. The others cover every branch without them.
OUTSIDE := tests/oracle tests/samples tests/test_asgi_and_middleware.py tests/test_asgi_mounted.py \
  tests/test_built_docs.py tests/test_cached_origins_servers.py tests/test_deployment.py \
  tests/test_drop_in.py tests/test_hostile_origins_servers.py tests/test_large_project.py \
  tests/test_load.py tests/test_packaging.py tests/test_properties.py tests/test_sample_project.py \
  tests/test_sample_sockets.py tests/test_tutorial.py tests/test_typing.py
PYTEST := pytest -n $(WORKERS) --dist worksteal
OWN := $(PYTEST) --ignore=tests/browser $(addprefix --ignore=,$(OUTSIDE))
# The longest of the others, the largest tables of one rule, and the second half of what runs under
# WSGI and ASGI: a first look can do without.
LONGEST := tests/management/test_advice.py tests/management/test_diff.py \
  tests/management/test_live.py tests/management/test_live_obeyed.py \
  tests/management/test_pipes.py tests/policies/test_hostile_origins.py tests/test_asgi_servers.py \
  tests/test_benchmarks.py tests/test_layout.py tests/test_pytest_plugin.py tests/test_sites.py
FAST := $(addprefix --ignore=,$(LONGEST)) -k "not [asgi and not process and not terminal"

.PHONY: demo test test-fast test-all docs package lint types format check fuzz mutants bench count clean help

help:
	@echo "make demo     start the sample shop and its pages at three other origins (PORT=8000)"
	@echo "make test     run the test suite, and see that it covers every branch"
	@echo "make test-fast run the own tests of the package alone, while you work (a minute)"
	@echo "make test-all run it with every Python, Django and DRF (TOX=\"-p 2\")"
	@echo "make docs     build the documentation"
	@echo "make package  build what is published, into dist/"
	@echo "make lint     check style"
	@echo "make types    check types"
	@echo "make check    lint, types and test"
	@echo "make format   format the code"
	@echo "make fuzz     fuzz the header parsers for a minute (FUZZ_SECONDS=60)"
	@echo "make mutants  break each rule of the pure core and see the tests fail (half an hour)"
	@echo "make bench    measure against django-cors-headers and write the results (an hour)"
	@echo "make count    count instructions beside middleware written by hand (half an hour)"
	@echo "make clean    remove the virtual environment and the demo's database"

# With DEBUG a refused answer says why in the Network tab.
demo: $(VENV)/.demo
	SHOP_DEBUG=1 $(BIN)/python sample_project/manage.py playground --port $(PORT)

# Coverage is measured where it is demanded; it would double the time of the rest.
test: $(VENV)/.dev
	@echo "1 of 3: the package's own tests, and whether they cover every branch"
	$(BIN)/coverage erase
	$(BIN)/coverage run -m $(OWN)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	@echo "2 of 3: beside django-cors-headers, at random, under load, in production, the samples, the wheel"
	$(BIN)/python -m $(PYTEST) $(OUTSIDE)
	@echo "3 of 3: in Chromium, where it is installed"
	$(BIN)/python -m $(PYTEST) tests/browser

test-fast: $(VENV)/.dev
	$(BIN)/python -m $(OWN) $(FAST)

# With the interpreters that this machine has; the others are skipped.
test-all: $(VENV)/.dev
	$(BIN)/python -m tests.matrix $(TOX)

# Broken links within the pages, and names that nothing documents, are errors.
docs: $(VENV)/.dev
	$(BIN)/python -m sphinx -W --keep-going -n -q docs docs/_build/html
	@echo "docs/_build/html/index.html"

package: $(VENV)/.dev
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/rstcheck *.rst docs/*.rst sample_project/*.rst

types: $(VENV)/.dev
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: lint types test

# New inputs go to fuzz/found, so that the corpus stays small.
fuzz: $(VENV)/.dev
	$(BIN)/python -m pip install $(QUIETLY) -r requirements/fuzz.txt
	@mkdir -p fuzz/found
	$(BIN)/python fuzz/fuzz_headers.py -max_total_time=$(FUZZ_SECONDS) -max_len=600 \
	  -artifact_prefix=fuzz/found/ fuzz/found fuzz/corpus

# valgrind counts, wrk loads the servers (Debian: valgrind wrk). What is counted and measured goes to
# the README and docs/speed.rst.
bench: $(VENV)/.dev
	$(BIN)/python -m pip install $(QUIETLY) -r requirements/bench.txt
	@command -v valgrind >/dev/null || echo "Without valgrind nothing is counted (Debian: valgrind)"
	! command -v valgrind >/dev/null || $(BIN)/python -m benchmarks.counts --write
	$(BIN)/python -m benchmarks --write
	$(BIN)/python -m benchmarks.scaling --write
	$(BIN)/python -m benchmarks.servers --write
	! command -v valgrind >/dev/null || $(BIN)/python -m benchmarks.loaded --write

# What CORS adds to a request in instructions, beside what somebody writes by hand (Debian: valgrind).
count: $(VENV)/.dev
	$(BIN)/python -m benchmarks.counts
	$(BIN)/python -m benchmarks.declaring

mutants: $(VENV)/.dev
	$(BIN)/python -m pip install $(QUIETLY) -r requirements/mutation.txt
	$(BIN)/python -m tests.mutation

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "cors_views needs Python 3.10 or newer; write: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: setup.cfg pyproject.toml requirements/demo.txt | $(BIN)/python
	$(BIN)/python -m pip install $(QUIETLY) -e '.[drf]' -r requirements/demo.txt
	@touch $@

$(VENV)/.dev: setup.cfg pyproject.toml $(wildcard requirements/*.txt) | $(BIN)/python
	$(BIN)/python -m pip install $(QUIETLY) -r requirements/dev.txt
	@touch $@

clean:
	rm -rf $(VENV) .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache .tox
	rm -rf build dist docs/_build *.egg-info
	rm -f sample_project/*.sqlite3
