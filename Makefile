# Everything starts here. `make` lists the targets; each installs what it needs first (npm ci, once per lock file).
MAKEFLAGS += --no-print-directory --no-builtin-rules
.NOTPARALLEL:
.DEFAULT_GOAL := help

SEEDS ?= 1000
MINUTES ?= 10
TEST_SEEDS ?= 200
SLOTS ?= 2000 20000
LATENCY ?= 0
NODE := scripts/node
# Written by npm at the end of an installation, so a broken one is repeated.
INSTALLED := node_modules/.package-lock.json
TEST_FILES := 'broker/test/**/*.test.ts' 'operator/test/**/*.test.ts' 'tools/test/**/*.test.ts' 'e2e/test/**/*.test.ts'

# $(call run,file,arguments): runs a program of this repository, or says that it is not there and fails.
run = $(if $(wildcard $(1)),$(NODE) $(1) $(2),@echo "make $@: not built yet: $(1) is missing." >&2; exit 2)

.PHONY: help setup demo demo-failover test unit simulate lint fmt proto docs e2e e2e-stores e2e-replicas e2e-clients e2e-cluster e2e-node kubernetes charts crd images bench bench-restore bench-stores fuzz soak mutations

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## Install the pinned Node.js and all packages (the other targets do it themselves)

demo: $(INSTALLED) ## Produce, kill the broker, delete its disk, restart, compare everything
	$(call run,--disable-warning=TimeoutNegativeWarning e2e/demo/main.ts)

test: lint unit simulate ## Everything that needs no privileges and no cluster

demo-failover: $(INSTALLED) ## Lose a region under load, go on from a copy made in any order, and go home again
	$(call run,--disable-warning=TimeoutNegativeWarning e2e/failover/main.ts)

unit: $(INSTALLED) ## Unit, property and contract tests
	scripts/test $(TEST_FILES)

simulate: $(INSTALLED) ## Deterministic simulation over TEST_SEEDS seeds (200)
	$(call run,broker/test/sim/run.ts,--seeds $(TEST_SEEDS))

lint: $(INSTALLED) ## Format, lint rules, types, architecture, unused code, repository rules
	$(NODE) tools/lint/main.ts

fmt: $(INSTALLED) ## Fix what the linter can fix, and format all sources in place
	@$(NODE) node_modules/oxlint/bin/oxlint --fix --silent >/dev/null || true
	$(NODE) node_modules/oxfmt/bin/oxfmt

proto: $(INSTALLED) ## Generate broker/src/proto from broker/proto/*.proto
	scripts/proto

docs: $(INSTALLED) ## Generate docs/configuration.md from the tables of settings
	scripts/docs

e2e: e2e-clients e2e-stores e2e-replicas e2e-cluster e2e-node ## Real clients, stores and Kubernetes; each says what it needs

e2e-clients: $(INSTALLED) ## Real clients by operations, before and after a lost disk (ARGS=--allow-missing)
	$(call run,--disable-warning=TimeoutNegativeWarning e2e/clients/main.ts,$(ARGS))

e2e-stores: $(INSTALLED) ## Store contract against MinIO, fake-gcs-server and Azurite (STORE=s3, gcs or azure: one of them)
	$(call run,e2e/stores/main.ts)

e2e-replicas: $(INSTALLED) ## A bucket copied between real stores: outages, kill -9, backfill (PAIR=local-s3, s3-gcs or gcs-azure)
	$(call run,e2e/replicas/main.ts)

e2e-cluster: $(INSTALLED) ## The operator against a real API server (builds Kubernetes once: minutes; needs go)
	$(call run,--disable-warning=TimeoutNegativeWarning e2e/cluster/main.ts)

e2e-node: $(INSTALLED) ## Chronik on a real node with containers and MinIO (root; SCENARIOS=main-job: only these; KUBECONFIG: there)
	$(call run,--disable-warning=TimeoutNegativeWarning e2e/cluster/suite/main.ts)

kubernetes: $(INSTALLED) ## The one-node Kubernetes of e2e-node with our images, until Ctrl-C (root)
	$(call run,e2e/cluster/up/main.ts)

charts: $(INSTALLED) ## helm lint, golden renders, and values that must be refused
	$(call run,e2e/charts/main.ts)

crd: $(INSTALLED) ## The CRD, its rules and the samples against the API server's own code (needs go)
	e2e/cluster/crd

images: $(INSTALLED) ## Container images of broker and operator in images/build, without docker
	$(call run,tools/images/main.ts)

bench: $(INSTALLED) ## Figures side by side with peers
	$(call run,e2e/bench/main.ts)

bench-restore: $(INSTALLED) ## How long a restore takes by the number of WAL objects (SLOTS="2000 20000" LATENCY=0)
	$(call run,broker/test/recovery/restore-bench.ts,$(foreach slots,$(SLOTS),--slots $(slots)) --latency $(LATENCY))

bench-stores: $(INSTALLED) ## Store adapters beside the SDKs they use, acks beside PUTs, on real servers (STORE=, PART=)
	$(call run,--disable-warning=DEP0169 --disable-warning=TimeoutNegativeWarning e2e/stores/bench/main.ts)

fuzz: $(INSTALLED) ## Mutated requests against a real broker (make fuzz MINUTES=10 SEED=1)
	$(call run,e2e/fuzz/main.ts,--minutes $(MINUTES) $(if $(SEED),--seed $(SEED)))

soak: $(INSTALLED) ## Simulation over SEEDS seeds (make soak SEEDS=10000)
	$(call run,broker/test/sim/run.ts,--seeds $(SEEDS))

mutations: $(INSTALLED) ## Break each safety mechanism; the simulation must notice
	$(call run,broker/test/sim/mutations.ts)

$(INSTALLED): package-lock.json
	@echo 'npm ci'
	@npm ci --loglevel=error --no-audit --no-fund --no-progress >/dev/null
	@touch $@
