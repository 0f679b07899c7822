"""The command line beside a lab that runs: a real demo in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.cli import typing_it
from tests.cli.typing_it import COMMAND

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")

READY_SECONDS = 30

# The demo's lab speaks Azerbaijani; whoever types here does not.
environment = partial(typing_it.environment, LABCTL_LANG="en")
labctl = partial(typing_it.labctl, LABCTL_LANG="en")


class Served:
    """A panel or demo that answers, and what it printed."""

    def __init__(self, process: subprocess.Popen[str], said: dict[str, Any]) -> None:
        self.process = process
        self.said = said
        self.address = str(said["address"])

    def end(self, number: int) -> tuple[int, float, str]:
        """Send a signal; the exit code, the seconds it took, and what came on stderr."""
        self.process.send_signal(number)
        sent = time.monotonic()
        _said, errors = self.process.communicate(timeout=15)
        return self.process.returncode, time.monotonic() - sent, errors


@contextmanager
def serving(home: Path, command: str, *args: str) -> Iterator[Served]:
    process = subprocess.Popen(
        [*COMMAND, command, "--json", "--no-browser", *args],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = ""
        for line in process.stdout:
            lines += line
            if line == "}\n":
                break
        assert lines, process.stderr.read()
        yield Served(process, json.loads(lines))
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Served]]:
    home = tmp_path_factory.mktemp("demo")
    with serving(home, "demo", "--data", str(home)) as served:
        yield home, served
        code, seconds, errors = served.end(signal.SIGTERM)
        assert (code, errors) == (0, "")
        assert seconds < 3


def test_the_demo_says_where_it_is_and_how_to_sign_in(demo):
    _home, served = demo

    assert set(served.said) == {"address", "name", "password"}
    with urllib.request.urlopen(f"{served.address}healthz", timeout=5) as answer:
        health = json.load(answer)
    assert health["status"] == "ok"
    assert len(health["devices"]) == 8


def test_devices_are_listed_through_the_running_lab(demo):
    home, served = demo
    said = labctl(home, "devices", "list", "--json")

    assert said.returncode == 0, said.stderr
    assert [device["state"] for device in json.loads(said.stdout)] == ["ready"] * 8
    assert str(served.process.pid) in (home / "lab.lock").read_text()


def test_a_device_is_tested_and_shown_through_the_running_lab(demo):
    home, _served = demo
    tested = labctl(home, "devices", "test", "robot-3", "--json")

    assert (tested.returncode, json.loads(tested.stdout)["outcome"]) == (0, "pass")
    assert labctl(home, "devices", "show", "robot-3").returncode == 0
    assert labctl(home, "devices", "find", "robot-3").stdout == "robot-3 blinked\n"
    assert labctl(home, "devices", "show", "robot-9").returncode == 2


def test_the_doctor_asks_the_running_lab(demo):
    home, served = demo
    said = labctl(home, "doctor", "--json")
    findings = {finding["check"]: finding for finding in json.loads(said.stdout)["findings"]}

    assert said.returncode == 0, said.stdout
    assert str(served.process.pid) in findings["lock"]["what"]
    assert findings["device robot-8"]["severity"] == "fine"


def test_a_second_lab_on_the_same_folder_is_refused_and_told_who_runs(demo):
    home, served = demo
    for command in ("panel", "demo"):
        said = labctl(home, command, "--no-browser", "--data", str(home))

        assert said.returncode == 1
        assert f"process {served.process.pid} since " in said.stderr
        assert served.address in said.stderr
        assert str(home) in said.stderr


def test_a_port_that_was_asked_for_and_is_taken_is_an_error(demo, tmp_path):
    _home, served = demo
    port = served.address.rsplit(":", 1)[1].strip("/")
    said = labctl(tmp_path, "panel", "--no-browser", "--port", port)

    assert said.returncode == 1
    assert f"port {port}" in said.stderr
    assert "--port" in said.stderr


def test_a_password_is_reset_while_the_panel_runs(demo):
    home, _served = demo
    made = labctl(home, "people", "password", "muellim", "--generate", "--json")
    nobody = labctl(home, "people", "password", "Nobody", "--generate")

    assert made.returncode == 0, made.stderr
    assert len(json.loads(made.stdout)["password"]) == 15
    assert nobody.returncode == 2
    assert "muellim" in nobody.stderr


def test_the_local_api_is_closed_to_who_has_no_token(demo):
    home, served = demo
    token = (home / "local-token").read_text().strip()

    def ask(host: str, shown: str) -> int:
        request = urllib.request.Request(
            f"{served.address}local/health",
            data=b"{}",
            headers={"Authorization": f"Bearer {shown}", "Host": host, "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    assert ask("127.0.0.1", token) == 200
    assert ask("127.0.0.1", "wrong") in (401, 403)
    assert ask("evil.example", token) in (400, 403, 421)


def test_stop_all_reaches_the_running_lab(demo):
    home, served = demo
    said = labctl(home, "devices", "stop", "--json")

    assert said.returncode == 0, said.stdout
    assert len(json.loads(said.stdout)["confirmed"]) == 8
    with urllib.request.urlopen(f"{served.address}healthz", timeout=5) as answer:
        assert json.load(answer)["stopped"] is True
    assert labctl(home, "devices", "stop", "robot-2").returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_panel_without_a_teacher_prints_the_code_for_the_first_one(tmp_path, number):
    with serving(tmp_path, "panel") as served:
        assert set(served.said) == {"address", "setup_code"}
        code, seconds, errors = served.end(number)

    assert (code, errors) == (0, "")
    assert seconds < 3


def test_a_killed_lab_starts_again(tmp_path):
    with serving(tmp_path, "panel") as served:
        code, _seconds, _errors = served.end(signal.SIGKILL)
        assert code == -signal.SIGKILL
    listed = labctl(tmp_path, "devices", "list", "--json")
    with serving(tmp_path, "panel") as served:
        assert served.address

    assert (listed.returncode, listed.stdout) == (0, "[]\n")


def test_a_free_port_is_taken_where_8000_is_not_free(tmp_path):
    with socket.socket() as other:
        try:
            other.bind(("127.0.0.1", 8000))
            other.listen()
        except OSError:
            pass  # somebody else has it, which is as good
        with serving(tmp_path, "panel") as served:
            assert not served.address.endswith(":8000/")
