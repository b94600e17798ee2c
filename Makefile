# Every target makes its own virtual environment when there is none; `python3` with pip and venv is all it needs.
# Another Python, in an environment of its own: make test PYTHON=python3.13 VENV=.venv-3.13
PYTHON ?= python3
VENV   ?= .venv
PY      = $(VENV)/bin/python

.PHONY: demo run test suite browser chaos check types bench lock format messages stored picture clean

demo: $(VENV)/ready
	$(PY) -m bot demo $(ARGS)

run: $(VENV)/ready
	$(PY) -m bot run

test: browser check suite

suite: browser
	$(PY) -m pytest --numprocesses auto $(ARGS)

browser: $(VENV)/ready
	@$(PY) -m tests.support.browser

chaos: $(VENV)/ready
	PALSBOT_TEST_KILLS=200 $(PY) -m pytest tests/chaos $(ARGS)

check: $(VENV)/ready types
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(VENV)/bin/lint-imports --no-cache
	$(PY) -m locales.check

types: $(VENV)/ready
	$(PY) -m mypy

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

stored: $(VENV)/ready
	$(PY) -m docs.personal_data

picture: browser
	$(PY) -m docs.picture $(ARGS)

lock: $(VENV)/ready
	$(PY) -m pip install --quiet uv
	$(PY) -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
		--group dev --group bench pyproject.toml --output-file requirements.lock

$(VENV)/ready: requirements.lock
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo \
		"palsbot needs Python 3.11 or newer with pip and venv, which $(PYTHON) is not: install it (Debian:" \
		"apt-get install python3-venv), or name another, as in \`make test PYTHON=python3.13\`." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --require-hashes $(PIPFLAGS) --requirement requirements.lock
	$(PY) -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

clean:
	rm -rf $(VENV) .venv-* .mypy_cache .ruff_cache .pytest_cache
