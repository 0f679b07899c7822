# Every target makes what it needs first; a second run is quick. PYTHON=... chooses the Python, ARGS=... goes to labctl.
.PHONY: demo test quick check format bench messages shots lock package-test clean help

VENV := .venv/bin

help:
	@echo "make demo      a simulated lab and its panel"
	@echo "make test      every test, on real firmware and in a real browser where they can be installed"
	@echo "make quick     the tests that need nothing installed"
	@echo "make check     style, types and layers"
	@echo "make bench     measure, and write docs/benchmarks"
	@echo "make messages  renew the catalogue of sentences"
	@echo "make shots     renew the pictures in docs"
	@echo "make lock      renew the lock files"

demo:
	@scripts/bootstrap run
	@exec $(VENV)/labctl demo $(ARGS)

test:
	@scripts/bootstrap dev
	@scripts/test $(ARGS)

quick:
	@scripts/bootstrap dev
	@$(VENV)/python -m pytest -q -m "not real and not browser" $(ARGS)

check:
	@scripts/bootstrap dev
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/lint-imports --no-cache >.import-linter.txt || { cat .import-linter.txt; exit 1; }
	@rm -f .import-linter.txt
	@$(VENV)/pyright --threads

bench:
	@scripts/bootstrap dev
	@scripts/real-parts
	@$(VENV)/python -m tests.benchmarks $(ARGS)

lock:
	@scripts/lock $(ARGS)
