"""Addresses, drivers, and what is plugged in."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from devices import plugin
from devices.addresses import Address, parse_address
from devices.connect import Entry, connect
from devices.discover import KINDS, judge
from devices.drivers.firmata import FirmataBoard, build
from devices.errors import AmbiguousDevice, BadFile, BadValue, NotSupported, PortMissing, UnknownName
from devices.robots.robot import Robot
from devices.sim.host import SimHost
from devices.transports.usb import Plugged, find

UNO = Plugged("/dev/ttyACM0", 0x2341, 0x0043, "85430353", "1-1.2", "Arduino Uno")
NANO = Plugged("/dev/ttyUSB0", 0x1A86, 0x7523, "", "1-1.4", "USB Serial")
OTHER_NANO = Plugged("/dev/ttyUSB1", 0x1A86, 0x7523, "", "1-1.3", "USB Serial")
MICROBIT = Plugged("/dev/ttyACM1", 0x0D28, 0x0204, "9904360258", "1-1.1", "BBC micro:bit CMSIS-DAP")
UNKNOWN = Plugged("/dev/ttyACM2", 0x1234, 0x5678, "X1", "1-2", "Something")
MODEM = Plugged("/dev/ttyS0")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("usb:85430353", Address("usb", "85430353")),
        ("usb:1-1.4", Address("usb", "1-1.4")),
        ("serial:/dev/ttyUSB0", Address("serial", "/dev/ttyUSB0")),
        ("serial:COM3", Address("serial", "COM3")),
        ("socket:127.0.0.1:4000", Address("socket", "127.0.0.1:4000", "127.0.0.1", 4000)),
        ("socket:pi.local:4000", Address("socket", "pi.local:4000", "pi.local", 4000)),
        ("rfc2217:[::1]:2217", Address("rfc2217", "[::1]:2217", "::1", 2217)),
        ("sim:labctl-robot", Address("sim", "labctl-robot")),
    ],
)
def test_an_address_is_taken_apart(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("/dev/ttyUSB0", "serial:/dev/ttyUSB0"),
        ("COM3", "serial:COM3"),
        ("10.0.0.7:4000", "socket:10.0.0.7:4000"),
        ("serail:/dev/ttyUSB0", "serial:/dev/ttyUSB0"),
        ("USB:85430353", "usb:85430353"),
        ("socket://pi.local:4000", "socket:pi.local:4000"),
        ("socket:pi.local", "such as socket:"),
        ("socket:pi.local:99999", "from 1 to 65535"),
        ("usb:", "such as usb:"),
        ("usb:<serial number>", "such as usb:"),
        ("sim:labctl", "sim:labctl-robot"),
        ("", "begins with one of usb:"),
        ("carrier pigeon", "begins with one of usb:"),
    ],
)
def test_what_is_no_address_is_told_with_what_was_meant(text: str, meant: str) -> None:
    with pytest.raises(BadValue) as bad:
        parse_address(text, name="robot-1")
    assert meant in bad.value.message
    assert bad.value.device == "robot-1"


def test_an_entry_becomes_a_robot_or_a_bare_board(tmp_path: Path) -> None:
    robot = connect(Entry("robot-1", "socket:127.0.0.1:4000", chassis="two-motor"))
    assert isinstance(robot, Robot)
    assert robot.name == "robot-1"
    assert isinstance(connect(Entry("board-1", "usb:85430353")), FirmataBoard)
    for entry, error in (
        (Entry("robot-1", "usb:1", chassis="three-motor"), UnknownName),
        (Entry("robot-1", "usb:1", driver="firmatta"), UnknownName),
        (Entry("robot-1", "nowhere"), BadValue),
        (Entry("robot-1", "sim:labctl-robot"), NotSupported),
        (Entry("robot-1", "usb:1", chassis="ours"), BadFile),
    ):
        (tmp_path / "ours.toml").write_text("x = 1")
        with pytest.raises(error) as refused:
            connect(entry, chassis_folders=[tmp_path])
        assert refused.value.hint or refused.value.message


async def test_a_simulated_entry_is_a_board_of_the_host() -> None:
    with SimHost(boot_seconds=0.02) as sims:
        robot = connect(Entry("robot-1", "sim:labctl-robot", chassis="two-motor"), sims=sims)
        assert (await robot.open()).firmware == "labctl-robot"
        await robot.close()
        with pytest.raises(BadValue):
            connect(Entry("robot-2", "sim:marble-run"), sims=sims)


# -- drivers


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, plugin.GROUP)


def test_our_driver_is_found_by_its_entry_point() -> None:
    assert "firmata" in plugin.drivers()
    assert plugin.driver("firmata") is build


def test_a_driver_that_is_not_there_is_guessed() -> None:
    with pytest.raises(UnknownName) as unknown:
        plugin.driver("firmta")
    assert "“firmata”" in unknown.value.hint
    with pytest.raises(UnknownName) as unknown:
        plugin.load("mbot", [])
    assert "pip" in unknown.value.hint
    with pytest.raises(UnknownName) as unknown:
        plugin.load("zzz", [point("firmata", "devices.drivers.firmata:build")])
    assert "firmata" in unknown.value.hint


def test_a_driver_that_is_there_twice_or_broken_is_refused() -> None:
    ours = point("firmata", "devices.drivers.firmata:build")
    assert plugin.load("firmata", [ours, ours]) is build  # an editable install may list it twice
    with pytest.raises(BadValue, match="Two packages"):
        plugin.load("firmata", [ours, point("firmata", "other.firmata:build")])
    with pytest.raises(BadValue, match="cannot be loaded"):
        plugin.load("firmata", [point("firmata", "devices.drivers.nothing:build")])


# -- what is plugged in


def test_a_board_is_found_by_its_serial_number_wherever_it_is() -> None:
    assert find("85430353", [NANO, UNO], name="robot-1") == "/dev/ttyACM0"
    moved = Plugged("/dev/ttyACM7", UNO.vid, UNO.pid, UNO.serial, "2-1", UNO.product)
    assert find("85430353", [NANO, moved], name="robot-1") == "/dev/ttyACM7"
    assert find("1-1.4", [NANO, OTHER_NANO, UNO], name="robot-1") == "/dev/ttyUSB0"


def test_a_board_that_is_not_plugged_in_lists_what_is() -> None:
    with pytest.raises(PortMissing) as missing:
        find("85430353", [NANO, MODEM], name="robot-1")
    assert "usb:1-1.4 (/dev/ttyUSB0)" in missing.value.hint
    assert "ttyS0" not in missing.value.hint
    with pytest.raises(PortMissing) as missing:
        find("85430353", [], name="robot-1")
    assert missing.value.hint


def test_two_boards_of_one_serial_number_are_refused_and_both_listed() -> None:
    twin = Plugged("/dev/ttyACM3", UNO.vid, UNO.pid, UNO.serial, "1-1.7", UNO.product)
    with pytest.raises(AmbiguousDevice) as ambiguous:
        find("85430353", [UNO, twin], name="robot-1")
    assert "/dev/ttyACM0" in ambiguous.value.message
    assert "/dev/ttyACM3" in ambiguous.value.message
    assert "usb:1-1.2" in ambiguous.value.hint
    assert find("1-1.7", [UNO, twin], name="robot-1") == "/dev/ttyACM3"


def test_what_is_plugged_in_is_judged() -> None:
    uno, nano, microbit, unknown = judge([UNO, NANO, MICROBIT, UNKNOWN, MODEM])
    assert (uno.address, uno.label, uno.chassis) == ("usb:85430353", "Arduino Uno", "two-motor")
    assert "2341:0043" in uno.why
    assert (nano.address, nano.chassis) == ("usb:1-1.4", "two-motor")
    assert "CH340" in nano.label
    assert (microbit.label, microbit.chassis) == ("micro:bit", None)
    assert (unknown.label, unknown.chassis) == ("Something", None)
    assert "1234:5678" in unknown.why


def test_twins_are_told_apart_by_where_they_are() -> None:
    twin = Plugged("/dev/ttyACM3", UNO.vid, UNO.pid, UNO.serial, "1-1.7", UNO.product)
    first, second = judge([UNO, twin])
    assert (first.address, second.address) == ("usb:1-1.2", "usb:1-1.7")
    assert first.ambiguous == ("/dev/ttyACM3",)


def test_every_known_kind_has_a_label() -> None:
    assert all(kind.label for kind in KINDS.values())
