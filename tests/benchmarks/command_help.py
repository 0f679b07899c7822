"""How long ``labctl --help`` takes as a new process, beside programs that do the same."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from tests.benchmarks.figures import Figure, Limit, Run, figure
from tests.benchmarks.panel import LABCTL
from tests.benchmarks.peers import BESIDE, program

LIMIT_SECONDS = 0.2


def measure(run: Run) -> list[Figure]:
    """Each program in turn, so that a busy moment meets them all alike; the first of each only warms the cache."""
    python = str(program("python"))
    programs: dict[str, Sequence[str]] = {
        "labctl": [str(LABCTL), "--help"],
        "mpremote": [str(program("mpremote")), "--help"],
        "octoprint-cli": [str(program("octoprint-cli")), "--help"],
        "a bare typer program": [python, str(BESIDE / "bare_typer.py"), "--help"],
        "Python alone": [sys.executable, "-c", "pass"],
    }
    took: dict[str, list[float]] = {name: [] for name in programs}
    for name, words in programs.items():
        run.say(f"{name} --help")
        _time(words)
    for _ in range(run.times(20, 3)):
        for name, words in programs.items():
            took[name].append(_time(words))
    ours = took.pop("labctl")
    return [
        figure(
            "labctl --help, new process, warm cache",
            ours,
            "s",
            beside=took,
            limit=Limit(most=LIMIT_SECONDS),
            note=f"median of {len(ours)}",
        )
    ]


def _time(words: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run(words, stdout=subprocess.DEVNULL, env={**os.environ, "COLUMNS": "100"}, check=True, timeout=30)
    return time.perf_counter() - start
