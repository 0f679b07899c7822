"""What a board's pins were told to be, so that it can be told again and known to be at rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from devices.wire import firmata as wire


class Outputs:
    """The pins in use. Methods return the frames that make it so."""

    def __init__(self) -> None:
        self._modes: dict[int, bytes] = {}
        self._levels: dict[int, bool] = {}
        self._duties: dict[int, int] = {}
        self._servos: set[int] = set()

    @property
    def on(self) -> bool:
        """Whether any output is other than at rest."""
        return any(self._levels.values()) or any(self._duties.values()) or bool(self._servos)

    @property
    def pins(self) -> tuple[int, ...]:
        """Every pin that is an output."""
        return (*self._levels, *self._duties)

    def output(self, pin: int) -> list[bytes]:
        self._levels[pin] = False
        return self._mode(pin, wire.pin_mode(pin, wire.PinMode.OUTPUT))

    def pwm(self, pin: int) -> list[bytes]:
        self._duties[pin] = 0
        return self._mode(pin, wire.pin_mode(pin, wire.PinMode.PWM))

    def servo(self, pin: int, low_us: int, high_us: int) -> list[bytes]:
        """Frames that make it a servo; sent with the first angle, since attaching already turns it."""
        self._modes[pin] = wire.servo_config(pin, low_us, high_us) + wire.pin_mode(pin, wire.PinMode.SERVO)
        return []

    def levels(self, levels: Mapping[int, bool]) -> list[bytes]:
        self._levels.update(levels)
        return self._ports({pin // 8 for pin in levels})

    def duty(self, pin: int, duty: int) -> list[bytes]:
        self._duties[pin] = duty
        return [wire.analog(pin, duty)]

    def angle(self, pin: int, degrees: int) -> list[bytes]:
        attach = [] if pin in self._servos else [self._modes[pin]]
        self._servos.add(pin)
        return [*attach, wire.analog(pin, degrees)]

    def rested(self) -> None:
        """All are at rest, by the board's own doing."""
        self._levels = dict.fromkeys(self._levels, False)
        self._duties = dict.fromkeys(self._duties, 0)
        self._servos.clear()

    def rest(self) -> list[bytes]:
        """Frames that put every output to rest, one by one, for a firmware that has no word for it."""
        servos = sorted(self._servos)
        self.rested()
        return [
            *(wire.analog(pin, 0) for pin in self._duties),
            *self._ports({pin // 8 for pin in self._levels}),
            *(wire.pin_mode(pin, wire.PinMode.OUTPUT) for pin in servos),  # detaches it
        ]

    def again(self) -> list[bytes]:
        """Frames that set the modes of all pins again, at rest."""
        return [self._modes[pin] for pin in self.pins]

    def _mode(self, pin: int, frame: bytes) -> list[bytes]:
        self._modes[pin] = frame
        return [frame]

    def _ports(self, ports: Iterable[int]) -> list[bytes]:
        frames: list[bytes] = []
        for port in sorted(ports):
            mask = sum(1 << pin % 8 for pin, level in self._levels.items() if level and pin // 8 == port)
            frames.append(wire.digital_port(port, mask))
        return frames
