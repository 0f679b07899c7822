"""Running the command line as a person does, and what it said."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

from labctl.cli.main import run

COMMAND = [sys.executable, "-c", "from labctl.cli.main import main; main()"]


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a person whose lab is ``home`` and who reads English."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LABCTL_", "LC_", "LANG"))}
    return {**kept, "LABCTL_HOME": str(home), "LANG": "C.UTF-8", **more}


def labctl(home: Path, *args: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run ``labctl`` to its end, in this process."""
    said, errors, typed = io.StringIO(), io.StringIO(), io.StringIO(more.pop("stdin", ""))
    with (
        mock.patch.dict(os.environ, environment(home, **more), clear=True),
        mock.patch.object(sys, "stdin", typed),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(errors),
    ):
        code = run(args)
    return subprocess.CompletedProcess(args, code, said.getvalue(), errors.getvalue())


def labctl_process(home: Path, *args: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own."""
    return subprocess.run(
        [*COMMAND, *args],
        env=environment(home, **more),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=30,
        stdin=subprocess.DEVNULL,
    )
