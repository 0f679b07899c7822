# Every target makes what it needs first; a second run is quick.
# PYTHON=... chooses the Python; ARGS=... goes to what the target runs.
.PHONY: help demo test quick check format bench messages shots lock

VENV := .venv/bin
SHOTS := docs/screenshots

help:
	@echo "make demo      a simulated lab and its panel"
	@echo "make test      every test, on real firmware and in a real browser where those can be installed"
	@echo "make quick     the tests that need nothing installed"
	@echo "make check     style, types, layers, sentences"
	@echo "make format    put the code into shape"
	@echo "make bench     measure, and write docs/benchmarks"
	@echo "make messages  bring the catalogues up to date with the sentences in the code"
	@echo "make shots     draw the pictures of docs anew"
	@echo "make lock      renew the lock files"

demo:
	@scripts/bootstrap run
	@exec $(VENV)/labctl demo $(ARGS)

test:
	@scripts/bootstrap dev
	@exec scripts/test $(ARGS)

quick:
	@scripts/bootstrap dev
	@exec $(VENV)/python -m pytest -q -m "not real and not browser and not slow" $(ARGS)

check:
	@scripts/bootstrap dev
	@exec scripts/check

format:
	@scripts/bootstrap dev
	@$(VENV)/ruff check --fix-only -q .
	@$(VENV)/ruff format .

bench:
	@scripts/bootstrap dev
	@exec $(VENV)/python -m tests.benchmarks $(ARGS)

messages:
	@scripts/bootstrap dev
	@exec $(VENV)/python scripts/messages $(ARGS)

shots:
	@scripts/bootstrap dev
	@exec $(VENV)/python -m tests.whole.pictures $(SHOTS)

lock:
	@exec scripts/lock $(ARGS)
