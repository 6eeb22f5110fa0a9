# Tenantry. Each target is a line or two; what is longer is in scripts/.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

# Outside the checkout: a build weighs gigabytes, and a clean clone finds the earlier one.
export CARGO_TARGET_DIR ?= $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/tenantry/target
export CARGO_TERM_COLOR ?= auto

# One choice of packages, features and profile for the program, its lints and its tests: they share one build.
EVERYTHING := --workspace --features tenantry/custom-protocol,tenantry/mock-window
PROGRAM := $(CARGO_TARGET_DIR)/debug/tenantry

UI_PACKAGES := ui/node_modules/.package-lock.json
UI := ui/dist/index.html
UI_SOURCES := $(shell find ui -type f -not -path '*/node_modules/*' -not -path 'ui/dist/*' -not -path 'ui/src/lib/paraglide/*')

.DEFAULT_GOAL := help
.PHONY: help run test bench soak screenshots tools packages ui-packages ui program lint-rust lint-ui test-ui test-rust \
	test-window audit audit-strict audit-tools package check-package clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: ## install what is missing, build, open the window
	scripts/run

test: ## everything, the quick checks first
	scripts/timed format cargo fmt --all --check
	scripts/timed packages $(MAKE) --no-print-directory packages ui-packages
	scripts/timed lint-ui $(MAKE) --no-print-directory lint-ui
	scripts/timed test-ui $(MAKE) --no-print-directory test-ui
	scripts/timed tools $(MAKE) --no-print-directory tools
	scripts/timed lint-rust $(MAKE) --no-print-directory lint-rust
	scripts/timed test-rust $(MAKE) --no-print-directory test-rust
	scripts/timed test-window $(MAKE) --no-print-directory test-window
	@echo "Everything passed."

bench: $(UI) tools ## measure beside the raw driver, other tools and an empty window, in release mode
	scripts/install-bench-peers
	cargo build --release --bin tenantry --bin tenantry-bench --bin tenantry-empty-window $(EVERYTHING)
	TENANTRY_TEST_SERVER_CACHE=2G $(CARGO_TARGET_DIR)/release/tenantry-bench $(ARGUMENTS)
	cd ui && npm run --silent size

soak: ## the crash campaign at length, and how long 200 sign-ins of known and unknown addresses take; hours
	TENANTRY_SOAK=1 cargo test $(EVERYTHING) --test services timing:: -- --nocapture
	TENANTRY_SOAK=1 cargo test $(EVERYTHING) --test campaign

screenshots: program tools ## the pictures of the README and the docs, taken anew
	TENANTRY_SCREENSHOTS=$(CURDIR)/docs/screenshots TENANTRY_PROGRAM=$(PROGRAM) \
		cargo test $(EVERYTHING) --test window --test window_connections photographed -- --test-threads=1

packages: ## system packages that building and testing need
	scripts/install-system-packages build test

tools: packages ## what tests start: a MongoDB server and a WebDriver; kept outside the checkout
	scripts/install-test-tools

ui-packages: $(UI_PACKAGES) ## packages of the web UI

# Not `npm ci`: it refuses a lock file that leaves out optional packages for other platforms, and some of those that the
# messages' compiler names were never published. Versions and checksums are those of the lock file all the same.
$(UI_PACKAGES): ui/package-lock.json
	cd ui && npm install --no-save --no-audit --no-fund
	touch $@

ui: $(UI) ## the built web UI

# With the list of crates and their licences in it.
$(UI): $(UI_PACKAGES) $(UI_SOURCES) Cargo.lock
	cd ui && npm run --silent build

lint-ui: $(UI_PACKAGES) ## format, lints and types of the web UI
	cd ui && npm run --silent messages && npm run --silent format && npm run --silent lint && npm run --silent check

test-ui: $(UI_PACKAGES) $(UI) ## tests of the web UI, its build and the size of it
	cd ui && npm run --silent messages && npm run --silent test && npm run --silent size

lint-rust: $(UI) ## clippy and rustdoc over everything, warnings denied
	cargo clippy --all-targets $(EVERYTHING) -- --deny warnings
	RUSTDOCFLAGS=--deny=warnings cargo doc --no-deps --document-private-items $(EVERYTHING)

test-rust: $(UI) ## Rust tests on every store
	cargo test $(EVERYTHING)

program: $(UI) ## the program, as `make run` starts it and the tests in the window drive it
	cargo build --bin tenantry $(EVERYTHING)

test-window: program ## the program in its real window
	TENANTRY_PROGRAM=$(PROGRAM) cargo test $(EVERYTHING) --test 'window*' -- --test-threads=1

audit: audit-tools ## licences, sources and uses of dependencies, and known weaknesses where somebody answers
	scripts/audit

audit-strict: audit-tools ## the same where the advisories can be reached: what was not checked is a failure
	scripts/audit --strict

audit-tools: ## what `make audit` starts: cargo-deny, cargo-machete; kept outside the checkout
	scripts/install-audit-tools

package: $(UI) ## a .deb and an .rpm, small and slow to build
	scripts/install-system-packages build
	scripts/package

check-package: ## installs the .deb, looks at the program's first screen and removes it again; needs root or sudo
	scripts/install-system-packages package
	scripts/check-package

clean: ## removes builds, not the tools
	cargo clean
	rm -rf ui/dist ui/node_modules
