"""``labctl devices``: what the lab has, how it is, what is plugged in, and a self-test with limits."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from devices.text import _
from labctl.cli.reaching import DataOption, JsonOption, at_desk, busy, places_of, settled
from labctl.cli.speech import PROBLEM, print_data, print_table, say
from labctl.places import Places
from labctl.views import DeviceState, DeviceView, FoundView, PhaseView, Problem, StopView, TestReport

if TYPE_CHECKING:
    from labctl.local import Desk

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

BY = "cli"
"""Who pressed stop, where it was the command line."""

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help=say(_("Id of a device, such as robot-1.")))]

TROUBLE = frozenset({DeviceState.LOST, DeviceState.ERROR, DeviceState.UNCONFIRMED})

EXACT = 10_000
"""Numbers from here on are shown whole, not as powers of ten."""

STATE_COLOURS = {
    DeviceState.READY: "green",
    DeviceState.BUSY: "cyan",
    DeviceState.STOPPED: "yellow",
    DeviceState.UNCONFIRMED: "bold red",
    DeviceState.LOST: "red",
    DeviceState.ERROR: "red",
}


def state_word(state: DeviceState) -> str:
    """A device's state in a person's words."""
    words = {
        DeviceState.CONNECTING: _("connecting"),
        DeviceState.READY: _("ready"),
        DeviceState.BUSY: _("in use"),
        DeviceState.STOPPED: _("stopped"),
        DeviceState.UNCONFIRMED: _("not stopped"),
        DeviceState.LOST: _("not connected"),
        DeviceState.ERROR: _("error"),
    }
    return say(words[state])


@app.command("list", help=say(_("List the lab's devices and how each is.")))
def list_devices(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List devices; exit 1 where one has a problem."""
    places = places_of(data)
    with at_desk(places, command="devices list") as desk:
        views = settled(desk)
    if as_json:
        print_data(views)
    elif not views:
        print(say(_("This lab has no devices yet. See what is plugged in: labctl devices scan")))
    else:
        colours = {state_word(state): colour for state, colour in STATE_COLOURS.items()}
        head = [say(_("id")), say(_("name")), say(_("state")), say(_("address")), say(_("firmware"))]
        print_table(head, [_row(view) for view in views], colours=colours)
        _print_problems({view.id: view.problem for view in views if view.problem is not None})
    if any(view.state in TROUBLE for view in views):
        raise typer.Exit(PROBLEM)


def _row(view: DeviceView) -> list[str]:
    return [view.id, view.name, state_word(view.state), view.address, f"{view.firmware} {view.version}".strip()]


def _print_problems(problems: Mapping[str, Problem]) -> None:
    for id, problem in problems.items():
        print(f"\n{id}: {say(problem.message)}")
        if problem.hint:
            print(f"  {say(problem.hint)}")


@app.command("show", help=say(_("Show everything about one device.")))
def show_device(name: NameArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show one device; exit 1 where it has a problem."""
    places = places_of(data)
    with at_desk(places, command="devices show") as desk:
        view = settled(desk, only=name)[0]
    if as_json:
        print_data(view)
    else:
        _print_device(view)
    if view.state in TROUBLE:
        raise typer.Exit(PROBLEM)


def _print_device(view: DeviceView) -> None:
    facts = [
        (_("state"), state_word(view.state)),
        (_("address"), view.address),
        (_("firmware"), f"{view.firmware} {view.version}".strip() or "-"),
        (_("stops by itself"), say(_("yes") if view.stops_by_itself else _("no"))),
        (_("can do"), ", ".join(view.capabilities) or "-"),
        *((_("used by"), say(_("team %(number)s", number=view.user))) for _once in [0] if view.user is not None),
        *((_("reads"), f"{one.sensor} {one.value:.{one.digits}f} {one.unit}") for one in view.readings.values()),
    ]
    width = max(len(say(name)) for name, _value in facts) + 2
    print(f"{view.name} ({view.id})")
    for name, value in facts:
        print(f"  {say(name).ljust(width)}{value}")
    if view.problem is not None:
        _print_problems({view.id: view.problem})


@app.command("scan", help=say(_("Show what is plugged in, what it probably is, and what to type next.")))
def scan(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Look for devices; nothing is changed."""
    places = places_of(data)
    with busy(say(_("Looking"))):
        found = _found(places)
    if as_json:
        print_data(found)
    elif not found:
        print(say(_("Nothing is plugged in that could be a device.")))
    else:
        for one in found:
            _print_found(one)


def _found(places: Places) -> tuple[FoundView, ...]:
    """What the running lab finds, or what is found here: looking opens nothing, so the lab need not be opened."""
    from labctl.local import reach
    from labctl.lock import holder_of

    holder = holder_of(places.lock)
    if holder is not None:
        return reach(places, holder).scan()
    from devices.discover import discover
    from labctl.finding import found_views
    from labctl.inventory import load_inventory

    return found_views(discover(), load_inventory(places.lab_file, chassis_folders=[places.chassis]).devices)


def _print_found(found: FoundView) -> None:
    print(f"{found.address}  {say(found.label)}")
    print(f"  {say(found.why)}")
    if found.problem is not None:
        print(f"  {say(found.problem.message)}. {say(found.problem.hint)}".rstrip())
    if found.known_as is not None:
        print("  " + say(_("in the lab as %(id)s", id=found.known_as)))
    elif found.ambiguous:
        print("  " + say(_("could be any of %(ids)s: unplug all but one", ids=", ".join(found.ambiguous))))
    else:
        chassis = f" --chassis {found.suggested_chassis}" if found.suggested_chassis else ""
        print(f"  labctl devices adopt {found.address} --id {found.suggested_id}{chassis}")


@app.command(
    "adopt", help=say(_("Add a device to the lab file. Example: labctl devices adopt usb:85430353 --id robot-1"))
)
def adopt(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help=say(_("Its address, as scan shows it.")))],
    id: Annotated[str | None, typer.Option("--id", help=say(_("Id in the lab; by default the next free one.")))] = None,
    chassis: Annotated[str, typer.Option("--chassis", help=say(_("How the robot is built.")))] = "two-motor",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a device."""
    places = places_of(data)
    with at_desk(places, command="devices adopt") as desk:
        view = desk.adopt(address, id=id, chassis=chassis)
        view = settled(desk, only=view.id)[0]
    if as_json:
        print_data(view)
    else:
        print(say(_("%(address)s is now %(id)s in %(file)s", address=address, id=view.id, file=str(places.lab_file))))
        if view.problem is None:
            print("  " + say(_("Try it: labctl devices test %(id)s", id=view.id)))
        else:
            _print_problems({view.id: view.problem})
    if view.state in TROUBLE:
        raise typer.Exit(PROBLEM)


@app.command("find", help=say(_("Blink the light of one device, to see which it is.")))
def find(name: NameArgument, data: DataOption = None) -> None:
    """Blink a device's LED."""
    places = places_of(data)
    with at_desk(places, command="devices find") as desk:
        settled(desk, only=name)
        with busy(say(_("Blinking"))):
            desk.find(name)
    print(say(_("%(id)s blinked", id=name)))


@app.command("test", help=say(_("Measure one device against its limits. With --move the wheels turn: lift it first.")))
def self_test(
    name: NameArgument,
    move: Annotated[bool, typer.Option("--move", help=say(_("Turn the wheels as well.")))] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a self-test; exit 1 where a limit is missed or something could not be measured."""
    places = places_of(data)
    with at_desk(places, command="devices test") as desk:
        view = settled(desk, only=name)[0]
        with busy(say(_("Testing %(id)s", id=name))):
            report = _untestable(view) if view.state in TROUBLE else desk.test_device(name, move=move)
    if as_json:
        print_data(report)
    else:
        _print_report(report)
    if report.outcome != "pass":
        raise typer.Exit(PROBLEM)


def _untestable(view: DeviceView) -> TestReport:
    """The report on a device that cannot be reached."""
    return TestReport(view.id, view.name, "error", 0.0, (), view.problem)


def outcome_word(outcome: str) -> str:
    """The outcome of a phase or a test in a person's words."""
    words = {"pass": _("pass"), "fail": _("FAIL"), "error": _("ERROR"), "skip": _("skipped")}
    return say(words.get(outcome, outcome))


def _print_report(report: TestReport) -> None:
    head = [say(_("measured")), say(_("value")), say(_("limits")), say(_("result")), say(_("note"))]
    rows = [
        [say(one.label), _value(one), _limits(one), outcome_word(one.outcome), say(one.note)] for one in report.phases
    ]
    colours = {outcome_word("pass"): "green", outcome_word("fail"): "bold red", outcome_word("error"): "bold red"}
    if rows:
        print_table(head, rows, colours=colours)
    print(f"\n{report.name}: {outcome_word(report.outcome)} ({report.seconds:.1f} s)")
    if report.problem is not None:
        print(f"  {say(report.problem.message)}")
        if report.problem.hint:
            print(f"  {say(report.problem.hint)}")


def _number(value: float) -> str:
    return f"{value:.4g}" if abs(value) < EXACT else f"{value:.0f}"


def _value(phase: PhaseView) -> str:
    return "" if phase.value is None else f"{_number(phase.value)} {phase.unit}".rstrip()


def _limits(phase: PhaseView) -> str:
    match phase.low, phase.high:
        case None, None:
            return ""
        case None, high:
            return f"≤ {_number(high)} {phase.unit}".rstrip()  # type: ignore[arg-type]
        case low, None:
            return f"≥ {_number(low)} {phase.unit}".rstrip()
        case low, high:
            return f"{_number(low)} … {_number(high)} {phase.unit}".rstrip()


@app.command("stop", help=say(_("Stop one device, or all of them; also while the panel runs.")))
def stop(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help=say(_("Id of a device; all by default.")))
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop, and say what confirmed; exit 1 where something did not."""
    places = places_of(data)
    with at_desk(places, command="devices stop") as desk:
        if name is not None:
            settled(desk, only=name)
            done = _stop_one(desk, name)
        else:
            settled(desk)  # stop reaches only what is connected
            done = _with_unreached(desk.stop_all(BY), desk.devices())
    _print_stop(done, as_json=as_json)


def _stop_one(desk: Desk, name: str) -> StopView:
    """Stop one device: what it returns without an error has confirmed."""
    began = time.monotonic()
    done = desk.stop_device(name, BY)
    return replace(done, pending=(), confirmed={name: time.monotonic() - began}, failed={})


def _with_unreached(done: StopView, views: Sequence[DeviceView]) -> StopView:
    """The same, naming also what could not be reached at all: nobody knows whether that is at rest."""
    silent = {
        view.id: view.problem
        for view in views
        if view.problem is not None and view.state in TROUBLE and view.id not in {*done.confirmed, *done.failed}
    }
    return replace(done, failed={**done.failed, **silent})


def _print_stop(done: StopView, *, as_json: bool) -> None:
    if as_json:
        print_data(done)
    else:
        for id, seconds in done.confirmed.items():
            print(say(_("%(id)s stopped after %(ms)s ms", id=id, ms=round(seconds * 1000))))
        for id in done.pending:
            print(say(_("%(id)s has not confirmed yet", id=id)))
        _print_problems(done.failed)
        if not (done.confirmed or done.pending or done.failed):
            print(say(_("No device is connected, so there was nothing to stop.")))
        if done.latched:
            print(say(_("Nothing moves now until a teacher releases the stop in the panel.")))
    if done.failed or done.pending:
        raise typer.Exit(PROBLEM)
