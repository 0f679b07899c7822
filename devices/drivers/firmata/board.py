"""A board that speaks Firmata, over any link: a device that is opened, lost and opened again, and its pins."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Final

from devices.api import Identity
from devices.drivers.firmata.session import Session
from devices.errors import BadValue, DeviceLost, LabError, NotStopped, NotSupported
from devices.plugin import Board, Ears
from devices.text import _
from devices.transports.link import Link
from devices.wire import firmata as wire

SETTLE_WITHIN: Final = 0.5  # seconds
STOP_WITHIN: Final = 0.75  # seconds; 0.8 are promised


class FirmataBoard(Board):
    """StandardFirmata 2.3 to 2.5, or the lab's own firmware, which adds a watchdog, echo and encoders."""

    def __init__(self, name: str, link: Link) -> None:
        self._name = name
        self._link = link
        self._session: Session | None = None  # while ready
        self._left: Session | None = None  # one that was lost and still lets go of its link
        self._opening: asyncio.Task[Identity] | None = None
        self._identity: Identity | None = None
        self._lost: DeviceLost | None = None
        self._gone: list[asyncio.Future[DeviceLost]] = []
        self._ears: Ears | None = None
        self._on_inputs: list[Callable[[int, int], None]] = []
        self._on_words: list[Callable[[str], None]] = []
        self._on_sysex: dict[int, Callable[[bytes], None]] = {}
        self._capabilities: wire.Capabilities | None = None
        self._mapping: wire.AnalogMapping | None = None

    # -- the device

    @property
    def name(self) -> str:
        return self._name

    @property
    def capabilities(self) -> frozenset[str]:
        return frozenset({"pings"})

    @property
    def identity(self) -> Identity | None:
        return self._identity

    async def open(self) -> Identity:
        if self._session is not None and self._identity is not None:
            return self._identity
        if self._opening is None:
            self._opening = asyncio.create_task(self._connect(), name=f"open {self._name}")
            self._opening.add_done_callback(self._opened)
        task = self._opening
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():  # by close()
                raise self._not_connected() from None
            task.cancel()
            await asyncio.wait([task])
            raise

    async def stop(self) -> None:
        until = time.monotonic() + STOP_WITHIN
        try:
            if self._opening is not None:  # it puts the outputs to rest itself
                async with asyncio.timeout(STOP_WITHIN):
                    await asyncio.wait([self._opening])
            if self._lost is not None:
                raise self._lost
            if self._session is not None:
                await self._session.stop(until - time.monotonic())
        except (TimeoutError, LabError) as error:
            raise NotStopped(
                _("%(name)s did not confirm that it stopped", name=self._name),
                device=self._name,
                hint=_("Switch it off by hand."),
            ) from error

    async def close(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait([self._opening])
        if self._session is not None:
            with contextlib.suppress(LabError):
                await self.stop()
        session, self._session = self._session or self._left, None
        if session is not None:
            await session.close(self._not_connected())
        self._lost = self._left = None

    async def gone(self) -> DeviceLost:
        if self._lost is not None:
            return self._lost
        future: asyncio.Future[DeviceLost] = asyncio.get_running_loop().create_future()
        self._gone.append(future)
        try:
            return await future
        finally:
            if future in self._gone:
                self._gone.remove(future)

    async def ping(self) -> float:
        start = time.perf_counter()
        await self._ready().ask(wire.ask_version(), wire.Version)
        return time.perf_counter() - start

    async def _connect(self) -> Identity:
        if self._left is not None:
            await self._left.close(self._not_connected())
            self._left = None
        session = Session(self._name, self._link, self._on_message, self._on_lost)
        identity = await session.open()
        self._session, self._identity, self._lost = session, identity, None
        self._capabilities = self._mapping = None
        return identity

    def _opened(self, task: asyncio.Task[Identity]) -> None:
        self._opening = None
        if not task.cancelled():
            task.exception()

    def _on_lost(self, error: DeviceLost) -> None:
        self._left, self._session, self._lost = self._session, None, error
        gone, self._gone = self._gone, []
        for future in gone:
            if not future.done():
                future.set_result(error)
        if self._ears is not None:
            self._ears.lost(error)

    def _ready(self) -> Session:
        if self._session is None:
            raise self._lost or self._not_connected()
        return self._session

    def _not_connected(self) -> DeviceLost:
        message = _("%(name)s is not connected", name=self._name)
        return DeviceLost(message, device=self._name, hint=_("Press Check again."))

    # -- the board

    @property
    def measures(self) -> frozenset[str]:
        lab = self._session.lab if self._session else None
        features = lab.features if lab else 0
        of_bits = {"echo": wire.Feature.ULTRASONIC, "encoders": wire.Feature.ENCODERS}
        return frozenset({"analog"} | {what for what, bit in of_bits.items() if features & bit})

    def attach(self, ears: Ears) -> None:
        self._ears = ears

    def make_output(self, pin: int) -> None:
        session = self._ready()
        session.send(session.outputs.output(pin))

    def make_pwm(self, pin: int) -> None:
        session = self._ready()
        session.send(session.outputs.pwm(pin))

    def make_servo(self, pin: int, low_us: int, high_us: int) -> None:
        self._ready().outputs.servo(pin, low_us, high_us)

    def set_pins(self, levels: Mapping[int, bool]) -> None:
        session = self._ready()
        session.send(session.outputs.levels(levels))

    def set_pwm(self, pin: int, duty: int) -> None:
        session = self._ready()
        session.send(session.outputs.duty(pin, duty))

    def set_servo(self, pin: int, degrees: int) -> None:
        session = self._ready()
        session.send(session.outputs.angle(pin, degrees))

    def measure_echo(self, trigger: int, echo: int, every_ms: int) -> None:
        self._needs("echo", _("an ultrasonic sensor"))
        self._ready().stand("echo", [wire.lab_ultrasonic(trigger, echo, every_ms)])

    def measure_encoders(self, every_ms: int) -> None:
        self._needs("encoders", _("wheel encoders"))
        self._ready().stand("encoders", [wire.lab_encoders(every_ms)])

    def measure_analog(self, channels: frozenset[int], every_ms: int) -> None:
        reports = [wire.report_analog(channel, True) for channel in sorted(channels)]
        self._ready().stand("analog", [wire.sampling_interval(every_ms), *reports])

    async def settled(self) -> None:
        await self._ready().ask(wire.ask_version(), wire.Version, seconds=SETTLE_WITHIN)

    # -- more of Firmata, for boards that are more than a robot

    async def pin_state(self, pin: int) -> wire.PinState:
        """A pin's mode and the value last written to it."""

        def of_pin(state: wire.PinState) -> bool:
            return state.pin == pin

        return await self._ready().ask(wire.ask_pin_state(pin), wire.PinState, of_pin)

    async def pin_capabilities(self) -> wire.Capabilities:
        """The modes of each pin; asked once, since the answer takes 37 ms of the wire."""
        if self._capabilities is None:
            self._capabilities = await self._ready().ask(wire.ask_capabilities(), wire.Capabilities)
        return self._capabilities

    async def analog_mapping(self) -> wire.AnalogMapping:
        """The analog channel of each pin; asked once."""
        if self._mapping is None:
            self._mapping = await self._ready().ask(wire.ask_analog_mapping(), wire.AnalogMapping)
        return self._mapping

    async def store_id(self, board_id: bytes) -> wire.LabIdentity:
        """Give a board with the lab's firmware an id of at most 8 bytes, kept when it is switched off."""
        session = self._ready()
        if session.lab is None:
            raise self._lacks(_("an id"))
        try:
            frame = wire.lab_store_id(board_id)
        except ValueError:
            raise BadValue(_("A board id has at most 8 bytes"), device=self._name) from None
        return await session.ask(frame, wire.LabIdentity)

    def make_input(self, pin: int, *, pull_up: bool = False) -> None:
        """Make a pin a digital input and have its port reported on change."""
        mode = wire.PinMode.PULLUP if pull_up else wire.PinMode.INPUT
        frames = [wire.pin_mode(pin, mode), wire.report_digital(pin // 8, True)]
        self._ready().stand(("input", pin), frames)

    def on_inputs(self, heard: Callable[[int, int], None]) -> None:
        """Call ``heard`` with each report of a port: its number, and the levels of its inputs as bits."""
        self._on_inputs.append(heard)

    def on_words(self, heard: Callable[[str], None]) -> None:
        """Call ``heard`` with each text that the firmware sends."""
        self._on_words.append(heard)

    def on_sysex(self, command: int, heard: Callable[[bytes], None]) -> None:
        """Call ``heard`` with the data of each sysex ``command`` that this driver does not know itself."""
        self._on_sysex[command] = heard

    def send_sysex(self, command: int, data: bytes) -> None:
        """Send any sysex; ``data`` is 7-bit already."""
        try:
            frame = wire.sysex(command, data)
        except ValueError:
            raise BadValue(_("A sysex carries 7-bit bytes only"), device=self._name) from None
        self._ready().send([frame])

    # -- what it says

    def _on_message(self, message: wire.Message) -> None:
        if self._ears is not None:
            self._tell(self._ears, message)
        match message:
            case wire.DigitalPort():
                for heard in self._on_inputs:
                    heard(message.port, message.mask)
            case wire.Words():
                for heard_words in self._on_words:
                    heard_words(message.text)
            case wire.Sysex() if message.command in self._on_sysex:
                self._on_sysex[message.command](message.data)
            case _:
                pass

    def _tell(self, ears: Ears, message: wire.Message) -> None:
        match message:
            case wire.Rested(cause=wire.RestCause.SILENCE):
                ears.rested_by_itself()
            case wire.Echo():
                ears.heard_echo(message.microseconds)
            case wire.Encoders():
                ears.heard_encoders(message.left, message.right)
            case wire.AnalogValue():
                ears.heard_analog(message.channel, message.value)
            case _:
                pass

    def _needs(self, measure: str, what: str) -> None:
        if self._session is not None and measure not in self.measures:
            raise self._lacks(what)

    def _lacks(self, what: str) -> NotSupported:
        return NotSupported(
            _("The firmware on %(name)s has no use for %(what)s", name=self._name, what=what),
            device=self._name,
            hint=_("Put the lab's firmware on it, see docs/how-to/flash-the-firmware.md."),
        )
