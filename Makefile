# Every command does its whole set-up: Python 3.11+, make and a package index are all it needs.
PYTHON ?= python3
export UV_PROJECT_ENVIRONMENT := .venv
export UV_COMPILE_BYTECODE := 1
UV := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
RUN := .venv/bin
STAMP := .venv/.ready
SOURCES := $(shell find protos -name '*.proto' -not -path '*/gen/*') $(wildcard */build_hook.py clients/*/build_hook.py clients/python/binding_client/_async/*.py)
PROJECTS := pyproject.toml uv.lock $(wildcard */pyproject.toml clients/*/pyproject.toml)

.DEFAULT_GOAL := help

.PHONY: help
help: ## what can be called
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

.tools/bin/uv:
	$(PYTHON) -m venv .tools
	.tools/bin/pip install --quiet --disable-pip-version-check uv

$(STAMP): $(PROJECTS) $(SOURCES) | $(filter .tools/bin/uv,$(UV))
	$(UV) sync --quiet --locked --all-packages
	@touch $@

.PHONY: setup
setup: $(STAMP) ## make the environment and the generated code

.PHONY: run
run: $(STAMP) ## the whole stack with the demo world, until Ctrl-C
	@$(RUN)/python -m binding_client.testing run

.PHONY: demo
demo: $(STAMP) ## the whole story over the wire, step by step
	@$(RUN)/sferum demo

# What the test in a browser needs: Chromium and VK's web SDK. The test itself says what could not be had.
SDK := tests/idp_mock/vkid/sdk
$(SDK)/node_modules/.ready: $(SDK)/package-lock.json $(SDK)/tools.py $(STAMP)
	$(RUN)/python $(SDK)/tools.py

.PHONY: test
test: $(STAMP) $(SDK)/node_modules/.ready ## every test
	$(RUN)/pytest -n 2 --dist loadfile $(ARGS)

.PHONY: check
check: $(STAMP) ## format, lint, types, import rules, proto lint
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/pyright
	$(RUN)/lint-imports --no-cache
	$(RUN)/python protos/lint.py

.PHONY: format
format: $(STAMP) ## mend format and what lint can mend
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

.PHONY: scenarios
scenarios: $(STAMP) ## every scenario id with its test and result; ORDER=random shuffles them
	$(RUN)/python tests/scenario_report.py $(if $(filter random,$(ORDER)),--random-order --random-order-bucket=global) $(ARGS)

.PHONY: bench
bench: $(STAMP) ## the benchmarks
	$(RUN)/python bench/store.py
	$(RUN)/python bench/generate.py
	$(RUN)/python bench/strictness --report bench/results/strictness.md
	$(RUN)/python bench/roster.py --persons 100000
	$(RUN)/python bench/vkid.py --report bench/results/vkid.md

.PHONY: storm
storm: $(STAMP) ## the long runs: a region generated, imported and rolled over, a million records with errors, a consumer killed 1000 times
	$(RUN)/python bench/generate.py --region
	$(RUN)/python bench/roster.py --persons 1000000
	$(RUN)/python bench/broken.py --records 1000000
	$(RUN)/python bench/rollover.py --pupils 564000
	SFERUM_FOLLOW_KILLS=1000 $(RUN)/pytest tests/e2e/test_follow.py --timeout 3600

.PHONY: clean
clean: ## forget environment, generated code and local state
	rm -rf .venv .tools .state protos/gen $(SDK)/node_modules
