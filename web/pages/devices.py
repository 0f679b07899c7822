"""Devices: what does not work and what to do, what was newly found, the list, and one device with its self-test."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from flask import Blueprint, current_app, redirect, request
from werkzeug.wrappers import Response

from devices.errors import LabError
from labctl.views import FoundView, TestReport
from web.guard import me
from web.pages.shown import back, show, the_lab

pages = Blueprint("devices", __name__)

TESTS_KEPT = 200


@dataclass
class Tested:
    """The last self-test of each device since the panel was started."""

    reports: dict[str, tuple[TestReport, datetime]] = field(default_factory=dict[str, tuple[TestReport, datetime]])

    def keep(self, id: str, report: TestReport) -> None:
        """Keep a report in the place of the one before."""
        self.reports.pop(id, None)
        self.reports[id] = (report, datetime.now(UTC))
        while len(self.reports) > TESTS_KEPT:
            del self.reports[next(iter(self.reports))]


def _tested() -> Tested:
    return current_app.extensions.setdefault("tested", Tested())


@pages.get("/devices")
def devices() -> str:
    """Every device, those that do not work first; looking for new ones opens nothing."""
    room = the_lab().room()
    found: tuple[FoundView, ...] = ()
    unseen: LabError | None = None
    try:
        known = {device.address for device in room.devices}
        found = tuple(one for one in the_lab().scan() if one.known_as is None and one.address not in known)
    except LabError as error:
        unseen = error
    return show("devices.html", "devices", room, found=found, unseen=unseen)


@pages.post("/devices/adopt")
def adopt() -> Response:
    """Take a device into the lab."""
    form = request.form
    the_lab().adopt(
        form.get("address", ""), id=form.get("id", "").strip() or None, chassis=form.get("chassis", "").strip()
    )
    return redirect("/devices", 303)


@pages.get("/devices/<id>")
def device(id: str) -> str:
    """One device and its last self-test."""
    lab = the_lab()
    view = lab.device(id)
    report, tested_at = _tested().reports.get(id, (None, None))
    return show("device.html", "devices", device=view, report=report, tested_at=tested_at)


@pages.get("/devices/<id>/past/<sensor>")
def past(id: str, sensor: str) -> dict[str, object]:
    """The last minute of a sensor, for a chart that was opened just now: points of age in seconds and value."""
    return {"points": the_lab().past(id, sensor)}


@pages.post("/devices/<id>/test")
def test(id: str) -> Response:
    """Run a device's self-test; with ``move`` its wheels turn."""
    _tested().keep(id, the_lab().test_device(id, move=request.form.get("move") == "1"))
    return redirect(f"/devices/{id}", 303)


@pages.post("/devices/<id>/find")
def find(id: str) -> Response:
    """Blink a device's light."""
    the_lab().find(id)
    return back("/devices")


@pages.post("/devices/<id>/stop")
def stop(id: str) -> Response:
    """Stop one device."""
    the_lab().stop_device(id, me().id)
    return back("/devices")


@pages.post("/devices/<id>/reconnect")
def reconnect(id: str) -> Response:
    """Try a device again at once."""
    the_lab().reconnect(id)
    return back("/devices")


@pages.post("/devices/<id>/acknowledge")
def acknowledge(id: str) -> Response:
    """A person switched a device off that had not confirmed."""
    the_lab().acknowledge(id, me().id)
    return back("/")
