# Two commands for a newcomer: `make audit` and `make test`. They need Python 3.11 or later and make.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed

.PHONY: audit test lint types notebooks check evidence bench coverage clean
.DELETE_ON_ERROR:

audit: $(STAMP)  ## the main job: the example audit, then a real register whose truth is known
	rm -rf build/audit
	$(BIN)/sampleaudit run data/synthetic/audit.toml --into build/audit/synthetic
	$(BIN)/sampleaudit verify build/audit/synthetic
	$(BIN)/sampleaudit run data/schools/audit.toml --into build/audit/schools
	$(BIN)/sampleaudit verify build/audit/schools

test: .venv/developing  ## all fast tests, the examples in the documentation, the notebooks
	$(BIN)/pytest -n 2
	$(BIN)/pytest --nbmake --override-ini addopts= notebooks

lint: .venv/developing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/developing
	$(BIN)/mypy

check: lint types test  ## everything that must hold before a change lands

evidence: .venv/developing  ## coverage studies and other tests that take minutes, with their tables
	$(BIN)/pytest -m slow -s

bench: .venv/developing  ## time and memory, as ratios within one run
	$(BIN)/python -m benchmarks

coverage: .venv/developing  ## docs/coverage.md: how often the intervals hold, how wide, how fast
	$(BIN)/python -m benchmarks.coverage

clean:
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; set PYTHON=")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/developing: $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@
