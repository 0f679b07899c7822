"""Panels in processes of their own, as a person starts them, and a browser to look at them."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 30


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Panel:
    """A running ``labctl demo`` or ``labctl panel``; ``said`` is what it printed with ``--json``."""

    def __init__(self, command: str, folder: Path) -> None:
        words = [sys.executable, "-m", "labctl", command, "--no-browser", "--json", "--data", str(folder)]
        self.process = subprocess.Popen([*words, "--port", str(free_port())], stdout=subprocess.PIPE)
        try:
            self.said: dict[str, Any] = self._listen()
        except BaseException:
            self.end()
            raise
        self.address = str(self.said["address"])

    def _listen(self) -> dict[str, Any]:
        """What it says once it is ready: one JSON object."""
        assert self.process.stdout is not None
        heard = b""
        while not heard.endswith(b"}\n"):
            ready, _, _ = select.select([self.process.stdout], [], [], START_SECONDS)
            assert ready, f"the panel said only {heard!r}"
            more = os.read(self.process.stdout.fileno(), 65536)
            assert more, f"the panel ended after {heard!r}"
            heard += more
        return json.loads(heard)

    def health(self) -> dict[str, Any]:
        """``GET /healthz``."""
        with urllib.request.urlopen(self.address + "healthz", timeout=5) as answer:
            return json.load(answer)

    def wait_for_devices(self, state: str, seconds: float = 15) -> None:
        """Wait until every device is in this state."""
        deadline = time.monotonic() + seconds
        while set(states := self.health()["devices"].values()) != {state}:
            assert time.monotonic() < deadline, states
            time.sleep(0.05)

    def end(self, sig: signal.Signals = signal.SIGTERM, seconds: float = 10) -> tuple[int, float]:
        """End it and return its exit code and the seconds it took."""
        began = time.monotonic()
        if self.process.poll() is None:
            os.kill(self.process.pid, sig)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait(5)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code, time.monotonic() - began


@contextlib.contextmanager
def running(command: str, folder: Path) -> Iterator[Panel]:
    """A panel for the length of a test."""
    panel = Panel(command, folder)
    try:
        yield panel
    finally:
        panel.end()


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield browser
        browser.close()
