"""Processes that a benchmark starts, speaks to in lines of JSON, watches, and ends by their own id."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PATIENCE = 30.0  # seconds for one line
LEAVE = 10.0  # seconds to end in
TICKS = os.sysconf("SC_CLK_TCK")


class Talker:
    """A process of its own group that prints objects of JSON; a context manager that ends it."""

    def __init__(
        self, words: Sequence[str], *, folder: Path | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        self._words = words
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._heard = ""
        self._process = subprocess.Popen(
            words,
            cwd=folder,
            env=None if env is None else {**os.environ, **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Its id."""
        return self._process.pid

    def hear(self, seconds: float = PATIENCE) -> dict[str, Any]:
        """The next object that it prints, on one line or several."""
        assert self._process.stdout is not None
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(json.JSONDecodeError):
                said, end = json.JSONDecoder().raw_decode(self._heard.lstrip())
                self._heard = self._heard.lstrip()[end:]
                return said
            ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            more = os.read(self._process.stdout.fileno(), 1 << 20) if ready else b""
            if not more:
                raise RuntimeError(f"{self._words[:4]} says nothing (exit {self._process.poll()}): {self._complaint()}")
            self._heard += more.decode()

    def tell(self, order: Mapping[str, Any]) -> None:
        """Give it an order."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")

    def ask(self, order: Mapping[str, Any], seconds: float = PATIENCE) -> dict[str, Any]:
        """Give it an order and return its answer."""
        self.tell(order)
        return self.hear(seconds)

    def cpu_seconds(self) -> float:
        """What it has used of the processor so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_mb(self) -> float:
        """The memory it has in use."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("the process has ended")

    def close(self) -> int:
        """Ask it to end, and see to it; returns its exit code."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(LEAVE)
                break
        self._process.stdout.close()
        self._errors.close()
        return self._process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _complaint(self) -> str:
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")[-1500:]


def run_json(words: Sequence[str], *, seconds: float) -> dict[str, Any]:
    """What a program prints as one object of JSON; raises where it fails or takes longer."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=seconds, check=False)
    if done.returncode:
        raise RuntimeError(f"{words[:4]} failed ({done.returncode}): {done.stderr[-1500:]}")
    return json.loads(done.stdout)
