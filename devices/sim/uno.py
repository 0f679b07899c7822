"""The chip of an Arduino Uno as a sketch sees it: pins, analog inputs, the serial port and the time."""

from __future__ import annotations

from typing import Final, Protocol

from devices.sim.uart import Uart

PINS: Final = 20
FIRST_ANALOG: Final = 14
PWM_PINS: Final = frozenset({3, 5, 6, 9, 10, 11})
SIXTEEN_BIT: Final = frozenset({9, 10})  # the pins of timer 1, whose compare register does not wrap at 8 bits
ANALOG_READ: Final = 112e-6  # seconds: 13 cycles of a 125 kHz ADC clock and what surrounds them


class World(Protocol):
    """What is wired to the pins."""

    def sense(self, pin: int) -> bool | None:
        """The level that is put on a pin; None where nothing is wired to it."""
        ...

    def edges(self, pin: int) -> int:
        """How many rising edges a pin has seen so far."""
        ...

    def echo_us(self, trigger: int, echo: int) -> int:
        """How long the echo pin is high after a pulse on the trigger, in µs; 0 where nothing echoes."""
        ...

    @property
    def at_rest(self) -> bool:
        """Whether no level will change by itself."""
        ...


class Uno:
    """An ATmega328P on its board.

    ``now`` is when the sketch is: it runs ahead while the sketch is busy. ``inputs`` and ``analog`` are levels and
    readings of pins to which the world has nothing wired.
    """

    def __init__(self, uart: Uart, world: World) -> None:
        self.uart = uart
        self.world = world
        self.now = 0.0
        self.inputs: dict[int, bool] = {}
        self.analog = [0] * (PINS - FIRST_ANALOG)
        self._driven = [False] * PINS
        self._latch = [False] * PINS
        self._held = [False] * PINS  # the level a pin had last, which an input with nothing on it keeps
        self._pwm: list[int | None] = [None] * PINS  # None where no timer drives the pin
        self.servo_us = [0] * PINS  # 0 where no servo is attached
        self.stored_id = b""  # in the EEPROM, where the sketch keeps one
        self.changed = False

    def reset(self, at: float) -> None:
        """What the reset line does to the chip: every pin an input, nothing buffered."""
        self.now = at
        self.uart.clear()
        for pin in range(PINS):
            self._driven[pin] = self._latch[pin] = False
            self._pwm[pin] = None
            self.servo_us[pin] = 0
        self.changed = True

    def write(self, data: bytes) -> None:
        """Serial.write: goes on when the buffer took it all."""
        self.now = self.uart.write(data, self.now)

    def level(self, pin: int) -> float:
        """What a pin gives out: 0 to 1 of the supply, by duty where PWM drives it; 0 for an input."""
        if not self._driven[pin]:
            return 0.0
        pwm = self._pwm[pin]
        return float(self._latch[pin]) if pwm is None else min(pwm, 255) / 255

    def levels(self) -> tuple[float, ...]:
        """:meth:`level` of each pin."""
        return tuple(self.level(pin) for pin in range(PINS))

    def pin_mode(self, pin: int, *, output: bool, pull_up: bool = False) -> None:
        """The core's pinMode: an output keeps the level that its pull-up had, as on the chip."""
        self._driven[pin] = output
        if not output:
            self._latch[pin] = pull_up
        self._hold(pin)

    def digital_write(self, pin: int, high: bool) -> None:
        """The core's digitalWrite, which takes the pin from its timer."""
        self._pwm[pin] = None
        self._latch[pin] = high
        self._hold(pin)

    def port_write(self, pin: int, high: bool) -> None:
        """A write to the port register: the timer keeps the pin if it has it."""
        self._latch[pin] = high
        self._hold(pin)

    def analog_write(self, pin: int, value: int) -> None:
        """The core's analogWrite for a pin with PWM; the timer's register wraps where it has 8 bits."""
        self._driven[pin] = True
        if value in {0, 255}:
            self.digital_write(pin, value == 255)
        else:
            self._pwm[pin] = value if pin in SIXTEEN_BIT else value & 0xFF
        self.changed = True

    def servo_write(self, pin: int, microseconds: int) -> None:
        """Attach a servo with pulses of this length, or detach it with 0."""
        self.servo_us[pin] = microseconds
        if microseconds:
            self.digital_write(pin, False)
            self._driven[pin] = True
        self.changed = True

    def rest(self) -> None:
        """Put every output low and end PWM and servo pulses; pins stay what they are."""
        for pin in range(PINS):
            if self._driven[pin]:
                self.digital_write(pin, False)
            self.servo_us[pin] = 0

    def any_on(self) -> bool:
        """Whether any output is not at rest."""
        return any(self.levels()) or any(self.servo_us)

    def digital_read(self, pin: int) -> bool:
        """What a pin reads: the world, else the pull-up; an output reads itself."""
        if self._driven[pin]:
            return self.level(pin) > 0
        sensed = self.world.sense(pin)
        return sensed if sensed is not None else self.inputs.get(pin, self._held[pin])

    def analog_read(self, channel: int) -> int:
        """A reading of the ADC, 0 to 1023, and the time it takes."""
        self.now += ANALOG_READ
        return self.analog[channel]

    def _hold(self, pin: int) -> None:
        if self._driven[pin] or self._latch[pin]:
            self._held[pin] = self._latch[pin]
        self.changed = True
