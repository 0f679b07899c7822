"""What is installed: the wheel holds all it needs, owns its names, and works outside the repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import labctl

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PACKAGES = ("devices", "lessons", "labctl", "web")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    return next(out.glob("labctl-*.whl"))


@pytest.fixture(scope="session")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel in it; what it depends on is borrowed from the one that runs the tests."""
    home = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True, timeout=60)
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(pip, check=True, capture_output=True, timeout=60, env={**os.environ, "PIP_FIND_LINKS": ""})
    packages = next(home.rglob("site-packages"))
    borrowed = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    (packages / "borrowed.pth").write_text(f"{borrowed}\n")
    return python


def run(python: Path, *args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "LABCTL_", "LANG", "LC_"))
    }
    environment |= {"LABCTL_HOME": str(cwd / "lab"), "LANG": "C.UTF-8"}
    return subprocess.run([str(python), *args], cwd=cwd, env=environment, capture_output=True, text=True, timeout=50)


def labctl_of(python: Path) -> str:
    return str(python.with_name("labctl"))


@pytest.mark.parametrize(
    "pattern",
    [
        "devices/firmware/**/*.hex",
        "devices/robots/chassis/two-motor.toml",
        "labctl/store/migrations/env.py",
        "labctl/store/migrations/versions/*.py",
        "labctl/locales/az/LC_MESSAGES/labctl.po",
        "lessons/library/*/lesson.toml",
        "lessons/library/*/brief.az.md",
        "lessons/library/*/brief.en.md",
        "web/templates/**/*.html",
        "web/static/**/*.css",
        "web/static/**/*.js",
    ],
)
def test_the_wheel_holds_what_the_program_reads(unpacked, pattern):
    assert any(unpacked.glob(pattern))


def test_every_file_of_the_packages_is_in_the_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        shipped = set(archive.namelist())
    tracked = subprocess.run(
        ["git", "ls-files", *PACKAGES], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert not set(tracked.split("\n")) - shipped - {""}


def test_nothing_else_is_in_the_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        folders = {name.split("/")[0] for name in archive.namelist()}

    assert folders == {*PACKAGES, f"labctl-{labctl.__version__}.dist-info"}


def test_the_names_belong_to_us(installed, tmp_path):
    code = (
        "import importlib, importlib.metadata as m, json, sys\n"
        f"names = {PACKAGES}\n"
        "owners = m.packages_distributions()\n"
        "files = [importlib.import_module(name).__file__ for name in names]\n"
        "print(json.dumps([[sorted(set(owners[name])) for name in names], files]))"
    )
    said = run(installed, "-c", code, cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    owners, files = json.loads(said.stdout)

    assert owners == [["labctl"]] * len(PACKAGES)
    home = str(installed.parents[1])
    assert all(file.startswith(home) for file in files)


def test_it_works_outside_the_repository(installed, tmp_path):
    help = run(Path(labctl_of(installed)), "--help", cwd=tmp_path)
    lessons = run(Path(labctl_of(installed)), "lessons", "check", cwd=tmp_path)
    begun = run(Path(labctl_of(installed)), "lab", "init", cwd=tmp_path)

    assert help.returncode == 0, help.stderr
    assert "labctl devices" in help.stdout
    assert lessons.returncode == 0, lessons.stderr
    assert begun.returncode == 0, begun.stderr
    assert (tmp_path / "lab" / "lab.toml").exists()


def test_the_version_is_written_once():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert labctl.__version__ == project["version"]


def test_the_lock_files_name_no_host_and_no_folder():
    for lock in ROOT.glob("requirements*.lock"):
        lines = lock.read_text().splitlines()
        assert lines
        assert all(line.startswith("    --hash=sha256:") or "==" in line for line in lines), lock.name
        assert "://" not in lock.read_text()


def test_everything_that_is_needed_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = [line.split("==")[0] for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line]
    for need in project["project"]["dependencies"]:
        assert need.split(">")[0] in names
    dev = (ROOT / "requirements-dev.lock").read_text()
    for need in project["dependency-groups"]["dev"]:
        assert f"{need.split('>')[0].split('[')[0]}==" in dev


def test_what_runs_is_locked_alike_for_running_and_for_tests():
    dev = set((ROOT / "requirements-dev.lock").read_text().splitlines())
    run = {line for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line and ";" not in line}

    assert run <= dev
