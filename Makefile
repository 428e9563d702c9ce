PORT ?= 8501
WORKERS ?= 2
ARGS ?=
BIN := .venv/bin
SOURCES := app.py crm db pages tests

.DEFAULT_GOAL := help
.PHONY: help run test quick check fix bench load steady pictures install install-dev

help:
	@echo "make run     set everything up and start Rapport on http://localhost:$(PORT)  (PORT=9000 for another port)"
	@echo "make test    set everything up, also a browser and a PostgreSQL, and run all tests  (ARGS='-k deals')"
	@echo "make quick   lint what changed and run the tests nearest to it, within a minute  (ARGS=crm/money.py)"
	@echo "make check   lint, format, types, architecture, migrations on both databases"
	@echo "make fix     correct what lint and format can correct, and README's count of tests"
	@echo "make bench   measure screens, imports and exports on the large sample company"
	@echo "make load    fifty people at once on one server"
	@echo "make steady  run the browser's tests twenty times and count failures  (ARGS='--busy 2 tests/browser/test_cases.py')"
	@echo "make pictures  take the pictures of docs/pictures anew  (ARGS='sales deal' for some)"
	@echo
	@echo "Python 3.11, 3.12 or 3.13 is found by itself; PYTHON=/path/to/python names another one."

install:
	@PYTHON='$(PYTHON)' .ci/install requirements.txt

install-dev:
	@PYTHON='$(PYTHON)' .ci/install requirements-dev.txt

# Headless keeps Streamlit from asking for an e-mail address on its first start on a machine.
run: install
	@$(BIN)/python -m crm upgrade
	@exec $(BIN)/streamlit run app.py --server.port $(PORT) --server.headless true

test: install-dev
	@.ci/pgbouncer
	@.ci/dovecot >/dev/null
	@CHROMIUM="$$(.ci/chromium)" && export CHROMIUM && \
	exec $(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

quick: install-dev
	@CHROMIUM="$$(.ci/chromium)" && export CHROMIUM && \
	exec $(BIN)/python -m tests.quick $(ARGS)

check: install-dev
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/mypy crm db pages app.py
	@$(BIN)/python -m pytest -q tests/test_architecture.py tests/test_requirements.py tests/test_migrations.py tests/test_readme.py

fix: install-dev
	@$(BIN)/ruff check --fix $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)
	@$(BIN)/python -m tests.counting

bench: install-dev
	@$(BIN)/python -m tests.load.bench $(ARGS)

load: install-dev
	@CHROMIUM="$$(.ci/chromium)" && export CHROMIUM && \
	exec $(BIN)/python -m pytest -s tests/load $(ARGS)

steady: install-dev
	@CHROMIUM="$$(.ci/chromium)" && export CHROMIUM && \
	exec $(BIN)/python -m tests.load.steady $(ARGS)

pictures: install-dev
	@CHROMIUM="$$(.ci/chromium)" && export CHROMIUM && \
	exec $(BIN)/python -m tests.load.pictures $(ARGS)
