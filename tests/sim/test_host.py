"""The simulated lab on its sockets: it starts, serves, misbehaves on request, idles, and leaves nothing behind."""

from __future__ import annotations

import json
import math
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from devices.errors import BadValue, LabError, UnknownName
from devices.sim import faults
from devices.sim.arena import Pose
from devices.sim.host import SimHost
from devices.wire import firmata as wire
from tests.sim.board import FORWARD, HALF


class Client:
    """A computer at the other end of the cable."""

    def __init__(self, address: str) -> None:
        _scheme, host, port = address.split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=2)
        self.parser = wire.Parser()
        self.said: list[wire.Message] = []

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_error: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def hear(self, wanted: type, count: int = 1) -> list[wire.Message]:
        """Wait for so many messages of a kind; returns all that came until then."""
        while sum(isinstance(message, wanted) for message in self.said) < count:
            data = self.socket.recv(4096)
            assert data, f"the port closed after {self.said}"
            self.said += self.parser.feed(data)
        said, self.said = self.said, []
        return said

    def ask(self, data: bytes, wanted: type) -> wire.Message:
        self.send(data)
        return self.hear(wanted)[-1]


def greet(address: str) -> None:
    with Client(address) as client:
        client.hear(wire.Firmware)


@pytest.fixture
def host() -> Iterator[SimHost]:
    with SimHost(seed=1, boot_seconds=0.05) as host:
        yield host


def until(true: Callable[[], bool], seconds: float = 5) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.005)


@pytest.mark.parametrize("firmware", ["labctl-robot", "standard-firmata"])
def test_a_robot_answers_at_its_address(host, firmware):
    with Client(host.add("robot-1", firmware)) as client:
        greeting = client.hear(wire.Firmware)
        assert greeting[0] == wire.Version(2, 5)
        assert client.ask(wire.ask_version(), wire.Version) == wire.Version(2, 5)
        assert len(client.ask(wire.ask_capabilities(), wire.Capabilities).pins) == 20


def test_a_robot_drives_and_its_pose_follows(host):
    with Client(host.add("robot-1")) as client:
        client.hear(wire.Firmware)
        before = host.poses()
        assert before is host.poses()
        client.send(FORWARD)
        until(lambda: host.wheels("robot-1") == pytest.approx((HALF, HALF)))
        for _beat in range(5):
            time.sleep(0.1)
            client.send(wire.lab_keep_alive())
        assert host.speeds("robot-1") == pytest.approx((20, 20), rel=0.03)
        assert host.poses()["robot-1"].y < before["robot-1"].y - 5
        client.send(wire.lab_rest())
        client.hear(wire.Rested)
        assert host.wheels("robot-1") == (0, 0)
        until(lambda: host.speeds("robot-1") == (0, 0))


def test_the_dead_man_acts_while_the_controller_hangs(host):
    with Client(host.add("robot-1")) as client:
        client.hear(wire.Firmware)
        client.send(FORWARD)
        until(lambda: host.wheels("robot-1") != (0, 0))
        time.sleep(0.7)
        [*_before, change] = host.history("robot-1")
        assert change.wheels == (0, 0)
        began = next(change.at for change in host.history("robot-1") if any(change.pins.values()))
        assert 0.5 < change.at - began < 0.6


def test_the_dead_man_acts_after_the_controller_has_gone(host):
    with Client(host.add("robot-1")) as client:
        client.hear(wire.Firmware)
        client.send(FORWARD)
        until(lambda: host.wheels("robot-1")[0] > 0)
    until(lambda: host.wheels("robot-1") == (0, 0), seconds=5)
    on = [change.at for change in host.history("robot-1") if change.pins]
    assert 0.5 < on[-1] - on[0] < 0.51


def test_opening_resets_the_board(host):
    address = host.add("robot-1", "standard-firmata")
    with Client(address) as client:
        client.hear(wire.Firmware)
        client.send(FORWARD)
        until(lambda: host.wheels("robot-1")[1] > 0)
    time.sleep(0.1)
    assert host.wheels("robot-1") != (0, 0)  # nobody stops a robot without a watchdog
    with Client(address) as client:
        client.hear(wire.Firmware)
        assert host.wheels("robot-1") == (0, 0)


def test_only_one_program_has_the_port_at_a_time(host):
    address = host.add("robot-1")
    with Client(address) as first:
        first.hear(wire.Firmware)
        with pytest.raises((ConnectionError, AssertionError)):
            greet(address)
        assert first.ask(wire.ask_version(), wire.Version)


def test_closing_and_opening_again_at_once_always_works(host):
    address = host.add("robot-1")
    for _again in range(30):
        with Client(address) as client:
            client.send(wire.ask_version() * 50)  # left unread at the other end
            client.hear(wire.Firmware)


def test_eight_robots_stand_side_by_side_and_go_back_there(host):
    names = [f"robot-{number}" for number in range(1, 9)]
    addresses = {host.add(name) for name in names}
    assert len(addresses) == 8
    until(lambda: len(host.poses()) == 8)
    start = host.poses()
    assert len({pose.y for pose in start.values()}) == 1
    assert host.layout().width == 280
    host.place("robot-1", Pose(20, 50, 90))
    host.place("robot-2", start["robot-1"])
    assert host.poses()["robot-1"] == (20, 50, 90)
    host.put_on_start()
    assert host.poses() == start


def test_a_ninth_robot_makes_the_floor_wider(host):
    for number in range(9):
        host.add(f"robot-{number}")
    until(lambda: len(host.poses()) == 9)
    assert host.layout().width == 315
    assert host.poses()["robot-8"].x > 280


def test_adding_the_same_robot_again_changes_nothing(host):
    address = host.add("robot-1")
    assert host.add("robot-1", "standard-firmata") == address
    host.remove("robot-1")
    host.remove("robot-1")
    assert host.poses() == {}
    with pytest.raises(ConnectionRefusedError):
        Client(address)
    host.add("robot-2")
    until(lambda: "robot-2" in host.poses())
    assert host.poses()["robot-2"].x == 17.5  # the lane is free again


def test_a_robot_is_not_put_where_another_stands(host):
    host.add("robot-1", pose=Pose(50, 50, 0))
    with pytest.raises(BadValue):
        host.add("robot-2", pose=Pose(55, 50, 0))
    with pytest.raises(UnknownName):
        host.wheels("robot-2")
    with pytest.raises(UnknownName):
        host.fault("robot-2", None)


# -- faults --


def test_unplugging_drops_the_connection_and_refuses_until_replugged(host):
    address = host.add("robot-1")
    with Client(address) as client:
        client.hear(wire.Firmware)
        host.fault("robot-1", "unplugged")
        assert client.socket.recv(100) == b""
    for _attempt in range(3):
        with pytest.raises(ConnectionRefusedError):
            Client(address)
    host.fault("robot-1", None)
    with Client(address) as client:
        assert client.hear(wire.Firmware)


def test_a_stuck_board_makes_writes_block_and_is_itself_again_afterwards(host):
    address = host.add("robot-1")
    with Client(address) as client:
        client.hear(wire.Firmware)
        host.fault("robot-1", faults.STUCK)
        client.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.send(wire.lab_keep_alive() * 10_000_000)
        host.fault("robot-1", None)
    with Client(address) as client:
        assert client.hear(wire.Firmware)


def test_a_stuck_port_that_was_closed_can_be_opened_again_once_it_is_itself(host):
    address = host.add("robot-1")
    with Client(address) as client:
        client.hear(wire.Firmware)
        host.fault("robot-1", faults.STUCK)
        client.send(b"\xf9" * 100)
    host.fault("robot-1", None)
    with Client(address) as client:
        assert client.hear(wire.Firmware)


def test_a_silent_board_is_silent_and_comes_back(host):
    with Client(host.add("robot-1")) as client:
        client.hear(wire.Firmware)
        host.fault("robot-1", "silent")
        client.send(wire.ask_version())
        client.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.hear(wire.Version)
        host.fault("robot-1", None)
        client.socket.settimeout(2)
        assert client.ask(wire.ask_version(), wire.Version)


def test_more_than_the_line_carries_waits_as_a_serial_port_would(host):
    with Client(host.add("robot-1")) as client:
        client.hear(wire.Firmware)
        begun = time.monotonic()
        client.send(wire.lab_keep_alive() * 1500)  # 6000 bytes: 1.04 s on the wire
        client.ask(wire.ask_version(), wire.Version)
        assert time.monotonic() - begun > 1.03


# -- life --


def test_it_starts_and_closes_as_often_as_one_likes():
    host = SimHost()
    host.close()
    host.start()
    host.start()
    address = host.add("robot-1")
    begun = time.monotonic()
    with Client(address) as client:
        client.hear(wire.Firmware)
        host.close()
        assert client.socket.recv(100) == b""
    host.close()
    assert time.monotonic() - begun < 1
    assert host.poses() == {}
    with pytest.raises(LabError):
        host.put_on_start()
    with Client(host.add("robot-1")) as client:
        assert client.hear(wire.Firmware)
    host.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "sim"]


def wakeups(host: SimHost, seconds: float) -> int:
    """How often the host's loop woke up in a while."""
    counted = 0
    select = host._loop._selector.select

    def counting(timeout=None):
        nonlocal counted
        counted += 1
        return select(timeout)

    host._loop._selector.select = counting
    time.sleep(seconds)
    host._loop._selector.select = select
    return counted


def test_nothing_wakes_up_while_all_robots_rest_and_no_sensor_streams(host):
    clients = [Client(host.add(f"robot-{number}")) for number in range(8)]
    for client in clients:
        client.hear(wire.Firmware)
        client.send(wire.lab_encoders(100))
        client.hear(wire.Encoders)
    time.sleep(0.1)
    assert wakeups(host, 1.0) <= 1
    for client in clients:
        client.socket.close()


def test_a_robot_that_has_come_to_rest_lets_the_floor_rest(host):
    with Client(host.add("robot-1")) as client:
        client.hear(wire.Firmware)
        client.send(wire.lab_encoders(50) + FORWARD)
        client.hear(wire.Rested)
        time.sleep(0.5)
        assert wakeups(host, 0.5) <= 1


def test_it_runs_by_itself_and_takes_faults_as_lines():
    command = [sys.executable, "-m", "devices.sim", "--count", "2", "--firmware", "standard-firmata"]
    with subprocess.Popen(
        [*command, "--boot-seconds", "0.05"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        addresses = json.loads(process.stdout.readline())["addresses"]
        assert list(addresses) == ["robot-1", "robot-2"]
        with Client(addresses["robot-2"]) as client:
            assert client.hear(wire.Firmware)[-1] == wire.Firmware("StandardFirmata.ino", 2, 5)
            for line, fine in (
                ({"device": "robot-2", "fault": {"kind": "slow", "seconds": 0.1}}, True),
                ({"device": "robot-9", "fault": "silent"}, False),
                ({"device": "robot-2", "fault": "melted"}, False),
                ({"device": "robot-2", "fault": None}, True),
                ("nonsense", False),
            ):
                process.stdin.write(json.dumps(line) + "\n")
                process.stdin.flush()
                assert json.loads(process.stdout.readline())["ok"] is fine
            assert client.ask(wire.ask_version(), wire.Version)
        process.stdin.close()
        assert process.wait(5) == 0


def test_robots_do_not_collide_while_they_drive_at_once(host):
    clients = [Client(host.add(f"robot-{number}")) for number in range(4)]
    for client in clients:
        client.hear(wire.Firmware)
        client.send(FORWARD)
    time.sleep(0.4)
    poses = list(host.poses().values())
    assert all(math.dist(a[:2], b[:2]) >= 18 for i, a in enumerate(poses) for b in poses[:i])
    for client in clients:
        client.socket.close()
