"""A device's self-test: phases that each measure one thing against its limits, in OpenHTF's words.

A missed limit is ``fail``: the device works, but not as it should. What could not be measured is ``error``.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from devices.api import Device, Drives, Pings, Senses
from devices.errors import LabError, NoAnswer, NotStopped
from devices.text import _

PINGS: Final = 50
LOST_ENOUGH: Final = 3  # unanswered pings after which no more are sent: each takes a second
AT_ONCE: Final = 100  # questions under way together, to see what the wire carries
MEDIAN_MS: Final = 50.0  # an Uno on USB takes 1 to 2 ms, one behind a busy serial server some ten
P95_MS: Final = 150.0
ANSWERS_A_SECOND: Final = 100.0  # a 57600 baud wire carries 1900
STOP_MS: Final = 800.0  # what every device promises (devices.api)
PULSE: Final = 0.5  # of full speed
PULSE_SECONDS: Final = 0.5
PULSE_CM: Final = (1.0, 40.0)
SKEW_DEG: Final = 60.0  # more means that a wheel or its encoder does nothing
ROLL_OUT: Final = 0.5  # seconds until a robot that was stopped stands still


class Result(StrEnum):
    """How a phase, or the whole test, ended."""

    PASS = "pass"
    FAIL = "fail"
    ERROR = "error"


@dataclass(frozen=True)
class Phase:
    """One measurement. ``low`` or ``high`` is None where unbounded, ``value`` None where nothing was measured."""

    name: str
    label: str
    result: Result
    value: float | None = None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    note: str = ""
    problem: LabError | None = None


def overall(phases: Iterable[Phase]) -> Result:
    """The result of the whole test: the worst of its phases."""
    results = {phase.result for phase in phases}
    return next((worst for worst in (Result.ERROR, Result.FAIL) if worst in results), Result.PASS)


async def selftest(device: Device, *, move: bool = False) -> AsyncIterator[Phase]:
    """Test a device, a phase at a time, and leave it open and at rest.

    Nothing moves unless ``move``; then a robot's wheels turn for a second, and it should have half a metre of room.
    """
    opened = await _identify(device)
    yield opened
    if opened.result is Result.ERROR:
        return
    if isinstance(device, Pings):
        async for phase in _link(device):
            yield phase
    if isinstance(device, Senses):
        for name in device.sensors:
            yield await _sensor(device, name)
    if move and isinstance(device, Drives) and "drives" in device.capabilities:
        async for phase in _wheels(device):
            yield phase
    yield await _stop(device, moving=move)


async def _identify(device: Device) -> Phase:
    label = _("Who answers")
    start = time.perf_counter()
    try:
        identity = await device.open()
    except LabError as error:
        return _failed("identify", label, error)
    said = f"{identity.firmware} {identity.version}" + (f" ({identity.board_id})" if identity.board_id else "")
    return Phase("identify", label, Result.PASS, time.perf_counter() - start, "s", None, 3.0, said)


async def _link(device: Pings) -> AsyncIterator[Phase]:
    times: list[float] = []
    lost = 0
    while len(times) + lost < PINGS and lost < LOST_ENOUGH:
        try:
            times.append(await device.ping() * 1000)
        except NoAnswer:
            lost += 1
        except LabError as error:
            yield _failed("link", _("The connection"), error)
            return
    loss = 100 * lost / (len(times) + lost)
    yield _within("link-loss", _("Questions lost"), loss, "%", None, 0.0)
    if not times:
        return
    yield _within("link-median", _("Round trip, median"), statistics.median(times), "ms", None, MEDIAN_MS)
    p95 = sorted(times)[round(0.95 * (len(times) - 1))]
    yield _within("link-p95", _("Round trip, 95 of 100"), p95, "ms", None, P95_MS)
    if not lost:
        yield await _throughput(device)


async def _throughput(device: Pings) -> Phase:
    label = _("Answers a second")
    start = time.perf_counter()
    answers = await asyncio.gather(*(device.ping() for _each in range(AT_ONCE)), return_exceptions=True)
    seconds = time.perf_counter() - start
    for answer in answers:
        if isinstance(answer, LabError):
            return _failed("link-throughput", label, answer)
        if isinstance(answer, BaseException):
            raise answer
    return _within("link-throughput", label, AT_ONCE / seconds, "/s", ANSWERS_A_SECOND, None)


async def _sensor(device: Senses, name: str) -> Phase:
    sensor = device.sensors[name]
    phase, label = f"sensor-{name}", _("Sensor: %(sensor)s", sensor=name)
    try:
        reading = await device.sense(name)
    except LabError as error:
        return _failed(phase, label, error)
    return _within(phase, label, reading.value, sensor.unit, sensor.low, sensor.high)


async def _wheels(device: Drives) -> AsyncIterator[Phase]:
    label = _("Wheels forward")
    before = await _where(device)
    try:
        await device.drive(PULSE, PULSE, seconds=PULSE_SECONDS)
        await asyncio.sleep(ROLL_OUT)
        after = await _where(device)
    except LabError as error:
        yield _failed("wheels", label, error)
        return
    if before is None or after is None:
        note = _("It has no wheel encoders: look whether both wheels turned forward.")
        yield Phase("wheels", label, Result.PASS, note=note)
        return
    yield _within("wheels", label, after[0] - before[0], "cm", *PULSE_CM)
    yield _within("wheels-even", _("Turned meanwhile"), after[1] - before[1], "deg", -SKEW_DEG, SKEW_DEG)


async def _where(device: object) -> tuple[float, float] | None:
    if not isinstance(device, Senses) or not {"travelled", "turned"} <= device.sensors.keys():
        return None
    return (await device.sense("travelled")).value, (await device.sense("turned")).value


async def _stop(device: Device, *, moving: bool) -> Phase:
    """How long a stop takes to be confirmed, with the wheels turning where they may."""
    label = _("Stop confirmed")
    drive: asyncio.Task[None] | None = None
    if moving and isinstance(device, Drives) and "drives" in device.capabilities:
        drive = asyncio.create_task(device.drive(-PULSE, -PULSE, seconds=PULSE_SECONDS))
        await asyncio.sleep(PULSE_SECONDS / 2)
    start = time.perf_counter()
    try:
        await device.stop()
    except NotStopped as error:
        return Phase("stop", label, Result.FAIL, None, "ms", None, STOP_MS, problem=error)
    except LabError as error:
        return _failed("stop", label, error)
    finally:
        if drive is not None:
            drive.cancel()
            with contextlib.suppress(asyncio.CancelledError, LabError):
                await drive
    return _within("stop", label, (time.perf_counter() - start) * 1000, "ms", None, STOP_MS)


def _within(
    name: str, label: str, value: float, unit: str, low: float | None, high: float | None, note: str = ""
) -> Phase:
    passed = (low is None or value >= low) and (high is None or value <= high)
    return Phase(name, label, Result.PASS if passed else Result.FAIL, value, unit, low, high, note)


def _failed(name: str, label: str, error: LabError) -> Phase:
    return Phase(name, label, Result.ERROR, note=str(error), problem=error)
