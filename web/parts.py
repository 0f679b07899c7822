"""The parts of the pages that change while they are open: what each shows, and the template that draws it.

A page draws its parts by name; the live stream draws the same ones again when what they show has changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from markupsafe import Markup

from devices.text import _
from labctl.views import DeviceState, DeviceView, NeedView, ReadingView, RoomView, RunView, TeamState, TeamView
from web.looks import TROUBLE, WORK, Look, device_look, team_look

COLUMNS = ("distance", "travelled", "turned")
"""The sensors that have a column of their own in the Room, in this order; a wide table is read by nobody."""


UNITS = {"distance": "cm", "travelled": "cm", "turned": "deg"}
"""The units of the sensors that robots have, for those that have not said anything yet."""

MANY = 3
"""From so many on, teams that wait for the same thing are named together."""


@dataclass(frozen=True)
class Part:
    """A fragment of a page: the element with the id ``id``, drawn by ``template`` from what it shows."""

    id: str
    template: str
    shows: Mapping[str, Any] = field(default_factory=dict[str, Any])


def parts_of(room: RoomView) -> dict[str, Part]:
    """Every part that any page may hold, by id, made of ``room`` with its fast numbers left out."""
    still = _still(room)
    return {part.id: part for make in _MAKERS for part in make(still)}


def shape_of(room: RoomView) -> tuple[Any, ...]:
    """What the pages are built from: when it changes, parts come or go and a page must be fetched anew."""
    run = room.run
    return (
        room.lab,
        tuple(device.id for device in room.devices),
        tuple(team.number for team in room.teams),
        run and (run.id, len(run.steps)),
        room.arena is not None,
    )


def draw(app: Flask, part: Part) -> Markup:
    """A part as HTML, in the language that is being spoken."""
    template = app.jinja_env.get_template(f"parts/{part.template}.html")
    return Markup(template.render(id=part.id, **part.shows).strip())


def artist(app: Flask, room: RoomView) -> Callable[[str], Markup]:
    """What draws the parts of ``room`` by their ids, for the templates of pages."""
    parts = parts_of(room)
    return lambda id: draw(app, parts[id])


def _still(room: RoomView) -> RoomView:
    """The room without the numbers that come in frames."""
    devices = tuple(
        replace(device, readings={name: _still_reading(one) for name, one in device.readings.items()})
        for device in room.devices
    )
    return replace(room, devices=devices)


def _still_reading(reading: ReadingView) -> ReadingView:
    return replace(reading, value=0.0)


def _frame(room: RoomView) -> Iterator[Part]:
    """What stands on every page."""
    run, trouble = room.run, sum(device.state in TROUBLE for device in room.devices)
    yield Part("corner", "corner", {"latched": room.stop.latched})
    yield Part("banner", "banner", {"stop": room.stop})
    yield Part("of-class", "of_class", {"lab": room.lab, "class_name": room.class_name, "title": run and run.title})
    yield Part("bell", "bell", {"ends": _ends(run), "state": run and run.state})
    yield Part("ruler", "ruler", {"starts": run and run.started_at, "ends": _ends(run)})
    ready = _known(run) and not room.stop.latched
    yield Part("acts", "acts", {"state": run and run.state, "stopped": _stays_stopped(run), "ready": ready})
    yield Part("tag-devices", "tag", {"count": trouble})


def _stays_stopped(run: RunView | None) -> bool:
    """Whether teams still stand where a stop left them, though it was released: they wait for a word."""
    return run is not None and run.state == "running" and any(team.state == "stopped" for team in run.teams)


def _known(run: RunView | None) -> bool:
    """Whether the lesson of a run is there to be gone on with; a lesson that is gone has no steps."""
    return run is not None and bool(run.steps)


def _ends(run: RunView | None) -> datetime | None:
    if run is None or run.state == "finished" or run.minutes <= 0:
        return None
    return run.started_at + timedelta(minutes=run.minutes)


def _room(room: RoomView) -> Iterator[Part]:
    yield Part(
        "needs",
        "needs",
        {
            "stop": room.stop,
            "needs": _grouped(_pressing(room)),
            "names": {device.id: device.name for device in room.devices},
            "stopped": _stays_stopped(room.run),
            "known": _known(room.run),
        },
    )
    for team in room.teams:
        yield Part(f"team-{team.number}", "team", _team(team, room))
    sensing = [one for one in room.devices if any(name.startswith("senses.") for name in one.capabilities)]
    heads = [_first_with(name, sensing) for name in COLUMNS]
    rows = [
        {"id": one.id, "name": one.name, "look": device_look(one.state), "sensors": _sensors(one)} for one in sensing
    ]
    yield Part("readings", "readings", {"rows": rows, "heads": [head for head in heads if head is not None]})
    if room.arena is not None:
        robots = [_robot(device, room) for device in room.devices if device.id in room.arena.poses]
        floor = {"width": room.arena.width, "height": room.arena.height, "walls": room.arena.walls}
        yield Part("arena", "arena", {**floor, "tape": room.arena.tape, "robots": robots})


def _pressing(room: RoomView) -> Sequence[NeedView]:
    """What waits for the teacher now: during a stop only what cannot wait, and is not in the stop's own report."""
    stop = room.stop
    told = {*stop.pending, *stop.failed}
    return [
        need
        for need in room.needs
        if not stop.latched or need.kind == "disk" or (need.kind == "unconfirmed" and need.device not in told)
    ]


def _grouped(needs: Sequence[NeedView]) -> list[Mapping[str, Any]]:
    """What waits for the teacher; teams that all wait for the same go-on are one entry, so that one press will do."""
    waiting = [need for need in needs if need.kind == "waiting" and need.team is not None]
    alike = waiting if len(waiting) >= MANY else []
    teams = sorted(need.team for need in alike if need.team is not None)
    return [
        {"need": _timeless(need), "teams": teams if alike and need is alike[0] else (), "timed": need.kind != "disk"}
        for need in needs
        if need not in alike[1:]
    ]


def _timeless(need: NeedView) -> NeedView:
    """A full disk is found anew at every look: its time says nothing, and must not have the list drawn each time."""
    return replace(need, since=datetime.min.replace(tzinfo=UTC)) if need.kind == "disk" else need


def _first_with(sensor: str, devices: Sequence[DeviceView]) -> ReadingView | None:
    return next((known[sensor] for one in devices if sensor in (known := _sensors(one))), None)


def _sensors(device: DeviceView) -> Mapping[str, ReadingView]:
    """What a device measures now, by sensor, also where the first reading is still to come; nothing when it is lost."""
    if device.state in TROUBLE:
        return {}
    declared = [name.removeprefix("senses.") for name in device.capabilities if name.startswith("senses.")]
    return {name: ReadingView(name, 0.0, UNITS.get(name, ""), 0) for name in declared} | dict(device.readings)


def _robot(device: DeviceView, room: RoomView) -> Mapping[str, Any]:
    team = next((team for team in room.teams if device.id in team.devices), None)
    look = device_look(device.state)
    if team is not None and look.s == WORK:
        look = team_look(team, (device,), room.run)
    label = str(team.number) if team else (re.findall(r"\d+", device.id) or [device.name[:1]])[-1]
    return {"id": device.id, "name": device.name, "label": label, "look": look}


def _team(team: TeamView, room: RoomView) -> dict[str, Any]:
    devices = tuple(device for device in room.devices if device.id in team.devices)
    run = room.run
    return {
        "team": team,
        "step": run.steps[min(team.step, len(run.steps) - 1)] if run is not None and run.steps else None,
        "steps": len(run.steps) if run else 0,
        "look": team_look(team, devices, run),
        "line": _line(team, devices, latched=room.stop.latched),
        "unconfirmed": any(one.state is DeviceState.UNCONFIRMED for one in devices),
        "devices": [
            {"id": one.id, "name": one.name, "look": device_look(one.state), "sensors": _sensors(one)}
            for one in devices
        ],
    }


def _line(team: TeamView, devices: Sequence[DeviceView], *, latched: bool) -> str:
    """What is said of a team: no word of rest where it is not known, and during a stop no promise of motion."""
    silent = next((device for device in devices if device.state is DeviceState.UNCONFIRMED), None)
    if silent is not None:
        return _("%(device)s: not known to have stopped", device=silent.name)
    return team.line if not latched or team.state is TeamState.STOPPED else ""


def _lesson(room: RoomView) -> Iterator[Part]:
    run = room.run
    if run is None:
        return
    yield Part("lesson-acts", "lesson_acts", {"state": run.state})
    for team in run.teams:
        shows = _team(team, room)
        yield Part(f"row-{team.number}", "row", {**shows, "cells": _cells(team, run, shows["look"])})
        yield Part(f"panel-{team.number}", "panel", {**shows, "state": run.state, "latched": room.stop.latched})


def _cells(team: TeamView, run: RunView, look: Look) -> list[Mapping[str, Any]]:
    """A team's line of stops: ``d`` is behind it, ``k`` was skipped, ``n`` is where it is."""
    cells: list[Mapping[str, Any]] = []
    for number, step in enumerate(run.steps):
        outcome = team.steps_done[number] if number < len(team.steps_done) else None
        if number == team.step and team.state != "finished":
            mark = "n"
        elif outcome is not None or number < team.step:
            mark = "k" if outcome == "skipped" else "d"
        else:
            mark = ""
        cells.append({"mark": mark, "title": step.title, "look": look if mark == "n" else None})
    return cells


def _devices(room: RoomView) -> Iterator[Part]:
    broken = [_device(device) for device in room.devices if device.state in TROUBLE]
    yield Part("broken", "broken", {"devices": broken})
    for device in room.devices:
        yield Part(f"reg-{device.id}", "reg", _device(device))
        yield Part(f"device-{device.id}", "device", _device(device))


def _device(device: DeviceView) -> dict[str, Any]:
    return {
        "device": device,
        "sensors": _sensors(device),
        "look": device_look(device.state),
        "runs_on": "drives" in device.capabilities and not device.stops_by_itself,
        "reachable": device.state not in TROUBLE,
    }


_MAKERS = (_frame, _room, _lesson, _devices)
