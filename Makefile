# The project's commands. `make setup` is the shared part; a second run of it takes no time.
PYTHON ?= /usr/bin/python3
BIN := .venv/bin
COMPILE := $(BIN)/uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 -q --extra build

.PHONY: setup demo test lock golden bundle bundle-check

setup:
	@.ci/setup "$(PYTHON)"

demo: setup
	@$(BIN)/wangge demo

test: setup
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

lock: setup
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

golden: setup
	WANGGE_GOLDEN=rewrite $(BIN)/pytest -q

bundle: setup
	@.ci/bundle

bundle-check:
	@.ci/bundle-check
