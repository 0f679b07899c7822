"""Every command with one line of help and the module it lives in, known without importing any of them."""

from __future__ import annotations

from dataclasses import dataclass

from devices.text import Text, _


@dataclass(frozen=True)
class Command:
    """A command, or a family of commands such as ``devices``.

    ``module`` holds its typer app as ``app``; ``parts`` names the commands of a family.
    """

    name: str
    module: str
    help: Text
    parts: tuple[str, ...] = ()


SECTIONS: tuple[tuple[Text, tuple[Command, ...]], ...] = (
    (
        _("Run a lab"),
        (
            Command("demo", "labctl.cli.panel", _("A whole simulated lab and its panel, in one command.")),
            Command("panel", "labctl.cli.panel", _("The panel for this lab.")),
        ),
    ),
    (
        _("Look after it"),
        (
            Command(
                "devices",
                "labctl.cli.devices",
                _("The lab's devices."),
                ("list", "scan", "show", "test", "adopt", "find", "stop"),
            ),
            Command("doctor", "labctl.cli.doctor", _("Check this machine and this lab; say what to do.")),
            Command("lab", "labctl.cli.lab", _("The lab itself."), ("init", "where")),
            Command("people", "labctl.cli.people", _("Teachers."), ("password",)),
            Command("lessons", "labctl.cli.lessons", _("Lessons."), ("list", "check")),
        ),
    ),
)

COMMANDS = {command.name: command for _title, commands in SECTIONS for command in commands}

EXAMPLES: tuple[tuple[str, Text], ...] = (
    ("labctl demo", _("see it all with eight simulated robots")),
    ('labctl lab init --name "Room 12"', _("begin a lab of your own")),
    ("labctl devices scan", _("see what is plugged in, and what to type next")),
    ("labctl devices test robot-1", _("measure one robot against its limits")),
    ("labctl devices stop", _("stop everything, also while the panel runs")),
)
