"""Setting up where something is missing: what is said, and that nothing is half made."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("sh", "env", "cat", "cksum", "dirname", "id", "rm")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a shell script")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The script with the files that it looks at, and a PATH on which there is next to nothing."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "bootstrap", tmp_path / "scripts")
    for name in ("requirements.lock", "requirements-build.lock", "pyproject.toml"):
        (tmp_path / name).write_text(name)
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, tool
        (tmp_path / "bin" / tool).symlink_to(found)
    return tmp_path


def program(project: Path, name: str, script: str) -> None:
    file = project / "bin" / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def bootstrap(project: Path, *args: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [project / "scripts" / "bootstrap", *args],
        env={"PATH": str(project / "bin"), **more},
        capture_output=True,
        text=True,
        timeout=20,
    )


def test_no_python_is_said_with_what_to_install(project):
    said = bootstrap(project)

    assert said.returncode == 1
    assert "labctl needs Python 3.11 or newer, and none was found" in said.stderr
    assert "sudo apt install python3 python3-venv" in said.stderr
    assert not (project / ".venv").exists()


def test_an_old_python_is_no_python(project):
    program(project, "python3", "exit 1")

    assert "none was found" in bootstrap(project).stderr


def test_a_python_that_was_asked_for_and_is_not_there_is_named(project):
    assert "looked for /opt/python9" in bootstrap(project, PYTHON="/opt/python9").stderr


def test_the_newest_python_is_taken(project):
    program(project, "python3", "exit 0")
    program(project, "python3.12", 'case "$*" in *"-m venv"*) echo "3.12 was taken" >&2; exit 3;; esac')

    assert "3.12 was taken" in bootstrap(project).stderr


def test_a_python_without_venv_names_the_package(project):
    script = 'case "$2" in *ensurepip*) exit 1;; *"print("*) echo python3.12-venv;; esac'
    program(project, "python3.12", script)
    said = bootstrap(project)

    assert said.returncode == 1
    assert "python3.12 cannot make environments here" in said.stderr
    assert "sudo apt install python3.12-venv" in said.stderr


def test_it_does_one_of_two_things(project):
    said = bootstrap(project, "dance")

    assert (said.returncode, said.stderr) == (2, "usage: scripts/bootstrap run|dev\n")


def test_ci_runs_the_tests_and_nothing_else():
    assert (ROOT / ".ci" / "run").read_text() == "#!/bin/sh\nexec make test\n"
