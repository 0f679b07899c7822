"""The doctor's report: what someone far away needs to help, and no secret or name of a person in it."""

from __future__ import annotations

import os
import platform
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import closing
from importlib import metadata
from pathlib import Path
from typing import Any

from labctl.clock import now
from labctl.doctor.finding import Finding
from labctl.inventory import load_inventory
from labctl.places import Places

REMOVED = "[removed]"
SHORTEST_SECRET = 3
"""Shorter strings would take ordinary words out of the report with them."""

EVENTS_TOLD = 200
LINES_TOLD = 300

_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")


def write_report(file: Path, findings: Iterable[Finding], places: Places) -> None:
    """Write the report. Raises OSError where it cannot be written."""
    text = compose(findings, places)
    file.write_text(without(text, secrets_of(places), names=names_of(places)), encoding="utf-8")


def compose(findings: Iterable[Finding], places: Places) -> str:
    """The report in English, because whoever helps may not share the lab's language; still with secrets in it."""
    sections = {
        "findings": "\n".join(_finding_lines(findings)),
        "machine": "\n".join(_machine_lines()),
        "versions": "\n".join(_version_lines()),
        "places": "\n".join(f"{name}: {getattr(places, name)}" for name in ("lab_file", "data", "cache")),
        "lab file": "\n".join(_lab_lines(places)),
        f"last {EVENTS_TOLD} events": "\n".join(_event_lines(places)),
        f"last {LINES_TOLD} lines of the log": "\n".join(_log_lines(places)),
    }
    head = f"labctl report, {now().isoformat(timespec='seconds')}"
    return "\n\n".join([head, *(f"== {title}\n{body or '-'}" for title, body in sections.items())]) + "\n"


def without(text: str, secrets: Iterable[str], *, names: Iterable[str] = ()) -> str:
    """``text`` without secrets, without names where they stand as words, without home folder and credentials."""
    text = _CREDENTIALS.sub(f"{REMOVED}@", text)
    home = str(Path.home())
    if len(home) > 1:
        text = text.replace(home, "~")
    for secret in _longest_first(secrets):
        text = re.sub(re.escape(secret), REMOVED, text, flags=re.IGNORECASE)
    for name in _longest_first(names):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", REMOVED, text, flags=re.IGNORECASE)
    return text


def _longest_first(words: Iterable[str]) -> list[str]:
    return sorted({word for word in words if len(word) >= SHORTEST_SECRET}, key=len, reverse=True)


def secrets_of(places: Places) -> set[str]:
    """Tokens, passwords and keys that this machine knows."""
    return _words_of(places.token) | _words_of(places.session_key) | set(_strings(_toml(places.secrets)))


def names_of(places: Places) -> set[str]:
    """Names of people, of this account and of this computer, whole and in parts."""
    people = {str(name) for (name,) in _rows(places, "SELECT name FROM person")}
    parts = {part for name in people for part in name.split()}
    account = {os.environ.get("USER", ""), os.environ.get("USERNAME", ""), platform.node()} - {"root"}
    return people | parts | account


def _words_of(file: Path) -> set[str]:
    try:
        return set(file.read_text("utf-8", errors="replace").split())
    except OSError:
        return set()


def _toml(file: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return {"": " ".join(_words_of(file))}


def _strings(value: Any) -> Iterable[str]:
    match value:
        case Mapping():
            for one in value.values():  # pyright: ignore[reportUnknownVariableType]
                yield from _strings(one)
        case list():
            for one in value:  # pyright: ignore[reportUnknownVariableType]
                yield from _strings(one)
        case bool() | None:
            return
        case _:
            yield str(value)


def _rows(places: Places, query: str) -> list[tuple[Any, ...]]:
    """Rows of the database, read as it is; none where it cannot be read."""
    import sqlite3

    if not places.database.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{places.database.resolve().as_uri()}?mode=ro", uri=True, timeout=2)) as store:
            return store.execute(query).fetchall()
    except sqlite3.Error:
        return []


def _finding_lines(findings: Iterable[Finding]) -> Iterable[str]:
    for one in findings:
        yield f"[{one.severity}] {one.check}: {one.what}"
        for more in (one.why, one.fix):
            if more:
                yield f"    {more}"


def _machine_lines() -> Iterable[str]:
    yield f"system: {platform.platform()}"
    yield f"python: {sys.version.split()[0]} ({platform.python_implementation()})"
    yield f"processors: {os.cpu_count()}"
    yield f"language: {os.environ.get('LANG', '-')}"


def _version_lines() -> Iterable[str]:
    """labctl and what it needs, with what those need."""
    seen: set[str] = set()
    waiting = ["labctl"]
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        waiting += [
            re.split(r"[^\w.-]", need, maxsplit=1)[0] for need in found.requires or () if "extra ==" not in need
        ]
    return [f"{name} {metadata.version(name)}" for name in sorted(seen) if _installed(name)]


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _lab_lines(places: Places) -> Iterable[str]:
    """What the lab file means, not what it says: comments and unknown settings may hold anything."""
    try:
        inventory = load_inventory(places.lab_file, chassis_folders=[places.chassis])
    except Exception as error:
        return [f"cannot be read: {type(error).__name__}"]
    return [
        f"{id}: chassis {entry.chassis}, address {entry.address}, driver {entry.driver}"
        f"{', allow_no_watchdog' if entry.allow_no_watchdog else ''}"
        for id, entry in inventory.devices.items()
    ]


def _event_lines(places: Places) -> Iterable[str]:
    """Kinds, devices and times alone: what a person said or did stays in the lab."""
    rows = _rows(places, f"SELECT seq, at, kind, device, team FROM event ORDER BY seq DESC LIMIT {EVENTS_TOLD}")
    return [" ".join("-" if part is None else str(part) for part in row) for row in reversed(rows)]


def _log_lines(places: Places) -> Iterable[str]:
    try:
        return places.log.read_text("utf-8", errors="replace").splitlines()[-LINES_TOLD:]
    except OSError:
        return []
