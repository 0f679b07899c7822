"""The ``labctl`` command: finds the command that was meant and imports only that one."""

from __future__ import annotations

import difflib
import importlib
import os
import signal
import sys
import typing
from collections.abc import Sequence
from types import FrameType
from typing import Any, NoReturn

from devices.errors import LabError
from devices.text import _
from labctl.cli.catalogue import COMMANDS, EXAMPLES, SECTIONS, Command
from labctl.cli.output import Output, OutputLost
from labctl.cli.speech import FINE, INTERRUPTED, PROBLEM, WRONG_USAGE, choose_language, print_error, say

ASKS_FOR_HELP = ((), ("--help",), ("-h",), ("help",))
ASKS_TO_COMPLETE = (["--install-completion"], ["--show-completion"])
TERMINATED = 143  # 128 + SIGTERM, as shells count it


def main() -> NoReturn:
    """Run the command line of this process and exit."""
    sys.exit(run(sys.argv[1:]))


def run(args: Sequence[str]) -> int:
    """Run a command line and return its exit code. No traceback reaches a person for what a person can cause."""
    args = list(args)
    _speak_utf8()
    before = sys.stdout, sys.stderr
    sys.stdout = typing.cast(typing.TextIO, Output(sys.stdout, 1))
    sys.stderr = typing.cast(typing.TextIO, Output(sys.stderr, 2))
    try:
        code = _run(args)
        sys.stdout.flush()
        return code
    except OutputLost as error:
        return _output_lost(error.cause, as_json="--json" in args)
    finally:
        sys.stdout, sys.stderr = before


def _run(args: list[str]) -> int:
    _choose_language()
    if "_LABCTL_COMPLETE" in os.environ or args[:1] in ASKS_TO_COMPLETE:
        return _run_typer(tuple(COMMANDS.values()), args)
    if tuple(args) in ASKS_FOR_HELP:
        print(overview())
        return FINE
    if args == ["--version"]:
        print(f"labctl {_version()}")
        return FINE
    command = COMMANDS.get(args[0])
    if command is None:
        return _unknown(args[0], as_json="--json" in args)
    return _run_typer((command,), args)


def overview() -> str:
    """What ``labctl --help`` prints. Written out here because a library for it would take longer than the command."""
    width = max(len(name) for name in COMMANDS) + 2
    lines = [say(_("labctl runs a school's robotics lab.")), "", say(_("Usage: labctl COMMAND [OPTIONS]"))]
    for title, commands in SECTIONS:
        lines += ["", f"{say(title)}:"]
        for command in commands:
            parts = f" ({', '.join(command.parts)})" if command.parts else ""
            lines.append(f"  {command.name.ljust(width)}{say(command.help)}{parts}")
    wide = max(len(line) for line, _help in EXAMPLES) + 2
    lines += ["", say(_("Examples:")), *(f"  {line.ljust(wide)}{say(help)}" for line, help in EXAMPLES)]
    lines += [
        "",
        say(_("labctl COMMAND --help says more; --json prints data for scripts; --version tells the version.")),
    ]
    return "\n".join(lines)


def _version() -> str:
    from labctl import __version__

    return __version__


def _unknown(name: str, *, as_json: bool) -> int:
    from labctl.cli.usage import WrongUsage

    close = difflib.get_close_matches(name, COMMANDS, n=1)
    hint = _("Did you mean labctl %(meant)s?", meant=close[0]) if close else _("See labctl --help.")
    message = _("There is no command %(name)s", name=name)
    if name.startswith("-"):
        message = _("There is no option %(name)s here", name=name)
    print_error(WrongUsage(message, hint=hint), as_json=as_json)
    return WRONG_USAGE


def _run_typer(commands: Sequence[Command], args: Sequence[str]) -> int:
    import typer

    from devices.errors import unexpected
    from labctl.cli.helping import speak_in_help

    speak_in_help()
    root = typer.Typer(
        name="labctl", rich_markup_mode=None, pretty_exceptions_enable=False, context_settings=HELP_OPTIONS
    )
    root.callback()(_no_options)
    for command in commands:
        module = importlib.import_module(command.module)
        if command.parts:
            root.add_typer(module.app, name=command.name, help=say(command.help))
        else:
            root.command(command.name, help=say(command.help))(getattr(module, command.name))
    as_json = "--json" in args
    before = signal.signal(signal.SIGTERM, _on_sigterm)
    try:
        code = root(args=list(args), prog_name="labctl", standalone_mode=False)
    except LabError as error:
        print_error(error, as_json=as_json)
        return exit_code(error)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except OutputLost:
        raise
    except Exception as error:
        if (usage := _wrong_usage(error, as_json=as_json)) is not None:
            print_error(usage, as_json=as_json)
            return WRONG_USAGE
        if os.environ.get("LABCTL_DEBUG"):
            raise
        print_error(unexpected(error), as_json=as_json)
        return PROBLEM
    finally:
        signal.signal(signal.SIGTERM, before)
    return code if isinstance(code, int) else FINE


def _output_lost(cause: OSError, *, as_json: bool) -> int:
    """Say so where that can still be heard. Whoever closed a pipe has seen enough, and needs no word."""
    if not isinstance(cause, BrokenPipeError):
        why = cause.strerror or str(cause)
        print_error(LabError(_("The output could not be written: %(why)s", why=why)), as_json=as_json)
    return PROBLEM


HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}


def _no_options() -> None:
    """Runs a school's robotics lab."""


def exit_code(error: Exception) -> int:
    """2 where the person's words were wrong (an argument, a file they wrote), 1 where the lab has a problem."""
    from devices.errors import BadFile, BadValue, UnknownName

    return WRONG_USAGE if isinstance(error, BadFile | BadValue | UnknownName) else PROBLEM


def _wrong_usage(error: Exception, *, as_json: bool) -> LabError | None:
    """A usage error of typer's as one of ours; None for anything else.

    Typer carries its copy of click inside, so its class is known here only by what every usage error has.
    """
    from labctl.cli.helping import said_refusal, usage_word
    from labctl.cli.usage import WrongUsage

    if getattr(error, "exit_code", None) != WRONG_USAGE or not hasattr(error, "format_message"):
        return None
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "labctl"
    message = typing.cast(Any, error).format_message().rstrip(".")
    if message.startswith(usage_word()):  # a family of commands without a command: typer's message is its whole help
        message = say(_("a command is missing"))
        if context is not None and not as_json:
            print(context.get_help(), file=sys.stderr)
    return WrongUsage(f"{path}: {said_refusal(message)}", hint=_("See %(command)s --help.", command=path))


def _on_sigterm(number: int, frame: FrameType | None) -> None:
    """End as an error would, so that robots come to rest and locks are let go on the way out."""
    raise SystemExit(TERMINATED)


def _choose_language() -> None:
    if os.environ.get("LABCTL_LANG"):
        choose_language()
        return
    from labctl.places import find_places

    choose_language(lab_file=find_places().lab_file)


def _speak_utf8() -> None:
    """Azerbaijani has letters that a console's old code page has not; a wrong letter is better than a crash."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
