# Every target makes its own virtual environment when there is none; `python3` with pip and venv is all it needs.
VENV ?= .venv
PY   := $(VENV)/bin/python

.PHONY: demo run test chaos check bench lock format messages picture clean

demo: $(VENV)/ready
	$(PY) -m bot demo $(ARGS)

run: $(VENV)/ready
	$(PY) -m bot run

test: check
	$(PY) -m pytest --numprocesses auto $(ARGS)

chaos: $(VENV)/ready
	PALSBOT_TEST_KILLS=200 $(PY) -m pytest tests/chaos $(ARGS)

check: $(VENV)/ready
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports --no-cache
	$(PY) -m locales.check

bench: $(VENV)/ready
	$(PY) -m benchmarks $(ARGS)

format: $(VENV)/ready
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

# New sentences come into the catalogues; what families can meet moves up into theirs, and with SORT=both also back.
SORT ?= up
messages: $(VENV)/ready
	$(PY) -m locales.update
	PALSBOT_SORT_CATALOGUES=$(SORT) $(PY) -m pytest tests/catalogues/test_domains.py

picture: $(VENV)/ready
	$(PY) -m docs.picture $(ARGS)

lock: $(VENV)/ready
	$(PY) -m pip install --quiet uv
	$(PY) -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
		--group dev --group bench pyproject.toml --output-file requirements.lock

$(VENV)/ready: requirements.lock
	python3 -m venv $(VENV)
	$(PY) -m pip install --quiet --require-hashes --requirement requirements.lock
	$(PY) -m pip install --quiet --no-deps --editable .
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
