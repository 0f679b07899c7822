"""Records what real firmware does with a fixed script: ``python -m tests.real.record`` renews ``traces/``."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import serial

from devices.firmware import hex_path, metadata
from tests.real import parts, traces
from tests.real.arduino import Snapshot, Uno, real
from tests.real.traces import Step

INPUT, OUTPUT, ANALOG, PWM, SERVO, I2C, PULLUP = 0, 1, 2, 3, 4, 6, 11
BOOT_SECONDS = {"labctl-robot": 0.3, "standard-firmata": 2.5}
KEEP_ALIVE = b"\xf0\x0a\x01\xf7"


def u14(value: int) -> bytes:
    return bytes((value & 127, value >> 7 & 127))


def mode(pin: int, what: int) -> bytes:
    return bytes((0xF4, pin, what))


def analog(pin: int, value: int) -> bytes:
    return bytes((0xE0 | pin,)) + u14(value)


def port(number: int, levels: int) -> bytes:
    return bytes((0x90 | number,)) + u14(levels)


def state(*pins: int) -> bytes:
    return b"".join(bytes((0xF0, 0x6D, pin, 0xF7)) for pin in pins)


def sensor(interval_ms: int) -> bytes:
    return b"\xf0\x0a\x03\x0c\x0b" + u14(interval_ms) + b"\xf7"


def step(name: str, *messages: bytes, seconds: float = 0.05, settling: bool = False, **world: object) -> Step:
    return Step(name, b"".join(messages).hex(), seconds, world, settling=settling)


SENSOR_OFF = b"\xf0\x0a\x03\x0c\x0b\x00\x00\xf7"
ALL_PINS = tuple(range(21))
DRIVE = (
    *(mode(pin, PWM) for pin in (5, 6)),
    *(mode(pin, OUTPUT) for pin in (4, 7, 8, 9)),
    port(0, 0x90),
    analog(5, 200),
    analog(6, 255),
)


def common() -> Iterator[Step]:
    """What every Firmata is asked, as far as StandardFirmata keeps within its own memory: an empty sysex, or a mode for
    a pin that is not there, makes it read and write beyond its arrays."""
    yield step("states after boot", state(*ALL_PINS), seconds=0.1)
    yield step("version", b"\xf9")
    yield step("firmware", b"\xf0\x79\xf7")
    yield step("capabilities", b"\xf0\x6b\xf7", seconds=0.1)
    yield step("analog mapping", b"\xf0\x69\xf7")
    yield step("an LED", mode(13, OUTPUT), port(1, 0x20), state(13))
    yield step("one pin", bytes((0xF5, 13, 0)), state(13), bytes((0xF5, 13, 1)), state(13))
    yield step("an output told to be one", mode(13, OUTPUT), state(13))
    yield step("off again", port(1, 0))
    for pin in (3, 5, 6, 9, 10, 11):
        yield step(f"PWM on {pin}", mode(pin, PWM), analog(pin, 100 + pin), state(pin))
        yield step(f"full PWM on {pin}", analog(pin, 255), state(pin))
        yield step(f"no PWM on {pin}", analog(pin, 0), state(pin))
        yield step(f"{pin} is an output again", analog(pin, 77), mode(pin, OUTPUT), state(pin))
    yield step(
        "extended analog", mode(9, PWM), b"\xf0\x6f\x09\x48\x01\xf7", state(9), b"\xf0\x6f\x09\x09\xf7", state(9)
    )
    yield step("drive", *DRIVE)
    yield step("states while driving", state(4, 5, 6, 7, 8, 9))
    yield step("turn", port(0, 0x10), port(1, 0x01), analog(6, 128))
    yield step("halt", analog(5, 0), analog(6, 0), port(0, 0), port(1, 0))
    yield step("an input and a pull-up", mode(2, INPUT), mode(4, PULLUP), state(2, 4), levels={"2": 0, "4": 1})
    yield step("report the port", b"\xd0\x01")
    yield step("an input rises", levels={"2": 1})
    yield step("an input falls", levels={"4": 0})
    yield step("no report", b"\xd0\x00", levels={"2": 0})
    yield step("no change", levels={"4": 1})
    yield step("analog input", mode(14, ANALOG), b"\xc0\x01", analog={"0": 204}, seconds=0.1)
    yield step("no analog input", b"\xc0\x00", settling=True)
    yield step(
        "another value, slower", b"\xf0\x7a" + u14(40) + b"\xf7\xc0\x01", analog={"0": 818, "3": 511}, seconds=0.2
    )
    yield step("two inputs", b"\xc3\x01", seconds=0.2)
    yield step("the other goes", b"\xc0\x00", settling=True)
    yield step("one again", seconds=0.2)
    yield step("the other goes, too", b"\xc3\x00", settling=True)
    yield step("an analog pin as an output", mode(17, OUTPUT), port(2, 0x02), state(17))
    yield step("and back", mode(17, ANALOG), b"\xc3\x00", state(17))
    yield step("a servo", mode(10, SERVO), analog(10, 90), state(10), seconds=0.1)
    yield step("in microseconds", analog(10, 1000), state(10), seconds=0.1)
    yield step("too far", analog(10, 300), state(10), seconds=0.1)
    yield step("no servo any more", mode(10, INPUT), state(10))
    yield step(
        "servo limits", b"\xf0\x70\x0a" + u14(1000) + u14(2000) + b"\xf7", analog(10, 180), state(10), seconds=0.1
    )
    yield step("nor these", mode(10, OUTPUT), state(10))
    yield step("a mode nobody knows", mode(7, 0x55), state(7))
    yield step("modes that these pins have not", mode(4, ANALOG), mode(7, PWM), state(4, 7, 20))
    yield step("a string", b"\xf0\x71" + b"h\0i\0" + b"\xf7")
    yield step("a sysex nobody knows", b"\xf0\x33\x01\xf7", b"\xf9")
    yield step("fifty writes", *(bytes((0xF5, 13, i % 2)) + state(13) for i in range(50)), seconds=0.3)
    for name, cut in (
        ("a write", b"\x91\x20"),
        ("a mode", b"\xf4\x0d"),
        ("data without a command", b"\x01\x7f\x00"),
        ("two ends", b"\xf7\xf7"),
    ):
        yield step(f"cut: {name}", cut, b"\xf9", cut, mode(13, OUTPUT), bytes((0xF5, 13, 1)), state(13))
    yield step("cut: a sysex", b"\xf0\x6f\x05", b"\xf9", state(13))
    yield step("and what comes next", b"\xf9", state(13))
    yield step("busy", *DRIVE, b"\xc0\x01")
    yield step("reset", b"\xff", settling=True)
    yield step("states after a reset", state(*ALL_PINS), seconds=0.1)
    for spell in range(20):
        yield step(f"babble {spell}", babble(spell), seconds=0.3)
        yield step(f"states after babble {spell}", state(*ALL_PINS), b"\xff", seconds=0.2)


def babble(seed: int) -> bytes:
    """Sound messages at random, some of them cut; nothing that repeats itself."""
    chance = random.Random(seed)
    out = bytearray()
    for _ in range(60):
        pin = chance.randrange(20)
        kind = chance.randrange(6)
        if kind < 2:
            out += mode(pin, chance.choice([INPUT, OUTPUT, OUTPUT, PWM, PULLUP, 99]))
        elif kind == 2:
            out += port(chance.randrange(4), chance.randrange(256))
        elif kind == 3:
            out += analog(chance.randrange(16), chance.randrange(256))
        elif kind == 4:
            out += bytes((0xF5, pin, chance.randrange(2)))
        else:
            out += bytes((chance.choice([0x90, 0xE5, 0xF4, 0xF5]), pin))
    return bytes(out)


def of_the_lab() -> Iterator[Step]:
    """What only the lab's firmware knows."""
    yield step("identify", b"\xf0\x0a\x00\xf7")
    yield step("store an id", b"\xf0\x0a\x05\x03" + b"R\0" + b"\x7f\x01" + b"1\0" + b"\xf7", seconds=0.1)
    yield step(
        "an id too long, and one that was cut", b"\xf0\x0a\x05\x09" + b"\1\0" * 9 + b"\xf7", b"\xf0\x0a\x05\x02\1\0\xf7"
    )
    yield step("identify again", b"\xf0\x0a\x00\xf7")
    yield step("forget the id", b"\xf0\x0a\x05\x00\xf7", seconds=0.1)
    yield step("drive, alive", *DRIVE, KEEP_ALIVE, seconds=0.4)
    yield step("still alive", KEEP_ALIVE, seconds=0.4)
    yield step("the dead man", seconds=0.3)
    yield step("states at rest", state(4, 5, 6, 7, 8, 9))
    yield step("drive on", analog(5, 200), port(0, 0x80), KEEP_ALIVE)
    yield step("rest", b"\xf0\x0a\x02\xf7", state(5, 7))
    yield step("rest at rest", b"\xf0\x0a\x02\xf7", seconds=0.7)
    yield step("drive without a keep-alive", analog(5, 200), port(0, 0x80), seconds=0.45)
    yield step("nor now", analog(5, 201), seconds=0.1)
    yield step("a servo", mode(12, SERVO), analog(12, 90), KEEP_ALIVE, state(12), seconds=0.1)
    yield step("PWM beside a servo", mode(9, PWM), mode(10, PWM), state(9, 10))
    yield step("the servo's dead man", state(12), seconds=0.6)
    yield step("the servo is let go", state(12), mode(12, INPUT), mode(9, PWM), state(9, 12))
    yield step("seven servos", *(mode(pin, SERVO) for pin in range(2, 9)), state(8), b"\xff")
    yield step("an echo", sensor(60), echo=[12, 11, 5830], seconds=0.4)
    yield step("states of the sensor's pins", state(11, 12), seconds=0.3)
    yield step("the sensor pauses", SENSOR_OFF, settling=True, seconds=0.1)
    yield step("an echo from nearer", sensor(60), echo=[12, 11, 583], seconds=0.3)
    yield step("the sensor pauses again", SENSOR_OFF, settling=True, seconds=0.1)
    yield step("no echo", sensor(60), echo=[12, 11, 0], seconds=0.3)
    yield step("the sensor's trigger gets another use", mode(12, INPUT), settling=True, seconds=0.1)
    yield step("silence", seconds=0.1)
    yield step("no sensor there", b"\xf0\x0a\x03\x00\x0b" + u14(60) + b"\xf7", seconds=0.3)
    yield step("encoders", b"\xf0\x0a\x04" + u14(5000) + b"\xf7", state(2, 3))
    yield step("edges", edges={"2": 12, "3": 7})
    yield step("counted", b"\xf0\x0a\x04" + u14(5000) + b"\xf7")
    yield step("reported by themselves", b"\xf0\x0a\x04" + u14(20) + b"\xf7", seconds=0.1)
    yield step("one edge", edges={"2": 1}, seconds=0.1)
    yield step("encoders off", b"\xf0\x0a\x04" + u14(0) + b"\xf7")
    yield step("edges that nobody counts", edges={"2": 5}, seconds=0.1)
    yield step("on again", b"\xf0\x0a\x04" + u14(5000) + b"\xf7")
    yield step("from the beginning", b"\xff", b"\xf0\x0a\x04" + u14(5000) + b"\xf7")
    yield step("I2C", b"\xf0\x78\x00\x00\xf7", b"\xf0\x76\x10\x08\x00\x00\x01\x00\xf7")
    yield step("a pin that is not there", mode(20, OUTPUT), mode(127, 99), state(20, 127))
    yield step("an empty sysex", b"\xf0\xf7", b"\xf9")
    yield step("of the family, but nothing", b"\xf0\x0a\xf7", b"\xf0\x0a\x55\xf7", b"\xf0\x0a\x03\x0c\xf7", b"\xf9")
    yield step("a sysex too long", b"\xf0" + b"\x79" * 65 + b"\xf7", b"\xf9")
    yield step("a sysex just short enough", b"\xf0\x79" + b"\x01" * 63 + b"\xf7", b"\xf9")


SCRIPTS: dict[str, tuple[Callable[[], Iterator[Step]], ...]] = {
    "labctl-robot": (common, of_the_lab),
    "standard-firmata": (common,),
}


def record(firmware: str) -> list[Step]:
    """What a firmware does with its script."""
    hex_file = hex_path() if firmware == "labctl-robot" else real(parts.standard_firmata)
    steps = [Step("boot", seconds=BOOT_SECONDS[firmware])]
    for script in SCRIPTS[firmware]:
        steps += script()
    with Uno(hex_file, stepped=True) as uno, serial.Serial(uno.path, 57600, timeout=5) as wire:
        heard = 0
        done = []
        for asked in steps:
            answer, seen = _play(uno, wire, asked, heard)
            heard = seen.given
            answers, repeats = traces.sorted_out(traces.messages(answer))
            pins, servos = given_out(seen)
            done.append(
                replace(
                    asked,
                    answers=answers,
                    repeats=() if asked.settling else repeats,
                    pins=pins,
                    servos=servos,
                )
            )
    return done


def _play(uno: Uno, wire: serial.Serial, asked: Step, heard: int) -> tuple[bytes, Snapshot]:
    """Do a step; the time of its edges is part of its own."""
    spent = 0.0
    for pin, level in asked.world.get("levels", {}).items():
        uno.drive(int(pin), level)
    for channel, value in asked.world.get("analog", {}).items():
        uno.analog(int(channel), (value + 0.5) * 5 / 1023)
    if "echo" in asked.world:
        uno.echo(*asked.world["echo"])
    for pin, count in asked.world.get("edges", {}).items():
        for _ in range(count):
            uno.drive(int(pin), False)
            uno.pass_time(0.0001)
            uno.drive(int(pin), True)
            uno.pass_time(0.0001)
            spent += 0.0002
    data = bytes.fromhex(asked.to)
    before = uno.snapshot().taken
    wire.write(data)
    while uno.snapshot().taken < before + len(data):
        pass
    seen = uno.pass_time(asked.seconds - spent)
    return wire.read(seen.given - heard), seen


def given_out(seen: Snapshot) -> tuple[dict[str, float], dict[str, int]]:
    """``pins`` and ``servos`` of a step."""
    servos = {pin: seen.pulse_us[pin] for pin in range(2, 20) if _is_servo(seen, pin)}
    pins = {
        str(pin): round(given, 3) for pin, given in enumerate(seen.outputs()) if given and pin > 1 and pin not in servos
    }
    return pins, {str(pin): us for pin, us in servos.items()}


def _is_servo(seen: Snapshot, pin: int) -> bool:
    """Pulsed of late, but not by a timer: no script pulses an output in any other way."""
    recent = seen.sim_s - seen.changed_s[pin] < 0.025
    return bool(recent and seen.pwm[pin] < 0 and seen.output[pin] and 500 < seen.pulse_us[pin] < 2500)


def main() -> None:
    """Renew the traces."""
    about = {"recorded_on": "simavr 1.6, ATmega328P at 16 MHz"}
    versions = {"labctl-robot": metadata().version, "standard-firmata": "2.5, of the Firmata library 2.5.8"}
    for firmware in SCRIPTS:
        traces.write(firmware, about | {"version": versions[firmware]}, record(firmware))
        print(Path(traces.FOLDER / f"{firmware}.jsonl"))


if __name__ == "__main__":
    main()
