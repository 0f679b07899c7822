"""``labctl doctor``: look at everything, say what is wrong and what to do, and write a report that may be sent."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from devices.errors import LabError
from devices.text import _, ngettext
from labctl.cli.reaching import DataOption, JsonOption, at_desk, busy, places_of, settled
from labctl.cli.speech import PROBLEM, colourful, print_json, say
from labctl.doctor.finding import Finding, Severity
from labctl.places import Places
from labctl.views import DeviceView

MARKS = {Severity.FINE: ("ok", "32"), Severity.WARNING: ("!", "33"), Severity.PROBLEM: ("X", "31")}
"""How a finding is marked, and its colour on a terminal."""


def doctor(
    report: Annotated[
        Path | None,
        typer.Option(
            "--report", metavar="FILE", help=say(_("Write a report to send, with secrets and names removed."))
        ),
    ] = None,
    leave_devices: Annotated[
        bool,
        typer.Option("--no-devices", help=say(_("Leave the devices alone."))),
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run every check; exit 1 where something must be put right."""
    from labctl.doctor.visit import any_problem, examine_lab
    from labctl.lock import holder_of
    from labctl.plain import plain

    places = places_of(data)
    with busy(say(_("Looking"))):
        found = examine_lab(
            places, holder=holder_of(places.lock), devices=None if leave_devices else lambda: _look_at(places)
        )
    if report is not None:
        _write(report, found, places)
    if as_json:
        print_json({"ok": not any_problem(found), "findings": [plain(one, say) for one in found]})
    else:
        _print_findings(found)
        if report is not None:
            print(say(_("The report is in %(file)s. Read it before you send it.", file=str(report))))
    if any_problem(found):
        raise typer.Exit(PROBLEM)


def _look_at(places: Places) -> Sequence[DeviceView]:
    with at_desk(places, command="doctor") as desk:
        return settled(desk)


def _write(file: Path, found: Sequence[Finding], places: Places) -> None:
    from labctl.doctor.report import write_report

    try:
        write_report(file, found, places)
    except OSError as error:
        raise LabError(
            _("%(file)s cannot be written: %(why)s", file=str(file), why=error.strerror or str(error)),
            hint=_("Give another file with --report."),
        ) from error


def _print_findings(found: Sequence[Finding]) -> None:
    in_colour = colourful(sys.stdout)
    for one in found:
        mark, colour = MARKS[one.severity]
        mark = f"\x1b[{colour}m{mark.ljust(3)}\x1b[0m" if in_colour else mark.ljust(3)
        print(f"{mark}{say(one.what)}")
        for more in (one.why, one.fix):
            if more and one.severity is not Severity.FINE:
                print(f"     {say(more)}")
    problems = sum(one.severity is Severity.PROBLEM for one in found)
    print()
    if problems:
        print(say(ngettext("%(count)s thing to put right", "%(count)s things to put right", problems)))
    else:
        print(say(_("Nothing must be put right.")))
