# `make` or `make help` says what there is. Everything installs itself into .venv at first need.
PYTHON ?= python3
STAGE ?= prod
BIN := .venv/bin
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run test test-fast demo bench package check check-deployment deployed format lock clean
.PHONY: check-format check-lint check-types check-layers

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 18

.venv/installed: requirements.txt requirements-dev.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		--requirement requirements.txt --requirement requirements-dev.txt
	@touch $@

run: .venv/installed ## Serve an authority on http://localhost:8000 (CLAVERO_PORT), kept in .local/
	@$(BIN)/python -m infra.local.server

test: .venv/installed ## Run all tests (what needs Java and npm says SKIPPED where they are missing)
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

demo: .venv/installed ## Tell the whole story against a fresh instance; artefacts in out/demo/
	@$(BIN)/python -m infra.demo

bench: .venv/installed .tools/lambda/installed ## Measure calls, CPU and throughput; figures in out/bench.json
	@$(BIN)/python -m infra.bench

package: .venv/installed ## Build out/clavero.zip and out/template.yaml (STAGE=dev or prod)
	@$(BIN)/python -m infra.package --stage $(STAGE)

check: check-format check-lint check-types check-layers ## Formatting, lint, types, dependency rule

check-format: .venv/installed
	$(BIN)/ruff format --check .

check-lint: .venv/installed
	$(BIN)/ruff check .

check-types: .venv/installed
	$(BIN)/mypy

check-layers: .venv/installed
	$(BIN)/lint-imports

check-deployment: package .tools/lint/installed ## Judge what would be deployed: cfn-lint, checkov, bandit, pip-audit
	@$(BIN)/python -m infra.package.check

deployed: .tools/lambda/installed .tools/lint/installed ## Run the zip under Lambda's own runtime, and the template in a local cloud
	@$(BIN)/python -m pytest -m deployed tests/deployment

.tools/%/installed: infra/package/tools/%.txt
	$(PYTHON) -m venv .tools/$*
	.tools/$*/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement $<
	@touch $@

format: .venv/installed ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: .venv/installed ## Pin the newest versions of what requirements*.in name, with hashes
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header requirements.in --output-file requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header requirements-dev.in --output-file requirements-dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header infra/package/tools/lint.in --output-file infra/package/tools/lint.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --no-deps infra/package/tools/lambda.in --output-file infra/package/tools/lambda.txt

clean: ## Remove what was made here, but not .local/
	rm -rf .venv .tools out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
