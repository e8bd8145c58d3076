# The commands of the project. `make` alone says what there is.
.DEFAULT_GOAL := help
PY := .venv/bin/python
PORT_BASE ?= 7071
export PORT_BASE
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## Say what there is
	@echo "Correspondence: secure messages from agencies to citizens and businesses."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  PORT_BASE=$(PORT_BASE) moves every port of make up (functions; +1 local services; +2 to +5 storage and bus)."

.PHONY: setup
setup: ## Set up Python and Node packages (the other targets do it by themselves)
	@bash local/setup.sh

.PHONY: up
up: setup ## Start everything on this machine and stay in the foreground
	@exec $(PY) -m local up $(if $(HOST),--host $(HOST))

.PHONY: demo
demo: setup ## Tell the whole story of a message, with real times, and verify every step
	@exec $(PY) -m local.demo

.PHONY: test
test: ## Run the tests (sets up all they need)
	@bash local/setup.sh debian
	@exec $(PY) -m pytest -m "not long" -q --durations=15 -n auto --maxprocesses 4 --dist loadfile

.PHONY: test-long
test-long: ## Run the tests that take minutes: big files, kill -9, restarts
	@bash local/setup.sh debian
	@exec $(PY) -m pytest -m long -q --timeout 2400 --durations=15 -n auto --maxprocesses 2 --dist loadfile

.PHONY: lint
lint: setup ## Check style, types and the arrows between the rooms
	@$(PY) -m ruff check . && $(PY) -m ruff format --check . && $(PY) -m mypy && .venv/bin/lint-imports

.PHONY: bench
bench: setup ## Measure: import, creates against the raw floor, searches in big boxes, memory of big files (half an hour)
	@exec $(PY) -m bench

.PHONY: index
index: setup ## Index the app as the Functions runtime does and list its functions
	@AGENDA_SCHEDULE='*/10 * * * * *' exec $(PY) -m local.host --app . --check

.PHONY: openapi
openapi: setup ## Renew the recorded description of the API; read the differences before you commit them
	@exec $(PY) -m tests.functions.record

.PHONY: lock
lock: setup ## Compile requirements.in and requirements-dev.in again
	@for part in requirements requirements-dev; do \
	  .venv/bin/uv pip compile -q --upgrade --python-version 3.13 --generate-hashes --no-emit-index-url --no-annotate $$part.in -o $$part.txt; done

.PHONY: clean
clean: ## Remove all local state
	@if [ -x $(PY) ]; then $(PY) -m local clean; else rm -rf .local; fi
