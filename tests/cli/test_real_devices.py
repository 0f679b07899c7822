"""The command line with robots at the wire: it opens them itself, and leaves them at rest."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.sim.host import SimHost
from tests.cli.typing_it import COMMAND, environment, labctl


@pytest.fixture
def floor() -> Iterator[SimHost]:
    """Two robots on a floor in this process, so that their wheels can be seen whatever the command does."""
    with SimHost(boot_seconds=0.05) as host:
        host.add("robot-1")
        host.add("robot-2")
        yield host


@pytest.fixture
def home(tmp_path: Path, floor: SimHost) -> Path:
    robots = [
        f'[devices.{name}]\nchassis = "two-motor"\naddress = "{floor.add(name)}"\n' for name in ("robot-1", "robot-2")
    ]
    (tmp_path / "lab.toml").write_text("\n".join(robots))
    return tmp_path


def test_a_device_is_listed_with_what_it_is(home):
    said = labctl(home, "devices", "list", "--json")

    assert said.returncode == 0, said.stderr
    first, second = json.loads(said.stdout)
    assert (first["id"], first["name"], first["state"], first["problem"]) == ("robot-1", "Robot 1", "ready", None)
    assert (first["firmware"], first["stops_by_itself"]) == ("labctl-robot", True)
    assert "drives" in first["capabilities"]
    assert second["id"] == "robot-2"


def test_one_device_is_shown(home):
    said = labctl(home, "devices", "show", "robot-2")

    assert said.returncode == 0, said.stderr
    assert "Robot 2 (robot-2)" in said.stdout
    assert "stops by itself  yes" in said.stdout


def test_a_device_is_tested_against_its_limits(home, floor):
    said = labctl(home, "devices", "test", "robot-1", "--move", "--json")
    report = json.loads(said.stdout)

    assert (said.returncode, report["outcome"]) == (0, "pass"), said.stdout
    assert {"name", "label", "outcome", "value", "unit", "low", "high", "note"} == set(report["phases"][0])
    assert any(change for change in floor.history("robot-1"))
    assert floor.wheels("robot-1") == (0, 0)


def test_a_test_on_paper_has_a_table(home):
    said = labctl(home, "devices", "test", "robot-1")

    assert said.returncode == 0, said.stderr
    head, *rows = said.stdout.splitlines()
    assert head.split() == ["measured", "value", "limits", "result", "note"]
    assert any("≤ 800 ms" in row and "pass" in row for row in rows)
    assert "\x1b" not in said.stdout


def test_a_device_that_is_silent_is_named_with_what_to_do(home, floor):
    floor.fault("robot-2", "silent")
    listed = labctl(home, "devices", "list")
    tested = labctl(home, "devices", "test", "robot-2", "--json")

    assert listed.returncode == 1
    assert "\nrobot-2: " in listed.stdout
    assert tested.returncode == 1
    assert json.loads(tested.stdout)["outcome"] == "error"
    assert json.loads(tested.stdout)["problem"]["hint"]


def test_stop_says_what_confirmed_and_what_did_not(home, floor):
    floor.fault("robot-2", "silent")
    said = labctl(home, "devices", "stop", "--json")
    done = json.loads(said.stdout)

    assert said.returncode == 1
    assert list(done["confirmed"]) == ["robot-1"]
    assert list(done["failed"]) == ["robot-2"]
    assert done["latched"] is True


def test_one_device_is_stopped(home):
    said = labctl(home, "devices", "stop", "robot-1")

    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith("robot-1 stopped after ")


def test_a_device_is_adopted_into_the_lab_file(home, floor):
    before = (home / "lab.toml").read_text()
    address = floor.add("robot-3")
    said = labctl(home, "devices", "adopt", address, "--json")
    again = labctl(home, "devices", "adopt", address)

    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)["id"] == "robot-3"
    assert json.loads(said.stdout)["state"] == "ready"
    assert (home / "lab.toml").read_text().startswith(before.rstrip())
    assert f'address = "{address}"' in (home / "lab.toml").read_text()
    assert again.returncode == 2
    assert "is the address of robot-3 already" in again.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_leaves_the_robot_at_rest_and_says_nothing(home, floor, number, code):
    process = subprocess.Popen(
        [*COMMAND, "devices", "test", "robot-1", "--move"],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 20
    while floor.wheels("robot-1") == (0, 0) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert floor.wheels("robot-1") != (0, 0)

    process.send_signal(number)
    pressed = time.monotonic()
    said, errors = process.communicate(timeout=10)

    assert time.monotonic() - pressed < 3
    assert (process.returncode, said, errors) == (code, "", "")
    assert floor.wheels("robot-1") == (0, 0)
