"""The docs name all there is: commands, options, settings, drivers, steps, errors. Their links lead somewhere."""

from __future__ import annotations

import importlib
import pkgutil
import re
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, get_args

import pytest
import typer

import devices
import labctl
import lessons
import web
from devices.addresses import SCHEMES, SIM_KINDS
from devices.errors import LabError
from devices.robots import chassis
from labctl.cli.catalogue import COMMANDS
from labctl.inventory import DeviceEntry, LabSection
from labctl.views import DeviceState
from lessons.format import Plan

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"


def page(name: str) -> str:
    return (REFERENCE / name).read_text("utf-8")


def every_module() -> None:
    for package in (devices, lessons, labctl, web):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not re.search(r"__main__|migrations", module.name):
                importlib.import_module(module.name)


def kinds_of(error: type[LabError]) -> set[type[LabError]]:
    return {error, *(one for kind in error.__subclasses__() for one in kinds_of(kind))}


def slugs() -> set[str]:
    every_module()
    ours = [
        kind for kind in kinds_of(LabError) if kind.__module__.split(".")[0] in ("devices", "lessons", "labctl", "web")
    ]
    return {kind.slug for kind in ours}


def test_every_error_is_documented_and_no_other():
    documented = set(re.findall(r"^\| `([a-z-]+)` \|", page("errors.md"), re.MULTILINE))

    assert documented == slugs()


def test_two_errors_have_two_names():
    every_module()
    named: dict[str, type[LabError]] = {}
    for kind in kinds_of(LabError):
        if "slug" in vars(kind) and kind.__module__.split(".")[0] != "tests":
            assert named.setdefault(kind.slug, kind) is kind, kind


def commands() -> list[tuple[str, Any]]:
    """Every command as it is typed, with what typer made of it."""
    found: list[tuple[str, Any]] = []
    for command in COMMANDS.values():
        module = importlib.import_module(command.module)
        if command.parts:
            group: Any = typer.main.get_command(module.app)
            assert set(group.commands) == set(command.parts)
            found += [(f"{command.name} {name}", part) for name, part in group.commands.items()]
        else:
            app = typer.Typer()
            app.command(command.name)(getattr(module, command.name))
            found.append((command.name, typer.main.get_command(app)))
    return found


@pytest.mark.parametrize(("name", "command"), commands())
def test_every_command_and_option_is_documented(name, command):
    text = page("cli.md")
    family = name.split()[0]
    section = re.search(rf"^## labctl {family}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)

    assert section, f"no section for labctl {family}"
    assert name in section[1] or name == family
    common = text[: text.index("## labctl")]
    panel = text[text.index("## labctl demo") : text.index("## labctl panel")]
    for option in (option for param in command.params for option in param.opts if option.startswith("--")):
        if option not in ("--help", "--install-completion", "--show-completion"):
            assert option in section[1] + common + (panel if family == "panel" else ""), option


@pytest.mark.parametrize("setting", [*LabSection.model_fields, *DeviceEntry.model_fields])
def test_every_setting_is_documented(setting):
    assert f"| `{setting}` |" in page("lab-file.md")


@pytest.mark.parametrize("address", [*(f"{scheme}:" for scheme in SCHEMES), *(f"sim:{kind}" for kind in SIM_KINDS)])
def test_every_kind_of_address_is_documented(address):
    assert f"`{address}" in page("lab-file.md")


@pytest.mark.parametrize("name", chassis.names())
def test_every_chassis_is_documented(name):
    assert f"`{name}`" in page("lab-file.md")


@pytest.mark.parametrize("name", sorted({point.name for point in entry_points(group="labctl.drivers")}))
def test_every_driver_is_documented_with_what_it_was_proven_on(name):
    section = re.search(rf"^## `{name}`\n(.*?)(?=^## |\Z)", page("drivers.md"), re.MULTILINE | re.DOTALL)

    assert f'"{name}"' in page("lab-file.md")
    assert section
    assert "proven on" in section[1].lower()


def step_words() -> list[str]:
    step = Plan.model_fields["steps"].annotation
    words: set[str] = set()

    def look(kind: Any) -> None:
        if isinstance(kind, type) and "do" in getattr(kind, "model_fields", {}):
            words.update(get_args(kind.model_fields["do"].annotation))
        for inner in get_args(kind):
            look(inner)

    look(step)
    return sorted(words)


def test_there_are_steps():
    assert {"drive", "sense", "read"} <= set(step_words())


@pytest.mark.parametrize("word", step_words())
def test_every_step_is_documented(word):
    assert f"`{word}`" in page("lesson-format.md")


@pytest.mark.parametrize("state", list(DeviceState))
def test_every_state_of_a_device_is_documented(state):
    assert f"`{state}`" in page("cli.md")


def links() -> list[tuple[str, str]]:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
    return [
        (str(page.relative_to(ROOT)), link)
        for page in pages
        for link in re.findall(r"\]\(([^)\s#]+)[^)]*\)", page.read_text("utf-8"))
        if "://" not in link and not link.startswith("mailto:")
    ]


@pytest.mark.parametrize(("page", "link"), links())
def test_every_link_leads_somewhere(page, link):
    assert ((ROOT / page).parent / link).exists()


@pytest.mark.parametrize("path", sorted((DOCS / "decisions").glob("0*.md")), ids=lambda path: path.stem)
def test_every_decision_has_its_parts(path):
    text = path.read_text("utf-8")

    assert re.search(r"^Date: \d{4}-\d{2}-\d{2}$", text, re.MULTILINE)
    for part in ("Context", "Decision", "Alternatives", "Consequences"):
        assert f"\n## {part}\n" in text
