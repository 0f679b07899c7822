"""The programs that labctl is measured beside, in an environment of their own, and clients of one wire beside ours."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks.machine import ROOT
from tests.benchmarks.processes import run_json

HERE = Path(__file__).parent
HOME = ROOT / ".cache" / "peers"
WANTED = HERE / "requirements-peers.txt"
BESIDE = HERE / "beside"

OURS, RAW, PYFIRMATA2 = "labctl", "raw pyserial", "pyfirmata2"
CLIENTS = {OURS: "labctl_client.py", RAW: "raw_pyserial.py", PYFIRMATA2: "pyfirmata2_client.py"}


def program(name: str) -> Path:
    """A program of the peers' environment, which is made now unless it is there."""
    stamp = HOME / "installed"
    wanted = hashlib.sha256(WANTED.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(HOME)], check=True)
        quiet = ["--quiet", "--disable-pip-version-check"]
        subprocess.run([str(HOME / "bin" / "pip"), "install", *quiet, "-r", str(WANTED)], check=True)
        stamp.write_text(wanted)
    return HOME / "bin" / name


def client(name: str, *words: str, seconds: float = 60) -> dict[str, Any]:
    """Run one of :data:`CLIENTS` in a fresh process and return what it measured."""
    ours = name == OURS
    python = sys.executable if ours else str(program("python"))
    script = ["-m", "tests.benchmarks.beside.labctl_client"] if ours else [str(BESIDE / CLIENTS[name])]
    return run_json([python, *script, *words], seconds=seconds)
