# `make help` lists what there is. ARGS goes to the program: make run ARGS="--port 8102", make test ARGS="-k staging".
.DEFAULT_GOAL := help
.PHONY: help run test demo lint bench lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

run: ## Start the service (needs Python 3.11 or newer, nothing else)
	@tools/environment run
	@exec .venv/bin/yt-videos serve $(ARGS)

test: ## Run all tests
	@tools/environment dev
	@.venv/bin/pytest -n auto --dist loadfile $(ARGS)

demo: ## Show the service at work against a pretended YouTube on this machine
	@tools/environment dev
	@exec .venv/bin/python -m tests.demo $(ARGS)

lint: ## Check style, formatting, types and layers
	@tools/environment dev
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: ## Measure speed
	@tools/environment dev
	@exec .venv/bin/python -m bench $(ARGS)

lock: ## Write the lock files anew (ARGS=--upgrade takes the newest of everything)
	@tools/environment dev
	@PATH="$(CURDIR)/.venv/bin:$$PATH" requirements/lock $(ARGS)

clean: ## Remove everything that was made here
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
