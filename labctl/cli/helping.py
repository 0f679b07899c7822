"""The help of a command in the person's language: the words that typer writes around ours, which it has in English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typer.core import TyperCommand

from devices.text import _
from labctl.cli.speech import say

WORDS = {
    "Options": _("Options"),
    "Arguments": _("Arguments"),
    "Commands": _("Commands"),
    "Show this message and exit.": _("Show this message and exit."),
}
"""Typer's words and ours for them."""


def said_word(word: str) -> str:
    """One of typer's words as the person says it; any other as it is."""
    return say(WORDS.get(word, word))


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
