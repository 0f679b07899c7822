"""The doctor: each check by what it is told, the visit as a whole, and a report without secrets."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devices.errors import PortBusy
from devices.text import _
from labctl.doctor import files, lab_devices, machine
from labctl.doctor.finding import Finding, Severity, examine
from labctl.doctor.report import REMOVED, without, write_report
from labctl.doctor.visit import any_problem, examine_lab
from labctl.files import make_private_folder
from labctl.lock import Holder
from labctl.places import Places, find_places
from labctl.store.database import bring_up_to_date
from labctl.views import DeviceState, DeviceView, Problem
from tests.cli.typing_it import labctl

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ADVICE = (Severity.WARNING, Severity.PROBLEM)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = find_places(tmp_path / "lab")
    make_private_folder(places.data)
    return places


def one(findings) -> Finding:
    (found,) = findings
    assert found.severity is Severity.FINE or (found.why and found.fix)
    return found


def view(**changes) -> DeviceView:
    facts = {
        "id": "robot-1",
        "name": "Robot 1",
        "kind": "robot",
        "model": {},
        "address": "usb:1",
        "state": DeviceState.READY,
        "since": NOW,
        "simulated": False,
        "firmware": "labctl-robot",
        "version": "1.0",
        "stops_by_itself": True,
        "capabilities": ("drives",),
    }
    return DeviceView(**{**facts, **changes})


def test_an_old_python_is_a_problem():
    assert one(machine.python_version((3, 10, 2))).severity is Severity.PROBLEM
    assert one(machine.python_version((3, 11, 0))).severity is Severity.FINE
    assert one(machine.python_version()).severity is Severity.FINE


@pytest.mark.parametrize(
    ("free", "severity"), [(50 << 20, Severity.PROBLEM), (500 << 20, Severity.WARNING), (50 << 30, Severity.FINE)]
)
def test_a_full_disk_is_told_before_it_is_full(tmp_path, free, severity):
    assert one(machine.disk_space(tmp_path, free=free)).severity is severity


def test_the_disk_of_a_folder_that_is_not_there_yet_is_known(tmp_path):
    assert one(machine.disk_space(tmp_path / "a" / "b")).check == "disk-space"


def test_a_clock_behind_the_last_event_is_a_problem():
    found = one(machine.clock(NOW, last_event=NOW + timedelta(hours=1)))

    assert found.severity is Severity.PROBLEM
    assert "timed starts are held" in found.why


def test_a_clock_before_this_version_was_made_is_a_problem():
    assert one(machine.clock(datetime(2000, 1, 1, tzinfo=UTC), last_event=None)).severity is Severity.PROBLEM


@pytest.mark.parametrize("last", [None, NOW, NOW + timedelta(seconds=30)])
def test_a_clock_that_may_be_right_is_fine(last):
    assert one(machine.clock(NOW, last_event=last)).severity is Severity.FINE


@pytest.mark.skipif(os.name == "nt", reason="groups")
def test_a_port_that_may_not_be_opened_says_which_group(tmp_path, monkeypatch):
    port = tmp_path / "ttyUSB0"
    port.touch()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    found = one(machine.serial_permission([str(port)]))

    assert found.severity is Severity.PROBLEM
    assert "usermod -a -G" in found.fix
    assert str(port) in found.what


def test_ports_that_may_be_opened_are_fine(tmp_path):
    (tmp_path / "ttyUSB0").touch()

    assert one(machine.serial_permission([str(tmp_path / "ttyUSB0")])).severity is Severity.FINE
    assert one(machine.serial_permission([])).severity is Severity.FINE


def test_no_lab_file_is_a_warning_that_says_how_to_begin(places):
    found = one(files.lab_file(places))

    assert found.severity is Severity.WARNING
    assert "labctl lab init" in found.fix


def test_each_mistake_in_the_lab_file_is_a_finding(places):
    places.lab_file.write_text("[lab]\nnam = 1\nlanguage = 2\n")
    found = list(files.lab_file(places))

    assert [finding.severity for finding in found] == [Severity.PROBLEM] * 2
    assert "line 2" in found[0].what


@pytest.mark.skipif(os.name == "nt", reason="modes")
def test_a_database_that_others_can_read_is_a_problem(places):
    places.database.touch(mode=0o644)
    places.database.chmod(0o644)
    found = one(files.data_folder(places))

    assert found.severity is Severity.PROBLEM
    assert found.fix == f"Run: chmod go= {places.database}"


@pytest.mark.skipif(os.name == "nt", reason="modes")
def test_a_data_folder_that_others_can_look_into_is_a_warning(places):
    places.data.chmod(0o755)
    assert one(files.data_folder(places)).severity is Severity.WARNING
    places.data.chmod(0o700)
    assert one(files.data_folder(places)).severity is Severity.FINE


def test_a_data_folder_that_is_a_file_is_a_problem(tmp_path):
    (tmp_path / "lab").touch()

    assert one(files.data_folder(find_places(tmp_path / "lab"))).severity is Severity.PROBLEM


def test_a_lab_that_runs_and_does_not_answer_is_a_problem(places):
    found = one(files.lock(places, Holder(pid=4242, since=NOW, local="http://127.0.0.1:1/")))

    assert found.severity is Severity.PROBLEM
    assert "4242" in found.what


def test_a_lab_that_does_not_run_is_fine(places):
    assert one(files.lock(places, None)).severity is Severity.FINE


def test_a_sound_database_is_fine(places):
    bring_up_to_date(places.database, NOW)

    assert one(files.database(places)).severity is Severity.FINE
    assert files.last_event(places) is None


@pytest.mark.parametrize(
    "content", [b"this is no database, whatever its name says", b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_damaged_database_is_a_problem(places, content):
    places.database.write_bytes(content)
    places.database.chmod(0o600)
    found = examine("database", lambda: files.database(places))

    assert found[0].severity is Severity.PROBLEM
    assert "There is no copy of it" in found[0].fix
    assert files.last_event(places) is None

    (places.data / "backups").mkdir()
    copy = places.data / "backups" / "lab-0001-20261101T080000.db"
    copy.write_bytes(b"")
    assert str(copy) in examine("database", lambda: files.database(places))[0].fix


def test_a_damaged_database_is_named_once(tmp_path):
    (tmp_path / "lab.db").write_bytes(b"this is no database, whatever its name says")
    (tmp_path / "lab.db").chmod(0o600)
    found = json.loads(labctl(tmp_path, "doctor", "--json").stdout)["findings"]

    assert [one["check"] for one in found if "records are damaged" in one["what"]] == ["database"]


def test_a_device_that_does_not_answer_is_a_problem_with_its_remedy():
    problem = Problem(PortBusy.slug, _("Robot 1 is used by minicom"), _("Close minicom."))
    found = one(lab_devices.devices([view(state=DeviceState.ERROR, problem=problem)]))

    assert (found.check, found.what, found.fix) == ("device robot-1", "Robot 1 is used by minicom", "Close minicom.")
    assert one(lab_devices.devices([view(state=DeviceState.CONNECTING)])).severity is Severity.PROBLEM


def test_a_robot_that_does_not_stop_by_itself_is_a_warning():
    found = one(lab_devices.devices([view(stops_by_itself=False, firmware="StandardFirmata")]))

    assert found.severity is Severity.WARNING
    assert one(lab_devices.devices([view()])).severity is Severity.FINE


def test_a_check_that_breaks_is_a_finding_and_the_rest_go_on(places):
    def broken():
        raise ZeroDivisionError("oh")

    found = examine_lab(places, holder=None, devices=broken)

    assert "ZeroDivisionError: oh" in found[-1].what
    assert {finding.check for finding in found} > {"python", "disk-space", "clock", "lock", "database"}
    assert any_problem(found)


def test_devices_of_a_wrong_lab_file_are_left_alone(places):
    places.lab_file.write_text("[lab\n")

    def never():
        raise AssertionError

    assert all(finding.check != "devices" for finding in examine_lab(places, holder=None, devices=never))


def test_the_report_has_no_secret_and_no_name_in_it(places, monkeypatch):
    monkeypatch.setenv("USER", "aysel-account")
    monkeypatch.setenv("HOME", str(places.data.parent))
    bring_up_to_date(places.database, NOW)
    with closing(sqlite3.connect(places.database)) as store:
        store.execute(
            "INSERT INTO person (id, kind, name, language, password_hash, created_at)"
            " VALUES ('01', 'teacher', 'Əliyeva Günay', 'az', '$argon2id$planted-hash', '2026-11-23 08:00:00')"
        )
        store.execute(
            "INSERT INTO event (id, lab, at, kind, device, data)"
            " VALUES ('01', '02', '2026-11-23 08:00:00', 'device.ready', 'robot-1', '{\"said\": \"planted words\"}')"
        )
        store.commit()
    places.token.write_text("planted-token-0123456789\n")
    places.log.write_text("2026-11-23 WARNING web: Günay showed planted-token-0123456789\nsomething broke\n")
    places.session_key.write_text("planted-session-key\n")
    places.secrets.write_text('[printers.p1]\nkey = "planted-key"\nlist = ["planted-item"]\n')
    places.lab_file.write_text(
        '# wifi password: planted-comment\n[devices.robot-1]\nchassis = "two-motor"\naddress = "usb:1"\n'
        'name = "Günay"\n',
        encoding="utf-8",
    )
    found = [
        Finding(
            "x",
            "Günay said planted-token-0123456789, planted-session-key, planted-key and PLANTED-ITEM to aysel-account",
        ),
        Finding("y", "http://user:planted-credentials@printer.local/"),
    ]
    file = places.data / "report.txt"

    write_report(file, found, places)

    text = file.read_text("utf-8")
    assert "planted" not in text.lower()
    for secret in ("Əliyeva", "Günay", "günay", "$argon2", "aysel-account", str(places.data.parent)):
        assert secret not in text
    assert REMOVED in text
    assert "robot-1: chassis two-motor, address usb:1" in text
    assert "device.ready robot-1" in text
    assert "pydantic " in text
    assert "something broke" in text


def test_short_words_stay():
    assert without("a usb:1 b", ["b", "us"], names=["us"]) == "a usb:1 b"


def test_a_name_is_taken_out_as_a_word_and_not_out_of_words():
    assert without("validate Ali, ALI's", [], names=["Ali"]) == f"validate {REMOVED}, {REMOVED}'s"


def test_doctor_on_the_command_line(tmp_path):
    home = tmp_path / "lab"
    labctl(home, "lab", "init")
    fine = labctl(home, "doctor", "--json", "--no-devices", "--report", str(tmp_path / "report.txt"))
    (home / "lab.toml").write_text("[lab]\nnam = 1\n")
    wrong = labctl(home, "doctor", "--json")
    spoken = labctl(home, "doctor")

    said = json.loads(fine.stdout)
    assert (fine.returncode, said["ok"]) == (0, True), fine.stdout
    assert {"check", "what", "why", "fix", "severity"} == set(said["findings"][0])
    assert (tmp_path / "report.txt").exists()
    assert wrong.returncode == 1
    assert json.loads(wrong.stdout)["ok"] is False
    assert spoken.returncode == 1
    assert "Did you mean name?" in spoken.stdout


def test_a_report_that_cannot_be_written_is_said(tmp_path):
    said = labctl(tmp_path, "doctor", "--no-devices", "--report", str(tmp_path / "no" / "report.txt"))

    assert said.returncode == 1
    assert "report.txt cannot be written" in said.stderr
