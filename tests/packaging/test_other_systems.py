"""What can be shown of other systems here: the demo starts without the modules that only Unix has."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.cli.typing_it import environment

UNIX_ONLY = ("fcntl", "termios", "tty", "pty", "resource", "grp", "pwd", "syslog")

START = f"""
import sys
for name in {UNIX_ONLY}:
    sys.modules[name] = None
from labctl.cli.main import main
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGTERM")
def test_the_demo_starts_without_what_only_unix_has(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", START, "demo", "--json", "--no-browser", "--data", str(tmp_path / "demo")],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = ""
        while not said.endswith("}\n"):
            line = process.stdout.readline()
            if not line:
                break
            said += line
        assert said, process.stderr and process.stderr.read()
        address = json.loads(said)["address"]
        with urllib.request.urlopen(f"{address}healthz", timeout=5) as answer:
            assert json.load(answer)["status"] == "ok"
    finally:
        process.send_signal(signal.SIGTERM)
        _said, errors = process.communicate(timeout=10)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
