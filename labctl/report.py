"""The report of a device's self-test, as pages and scripts read it."""

from __future__ import annotations

import time

from devices.api import Device
from devices.selftest import Phase, overall, selftest
from labctl.showing import problem_if
from labctl.views import PhaseView, TestReport


async def report_on(id: str, device: Device, *, move: bool) -> TestReport:
    """Test a device and report; nothing moves unless ``move``."""
    began = time.monotonic()
    phases = [phase async for phase in selftest(device, move=move)]
    first = next((phase.problem for phase in phases if phase.problem is not None), None)
    return TestReport(
        device=id,
        name=device.name,
        outcome=str(overall(phases)),
        seconds=round(time.monotonic() - began, 3),
        phases=tuple(_view(phase) for phase in phases),
        problem=problem_if(first),
    )


def _view(phase: Phase) -> PhaseView:
    return PhaseView(
        name=phase.name,
        label=phase.label,
        outcome=str(phase.result),
        value=None if phase.value is None else round(phase.value, 4),
        unit=phase.unit,
        low=phase.low,
        high=phase.high,
        note=phase.note,
    )
