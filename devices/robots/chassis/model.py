"""What a chassis file says: which pin does what, and the measures of the robot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from devices.text import _

Pin = Annotated[int, Field(ge=2, le=69, description="a digital pin; 0 and 1 are the serial port")]
Positive = Annotated[float, Field(gt=0)]
LANGUAGES = ("en", "az", "ru")


class Part(BaseModel):
    """Strict and unchangeable: a key that nobody reads is a mistake, and a number in quotes too."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Label(Part):
    """What people call it, in each language."""

    en: str = Field(min_length=1)
    az: str = Field(min_length=1)
    ru: str = Field(min_length=1)


class Motor(Part):
    """One motor on a bridge.

    ``pwm`` says how much. ``forward`` is high to go forward and ``back`` high to go back; a bridge with one direction
    pin a motor (TB6612 as Elegoo wires it) has no ``back``. ``reversed`` is for a motor that is mounted or wired the
    other way round.
    """

    pwm: Pin
    forward: Pin
    back: Pin | None = None
    reversed: bool = False

    @property
    def pins(self) -> tuple[int, ...]:
        """All pins of the motor."""
        return (self.pwm, self.forward) if self.back is None else (self.pwm, self.forward, self.back)


class Drive(Part):
    """Both motors. ``standby`` is a pin that is high while the bridge may work."""

    left: Motor
    right: Motor
    standby: Pin | None = None
    full_speed_cm_s: Positive | None = Field(default=None, description="speed at 1, where it was measured")


class Geometry(Part):
    """Measures in centimetres: wheel diameter, and the distance between the wheels' tracks."""

    wheel_cm: Positive
    track_cm: Positive


class Encoders(Part):
    """Wheel encoders. The lab's firmware counts on pins 2 and 3, the two of an Uno that interrupt."""

    left: Literal[2, 3] = 2
    right: Literal[2, 3] = 3
    pulses_per_turn: Annotated[int, Field(gt=0)]

    @model_validator(mode="after")
    def _two_pins(self) -> Self:
        if self.left == self.right:
            raise ValueError(_("left and right are on the same pin"))
        return self


class _Measured(Part):
    low: float
    high: float
    digits: Annotated[int, Field(ge=0, le=3)] = 0
    label: Label

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low >= self.high:
            raise ValueError(_("low is not below high"))
        return self


class Ultrasonic(_Measured):
    """Distance to what is ahead, by echo. Nothing within reach reads as ``high``."""

    kind: Literal["ultrasonic"]
    trigger: Pin
    echo: Pin
    unit: Literal["cm"] = "cm"


class Travelled(_Measured):
    """How far the robot went since it was opened, forward less back, by its encoders."""

    kind: Literal["travelled"]
    unit: Literal["cm"] = "cm"


class Turned(_Measured):
    """How far the robot turned to the right (clockwise) since it was opened, by its encoders."""

    kind: Literal["turned"]
    unit: Literal["deg"] = "deg"


class Analog(_Measured):
    """An analog channel: reading times ``scale`` plus ``offset``, where a reading is 0 to 1023."""

    kind: Literal["analog"]
    channel: Annotated[int, Field(ge=0, le=15)]
    unit: str
    scale: float = 1.0
    offset: float = 0.0


class Output(Part):
    """A named output: ``digital`` is 0 or 1, ``pwm`` 0 to 1, ``servo`` 0 to 180 degrees."""

    kind: Literal["digital", "pwm", "servo"]
    pin: Pin
    low_us: Annotated[int, Field(ge=400, le=3000)] = 544  # Arduino's Servo library: 0 degrees
    high_us: Annotated[int, Field(ge=400, le=3000)] = 2400  # and 180
    label: Label

    @property
    def range(self) -> tuple[str, float, float, int]:
        """Unit, least, most and decimals of what may be set."""
        match self.kind:
            case "digital":
                return "", 0.0, 1.0, 0
            case "pwm":
                return "", 0.0, 1.0, 2
            case "servo":
                return "deg", 0.0, 180.0, 0


SensorPart = Annotated[Ultrasonic | Travelled | Turned | Analog, Field(discriminator="kind")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]


class Chassis(Part):
    """A kind of robot."""

    label: Label
    drive: Drive | None = None
    geometry: Geometry | None = None
    encoders: Encoders | None = None
    sensors: Mapping[Name, SensorPart] = Field(default_factory=dict[Name, SensorPart])
    outputs: Mapping[Name, Output] = Field(default_factory=dict[Name, Output])

    @model_validator(mode="after")
    def _measurable(self) -> Self:
        for name, sensor in self.sensors.items():
            if isinstance(sensor, Travelled | Turned) and not (self.encoders and self.geometry):
                raise ValueError(_("sensors.%(name)s needs [encoders] and [geometry]", name=name))
        return self

    @model_validator(mode="after")
    def _one_use_a_pin(self) -> Self:
        users: dict[int, str] = {}
        for use, pin in self._uses():
            if pin in users:
                raise ValueError(_("pin %(pin)s is both %(one)s and %(other)s", pin=pin, one=users[pin], other=use))
            users[pin] = use
        return self

    def _uses(self) -> list[tuple[str, int]]:
        uses: list[tuple[str, int]] = []
        if self.drive:
            uses += [("drive.left", pin) for pin in self.drive.left.pins]
            uses += [("drive.right", pin) for pin in self.drive.right.pins]
            uses += [("drive.standby", self.drive.standby)] if self.drive.standby is not None else []
        if self.encoders:
            uses += [("encoders.left", self.encoders.left), ("encoders.right", self.encoders.right)]
        for name, sensor in self.sensors.items():
            if isinstance(sensor, Ultrasonic):
                uses += [(f"sensors.{name}.trigger", sensor.trigger), (f"sensors.{name}.echo", sensor.echo)]
        uses += [(f"outputs.{name}", output.pin) for name, output in self.outputs.items()]
        return uses
