"""``make demo``: from a fresh clone to a page that answers, and what the demo takes while nobody does anything."""

from __future__ import annotations

import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.benchmarks.figures import Figure, Limit, Run, figure
from tests.benchmarks.machine import ROOT
from tests.benchmarks.pages import Pages
from tests.benchmarks.panel import Panel, free_port
from tests.benchmarks.processes import Talker

START_LIMIT = 90.0  # seconds
CPU_LIMIT = 15.0  # % of a core
MEMORY_LIMIT = 200.0  # MB
PATIENCE = 600.0  # seconds for a first start with a cold package cache
SETTLE = 10.0  # seconds after which a start is over
ROBOTS = 8


def measure_start(run: Run) -> list[Figure]:
    """Clone and ``make demo``; the first time fills the package cache and does not count."""
    took: list[float] = []
    for number in range(run.times(4, 1)):
        run.say("make demo, to warm the package cache" if number == 0 else f"make demo, run {number}")
        took.append(_from_clone())
    warm = took[1:] or took
    note = f"first start {took[0]:.0f} s, whatever the package cache held; a local clone is part of it"
    return [figure("make demo, fresh clone to an answering page", warm, "s", limit=Limit(most=START_LIMIT), note=note)]


def _from_clone() -> float:
    with tempfile.TemporaryDirectory() as folder:
        clone, port = Path(folder) / "labctl", free_port()
        start = time.monotonic()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True, timeout=60)
        words = ["make", "demo", f"ARGS=--json --no-browser --port {port} --data {folder}/data"]
        with Talker(words, folder=clone) as demo:
            address = demo.hear(PATIENCE)["address"]
            while not _answers(address):
                if time.monotonic() - start > PATIENCE:
                    raise TimeoutError("the demo does not answer")
                time.sleep(0.05)
            return time.monotonic() - start


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as page:
            return page.status == 200 and b"labctl" in page.read()
    except OSError:
        return False


def measure_idle(run: Run) -> list[Figure]:
    """The demo with nobody there, then with one page of the Room open."""
    rounds, seconds = run.times(3, 1), run.times(30, 5)
    alone: list[tuple[float, float]] = []
    watched: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder, Panel(Path(folder), "demo") as demo:
        demo.wait_ready(ROBOTS)
        browser = demo.sign_in()
        for number in range(rounds):
            run.say(f"idle demo, round {number + 1} of {rounds}")
            time.sleep(SETTLE if not run.quick else 2)
            alone.append(_idle(demo.process, seconds))
            with Pages(browser, 1):
                time.sleep(2)
                watched.append(_idle(demo.process, seconds))
    cpu, memory = Limit(most=CPU_LIMIT), Limit(most=MEMORY_LIMIT)
    note = f"over {seconds} s, {ROBOTS} robots, nobody there"
    return [
        figure("idle demo, processor", [used for used, _ in alone], "% of a core", limit=cpu, note=note),
        figure("idle demo, memory", [mb for _, mb in alone], "MB", limit=memory, note="resident"),
        figure("idle demo with one page open, processor", [used for used, _ in watched], "% of a core", limit=cpu),
        figure("idle demo with one page open, memory", [mb for _, mb in watched], "MB", limit=memory),
    ]


def _idle(process: Talker, seconds: float) -> tuple[float, float]:
    """Per cent of a core over so many seconds, and the memory at their end."""
    used, start = process.cpu_seconds(), time.monotonic()
    time.sleep(seconds)
    return (process.cpu_seconds() - used) / (time.monotonic() - start) * 100, process.resident_mb()
