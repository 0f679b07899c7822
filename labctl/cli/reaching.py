"""How a command reaches the lab: through the process that runs it, or by opening the devices itself for a moment."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devices.errors import BadValue
from devices.text import _
from labctl.cli.speech import choose_language, colourful, say
from labctl.places import Places, find_places
from labctl.views import DeviceState, DeviceView

if TYPE_CHECKING:
    from labctl.local import Desk

SETTLE_SECONDS = 4.0
"""A wrong firmware or a silent board is named within 3 s; after that a device is shown as it is."""

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="DIR", help=say(_("The folder of the lab; by default yours, see labctl lab where."))
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help=say(_("Print data for scripts.")))]


def places_of(data: Path | None, *, may_begin: bool = False) -> Places:
    """The places of the lab that a command is about; from here on we speak its language.

    Args:
        data: The folder that was typed, if one was.
        may_begin: Whether a lab may begin with this command. For any other a folder that is not there is a slip of
            the pen, and no place for a lab.

    Raises:
        BadValue: There is no such folder.
    """
    places = find_places(data)
    choose_language(lab_file=places.lab_file)
    if data is not None and not may_begin and not places.data.exists():
        raise BadValue(
            _("There is no folder %(folder)s", folder=str(places.data)),
            hint=_("See how it is written, or begin a lab there: labctl lab init --data %(folder)s", folder=str(data)),
        )
    return places


@contextlib.contextmanager
def at_desk(places: Places, *, command: str) -> Generator[Desk]:
    """The lab for one command: the running one if it runs, else opened here and closed at the end, robots at rest.

    Raises:
        BadFile: The lab file is wrong; nothing was opened.
        LabRuns, NotReached: Another process has the lab and cannot be asked.
    """
    from labctl.local import reach
    from labctl.lock import holder_of

    holder = holder_of(places.lock)
    if holder is not None:
        yield reach(places, holder)
        return
    from labctl.cli.logs import logging_to
    from labctl.open import open_lab

    with logging_to(places), deaf_at_the_end() as undo:
        yield undo.enter_context(open_lab(places, command=command))


@contextlib.contextmanager
def deaf_at_the_end() -> Generator[contextlib.ExitStack]:
    """Whatever is entered here is left without being cut short by a second Ctrl-C: coming to rest is bounded itself."""
    before = signal.getsignal(signal.SIGINT)
    try:
        with contextlib.ExitStack() as undo:
            try:
                yield undo
            finally:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
    finally:
        signal.signal(signal.SIGINT, before)


def settled(desk: Desk, *, only: str | None = None) -> tuple[DeviceView, ...]:
    """The devices once none is connecting any more, or as they are after a few seconds."""

    def look() -> tuple[DeviceView, ...]:
        return desk.devices() if only is None else (desk.device(only),)

    with busy(say(_("Connecting"))):
        return _until(look, lambda views: all(view.state is not DeviceState.CONNECTING for view in views))


def _until(
    look: Callable[[], tuple[DeviceView, ...]], done: Callable[[tuple[DeviceView, ...]], bool]
) -> tuple[DeviceView, ...]:
    deadline = time.monotonic() + SETTLE_SECONDS
    while not done(seen := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return seen


@contextlib.contextmanager
def busy(what: str) -> Generator[None]:
    """Show on a terminal that something takes its time; nothing where nobody watches."""
    if not colourful(sys.stderr):
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{what} …"):
        yield
