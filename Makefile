# Two commands for a newcomer: `make audit` and `make test`. They need Python 3.11 or later and make.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed

.PHONY: audit test lint types notebooks check evidence bench bench-peers coverage studies screenshots axe clean
.DELETE_ON_ERROR:

audit: $(STAMP)  ## the main job: the example audit, then a real register whose truth is known
	rm -rf build/audit
	$(BIN)/sampleaudit run data/synthetic/audit.toml --into build/audit/synthetic
	$(BIN)/sampleaudit verify build/audit/synthetic
	$(BIN)/sampleaudit report data/synthetic/audit.toml --into build/audit/synthetic --language da --output build/audit/synthetic/rapport.html
	$(BIN)/sampleaudit report data/synthetic/audit.toml --into build/audit/synthetic --language en --output build/audit/synthetic/report.html
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

bench-peers: .venv/developing build/peers/installed  ## the same estimates by svy, samplics and R
	$(BIN)/python -m benchmarks.peers

coverage: .venv/developing  ## docs/coverage.md: how often the intervals hold, how wide, how fast
	$(BIN)/python -m benchmarks.coverage

studies: .venv/developing  ## how often comparisons, pooling, ranks and plans keep what they promise
	$(BIN)/python -m benchmarks.comparing
	$(BIN)/python -m benchmarks.planning

screenshots: audit .venv/developing  ## the reports at desktop, phone and print width, into build/screenshots
	$(BIN)/python tests/report/browser.py build/audit/synthetic/rapport.html build/screenshots/da
	$(BIN)/python tests/report/browser.py build/audit/synthetic/report.html build/screenshots/en

axe: build/axe/installed  ## axe-core, by which the tests judge a report's accessibility

build/axe/installed:
	npm install --silent --no-fund --no-audit --prefix build/axe axe-core@4.14.1
	touch $@

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

build/peers/installed:
	$(PYTHON) -m venv build/peers/venv
	build/peers/venv/bin/pip install --quiet --disable-pip-version-check svy samplics pyarrow
	touch $@
