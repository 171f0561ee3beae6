# The only door. Each target first installs what it needs into the checkout: uv into .uv/, the
# locked Python packages into .venv/; npm packages and the page when a target needs them.

PYTHON ?= python3
BIN := .venv/bin
COMPOSE := docker compose -f deploy/docker-compose.yml
# Folders with Python code, each with its own `tests` package: mypy takes one at a time.
CODE := core services/api services/worker services/migrate local tests bench

.DEFAULT_GOAL := help
.PHONY: help setup run test check e2e e2e-compose faults bench up down logs migrate revision admin web clean

help: ## List the targets
	@echo 'make TARGET [VARIABLE=value …]'
	@echo
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' Makefile
	@echo
	@echo '  run takes PORT= (8080), MAIL_PORT= (1080), STATE= (.taskbell), WORKERS=, API_REPLICAS=,'
	@echo '  and the variables of deploy/.env.example, such as LOG_LEVEL=debug or SMTP_URL=smtp://….'
	@echo '  admin, migrate take STATE= too.'
	@echo '  PYTHON= names another Python, 3.11 or newer. pytest takes more options with ARGS=.'

setup:
	@$(PYTHON) local/bootstrap.py

# `exec`, so that a signal to the recipe's shell reaches the supervisor.
run: setup ## Run everything here on embedded servers, until Ctrl-C
	@exec $(BIN)/python -m taskbell_local run

test: setup ## All tests that can run here; the last line counts them
	@exec $(BIN)/python tests/run.py $(if $(ARGS),-- $(ARGS))

check: setup ## Style, types, import rules, lock file, migrations, the page's types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	@set -e; for folder in $(CODE); do echo "mypy $$folder"; $(BIN)/mypy "$$folder"; done
	$(BIN)/lint-imports
	.uv/bin/uv lock --check
	$(BIN)/python -m taskbell_local with-postgres --migrated -- $(BIN)/python -m taskbell_migrate check
	$(BIN)/python -m taskbell_local npm run check

e2e: setup ## Black-box tests and browser tests on the embedded stack
	@exec $(BIN)/python tests/run.py e2e -- $(ARGS)

e2e-compose: setup ## The same tests on Docker Compose
	@exec $(BIN)/python tests/run.py e2e-compose -- $(ARGS)

faults: setup ## Tests that kill, freeze and flush parts of a running stack
	@exec $(BIN)/python tests/run.py faults -- $(ARGS)

bench: setup ## The API beside bare FastAPI, the engine beside plain arq, and more: 25 minutes
	@exec $(BIN)/python -m bench $(ARGS)

up: ## Run everything with Docker Compose, in the background
	$(COMPOSE) up --build --detach --wait

down: ## Stop Docker Compose; its data stays
	$(COMPOSE) down

logs: ## Follow the logs of Docker Compose
	$(COMPOSE) logs --follow

migrate: setup ## Newest schema for DATABASE_URL, or else for the database of `make run`
	$(BIN)/python -m taskbell_local migrate

revision: setup ## A new migration from changed models: make revision m="add colours"
	@test -n '$(m)' || { echo 'Say what changes: make revision m="add colours"'; exit 2; }
	$(BIN)/python -m taskbell_local with-postgres --migrated -- \
		$(BIN)/python -m taskbell_migrate revision -m '$(m)'

admin: setup ## Make somebody an administrator: make admin email=ada@example.com
	@test -n '$(email)' || { echo 'Say who: make admin email=ada@example.com'; exit 2; }
	@if [ -z "$$DATABASE_URL" ] && ! $(BIN)/python -m taskbell_local status >/dev/null \
		&& $(COMPOSE) ps --quiet --status running api 2>/dev/null | grep -q .; \
	then $(COMPOSE) exec api python -m taskbell_api.make_admin '$(email)'; \
	else $(BIN)/python -m taskbell_local admin '$(email)'; fi

web: setup ## Build the page into services/web/dist
	@exec $(BIN)/python -m taskbell_local web

clean: ## Delete what was installed and built; the data in .taskbell stays
	rm -rf .venv .uv services/web/dist services/web/node_modules local/maildev/node_modules
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis test-results
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
