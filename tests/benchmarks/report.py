"""What a run of the benchmarks says: a table for the terminal, and the dated files that are kept in docs/benchmarks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.figures import Figure
from tests.benchmarks.machine import ROOT

FOLDER = ROOT / "docs" / "benchmarks"
VERDICT = {True: "pass", False: "MISS", None: ""}

Data = dict[str, Any]


def show(figures: Iterable[Figure], console: Console) -> None:
    """Print the table."""
    table = Table(show_lines=True)
    for head in ("what", "median", "must be", "", "beside (ours to theirs)"):
        table.add_column(head)
    for one in figures:
        data = one.as_data()
        colour = {True: "green", False: "bold red", None: "default"}[one.passed]
        verdict = f"[{colour}]{VERDICT[one.passed]}[/]"
        beside = _beside(data).replace("; ", "\n")
        table.add_row(data["what"], _valued(data), data["limit"] or "", verdict, beside)
    console.print(table)


def keep(day: str, machine: Data, measured: Mapping[str, Data], folder: Path = FOLDER) -> Path:
    """Write what was measured into the files of a day, in place of what they hold of the same benchmarks."""
    file = folder / f"{day}.json"
    folder.mkdir(parents=True, exist_ok=True)
    kept: Data = json.loads(file.read_text("utf-8")) if file.exists() else {"benchmarks": {}}
    kept = {"date": day, "machine": machine, "benchmarks": {**kept["benchmarks"], **measured}}
    file.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", "utf-8")
    page = file.with_suffix(".md")
    page.write_text(_page(kept), "utf-8")
    return page


def _page(kept: Data) -> str:
    machine = kept["machine"]
    lines = [
        f"# Figures of {kept['date']}",
        "",
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, "
        f"Python {machine['python']}. What each figure means and how it is taken: [README](README.md).",
        "",
        "| what | median | must be | | beside (ours to theirs) | runs | how |",
        "|---|---|---|---|---|---|---|",
    ]
    for benchmark in kept["benchmarks"].values():
        for one in benchmark["figures"]:
            passed = f"**{VERDICT[one['passed']]}**" if one["passed"] is False else VERDICT[one["passed"]]
            runs = ", ".join(f"{run:g}" for run in one["runs"][:10]) if 1 < len(one["runs"]) <= 10 else ""
            cells = (one["what"], _valued(one), one["limit"] or "", passed, _beside(one), runs, one["note"])
            lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "| benchmark | taken | commit | load before, after | command |", "|---|---|---|---|---|"]
    for name, one in kept["benchmarks"].items():
        before, after = one["load"]
        lines.append(f"| {name} | {one['at']} | {one['commit']} | {before:g}, {after:g} | `{one['command']}` |")
    return "\n".join(lines) + "\n"


def _valued(one: Data) -> str:
    return f"{one['value']:g} {one['unit']}".strip()


def _beside(one: Data) -> str:
    return "; ".join(f"{peer} {value:g} ({one['ratios'].get(peer, 0):.2f}x)" for peer, value in one["beside"].items())
