"""The help of a command in the person's language: the words that typer writes around ours, which it has in English."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from typer.core import TyperCommand

from devices.text import Text, _
from labctl.cli.speech import say

WORDS = {
    "Options": _("Options"),
    "Arguments": _("Arguments"),
    "Commands": _("Commands"),
    "Show this message and exit.": _("Show this message and exit."),
}
"""Typer's words and ours for them."""

REQUIRED = _("required")


def _refusal(named: Mapping[str, str]) -> Mapping[str, Text]:
    """How typer refuses a command line, by its pattern, and the same as a sentence of ours."""
    name, meant = named.get("name", ""), named.get("meant", "")
    why = _first_fit(_reason, named.get("why", ""))
    return {
        r"No such command '(?P<name>.+)'\. Did you mean (?P<meant>.+)": _(
            "No such command '%(name)s'. Did you mean %(meant)s", name=name, meant=meant
        ),
        r"No such command '(?P<name>.+)'": _("No such command '%(name)s'", name=name),
        r"No such option: (?P<name>\S+) \(Possible options: (?P<meant>.+)\)": _(
            "No such option: %(name)s. Did you mean %(meant)s?", name=name, meant=meant
        ),
        r"No such option: (?P<name>\S+)": _("No such option: %(name)s", name=name),
        r"Missing argument '(?P<name>.+)'": _("Missing argument '%(name)s'", name=name),
        r"Option '(?P<name>.+)' requires an argument": _("Option '%(name)s' requires an argument", name=name),
        r"Got unexpected extra argument\(s\) \((?P<name>.+)\)": _("These words are too many: %(extra)s", extra=name),
        r"Invalid value for '(?P<name>.+?)': (?P<why>.+)": _(
            "Invalid value for '%(name)s': %(why)s", name=name, why=why
        ),
    }


def _reason(named: Mapping[str, str]) -> Mapping[str, Text]:
    """What typer finds wrong with a value."""
    limit = named.get("limit", "")
    return {
        r"Input should be a valid integer.*": _("it is not a whole number"),
        r"Input should be less than or equal to (?P<limit>\S+)": _("it may be at most %(most)s", most=limit),
        r"Input should be greater than or equal to (?P<limit>\S+)": _("it must be at least %(least)s", least=limit),
    }


def _first_fit(table: Callable[[Mapping[str, str]], Mapping[str, Text]], message: str) -> str:
    """The sentence of the first pattern that ``message`` fits, with what the pattern names in it; or the message."""
    for pattern in table({}):
        if message and (found := re.fullmatch(pattern, message, re.DOTALL)) is not None:
            return table(found.groupdict())[pattern]
    return message


def said_word(word: str) -> str:
    """One of typer's words as the person says it; any other as it is, but for the mark of what must be given."""
    return say(WORDS.get(word, word)).replace("[required]", f"[{say(REQUIRED)}]")


def said_refusal(message: str) -> str:
    """Why typer refuses a command line, as the person says it."""
    return say(_first_fit(_refusal, message))


def usage_word() -> str:
    """What the help of a command begins with."""
    return say(_("Usage:"))


def speak_in_help() -> None:
    """Let every help page that typer writes from now on be in the person's language."""
    context: Any = TyperCommand.context_class
    if not issubclass(context.formatter_class, Spoken):
        context.formatter_class = type("SpokenFormatter", (Spoken, context.formatter_class), {})


class Spoken:
    """What is different in a formatter that speaks; mixed into typer's own, which it does not offer by name."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The usage line."""
        parent: Any = super()
        parent.write_usage(prog, args, f"{usage_word()} " if prefix is None else prefix)

    def write_heading(self, heading: str) -> None:
        """The head of a section."""
        parent: Any = super()
        parent.write_heading(said_word(heading))

    def write_dl(self, rows: Sequence[tuple[str, str]], *more: Any, **named: Any) -> None:
        """Options, arguments or commands, each with its help."""
        parent: Any = super()
        parent.write_dl([(name, said_word(help)) for name, help in rows], *more, **named)
