"""StandardFirmata 2.5 on an Uno, line for line as the sketch behaves, for a board that runs it."""

from __future__ import annotations

import math
from typing import Final

from devices.sim.parser import BoardParser
from devices.sim.uno import FIRST_ANALOG, PINS, PWM_PINS, Uno
from devices.wire import firmata as wire
from devices.wire.firmata import PinMode

PORTS: Final = 3
BLINK_PIN: Final = 13
BLINKS: Final = (2, 5)  # the version, as Firmata.blinkVersion shows it before anything is answered
SERVOS: Final = 12  # MAX_SERVOS of the Servo library on an Uno
SHORTEST_US, LONGEST_US = 544, 2400  # its MIN_PULSE_WIDTH and MAX_PULSE_WIDTH
QUERIES: Final = 8  # I2C_MAX_QUERIES
KNOWN_MODES: Final = frozenset({0, 1, 2, 3, 4, 6, 10, 11})  # those of setPinModeCallback, SERIAL is ignored in silence
READ_MODE, READ, READ_ON, READ_STOP, TEN_BITS = 0x18, 0x08, 0x10, 0x18, 0x20


def is_digital(pin: int) -> bool:
    """Firmata's Boards.h for the Uno: 0 and 1 are the serial port."""
    return 2 <= pin < PINS


def blink() -> tuple[tuple[float, bool], ...]:
    """When the boot blink switches its LED, in seconds since reset, ending with when the sketch goes on."""
    at, steps = 0.0, list[tuple[float, bool]]()
    for count, pause in zip(BLINKS, (0.25, 0.125), strict=True):
        for _blink in range(count):
            steps += [(at + 0.210, True), (at + 0.250, False)]
            at += 0.250
        at += pause
    return (*steps, (at, False))


class StandardFirmata:
    """The sketch. It has no watchdog: what it was told last, it does for ever."""

    NAME = "StandardFirmata.ino"
    VERSION = (2, 5)
    BOOT = blink()[-1][0]

    def __init__(self, chip: Uno) -> None:
        self.chip = chip
        self.parser = BoardParser(self)
        self.mode = [0] * PINS
        self.state = [0] * PINS
        self._servos = dict[int, tuple[int, int]]()  # attached pins, with their shortest and longest pulse
        self._channels = 0  # bit set of the analog channels to report
        self._reported = [0] * PORTS
        self._inputs = [0] * PORTS  # bit set of the pins that are inputs
        self._previous = [0] * PORTS
        self._interval = 19  # ms
        self._sampled = 0  # ms since boot
        self._booted = 0.0
        self._i2c = False
        self._queries: list[tuple[int, int | None, int]] = []
        self._resetting = False

    def boot(self, at: float) -> None:
        """The chip came out of reset at this time."""
        self._booted = at

    def next_interrupt(self) -> float:
        """Never: nothing watches over it."""
        return math.inf

    def on_interrupt(self) -> None:
        """Never comes."""

    def setup(self) -> None:
        """What the sketch does once the boot blink is over."""
        self.report_version()
        self._report_firmware()
        self.system_reset()

    def read(self, byte: int) -> None:
        """Handle one byte from the serial port."""
        self.parser.feed(byte)

    def next_timer(self) -> float:
        """When the sketch next does something by itself; infinity where it only waits."""
        if not (self._channels or self._queries):
            return math.inf
        return self._booted + (self._sampled + self._interval + 1) / 1000

    def on_timer(self) -> None:
        """Report the analog channels and the I2C queries that were asked for."""
        self._sampled += self._interval
        for channel in range(PINS - FIRST_ANALOG):
            pin = FIRST_ANALOG + channel
            if self._channels & 1 << channel and self.mode[pin] == PinMode.ANALOG:
                self._send_analog(channel)
        for address, register, count in self._queries:
            self._read_i2c(address, register, count)

    @property
    def watches_pins(self) -> bool:
        """Whether a change of an input is to be told."""
        return any(self._reported)

    def poll(self) -> None:
        """Tell what changed on the digital inputs that are reported."""
        for port, reported in enumerate(self._reported):
            if reported:
                self._report_port(port, force=False)

    # -- what the parser calls --

    def command(self, status: int, channel: int, first: int, second: int) -> None:
        """A message with data bytes."""
        if status == wire.ANALOG_MESSAGE:
            self._analog_write(channel, wire.number((first, second)))
        elif status == wire.DIGITAL_MESSAGE:
            self._digital_write(channel, wire.number((first, second)))
        elif status == wire.SET_PIN_MODE:
            self.set_pin_mode(first, second)
        elif status == wire.SET_DIGITAL_PIN:
            self._pin_write(first, second)
        elif status == wire.REPORT_ANALOG:
            self._report_analog(channel, first)
        elif status == wire.REPORT_DIGITAL and channel < PORTS:
            self._reported[channel] = first
            if first:
                self._report_port(channel, force=True)

    def report_version(self) -> None:
        """The protocol version."""
        self.chip.write(wire.encode_version(wire.Version(*self.VERSION)))

    def system_reset(self) -> None:
        """Everything back to the defaults: analog pins analog, all others outputs."""
        self._resetting = True
        self._i2c, self._queries = False, []
        self._reported = [0] * PORTS
        self._inputs = [0] * PORTS
        self._previous = [0] * PORTS
        for pin in range(PINS):
            if pin >= FIRST_ANALOG:
                self.set_pin_mode(pin, PinMode.ANALOG)
            elif is_digital(pin):
                self.set_pin_mode(pin, PinMode.OUTPUT)
        self._channels = 0
        self._resetting = False

    def sysex(self, command: int, count: int, data: bytes) -> None:
        """A sysex; a length beyond the buffer reads zeros, where the sketch would read what is there."""
        data = (data + bytes(count))[:count]
        match command:
            case wire.REPORT_FIRMWARE:
                self._report_firmware()
            case wire.CAPABILITY_QUERY:
                self.chip.write(wire.encode_capabilities(wire.Capabilities(tuple(map(self.modes, range(PINS))))))
            case wire.ANALOG_MAPPING_QUERY:
                channels = (pin - FIRST_ANALOG if pin >= FIRST_ANALOG else None for pin in range(PINS))
                self.chip.write(wire.encode_analog_mapping(wire.AnalogMapping(tuple(channels))))
            case wire.PIN_STATE_QUERY if count:
                self._report_state(data[0])
            case wire.SAMPLING_INTERVAL if count > 1:
                self._catch_up()
                self._interval = max(1, joined(data[:2]))
            case wire.EXTENDED_ANALOG if count > 1:
                self._analog_write(data[0], joined(data[1:4]))
            case wire.SERVO_CONFIG if count > 4:
                self._attach(data[0], joined(data[1:3]), joined(data[3:5]))
                self.set_pin_mode(data[0], PinMode.SERVO)
            case wire.I2C_CONFIG:
                self._enable_i2c()
            case wire.I2C_REQUEST if count > 1:
                self._i2c_request(data)
            case _:
                pass

    # -- pins --

    def modes(self, pin: int) -> dict[int, int]:
        """The modes of a pin and their resolution, in the order in which the sketch lists them."""
        modes = dict[int, int]()
        if is_digital(pin):
            modes |= {PinMode.INPUT: 1, PinMode.PULLUP: 1, PinMode.OUTPUT: 1}
        if pin >= FIRST_ANALOG:
            modes[PinMode.ANALOG] = 10
        if pin in PWM_PINS:
            modes[PinMode.PWM] = 8
        if is_digital(pin):
            modes[PinMode.SERVO] = 14
        if pin in {18, 19}:
            modes[PinMode.I2C] = 1
        return modes

    def set_pin_mode(self, pin: int, mode: int) -> None:
        """Set the mode of a pin; a mode that the pin does not have changes its remembered value only."""
        if pin >= PINS:
            self._complain_of(mode)
            return
        if self.mode[pin] == PinMode.I2C and self._i2c and mode != PinMode.I2C:
            self._i2c, self._queries = False, []
        if is_digital(pin) and mode != PinMode.SERVO and pin in self._servos:
            del self._servos[pin]
            self.chip.servo_write(pin, 0)
        if pin >= FIRST_ANALOG:
            self._report_analog(pin - FIRST_ANALOG, int(mode == PinMode.ANALOG))
        if is_digital(pin):
            bit = 1 << (pin & 7)
            is_input = mode in {PinMode.INPUT, PinMode.PULLUP}
            self._inputs[pin // 8] = self._inputs[pin // 8] & ~bit | (bit if is_input else 0)
        self.state[pin] = 0
        self._take_mode(pin, mode)

    def _take_mode(self, pin: int, mode: int) -> None:
        match mode:
            case PinMode.ANALOG if pin >= FIRST_ANALOG:
                self.chip.pin_mode(pin, output=False)
            case PinMode.INPUT if is_digital(pin):
                self.chip.pin_mode(pin, output=False)
            case PinMode.PULLUP if is_digital(pin):
                self.chip.pin_mode(pin, output=False, pull_up=True)
                self.state[pin] = 1
            case PinMode.OUTPUT if is_digital(pin):
                if self.mode[pin] == PinMode.PWM:
                    self.chip.digital_write(pin, False)
                self.chip.pin_mode(pin, output=True)
            case PinMode.PWM if pin in PWM_PINS:
                self.chip.analog_write(pin, 0)
            case PinMode.SERVO if is_digital(pin):
                if pin not in self._servos:
                    self._attach(pin)
            case PinMode.I2C if pin in {18, 19}:
                pass
            case _:
                self._complain_of(mode)
                return
        self.mode[pin] = mode

    def _complain_of(self, mode: int) -> None:
        if mode not in KNOWN_MODES:
            self.chip.write(wire.string("Unknown pin mode"))

    def _attach(self, pin: int, low_us: int = 0, high_us: int = 0) -> None:
        if not is_digital(pin):
            return
        if pin not in self._servos and len(self._servos) >= SERVOS:
            self.chip.write(wire.string("Max servos attached"))
            return
        self._servos[pin] = (low_us, high_us) if low_us and high_us else (SHORTEST_US, LONGEST_US)
        self.chip.servo_write(pin, 1500)  # where the Servo library begins

    def _pin_write(self, pin: int, value: int) -> None:
        if is_digital(pin) and self.mode[pin] == PinMode.OUTPUT:
            self.state[pin] = value
            self.chip.digital_write(pin, bool(value))

    def _analog_write(self, pin: int, value: int) -> None:
        if pin >= PINS:
            return
        if self.mode[pin] == PinMode.SERVO:
            if pin in self._servos:
                self.chip.servo_write(pin, servo_pulse(value, *self._servos[pin]))
            self.state[pin] = value
        elif self.mode[pin] == PinMode.PWM:
            self.chip.analog_write(pin, value)
            self.state[pin] = value

    def _digital_write(self, port: int, value: int) -> None:
        if port >= PORTS:
            return
        for pin in range(port * 8, min(port * 8 + 8, PINS)):
            if not is_digital(pin) or self.mode[pin] not in {PinMode.OUTPUT, PinMode.INPUT}:
                continue
            high = bool(value >> (pin & 7) & 1)
            if self.mode[pin] == PinMode.OUTPUT:
                self.chip.port_write(pin, high)
            elif high and self.state[pin] != 1:
                self.chip.pin_mode(pin, output=False, pull_up=True)
            self.state[pin] = int(high)

    # -- reports --

    def _report_firmware(self) -> None:
        self.chip.write(wire.encode_firmware(wire.Firmware(self.NAME, *self.VERSION)))

    def _report_state(self, pin: int) -> None:
        if pin >= PINS:
            self.chip.write(wire.sysex(wire.PIN_STATE_RESPONSE, wire.u7s(pin & 0x7F, 1)))
            return
        value = self.state[pin] & 0xFFFF
        more = bytes([value >> 7 & 0x7F] if value & 0xFF80 else []) + bytes([value >> 14] if value & 0xC000 else [])
        self.chip.write(wire.sysex(wire.PIN_STATE_RESPONSE, bytes((pin, self.mode[pin], value & 0x7F)) + more))

    def _report_analog(self, channel: int, on: int) -> None:
        if channel >= PINS - FIRST_ANALOG:
            return
        self._catch_up()
        if not on:
            self._channels &= ~(1 << channel)
            return
        self._channels |= 1 << channel
        if not self._resetting:
            self._send_analog(channel)

    def _send_analog(self, channel: int) -> None:
        self.chip.write(wire.analog(channel, self.chip.analog_read(channel)))

    def _report_port(self, port: int, *, force: bool) -> None:
        mask = 0
        for pin in range(port * 8, min(port * 8 + 8, PINS)):
            if self._inputs[port] >> (pin & 7) & 1 and self.chip.digital_read(pin):
                mask |= 1 << (pin & 7)
        if force or mask != self._previous[port]:
            self._previous[port] = mask
            self.chip.write(wire.digital_port(port, mask))

    def _catch_up(self) -> None:
        """While nothing was reported, the sampling clock ran on."""
        if not (self._channels or self._queries):
            since = int((self.chip.now - self._booted) * 1000)
            self._sampled += max(0, (since - self._sampled - 1) // self._interval) * self._interval

    # -- I2C: nothing answers on this bus --

    def _enable_i2c(self) -> None:
        if not self._i2c:
            self.set_pin_mode(18, PinMode.I2C)
            self.set_pin_mode(19, PinMode.I2C)
            self._i2c = True

    def _i2c_request(self, data: bytes) -> None:
        address, mode = data[0], data[1]
        if mode & TEN_BITS:
            self.chip.write(wire.string("10-bit addressing not supported"))
            return
        register = joined(data[2:4]) if len(data) == 6 else None
        count = joined(data[4:6] if len(data) == 6 else data[2:4]) & 0xFF
        if mode & READ_MODE == READ:
            self._read_i2c(address, register, count)
        elif mode & READ_MODE == READ_ON:
            if len(self._queries) >= QUERIES:
                self.chip.write(wire.string("too many queries"))
            else:
                self._catch_up()
                self._queries.append((address, register, count))
        elif mode & READ_MODE == READ_STOP:
            self._stop_i2c(address)

    def _stop_i2c(self, address: int) -> None:
        if len(self._queries) <= 1:
            self._queries = []
        else:
            of_it = [index for index, query in enumerate(self._queries) if query[0] == address]
            del self._queries[of_it[0] if of_it else 0]

    def _read_i2c(self, address: int, register: int | None, count: int) -> None:
        if count:
            self.chip.write(wire.string("I2C: Too few bytes received"))
        self.chip.write(wire.sysex(wire.I2C_REPLY, wire.pairs(bytes((address & 0xFF, (register or 0) & 0xFF)))))


def joined(data: bytes) -> int:
    """A number of seven bits a byte as the sketch puts it together: it trusts the eighth bit to be 0, in an int."""
    return sum(byte << 7 * place for place, byte in enumerate(data)) & 0xFFFF


def servo_pulse(value: int, low_us: int = SHORTEST_US, high_us: int = LONGEST_US) -> int:
    """The Servo library's write: from 544 on microseconds, below it degrees up to 180; kept within the limits."""
    us = value if value >= SHORTEST_US else low_us + (high_us - low_us) * min(value, 180) // 180
    return min(max(us, low_us), high_us)
