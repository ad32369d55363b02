# make demo and make test set everything up by themselves; nothing else is needed on a fresh machine but Python 3.11+.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help setup demo test check format lock clean

help:
	@echo "make demo   set up, crawl the sample news site into archive-demo/, show what was kept"
	@echo "make test   set up, run all tests"
	@echo "make check  lint, types, import rules"
	@echo "make setup  only the .venv"

setup: .venv/.done

.venv/.done: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; say: make PYTHON=python3.12 ..." if sys.version_info < (3, 11) else 0)'
	@echo "Setting up .venv from requirements.lock (once, about a minute) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# pywb needs brotlipy, which shadows the brotli that Scrapy needs: it lives apart.
.venv-replay/.done: requirements-replay.lock
	@echo "Setting up .venv-replay for the replay test (once) ..."
	@$(PYTHON) -m venv .venv-replay
	@.venv-replay/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-replay.lock
	@touch $@

demo: setup
	@$(BIN)/python -m tests.site.demo

test: setup .venv-replay/.done
	$(BIN)/python -m pytest $(ARGS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Both lock files, with hashes and without any index address. Needs uv.
lock:
	uv pip compile -q --universal --python-version 3.11 --extra dev --generate-hashes --no-emit-index-url --no-emit-find-links --no-header pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --group replay --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -o requirements-replay.lock

clean:
	rm -rf .venv .venv-replay .mypy_cache .ruff_cache .pytest_cache .hypothesis archive-demo
