"""The pins of a board that runs labctl-robot: what pins.c and servo.c of the lab's firmware do."""

from __future__ import annotations

from enum import Enum
from typing import Final

from devices.sim.standard import is_digital, servo_pulse
from devices.sim.uno import FIRST_ANALOG, PINS, PWM_PINS, Uno
from devices.wire.firmata import PinMode

SERVO_PLACES: Final = 6  # servo.c
TIMER_1: Final = (9, 10)  # servos take the timer of these pins' PWM


class Answer(Enum):
    """What came of setting a mode; the values are what the firmware says aloud."""

    SET = ""
    NOT_HERE = "-"
    UNKNOWN = "Unknown pin mode"
    NO_SERVO_LEFT = "Max servos attached"
    TIMER_TAKEN = "No PWM on 9 and 10 beside a servo"


class LabPins:
    """Modes and values of the twenty pins."""

    def __init__(self, chip: Uno) -> None:
        self._chip = chip
        self._duty = [0] * PINS
        self._servo_value = dict[int, int]()  # of the pins that are servos
        self._servo_limits = dict[int, tuple[int, int]]()
        self.mode = [int(PinMode.INPUT)] * PINS
        self.reset()

    def reset(self) -> None:
        """All pins as after boot: the analog ones analog, the others inputs."""
        self.rest()
        for pin in filter(is_digital, range(PINS)):
            self.set_mode(pin, PinMode.ANALOG if pin >= FIRST_ANALOG else PinMode.INPUT)

    def rest(self) -> None:
        """Every output low, no PWM, no servo pulse; modes stay."""
        self._chip.rest()
        self._duty = [0] * PINS
        self._servo_value = dict.fromkeys(self._servo_value, 0)

    def set_mode(self, pin: int, mode: int) -> Answer:
        """Give a pin another mode, at rest in it; nothing changes unless it is ``SET``."""
        if not is_digital(pin):
            return Answer.NOT_HERE
        answer = self._may_become(pin, mode)
        keeps = mode == self.mode[pin] and mode in {PinMode.OUTPUT, PinMode.SERVO}
        if answer is not Answer.SET or keeps:
            return answer
        if mode == PinMode.SERVO:
            for beside in TIMER_1:
                if self.mode[beside] == PinMode.PWM:
                    self._become(beside, PinMode.OUTPUT)
        self._become(pin, mode)
        return Answer.SET

    def _may_become(self, pin: int, mode: int) -> Answer:
        match mode:
            case PinMode.INPUT | PinMode.OUTPUT | PinMode.PULLUP:
                return Answer.SET
            case PinMode.ANALOG:
                return Answer.SET if pin >= FIRST_ANALOG else Answer.NOT_HERE
            case PinMode.PWM:
                if pin in TIMER_1 and self._servo_value.keys() - {pin}:
                    return Answer.TIMER_TAKEN
                return Answer.SET if pin in PWM_PINS else Answer.NOT_HERE
            case PinMode.SERVO:
                room = pin in self._servo_value or len(self._servo_value) < SERVO_PLACES
                return Answer.SET if room else Answer.NO_SERVO_LEFT
            case _:
                return Answer.UNKNOWN

    def _become(self, pin: int, mode: int) -> None:
        if self.mode[pin] == PinMode.SERVO:
            self._servo_value.pop(pin, None)
            self._chip.servo_write(pin, 0)
        if mode == PinMode.SERVO:
            self._servo_value[pin] = 0
            self._servo_limits.pop(pin, None)
        self._duty[pin] = 0
        self.mode[pin] = mode
        self._chip.digital_write(pin, mode == PinMode.PULLUP)
        is_output = mode in {PinMode.OUTPUT, PinMode.PWM, PinMode.SERVO}
        self._chip.pin_mode(pin, output=is_output, pull_up=mode == PinMode.PULLUP)

    def state(self, pin: int) -> int:
        """What was set on an output; 1 on a pull-up; else 0."""
        match self.mode[pin]:
            case PinMode.OUTPUT:
                return int(self._chip.level(pin) > 0)
            case PinMode.PWM:
                return self._duty[pin]
            case PinMode.SERVO:
                return self._servo_value[pin]
            case PinMode.PULLUP:
                return 1
            case _:
                return 0

    def write(self, pin: int, high: bool) -> None:
        """Set the level of a digital output; other pins stay as they are."""
        if pin < PINS and self.mode[pin] == PinMode.OUTPUT:
            self._chip.digital_write(pin, high)

    def write_port(self, port: int, levels: int) -> None:
        """Set the digital outputs of eight pins at once."""
        for pin in range(port * 8, min(port * 8 + 8, PINS)):
            self.write(pin, bool(levels >> (pin & 7) & 1))

    def write_analog(self, pin: int, value: int) -> None:
        """Set the duty of a PWM pin, or a servo; other pins stay as they are."""
        if pin >= PINS:
            return
        if self.mode[pin] == PinMode.PWM:
            self._duty[pin] = min(value, 255)
            self._chip.analog_write(pin, self._duty[pin])
        elif self.mode[pin] == PinMode.SERVO:
            self._servo_value[pin] = value
            self._chip.servo_write(pin, servo_pulse(value, *self._servo_limits.get(pin, (544, 2400))))

    def limit_servo(self, pin: int, low_us: int, high_us: int) -> None:
        """Set the pulses of 0 and 180 degrees; nonsense is ignored."""
        if pin in self._servo_value and 250 <= low_us < high_us <= 3000:
            self._servo_limits[pin] = (low_us, high_us)

    def read_port(self, port: int) -> int:
        """The levels of the digital inputs of a port, as bits."""
        pins = range(port * 8, min(port * 8 + 8, PINS))
        inputs = [pin for pin in pins if is_digital(pin) and self.mode[pin] in {PinMode.INPUT, PinMode.PULLUP}]
        return sum(self._chip.digital_read(pin) << (pin & 7) for pin in inputs)
