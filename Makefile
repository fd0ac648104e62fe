.DEFAULT_GOAL := help
.PHONY: help build demo start test check bench clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

build: ## Install what is missing and build; fast when nothing changed
	@scripts/set-up
	@npm run --silent build

demo: build ## Run about a dozen real tasks of every kind and show them live
	@npm run --silent demo

start: build ## Keep a server with a worker running on http://127.0.0.1:2424
	@node_modules/.bin/mayfly dev

test: ## Install what the tests need and run them all
	@scripts/set-up --test
	@npm run --silent build
	@npm run --silent test

check: ## Format, lint, types, unused code, house rules
	@scripts/set-up
	@npm run --silent check

bench: build ## Measure Mayfly beside other systems here; QUICK=1 is short, FULL=1 long
	@npm run --silent bench

clean: ## Remove what was built and installed in this folder; data in .mayfly stays
	@rm -rf node_modules coverage test-report.json packages/*/dist apps/*/dist
