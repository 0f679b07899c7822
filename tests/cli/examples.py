"""Views as a lab might show them."""

from __future__ import annotations

from datetime import UTC, datetime

from devices.text import _
from labctl import views
from labctl.views import DeviceState, DeviceView, FoundView, HealthView, PhaseView, Problem, ReadingView, StopView

AT = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
PROBLEM = Problem("port-busy", _("%(name)s is used by %(program)s", name="robot-1", program="minicom"), _("Close it."))
DEVICE = DeviceView(
    id="robot-1",
    name="Robot 1",
    kind="robot",
    model={"az": "iki mühərrikli", "en": "two motors"},
    address="usb:1",
    state=DeviceState.ERROR,
    since=AT,
    simulated=False,
    capabilities=("drives", "senses.distance"),
    problem=PROBLEM,
    user=3,
    readings={"distance": ReadingView("distance", 12.5, "cm", 0)},
)
VIEWS = [
    DEVICE,
    FoundView("usb:2", "/dev/ttyUSB0", _("a CH340 adapter"), "robot-2", None, ambiguous=("robot-3",)),
    views.TestReport("robot-1", "Robot 1", "pass", 2.5, (PhaseView("link", _("link"), "pass", 3.0, "ms", None, 20.0),)),
    StopView(True, 4, AT, "cli", pending=("robot-2",), confirmed={"robot-1": 0.05}, failed={"robot-3": PROBLEM}),
    HealthView("ok", "0.1.0", 3.2, {"robot-1": "ready"}, {"p99": 1.5}, stopped=False),
]
