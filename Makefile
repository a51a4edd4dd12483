# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV ?= .venv
PYTHON ?=
JOBS ?= auto
ARGS ?=
export PYTHON

# Every tool is the one of the environment, and Ansible finds this checkout even where an older release of the
# collection is installed for the user. A PYTHONPATH from outside would undo both.
BIN := $(VENV)/bin
export PATH := $(abspath $(BIN)):$(PATH)
unexport PYTHONPATH
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --durations=5 $(ARGS)
PACKAGE := ansible_collections.azlocal.migrate.plugins

LINT := lint-ruff lint-mypy lint-imports lint-yaml lint-ansible lint-docs lint-changes
STAGES := $(LINT) unit playbooks molecule
BESIDE := sanity interop

.PHONY: help
help: ## this list
	@printf 'azlocal.migrate: VMware to Azure Local, a wave at a time\n\n'
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\n  PYTHON=python3.12 chooses the interpreter, VENV=.venv312 the environment, ARGS="-k name" goes to pytest.\n'

.PHONY: env
env: ## set up .venv with what the collection needs to run
	@tools/env.sh $(VENV) run

.PHONY: env-dev
env-dev: env ## the same, and what the tests and linters need
	@tools/env.sh $(VENV) dev

.PHONY: lab
lab: env ## migrate a wave end to end on the rehearsal lab
	@$(BIN)/python extensions/demo.py $(ARGS)

.PHONY: test
test: env-dev ## set up everything and pass every test
	@MAKE="$(MAKE)" BESIDE="$(BESIDE)" tools/stages.sh $(STAGES)

.PHONY: lint
lint: env-dev ## all linters
	@MAKE="$(MAKE)" tools/stages.sh $(LINT)

.PHONY: lint-ruff
lint-ruff: env-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

.PHONY: lint-mypy
lint-mypy: env-dev
	@set -o pipefail; MYPYPATH=extensions $(BIN)/mypy -p lab -p $(PACKAGE) | sed 's|^.*/ansible_collections/azlocal/migrate/||'

.PHONY: lint-imports
lint-imports: env-dev
	@PYTHONPATH=extensions $(BIN)/lint-imports --no-cache --no-logo

.PHONY: lint-yaml
lint-yaml: env-dev
	@$(BIN)/yamllint --strict .

.PHONY: lint-ansible
lint-ansible: env-dev
	@$(BIN)/ansible-lint --offline --profile production

.PHONY: lint-docs
lint-docs: env-dev
	@$(BIN)/antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck .

.PHONY: lint-changes
lint-changes: env-dev
	@$(BIN)/antsibull-changelog lint

.PHONY: format
format: env-dev ## let ruff mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: unit
unit: env-dev ## every test but those of the playbooks
	@$(PYTEST) tests --ignore tests/playbooks --ignore tests/interop

.PHONY: weather
weather: env-dev ## 500 waves in bad weather on the lab's own clock, and a table of what they met (HARNESS_SEEDS=0:500)
	@HARNESS_SEEDS=$${HARNESS_SEEDS:-0:500} $(PYTEST) -q tests/harness/test_any_weather.py

.PHONY: playbooks
playbooks: env-dev ## real ansible-playbook against the lab
	@$(PYTEST) -n 3 --dist loadfile tests/playbooks

.PHONY: interop
interop: env-dev ## the Azure CLI and azure.azcollection against the lab, each in an environment under build/
	@tools/interop.sh
	@$(BIN)/python -m pytest --durations=3 $(ARGS) tests/interop

.PHONY: bench
bench: env-dev ## a check of 1,000 hosts through replicate, timed (no part of the tests)
	@$(BIN)/python tests/bench/replicate_check.py $(ARGS)

.PHONY: sanity
sanity: env-dev ## ansible-test sanity on a copy under build/
	@$(BIN)/python tools/sanity.py $(VENV)

.PHONY: molecule
molecule: env-dev ## the collection's molecule scenario on the lab
	@cd extensions && molecule test --report

# A page is replaced only once it is whole.
PAGE = mkdir -p build && $(1) >build/page.md && mv build/page.md docs/$(2)

.PHONY: docs
docs: env-dev ## docs/errors.md, docs/lab-behaviours.md, docs/roles, CHANGELOG.rst; under build/docs the modules, roles and plugins
	@$(call PAGE,$(BIN)/python tools/errors_page.py,errors.md)
	@$(call PAGE,$(BIN)/python extensions/lab behaviours,lab-behaviours.md)
	@$(BIN)/python tools/roles.py
	@$(BIN)/antsibull-changelog generate --refresh --reload-plugins
	@rm -rf build/docs && mkdir -p -m 700 build/docs
	@$(BIN)/antsibull-docs collection --use-current --fail-on-error --dest-dir build/docs azlocal.migrate
	@printf 'build/docs\n'

.PHONY: pins
pins: ## requirements/constraints.txt anew, from what installs today on 3.11, 3.12 and 3.13
	@tools/pins.sh 3.11 3.12 3.13

.PHONY: build
build: env ## the collection's artifact in build/
	@$(BIN)/ansible-galaxy collection build --force --output-path build

.PHONY: clean
clean: ## remove what the commands made, the environment excepted
	@rm -rf build tests/output lab-state .pytest_cache .mypy_cache .ruff_cache .hypothesis .ansible
	@find . -name __pycache__ -type d -not -path './.venv*' -prune -exec rm -rf {} +

.PHONY: distclean
distclean: clean ## remove the environment too
	@rm -rf $(VENV)
