"""Running the command line as a person does: a process of its own, and what it said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-c", "from labctl.cli.main import main; main()"]


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a person whose lab is ``home`` and who reads English."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LABCTL_", "LC_", "LANG"))}
    return {**kept, "LABCTL_HOME": str(home), "LANG": "C.UTF-8", **more}


def labctl(home: Path, *args: str, timeout: float = 30, **more: str) -> subprocess.CompletedProcess[str]:
    """Run ``labctl`` to its end."""
    return subprocess.run(
        [*COMMAND, *args],
        env=environment(home, **more),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        stdin=subprocess.DEVNULL,
    )
