"""Measures labctl beside its peers and keeps the figures: ``python -m tests.benchmarks [NAME ...] [--quick]``."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from rich.console import Console

from tests.benchmarks.figures import Figure, Run
from tests.benchmarks.machine import ROOT, load, machine
from tests.benchmarks.report import keep, show

BENCHMARKS = {
    "stop-all": "stop_all:measure",
    "live-page": "live_page:measure",
    "open": "firmata_wire:measure_open",
    "round-trip": "firmata_wire:measure_trips",
    "writes": "firmata_wire:measure_writes",
    "idle-link": "firmata_wire:measure_idle",
    "help": "command_help:measure",
    "start": "demo:measure_start",
    "idle-demo": "demo:measure_idle",
}
"""Each benchmark by its name, in the order they run, and where it is."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; 1 where a limit is missed or one of them failed."""
    reader = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    reader.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHMARKS)}; all without")
    reader.add_argument("--quick", action="store_true", help="only show that they work; nothing is kept")
    chosen = reader.parse_args(arguments)
    if unknown := set(chosen.names) - set(BENCHMARKS):
        reader.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    signal.signal(signal.SIGTERM, _leave)
    console = Console(highlight=False)
    figures: list[Figure] = []
    page: Path | None = None
    failed: list[str] = []
    seen = machine()
    for name in chosen.names or BENCHMARKS:
        before, at = load(), datetime.now(UTC)
        console.print(f"[bold]{name}[/] (load {before})")
        run = Run(chosen.quick, lambda words: console.print(f"  {words}"))
        try:
            found = _benchmark(name)(run)
        except Exception:
            console.print_exception()
            failed.append(name)
            continue
        figures += found
        measured = {
            "at": at.strftime("%Y-%m-%d %H:%M UTC"),
            "commit": seen["commit"],
            "load": [before, load()],
            "command": f"python -m tests.benchmarks {name}",
            "figures": [one.as_data() for one in found],
        }
        if not chosen.quick:
            page = keep(f"{at:%Y-%m-%d}", seen, {name: measured})
    show(figures, console)
    if page is not None:
        console.print(f"kept in {page.relative_to(ROOT)}")
    missed = [one.what for one in figures if one.passed is False]
    for what, names in (("missed", missed), ("failed", failed)):
        if names:
            console.print(f"[bold red]{what}:[/] {'; '.join(names)}")
    return 1 if missed or failed else 0


def _leave(number: int, frame: FrameType | None) -> None:
    """End as an error would, so that every process that was started is ended on the way out."""
    sys.exit(128 + number)


def _benchmark(name: str) -> Callable[[Run], list[Figure]]:
    module, _colon, function = BENCHMARKS[name].partition(":")
    return getattr(importlib.import_module(f"tests.benchmarks.{module}"), function)


if __name__ == "__main__":
    sys.exit(main())
