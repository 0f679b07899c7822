"""labctl-robot, the lab's own firmware, for a board that runs it: what its C source does, seen from the"""

from __future__ import annotations

import math
from typing import Final

from devices.sim.labpins import Answer, LabPins
from devices.sim.parser import FOLLOWING
from devices.sim.standard import is_digital
from devices.sim.uno import FIRST_ANALOG, PINS, PWM_PINS, Uno
from devices.wire import firmata as wire
from devices.wire.firmata import PinMode

PORTS: Final = 3
SYSEX_LIMIT: Final = 64  # firmata.c
REPORT_QUEUE: Final = 32  # reply.c: bytes on their way out that hold back reports
RING: Final = 255  # uart.c
HOLE: Final = 0xF8  # uart.c: stands for bytes that were lost
DEAD_MAN: Final = 0.501  # seconds; dead_man.c: more than 500 whole milliseconds
SHORTEST_ECHO: Final = 0.030  # seconds between two pings; ultrasonic.c
PING: Final = 0.0005  # seconds from the trigger to the rise of the echo pin: HC-SR04, eight cycles of 40 kHz and more
SHORTEST_ENCODERS: Final = 0.010  # seconds; encoders.c
EEPROM_WRITE: Final = 0.0034  # seconds a byte: ATmega328P data sheet
LEFT_ENCODER, RIGHT_ENCODER = 2, 3
FEATURES: Final = wire.Feature.WATCHDOG | wire.Feature.ULTRASONIC | wire.Feature.ENCODERS | wire.Feature.SERVO


class LabRobot:
    """The firmware: Firmata, a dead man, ultrasonic distance and wheel encoders."""

    NAME = wire.LAB_FIRMWARE
    VERSION = (1, 0)
    BOOT = 0.0  # it greets at once; StandardFirmata blinks for two seconds first

    def __init__(self, chip: Uno) -> None:
        self.chip = chip
        chip.uart.ring_in = chip.uart.ring_out = RING
        chip.uart.hole = HOLE
        self.pins = LabPins(chip)
        self._message = 0  # status byte of the message under way, 0 for none
        self._data = bytearray()
        self._heard: float | None = None  # when silence began to count; None while nothing is on
        self._ports = [False] * PORTS
        self._port_told = [0] * PORTS
        self._channels: set[int] = set()
        self._interval = 0.019
        self._sampled = 0.0
        self._sonar: tuple[int, int, float] | None = None  # trigger, echo, seconds
        self._fired = 0.0
        self._echo: tuple[float, int] | None = None  # when the echo ends, and how long it was
        self._pinging = False
        self._encoders = 0.0  # seconds between reports
        self._counting = False
        self._looked = 0.0
        self._base = [0, 0]
        self._counts_told = (0, 0)

    def boot(self, at: float) -> None:
        """The chip came out of reset at this time."""
        self._sampled = at

    def setup(self) -> None:
        """Greet."""
        self._version()
        self._firmware()

    # -- the parser, which gives up what was cut --

    def read(self, byte: int) -> None:
        """Handle one byte from the serial port."""
        if byte < 0x80:
            if self._message == wire.START_SYSEX:
                if len(self._data) <= SYSEX_LIMIT:
                    self._data.append(byte)
            elif self._message:
                self._data.append(byte)
                self._complete()
        elif byte == wire.END_SYSEX and self._message == wire.START_SYSEX:
            self._message = 0
            if 0 < len(self._data) <= SYSEX_LIMIT:
                self._sysex(self._data[0], bytes(self._data[1:]))
        else:
            kind = byte & 0xF0 if byte < wire.START_SYSEX else byte
            self._message = byte if byte == wire.START_SYSEX or kind in FOLLOWING else 0
            self._data.clear()
            if byte == wire.REPORT_VERSION:
                self._version()
            elif byte == wire.SYSTEM_RESET:
                self._reset()
        if self.chip.changed:
            self._watch()

    def _complete(self) -> None:
        status = self._message & 0xF0 if self._message < wire.START_SYSEX else self._message
        if len(self._data) < FOLLOWING[status]:
            return
        channel, self._message = self._message & 0x0F, 0
        first, value = self._data[0], wire.number(self._data)
        if status == wire.DIGITAL_MESSAGE:
            self.pins.write_port(channel, value)
        elif status == wire.ANALOG_MESSAGE:
            self.pins.write_analog(channel, value)
        elif status == wire.SET_PIN_MODE:
            self._set_mode(first, self._data[1])
        elif status == wire.SET_DIGITAL_PIN:
            self.pins.write(first, bool(self._data[1]))
        elif status == wire.REPORT_ANALOG:
            self._report_analog(channel, bool(first))
        elif status == wire.REPORT_DIGITAL and channel < PORTS:
            self._ports[channel] = bool(first)
            if first:
                self._report_port(channel)

    def _sysex(self, command: int, data: bytes) -> None:
        count = len(data)
        if command == wire.LAB and count:
            self._family(data[0], data[1:])
        elif command == wire.REPORT_FIRMWARE:
            self._firmware()
        elif command == wire.CAPABILITY_QUERY:
            self.chip.write(wire.encode_capabilities(wire.Capabilities(tuple(map(modes, range(PINS))))))
        elif command == wire.ANALOG_MAPPING_QUERY:
            channels = (pin - FIRST_ANALOG if pin >= FIRST_ANALOG else None for pin in range(PINS))
            self.chip.write(wire.encode_analog_mapping(wire.AnalogMapping(tuple(channels))))
        elif command == wire.PIN_STATE_QUERY and count:
            self._report_state(data[0])
        elif command == wire.EXTENDED_ANALOG and 2 <= count <= 4:
            self.pins.write_analog(data[0], min(wire.number(data[1:]), 0xFFFF))
        elif command == wire.SERVO_CONFIG and count >= 5:
            self._set_mode(data[0], PinMode.SERVO)
            self.pins.limit_servo(data[0], wire.number(data[1:3]), wire.number(data[3:5]))
        elif command == wire.SAMPLING_INTERVAL and count >= 2:
            self._interval = max(1, wire.number(data[:2])) / 1000
        elif command in {wire.I2C_REQUEST, wire.I2C_CONFIG}:
            self.chip.write(wire.string("I2C: not in this firmware"))

    def _family(self, kind: int, data: bytes) -> None:
        if kind == wire.LAB_IDENTIFY:
            self._identify()
        elif kind == wire.LAB_KEEP_ALIVE:
            if self._heard is not None:
                self._heard = self.chip.now
        elif kind == wire.LAB_REST:
            self.pins.rest()
            self.chip.write(wire.encode_rested(wire.Rested(wire.RestCause.ASKED)))
        elif kind == wire.LAB_ULTRASONIC and len(data) == 4:
            self._ultrasonic(data[0], data[1], wire.number(data[2:]) / 1000)
        elif kind == wire.LAB_ENCODERS and len(data) == 2:
            self._count(wire.number(data) / 1000)
            self._report_encoders()
        elif kind == wire.LAB_STORE_ID and data and len(data) == 1 + 2 * data[0] <= 1 + 2 * wire.LAB_ID_MAX:
            self.chip.stored_id = wire.unpairs(data[1:])
            self.chip.now += (3 + wire.LAB_ID_MAX) * EEPROM_WRITE
            self._identify()

    # -- answers --

    def _version(self) -> None:
        self.chip.write(wire.encode_version(wire.Version(2, 5)))

    def _firmware(self) -> None:
        self.chip.write(wire.encode_firmware(wire.Firmware(self.NAME, *self.VERSION)))

    def _identify(self) -> None:
        self.chip.write(wire.encode_lab_identity(wire.LabIdentity(1, 500, FEATURES, self.chip.stored_id)))

    def _report_state(self, pin: int) -> None:
        if pin >= PINS:
            self.chip.write(wire.sysex(wire.PIN_STATE_RESPONSE, wire.u7s(pin, 1)))
        else:
            self.chip.write(
                wire.encode_pin_state(wire.PinState(pin, self.pins.mode[pin], self.pins.state(pin) & 0x3FFF))
            )

    def _set_mode(self, pin: int, mode: int) -> None:
        answer = self.pins.set_mode(pin, mode)
        if answer is Answer.SET and pin >= FIRST_ANALOG:
            self._report_analog(pin - FIRST_ANALOG, mode == PinMode.ANALOG)
        elif answer not in {Answer.SET, Answer.NOT_HERE}:
            self.chip.write(wire.string(answer.value))

    def _reset(self) -> None:
        self._channels.clear()
        self._interval = 0.019
        self._ports = [False] * PORTS
        self._sonar = self._echo = None
        self._pinging = False
        self._encoders, self._counting = 0.0, False
        self._base, self._counts_told = [0, 0], (0, 0)
        self.pins.reset()

    # -- the dead man, in the timer interrupt --

    def _watch(self) -> None:
        if not self.chip.any_on():
            self._heard = None
        elif self._heard is None:
            self._heard = self.chip.now

    def next_interrupt(self) -> float:
        """When the dead man acts unless a keep-alive comes; infinity while nothing is on."""
        return math.inf if self._heard is None else self._heard + DEAD_MAN

    def on_interrupt(self) -> None:
        """Nobody was heard for too long."""
        self._heard = None
        self.pins.rest()
        self.chip.write(wire.encode_rested(wire.Rested(wire.RestCause.SILENCE)))

    # -- what is reported without being asked --

    @property
    def watches_pins(self) -> bool:
        """Whether a change of an input is to be told."""
        return any(self._ports)

    def poll(self) -> None:
        """Tell what changed on the digital inputs that are reported."""
        for port, reported in enumerate(self._ports):
            if reported and self._room() and self.pins.read_port(port) != self._port_told[port]:
                self._report_port(port)

    def next_timer(self) -> float:
        """When the firmware next does something by itself; infinity where it only waits."""
        at = math.inf
        if self._channels:
            at = self._sampled + self._interval
        if self._sonar:
            ends = self._echo[0] if self._echo else math.inf
            at = min(at, ends, self._fired + self._sonar[2])
        if self._encoders and not (self.chip.world.at_rest and self._counts() == self._counts_told):
            at = min(at, self._looked + self._encoders)
        return at

    def on_timer(self) -> None:
        """Send the reports that are due."""
        now = self.chip.now
        if self._channels and now >= self._sampled + self._interval:
            self._sampled = now
            self._send_analog(self._channels)
        if self._sonar:
            self._measure(*self._sonar)
        if self._encoders and now >= self._looked + self._encoders:
            self._looked = now
            if self._counts() != self._counts_told:
                self._report_encoders()

    def _room(self) -> bool:
        return self.chip.uart.pending(self.chip.now) < REPORT_QUEUE

    def _report_port(self, port: int) -> None:
        self._port_told[port] = self.pins.read_port(port)
        self.chip.write(wire.digital_port(port, self._port_told[port]))

    def _report_analog(self, channel: int, on: bool) -> None:
        if channel >= PINS - FIRST_ANALOG:
            return
        if not on:
            self._channels.discard(channel)
            return
        if not self._channels:
            self._sampled = self.chip.now
        self._channels.add(channel)
        self._send_analog({channel})

    def _send_analog(self, channels: set[int]) -> None:
        for channel in sorted(channels):
            if self.pins.mode[FIRST_ANALOG + channel] == PinMode.ANALOG:
                self.chip.write(wire.analog(channel, self.chip.analog_read(channel)))

    def _ultrasonic(self, trigger: int, echo: int, seconds: float) -> None:
        if not seconds:
            self._sonar = None
        elif is_digital(trigger) and is_digital(echo) and trigger != echo:
            self.pins.set_mode(trigger, PinMode.OUTPUT)
            self.pins.write(trigger, False)
            self.pins.set_mode(echo, PinMode.INPUT)
            self._sonar = (trigger, echo, max(seconds, SHORTEST_ECHO))
            self._fire(trigger, echo)

    def _measure(self, trigger: int, echo: int, seconds: float) -> None:
        now = self.chip.now
        if self.pins.mode[trigger] != PinMode.OUTPUT:
            self._sonar = None
            return
        if self._echo and now >= self._echo[0]:
            self._pinging = False
            self.chip.write(wire.encode_echo(wire.Echo(self._echo[1])))
            self._echo = None
        if now >= self._fired + seconds:
            if self._pinging:
                self.chip.write(wire.encode_echo(wire.Echo(0)))
            self._fire(trigger, echo)

    def _fire(self, trigger: int, echo: int) -> None:
        self._fired = self.chip.now
        self._pinging = True
        width = self.chip.world.echo_us(trigger, echo)
        self._echo = (self._fired + PING + width / 1e6, width) if width else None

    def _count(self, seconds: float) -> None:
        counts = self._counts()
        self._encoders = max(seconds, SHORTEST_ENCODERS) if seconds else 0.0
        self._looked = self.chip.now
        self._counting = bool(seconds)
        for pin in (LEFT_ENCODER, RIGHT_ENCODER):
            if self._counting and self.pins.mode[pin] not in {PinMode.INPUT, PinMode.PULLUP}:
                self.pins.set_mode(pin, PinMode.INPUT)
        edges = self._edges() if self._counting else (0, 0)
        self._base = [counts[side] - edges[side] for side in range(2)]

    def _edges(self) -> tuple[int, int]:
        return self.chip.world.edges(LEFT_ENCODER), self.chip.world.edges(RIGHT_ENCODER)

    def _counts(self) -> tuple[int, int]:
        left, right = self._edges() if self._counting else (0, 0)
        return (self._base[0] + left) % (1 << 28), (self._base[1] + right) % (1 << 28)

    def _report_encoders(self) -> None:
        self._counts_told = self._counts()
        self.chip.write(wire.encode_encoders(wire.Encoders(*self._counts_told)))


def modes(pin: int) -> dict[int, int]:
    """The modes of a pin and their resolution, in the order in which the firmware lists them."""
    if not is_digital(pin):
        return {}
    found: dict[int, int] = {PinMode.INPUT: 1, PinMode.PULLUP: 1, PinMode.OUTPUT: 1}
    if pin >= FIRST_ANALOG:
        found[PinMode.ANALOG] = 10
    if pin in PWM_PINS:
        found[PinMode.PWM] = 8
    return found | {PinMode.SERVO: 14}
