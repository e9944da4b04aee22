# The two commands that matter: make demo, make test.
SCENARIO ?=
PYTHON := .venv/bin/python
NETRA_SANDBOX = PYTHONPATH=sandbox $(PYTHON) -m netra_sandbox

.PHONY: demo test test-fast test-crash test-faults test-fidelity test-downtime sandbox-up sandbox-down sandbox-status benchmark clean

demo: ## break an environment, diagnose it, repair it, prove it (no cloud needed)
	@scripts/demo

test: ## everything CI runs
	@scripts/test

test-fast: ## style, types and everything that needs no sandbox
	@scripts/test fast

test-crash: ## kill runs before and after every write, and see the next one converge (an hour)
	@scripts/test -s crash_matrix

test-faults: ## strike each API method with each fault: it is got over, or told in a sentence (half an hour)
	@scripts/test -s fault_matrix

test-fidelity: ## in generated states, hold what runs change against what --check said they would (hours)
	@scripts/test -s fidelity

test-downtime: ## walk the golden path while a revision is deployed and rolled back, and count who notices
	@scripts/test -s downtime

sandbox-up: ## start the sandbox, or go on with the one that was there [SCENARIO=name starts anew]
	@scripts/setup run
	@$(NETRA_SANDBOX) up $(if $(SCENARIO),--scenario $(SCENARIO))

sandbox-down: ## stop it and all its processes
	@scripts/setup run
	@$(NETRA_SANDBOX) down

sandbox-status: ## say what runs
	@scripts/setup run
	@$(NETRA_SANDBOX) status

benchmark: ## time first run, re-run and diagnosis against the sandbox
	@scripts/setup run
	@$(PYTHON) benchmarks/playbooks.py

clean: ## remove all that these commands made
	@if [ -d .sandbox ] && [ -x $(PYTHON) ]; then $(NETRA_SANDBOX) down; fi
	rm -rf .sandbox .venv .nox build
