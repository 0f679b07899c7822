"""A robot: a board with a chassis. What it can do follows from both."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Callable, Mapping
from typing import Final

from devices.api import DRIVE_LIMIT, Actuates, Device, Drives, Identity, Pings, Reading, Senses, Sensor
from devices.errors import BadValue, DeviceLost, LabError, NotSupported, Stopped, UnknownName
from devices.plugin import Board, Ears
from devices.robots.chassis.model import Analog, Chassis, Motor, Travelled, Turned, Ultrasonic
from devices.robots.odometer import Odometer
from devices.robots.readings import Readings
from devices.text import _

EVERY_MS: Final = 100  # ten readings a second
ECHO_US_PER_CM: Final = 58.3  # there and back at 343 m/s, the speed of sound at 20 °C
FULL_DUTY: Final = 255


class Robot(Device, Drives, Senses, Actuates, Pings, Ears):
    """A two-wheeled robot. It drives on a firmware without a watchdog only where ``allow_no_watchdog`` says so."""

    def __init__(self, board: Board, chassis: Chassis, *, allow_no_watchdog: bool = False) -> None:
        self._board = board
        self._chassis = chassis
        self._allowed = allow_no_watchdog
        self._readings = Readings(board.name)
        self._odometer: Odometer | None = None
        self._set_up_for: Identity | None = None
        self._drive: asyncio.Future[None] | None = None  # of the drive that turns the wheels now
        self._stopping = 0
        self._closing = 0
        board.attach(self)

    # -- the device

    @property
    def name(self) -> str:
        return self._board.name

    @property
    def identity(self) -> Identity | None:
        return self._board.identity

    @property
    def capabilities(self) -> frozenset[str]:
        can = {"pings", *(f"actuates.{name}" for name in self.outputs)}
        if self._chassis.drive and self._may_drive:
            can.add("drives")
        if self.sensors:
            can |= {"senses", *(f"senses.{name}" for name in self.sensors)}
        return frozenset(can)

    async def open(self) -> Identity:
        identity = await self._board.open()
        if self._set_up_for is not identity:
            self._set_up_for = identity
            self._set_up()
        return identity

    async def stop(self) -> None:
        self._stopping += 1
        try:
            self._end_drive(Stopped(_("%(name)s was stopped", name=self.name), device=self.name))
            await self._board.stop()
        finally:
            self._stopping -= 1

    async def close(self) -> None:
        lost = DeviceLost(_("%(name)s is not connected", name=self.name), device=self.name)
        self._closing += 1  # whoever had the wheels must not turn them again on the way out
        try:
            self._end_drive(lost)
            await self._board.close()
        finally:
            self._closing -= 1
        self._readings.end(lost)
        self._set_up_for = None

    async def gone(self) -> DeviceLost:
        return await self._board.gone()

    async def ping(self) -> float:
        return await self._board.ping()

    # -- driving

    async def drive(self, left: float, right: float, *, seconds: float) -> None:
        self._speed(_("the left wheel"), left)
        self._speed(_("the right wheel"), right)
        if not _is_number(seconds) or not 0 < seconds <= DRIVE_LIMIT:
            message = _("A drive takes more than 0 and at most %(limit)s seconds", limit=DRIVE_LIMIT)
            raise BadValue(message, device=self.name)
        self._must_drive()
        if self._stopping:
            raise Stopped(_("%(name)s is being stopped", name=self.name), device=self.name)
        if self._closing:
            raise DeviceLost(_("%(name)s is not connected", name=self.name), device=self.name)
        self._end_drive(None)
        self._drive = mine = asyncio.get_running_loop().create_future()
        try:
            self._turn(left, right)
            done, _pending = await asyncio.wait([mine], timeout=seconds)
            if done:
                mine.result()  # another drive took its place, or why it ended
            else:
                await self._rest(mine)
        except asyncio.CancelledError:
            with contextlib.suppress(LabError):
                await self._rest(mine)
            raise
        finally:
            if self._drive is mine:
                self._drive = None

    def _turn(self, left: float, right: float) -> None:
        drive = self._chassis.drive
        if drive is None:
            return
        if self._odometer is not None and self._odometer.tell(left, right):
            self._board.measure_encoders(EVERY_MS)
        levels = {**_direction(drive.left, left), **_direction(drive.right, right)}
        if drive.standby is not None:
            levels[drive.standby] = True
        self._board.set_pins(levels)
        self._board.set_pwm(drive.left.pwm, round(abs(left) * FULL_DUTY))
        self._board.set_pwm(drive.right.pwm, round(abs(right) * FULL_DUTY))

    async def _rest(self, drive: asyncio.Future[None]) -> None:
        """Bring the wheels to rest, and know it, unless another drive has them."""
        if self._drive is drive and not drive.done():
            self._turn(0, 0)
            await self._board.settled()

    def _end_drive(self, error: LabError | None) -> None:
        drive, self._drive = self._drive, None
        if drive is None or drive.done():
            return
        if error is None:
            drive.set_result(None)
        else:
            drive.set_exception(error)
            drive.add_done_callback(_seen)  # it may have been cancelled, and then nobody looks

    @property
    def _may_drive(self) -> bool:
        """Before it was opened its firmware is not known, and what the chassis promises is shown."""
        return self.identity is None or self.identity.stops_by_itself or self._allowed

    def _must_drive(self) -> None:
        if self._chassis.drive is None:
            raise NotSupported(_("%(name)s has no wheels", name=self.name), device=self.name)
        if not self._may_drive:
            raise NotSupported(
                _(
                    "%(name)s would not stop by itself if this computer fell silent, so it does not drive",
                    name=self.name,
                ),
                device=self.name,
                hint=_(
                    "Put the lab's firmware on it, see docs/how-to/flash-the-firmware.md, or write"
                    " allow_no_watchdog = true beside it in lab.toml."
                ),
            )

    def _speed(self, wheel: str, speed: float) -> None:
        if not _is_number(speed) or not -1 <= speed <= 1:
            message = _("The speed of %(wheel)s is from -1 to 1, not %(speed)s", wheel=wheel, speed=repr(speed))
            raise BadValue(message, device=self.name)

    # -- sensing

    @property
    def sensors(self) -> Mapping[str, Sensor]:
        measures = None if self._set_up_for is None else self._board.measures
        return {
            name: Sensor(name, part.unit, part.low, part.high, part.digits)
            for name, part in self._chassis.sensors.items()
            if measures is None or _measure(part) in measures
        }

    async def sense(self, name: str) -> Reading:
        if name not in self.sensors:
            raise self._unknown(name, self.sensors)
        if self._set_up_for is None:
            raise DeviceLost(_("%(name)s is not connected", name=self.name), device=self.name)
        if isinstance(self._chassis.sensors[name], Travelled | Turned):
            self._board.measure_encoders(EVERY_MS)  # a robot at rest reports no change by itself
        return await self._readings.next(name)

    def listen(self, on_reading: Callable[[Reading], None]) -> Callable[[], None]:
        return self._readings.listen(on_reading)

    def _publish(self, name: str, value: float) -> None:
        self._readings.publish(Reading(name, value, time.monotonic()))

    # -- outputs

    @property
    def outputs(self) -> Mapping[str, Sensor]:
        return {name: Sensor(name, *part.range) for name, part in self._chassis.outputs.items()}

    async def set(self, name: str, value: float) -> None:
        if name not in self.outputs:
            raise self._unknown(name, self.outputs)
        output, part = self.outputs[name], self._chassis.outputs[name]
        if not _is_number(value) or not output.low <= value <= output.high:
            raise BadValue(
                _(
                    "%(output)s is from %(low)s to %(high)s, not %(value)s",
                    output=name,
                    low=output.low,
                    high=output.high,
                    value=repr(value),
                ),
                device=self.name,
            )
        if self._stopping:
            raise Stopped(_("%(name)s is being stopped", name=self.name), device=self.name)
        match part.kind:
            case "digital":
                self._board.set_pins({part.pin: value >= 0.5})
            case "pwm":
                self._board.set_pwm(part.pin, round(value * FULL_DUTY))
            case "servo":
                self._board.set_servo(part.pin, round(value))
        await self._board.settled()

    def _unknown(self, name: str, known: Mapping[str, Sensor]) -> UnknownName:
        return UnknownName(
            _("%(name)s has no “%(what)s”", name=self.name, what=name),
            device=self.name,
            hint=_("There are: %(names)s", names=", ".join(known)),
        )

    # -- what the board says

    def heard_echo(self, microseconds: int) -> None:
        for name, part in self._chassis.sensors.items():
            if isinstance(part, Ultrasonic):
                away = microseconds / ECHO_US_PER_CM if microseconds else part.high
                self._publish(name, min(max(away, part.low), part.high))

    def heard_encoders(self, left: int, right: int) -> None:
        if self._odometer is None:
            return
        self._odometer.count(left, right)
        for name, part in self._chassis.sensors.items():
            if isinstance(part, Travelled):
                self._publish(name, self._odometer.travelled_cm)
            elif isinstance(part, Turned):
                self._publish(name, self._odometer.turned_deg)

    def heard_analog(self, channel: int, value: int) -> None:
        for name, part in self._chassis.sensors.items():
            if isinstance(part, Analog) and part.channel == channel:
                self._publish(name, value * part.scale + part.offset)

    def rested_by_itself(self) -> None:
        self._end_drive(
            Stopped(
                _("%(name)s stopped by itself: it had heard nothing from this computer for too long", name=self.name),
                device=self.name,
                hint=_("If it does so often, this computer is too busy."),
            )
        )

    def lost(self, error: DeviceLost) -> None:
        self._set_up_for = None
        self._end_drive(error)
        self._readings.end(error)

    # -- setting up

    def _set_up(self) -> None:
        """After each opening: what every pin is, and what is to be reported."""
        board, chassis = self._board, self._chassis
        if chassis.drive:
            drive = chassis.drive
            for motor in (drive.left, drive.right):
                board.make_pwm(motor.pwm)
                for pin in motor.pins[1:]:
                    board.make_output(pin)
            if drive.standby is not None:
                board.make_output(drive.standby)
        for part in chassis.outputs.values():
            match part.kind:
                case "digital":
                    board.make_output(part.pin)
                case "pwm":
                    board.make_pwm(part.pin)
                case "servo":
                    board.make_servo(part.pin, part.low_us, part.high_us)
        self._measure()

    def _measure(self) -> None:
        board, chassis = self._board, self._chassis
        parts = [chassis.sensors[name] for name in self.sensors]
        self._odometer = None
        if chassis.encoders and chassis.geometry and "encoders" in board.measures:
            self._odometer = Odometer(
                pulses_per_turn=chassis.encoders.pulses_per_turn,
                wheel_cm=chassis.geometry.wheel_cm,
                track_cm=chassis.geometry.track_cm,
            )
            board.measure_encoders(EVERY_MS)
        for part in parts:
            if isinstance(part, Ultrasonic):
                board.measure_echo(part.trigger, part.echo, EVERY_MS)
        if channels := frozenset(part.channel for part in parts if isinstance(part, Analog)):
            board.measure_analog(channels, EVERY_MS)


def _measure(part: Ultrasonic | Travelled | Turned | Analog) -> str:
    """What a board must measure for a sensor."""
    match part:
        case Ultrasonic():
            return "echo"
        case Travelled() | Turned():
            return "encoders"
        case Analog():
            return "analog"


def _direction(motor: Motor, speed: float) -> dict[int, bool]:
    turning = -speed if motor.reversed else speed
    levels = {motor.forward: turning > 0}
    if motor.back is not None:
        levels[motor.back] = turning < 0
    return levels


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _seen(future: asyncio.Future[None]) -> None:
    if not future.cancelled():
        future.exception()
