"""The lab file: what is read, what is refused and in which words, and how a device is added."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from devices.errors import BadFile, BadValue, LabError
from labctl.inventory import DeviceEntry, add_device, display_name, load_inventory

GOOD = """\
# our room
[lab]
name = "Laboratoriya 1"
language = "az"

[devices.robot-1]  # the red one
chassis = "two-motor"
address = "usb:85430353"
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "lab.toml"
    file.write_text(text, encoding="utf-8")
    return file


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(BadFile) as caught:
        load_inventory(write(folder, text))
    assert str(folder / "lab.toml") in str(caught.value)
    assert caught.value.hint
    return [str(one) for one in caught.value.problems]


def device(lines: str) -> str:
    return f'[devices.robot-1]\nchassis = "two-motor"\n{lines}\n'


def test_three_lines_are_a_device(tmp_path):
    inventory = load_inventory(write(tmp_path, GOOD))

    assert (inventory.name, inventory.language) == ("Laboratoriya 1", "az")
    assert inventory.devices == {"robot-1": DeviceEntry(address="usb:85430353", chassis="two-motor")}
    assert display_name("robot-1", inventory.devices["robot-1"]) == "Robot 1"


def test_a_lab_without_a_file_has_no_devices(tmp_path):
    assert load_inventory(tmp_path / "lab.toml").devices == {}


def test_a_byte_order_mark_and_windows_line_ends_are_no_matter(tmp_path):
    file = tmp_path / "lab.toml"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())

    assert list(load_inventory(file).devices) == ["robot-1"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '[lab]\nnam = "x"',
            "lab.toml, line 2, [lab] nam: there is no such setting. Did you mean name?",
        ),
        (
            '[lab]\ncolour = "x"',
            "lab.toml, line 2, [lab] colour: there is no such setting; there are name, language",
        ),
        (
            '[lab]\nlanguage = "azerbaijani"',
            'lab.toml, line 2, [lab] language: expected one of "az", "en", found "azerbaijani". Did you mean "az"?',
        ),
        (
            device('adress = "usb:1"'),
            "lab.toml, line 3, [devices.robot-1] adress: there is no such setting. Did you mean address?",
        ),
        (
            device(""),
            "lab.toml, line 1, [devices.robot-1] address: this setting is missing",
        ),
        (
            device("address = 5"),
            "lab.toml, line 3, [devices.robot-1] address: expected text in quotes, found the"
            ' number 5. Did you mean "5"?',
        ),
        (
            device('address = "usb:1"\nallow_no_watchdog = "yes"'),
            "lab.toml, line 4, [devices.robot-1] allow_no_watchdog: expected true or false,"
            ' found "yes". Did you mean true?',
        ),
        (
            '[robot-3]\naddress = "usb:1"',
            "lab.toml, line 1, [robot-3]: there is no such section. Did you mean [devices.robot-3]?",
        ),
        (
            "[device.robot-3]\n",
            "lab.toml, line 1, [device]: there is no such setting. Did you mean devices?",
        ),
        (
            '[devices]\nrobot-1 = "usb:5"',
            'lab.toml, line 2, [devices.robot-1]: expected a section such as [devices.robot-1], found "usb:5"',
        ),
        (
            "devices = []",
            "lab.toml, line 1, [devices]: expected a section such as [devices.robot-1], found a list",
        ),
        ("a = ", "lab.toml, line 1: this is not TOML: Invalid value"),
        (
            '[devices.Robot_2]\nchassis = "two-motor"\naddress = "usb:1"',
            "lab.toml, line 1, [devices.Robot_2]: an id is small letters a-z, digits and single"
            " hyphens, such as robot-2",
        ),
        (
            device('address = "ttyUSB0"'),
            "lab.toml, line 3, [devices.robot-1] address: an address begins with one of usb:,"
            " serial:, socket:, rfc2217:,"
            " sim:. Did you mean serial:/dev/ttyUSB0?",
        ),
        (
            device('address = "COM3"'),
            "lab.toml, line 3, [devices.robot-1] address: an address begins with its kind. Did you mean serial:COM3?",
        ),
        (
            device('address = "sokcet:host:1"'),
            "lab.toml, line 3, [devices.robot-1] address: an address begins with one of usb:,"
            " serial:, socket:, rfc2217:,"
            " sim:. Did you mean socket:host:1?",
        ),
        (
            device('address = "socket:192.168.1.20"'),
            "lab.toml, line 3, [devices.robot-1] address: expected an address such as socket:192.168.1.20:3030",
        ),
        (
            device('address = "socket://host:1"'),
            "lab.toml, line 3, [devices.robot-1] address: an address has no slashes. Did you mean socket:host:1?",
        ),
        (
            device('address = "socket:host:70000"'),
            "lab.toml, line 3, [devices.robot-1] address: a port is a number from 1 to 65535, found 70000",
        ),
        (
            device('address = "sim:labctl"'),
            "lab.toml, line 3, [devices.robot-1] address: there is no simulated device labctl; there are labctl-robot,"
            " standard-firmata. Did you mean sim:labctl-robot?",
        ),
        (
            '[devices.robot-1]\nchassis = "two-moter"\naddress = "usb:1"',
            "lab.toml, line 2, [devices.robot-1] chassis: there is no chassis two-moter. Did you mean two-motor?",
        ),
        (
            device('address = "usb:1"\ndriver = "firmta"'),
            "lab.toml, line 4, [devices.robot-1] driver: there is no driver firmta. Did you mean firmata?",
        ),
        (
            device('address = "usb:1"') + '[devices.robot-2]\nchassis = "two-motor"\naddress = "usb:1"',
            "lab.toml, line 6, [devices.robot-2] address: usb:1 is the address of robot-1 already",
        ),
    ],
)
def test_a_mistake_is_shown_with_its_line_and_what_was_meant(tmp_path, text, expected):
    assert problems(tmp_path, text) == [expected]


def test_every_mistake_is_listed_in_the_order_of_the_file(tmp_path):
    found = problems(tmp_path, '[lab]\nnam = "x"\nlanguage = 3\n' + device("address = 5"))

    assert [line.split(",")[1].strip() for line in found] == ["line 2", "line 3", "line 6"]


def test_what_types_forbid_and_what_a_lab_forbids_are_listed_together(tmp_path):
    text = """\
devices.Robot_1 = {chassis = "two-motor", address = "usb1"}
devices.robot-2 = {chassis = "two-moto", address = "usb:2", allow_no_watchdog = "yes"}
devices.robot-3 = {chassis = "two-motor", address = 3, driver = "firmat"}
devices.robot-4 = {chassis = "two-motor", address = "usb:2"}
devices.robot-5 = "usb:2"
[lab]
language = "fr"
"""
    assert [one.partition(": ")[0] for one in problems(tmp_path, text)] == [
        "lab.toml, line 1, [devices.Robot_1]",
        "lab.toml, line 1, [devices.Robot_1] address",
        "lab.toml, line 2, [devices.robot-2] allow_no_watchdog",
        "lab.toml, line 2, [devices.robot-2] chassis",
        "lab.toml, line 3, [devices.robot-3] address",
        "lab.toml, line 3, [devices.robot-3] driver",
        "lab.toml, line 4, [devices.robot-4] address",
        "lab.toml, line 5, [devices.robot-5]",
        "lab.toml, line 7, [lab] language",
    ]


def test_text_that_is_not_utf8_names_its_line(tmp_path):
    file = tmp_path / "lab.toml"
    file.write_bytes(b'[lab]\nname = "M\xfc"\n')

    with pytest.raises(BadFile) as caught:
        load_inventory(file)
    assert caught.value.problems == ("lab.toml, line 2: this is not UTF-8 text",)


def test_a_folder_in_place_of_the_file_is_said(tmp_path):
    (tmp_path / "lab.toml").mkdir()

    with pytest.raises(BadFile, match="cannot be read"):
        load_inventory(tmp_path / "lab.toml")


def test_simulated_devices_may_share_an_address(tmp_path):
    text = (
        device('address = "sim:labctl-robot"')
        + '[devices.robot-2]\nchassis = "two-motor"\naddress = "sim:labctl-robot"'
    )

    assert list(load_inventory(write(tmp_path, text)).devices) == ["robot-1", "robot-2"]


def test_a_school_may_have_a_chassis_of_its_own(tmp_path):
    (tmp_path / "chassis").mkdir()
    (tmp_path / "chassis" / "tank.toml").touch()
    text = '[devices.robot-1]\nchassis = "tank"\naddress = "usb:1"'

    assert load_inventory(write(tmp_path, text), chassis_folders=[tmp_path / "chassis"]).devices


def test_adding_a_device_keeps_what_people_wrote(tmp_path):
    file = write(tmp_path, GOOD)
    file.chmod(0o640)

    after = add_device(file, "robot-2", DeviceEntry(address="serial:/dev/ttyUSB0", chassis="two-motor", name='Ə "2"'))

    text = file.read_text("utf-8")
    assert text.startswith(GOOD)
    assert list(after.devices) == ["robot-1", "robot-2"]
    assert load_inventory(file).devices["robot-2"].name == 'Ə "2"'
    assert os.name == "nt" or stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["lab.toml"]


def test_adding_the_first_device_makes_the_file(tmp_path):
    file = tmp_path / "new" / "lab.toml"

    add_device(file, "robot-1", DeviceEntry(address="usb:1", chassis="two-motor"))

    assert file.read_text() == '[devices.robot-1]\naddress = "usb:1"\nchassis = "two-motor"\n'


def test_adding_keeps_windows_line_ends(tmp_path):
    file = tmp_path / "lab.toml"
    file.write_bytes(GOOD.replace("\n", "\r\n").encode())

    add_device(file, "robot-2", DeviceEntry(address="usb:2", chassis="two-motor"))

    assert b"\n" not in file.read_bytes().replace(b"\r\n", b"")


@pytest.mark.parametrize(
    ("id", "address", "message"),
    [
        ("robot-1", "usb:2", "There is a device robot-1 already, at usb:85430353"),
        ("robot-2", "usb:85430353", "usb:85430353 is the address of robot-1 already"),
        ("Robot 2", "usb:2", "an id is small letters"),
        ("robot-2", "ttyUSB0", "an address begins with one of"),
    ],
)
def test_a_device_that_cannot_be_added_leaves_the_file_alone(tmp_path, id, address, message):
    file = write(tmp_path, GOOD)

    with pytest.raises(BadValue, match=message):
        add_device(file, id, DeviceEntry(address=address, chassis="two-motor"))
    assert file.read_text("utf-8") == GOOD


def test_nothing_is_added_to_a_file_that_is_wrong(tmp_path):
    file = write(tmp_path, "[lab]\nnam = 1\n")

    with pytest.raises(BadFile):
        add_device(file, "robot-1", DeviceEntry(address="usb:1", chassis="two-motor"))
    assert file.read_text() == "[lab]\nnam = 1\n"


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() != 0 or not Path("/proc").exists(), reason="needs a folder nobody may write"
)
def test_a_file_that_cannot_be_written_is_said():
    with pytest.raises(LabError, match="cannot be written"):
        add_device(Path("/proc/lab.toml"), "robot-1", DeviceEntry(address="usb:1", chassis="two-motor"))
