"""The command line as a person types it: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from labctl.cli.catalogue import COMMANDS
from tests.cli.typing_it import COMMAND, environment, labctl, labctl_process


def test_help_names_every_command(tmp_path):
    said = labctl_process(tmp_path, "--help")

    assert said.returncode == 0
    assert said.stderr == ""
    for command in COMMANDS.values():
        assert f"\n  {command.name} " in said.stdout
        for part in command.parts:
            assert part in said.stdout


@pytest.mark.parametrize("asked", [[], ["-h"], ["help"]])
def test_help_is_what_who_asks_nothing_gets(tmp_path, asked):
    assert labctl(tmp_path, *asked).stdout == labctl(tmp_path, "--help").stdout


@pytest.mark.parametrize("args", [["--help"], ["lab", "--help"], ["devices", "test", "--help"], ["devices"]])
def test_help_is_in_the_persons_language(tmp_path, args):
    said = labctl(tmp_path, *args, LABCTL_LANG="az")

    for word in ("Usage", "Examples", "Options:", "Arguments", "Commands", "Show this", "a command is missing"):
        assert word not in said.stdout + said.stderr
    assert "İstifadəsi:" in said.stdout + said.stderr


def test_help_imports_no_library(tmp_path):
    code = "import sys\nfrom labctl.cli.main import run\nrun(['--help'])\nprint(sorted(sys.modules), file=sys.stderr)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)

    loaded = set(eval(said.stderr))  # a list that this test printed itself
    assert not loaded & {"typer", "rich", "pydantic", "flask", "sqlalchemy", "serial", "asyncio", "uvicorn"}


def test_the_catalogue_is_what_the_modules_have(tmp_path):
    for command in COMMANDS.values():
        help = labctl(tmp_path, command.name, "--help")
        assert help.returncode == 0, help.stderr
        for part in command.parts:
            assert f"\n  {part} " in help.stdout
        listed = help.stdout.partition("Commands:\n")[2].splitlines()
        assert len([line for line in listed if line[2:3].strip()]) == len(command.parts)


def test_the_version_is_told(tmp_path):
    assert labctl(tmp_path, "--version").stdout.startswith("labctl 0.")


@pytest.mark.parametrize(
    ("args", "message", "hint"),
    [
        (["devise"], "There is no command devise", "Did you mean labctl devices?"),
        (["xyzzy"], "There is no command xyzzy", "See labctl --help."),
        (["--frob"], "There is no option --frob here", "See labctl --help."),
        (
            ["devices", "lst"],
            "labctl devices: No such command 'lst'. Did you mean 'list'?",
            "See labctl devices --help.",
        ),
        (["lab", "where", "--jsn"], "labctl lab where: No such option: --jsn", "See labctl lab where --help."),
        (["devices", "show"], "labctl devices show: Missing argument 'NAME'", "See labctl devices show --help."),
        (["panel", "--port", "x"], "labctl panel: Invalid value for '--port'", "See labctl panel --help."),
        (["panel", "--port", "70000"], "labctl panel: Invalid value for '--port'", "See labctl panel --help."),
    ],
)
def test_wrong_usage_is_two_and_says_what_was_meant(tmp_path, args, message, hint):
    said = labctl(tmp_path, *args)

    assert said.returncode == 2
    assert said.stdout == ""
    assert message in said.stderr
    assert hint in said.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["devices", "lst"],
        ["devices", "xyz"],
        ["lab", "where", "--jsn"],
        ["lab", "where", "--nothing"],
        ["lab", "where", "more"],
        ["devices", "show"],
        ["panel", "--port", "x"],
        ["panel", "--port", "70000"],
        ["panel", "--port"],
    ],
)
def test_wrong_usage_is_said_in_the_persons_language(tmp_path, args):
    said = labctl(tmp_path, *args, LABCTL_LANG="az").stderr

    for word in ("No such", "Did you mean", "Missing", "requires", "Got", "Invalid", "Input", "too many"):
        assert word not in said


def test_wrong_usage_is_json_too(tmp_path):
    error = json.loads(labctl(tmp_path, "devices", "show", "--json").stderr)

    assert error["error"] == "wrong-usage"
    assert "NAME" in error["message"]
    assert error["hint"] == "See labctl devices show --help."


def test_a_family_without_a_command_shows_its_help_and_is_two(tmp_path):
    said = labctl(tmp_path, "devices")

    assert said.returncode == 2
    assert "scan" in said.stderr


def test_a_lab_begins_with_one_command(tmp_path):
    home = tmp_path / "lab"
    said = labctl(home, "lab", "init", "--name", 'Otaq "12"', "--language", "az")

    assert said.returncode == 0, said.stderr
    text = (home / "lab.toml").read_text("utf-8")
    assert 'name = "Otaq \\"12\\""' in text
    assert os.name == "nt" or stat.S_IMODE(home.stat().st_mode) == 0o700
    assert "labctl devices scan" in said.stdout


def test_a_lab_that_is_there_is_not_begun_again(tmp_path):
    labctl(tmp_path, "lab", "init")
    text = (tmp_path / "lab.toml").read_text()
    said = labctl(tmp_path, "lab", "init", "--name", "other")

    assert said.returncode == 1
    assert f"There is a lab file already: {tmp_path / 'lab.toml'}" in said.stderr
    assert (tmp_path / "lab.toml").read_text() == text


def test_a_language_nobody_speaks_here_is_wrong_usage(tmp_path):
    said = labctl(tmp_path, "lab", "init", "--language", "fr")

    assert said.returncode == 2
    assert said.stderr == "There is no language fr; there are az, en\n  Give --language az or --language en.\n"
    assert not (tmp_path / "lab.toml").exists()


def test_where_says_where_everything_is(tmp_path):
    said = json.loads(labctl(tmp_path, "lab", "where", "--json").stdout)

    assert said["lab_file"] == str(tmp_path / "lab.toml")
    assert said["data"] == str(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_given_goes_before_the_home_of_the_lab(tmp_path):
    said = json.loads(labctl(tmp_path / "a", "lab", "where", "--json", "--data", str(tmp_path / "b")).stdout)

    assert said["data"] == str(tmp_path / "b")


def test_without_a_home_the_system_says_where(tmp_path):
    said = json.loads(labctl(tmp_path, "lab", "where", "--json", LABCTL_HOME="", HOME=str(tmp_path)).stdout)

    assert "labctl" in said["lab_file"]
    assert said["lab_file"].endswith("lab.toml")


@pytest.mark.parametrize("args", [["devices", "list"], ["devices", "test", "robot-1"], ["panel", "--no-browser"]])
def test_a_wrong_lab_file_is_two_and_nothing_is_started(tmp_path, args):
    (tmp_path / "lab.toml").write_text('[devices.robot-1]\nchassis = "two-motor"\nadress = "usb:1"\n')
    said = labctl(tmp_path, *args)

    assert said.returncode == 2
    assert said.stderr.splitlines() == [
        f"{tmp_path / 'lab.toml'} does not say what a lab file must; nothing was started",
        "  lab.toml, line 3, [devices.robot-1] adress: there is no such setting. Did you mean address?",
        "  Correct it, then try again. docs/reference/lab-file.md lists every setting.",
    ]
    assert "Traceback" not in said.stderr
    assert not (tmp_path / "lab.db").exists()


def test_a_wrong_lab_file_is_json_too(tmp_path):
    (tmp_path / "lab.toml").write_text("[lab]\nnam = 1\n")
    error = json.loads(labctl(tmp_path, "devices", "list", "--json").stderr)

    assert error["error"] == "bad-file"
    assert error["problems"] == ["lab.toml, line 2, [lab] nam: there is no such setting. Did you mean name?"]


@pytest.mark.parametrize("args", [["devices", "show", "robot-9"], ["devices", "test", "robot-9", "--json"]])
def test_a_device_nobody_knows_is_two(tmp_path, args):
    said = labctl(tmp_path, *args)

    assert said.returncode == 2
    assert "robot-9" in said.stderr


def test_a_lab_without_devices_says_what_to_do(tmp_path):
    said = labctl(tmp_path, "devices", "list")

    assert said.returncode == 0
    assert "labctl devices scan" in said.stdout
    assert labctl(tmp_path, "devices", "list", "--json").stdout == "[]\n"


@pytest.mark.parametrize(
    ("typed", "place", "expected"), [("labctl dev", "1", "devices"), ("labctl devices te", "2", "test")]
)
def test_a_shell_completes_commands(tmp_path, typed, place, expected):
    asked = {"_LABCTL_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": place}

    assert labctl_process(tmp_path, **asked).stdout.split() == [expected]


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["lab", "where"], ["lab", "--help"]])
def test_whoever_stops_reading_gets_no_traceback(tmp_path, args):
    process = subprocess.Popen(
        [*COMMAND, *args], env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    _nothing, errors = process.communicate(timeout=30)

    assert errors == b""


@pytest.mark.parametrize("args", [["--help"], ["lab", "where"], ["devices", "list"]])
@pytest.mark.parametrize(("to", "why"), [("> /dev/full", "No space left on device"), (">&-", "Bad file descriptor")])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a shell and a device that is always full")
def test_output_that_cannot_be_written_is_said(tmp_path, args, to, why):
    labctl(tmp_path, "lab", "init")
    typed = f"{shlex.join([*COMMAND, *args])} {to}"
    said = subprocess.run(
        ["sh", "-c", typed], env=environment(tmp_path), capture_output=True, text=True, timeout=30, check=False
    )

    assert said.returncode == 1
    assert said.stderr == f"The output could not be written: {why}\n"


def test_letters_that_a_console_lacks_are_no_crash(tmp_path):
    labctl(tmp_path, "lab", "init", "--language", "az")
    said = labctl_process(tmp_path, "devices", "list", PYTHONIOENCODING="ascii", PYTHONUTF8="0")

    assert said.returncode == 0
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["devices", "list"],
        ["devices", "show", "robot-1"],
        ["devices", "scan"],
        ["devices", "adopt", "sim:labctl-robot"],
        ["doctor"],
        ["lessons", "list"],
        ["lessons", "check"],
        ["people", "password", "Aysel", "--generate"],
    ],
)
def test_a_slip_in_the_folder_is_said_and_makes_no_lab(tmp_path, args):
    folder = tmp_path / "lbctl"
    said = labctl(tmp_path, *args, "--data", str(folder))

    assert said.returncode == 2
    assert said.stderr.splitlines() == [
        f"There is no folder {folder}",
        f"  See how it is written, or begin a lab there: labctl lab init --data {folder}",
    ]
    assert not folder.exists()


def test_a_data_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    said = labctl(tmp_path / "file" / "lab", "lab", "init")

    assert said.returncode == 1
    assert "cannot be written" in said.stderr
    assert "--data" in said.stderr


def test_lessons_are_listed_and_checked(tmp_path):
    listed = json.loads(labctl(tmp_path, "lessons", "list", "--json").stdout)
    checked = labctl(tmp_path, "lessons", "check", "--json")

    assert {"first-drive"} <= {lesson["id"] for lesson in listed["lessons"]}
    assert json.loads(checked.stdout)["fine"] == [lesson["id"] for lesson in listed["lessons"]]


def test_a_lesson_with_mistakes_is_two(tmp_path):
    folder = tmp_path / "lessons" / "mine"
    folder.mkdir(parents=True)
    (folder / "lesson.toml").write_text('format = 1\nid = "mine"\ntitel = "x"\n')
    said = labctl(tmp_path, "lessons", "check", str(folder))

    assert said.returncode == 2
    assert "titel" in said.stderr
    assert labctl(tmp_path, "lessons", "list").returncode == 1
    assert labctl(tmp_path, "lessons", "check", str(tmp_path)).returncode == 2


def test_the_language_is_the_persons_then_the_labs_then_the_systems(tmp_path):
    from labctl.cli.speech import choose_language

    lab_file = tmp_path / "lab.toml"
    lab_file.write_text('[lab]\nlanguage = "az"\n')

    assert choose_language({"LABCTL_LANG": "en", "LANG": "az_AZ.UTF-8"}, lab_file) == "en"
    assert choose_language({"LANG": "en_GB.UTF-8"}, lab_file) == "az"
    assert choose_language({"LANG": "az_AZ.UTF-8"}, Path("nowhere")) == "az"
    assert choose_language({"LANG": "C"}, None) == "en"
    assert choose_language({}, None) == "en"
    assert choose_language({"LABCTL_LANG": "fr", "LANG": "az"}, None) == "az"
