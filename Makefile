# Footprints. `make` says what there is.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WARM := $(VENV)/.warm

.PHONY: help run test test-slow check format bench lock sample translations clean

help: ## What there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(READY): requirements.lock
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: set PYTHON to it, as in make run PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@

$(WARM): $(READY) $(wildcard analysis/*.py analysis/*/*.py analysis/*/*/*.py)
	@find analysis -name '*.nb[ci]' -delete # numba does not notice a change in another file
	$(BIN)/python -m analysis.warm
	@touch $@

run: $(WARM) ## Set everything up and open the app on 127.0.0.1:8501
	$(BIN)/streamlit run app.py

test: $(WARM) ## Set everything up and run all tests, those in Chromium included
	@tests/browser/chromium.sh
	$(BIN)/pytest -m "not slow"

test-slow: $(WARM) ## The slow rest
	@tests/browser/chromium.sh
	$(BIN)/pytest -m slow --hypothesis-profile anew

check: $(READY) ## Format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(READY) ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(WARM) ## Speed beside the peers, in one run; writes benchmarks/RESULTS.md
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	$(BIN)/python -m benchmarks.run

lock: $(READY) ## Write requirements.lock anew
	$(BIN)/pip-compile --quiet --upgrade --strip-extras --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file requirements.lock requirements.txt requirements-dev.txt

sample: $(READY) ## Write the sample data anew
	$(BIN)/python -m sample_data.generate

translations: $(READY) ## Add the texts of the code to locales/zh.po
	$(BIN)/python -m locales.extract

clean: ## Remove the environment and caches; the workspace stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
