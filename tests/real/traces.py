"""Traces of real firmware on a simulated chip, which every emulator of it has to replay with the same outcome.

A trace is a file of JSON lines. The first tells what was recorded: ``{"firmware": ..., "recorded_on": ...}``. Every
further line is a step, and steps follow one another on one board:

``name``
    What the step is about.
``world``
    What is set around the board before the step, where something is: ``levels`` that are put on pins, ``analog``
    readings of channels (0-1023), ``echo`` as ``[trigger, echo, microseconds]`` of an ultrasonic sensor, ``edges``:
    how many rising edges a pin gets. It stays until set again; edges are given once.
``to``
    The bytes that the host sends, in hex, at once.
``seconds``
    How long the board then runs.
``from``
    The messages that come from the board in that time, in order.
``repeats``
    Those that come again and again by themselves (analog values and distances): which ones, each once, sorted. How
    often they come is not part of a trace, nor when.
``settling``
    True where such a message begins or ceases to come in this step: then ``repeats`` is left out and not compared.
``pins``
    What the pins give out at the end of the step, 0 to 1 of the supply, where it is not 0; and ``servos``, the length
    of their pulses in microseconds. Pins of servos are in ``servos`` alone.

To compare: set the world, send, let the board run, split what came into messages, and hold :func:`sorted_out` of them
against the step; distances within 8 µs, servo pulses within 20 µs, everything else must be equal. An emulator whose
clock is handed in replays a trace in no time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("traces")
DISTANCE = b"\xf0\x0a\x03"


@dataclass(frozen=True)
class Step:
    """One line of a trace, see the module."""

    name: str
    to: str = ""
    seconds: float = 0.05
    world: dict[str, Any] = field(default_factory=dict)
    answers: tuple[str, ...] = ()
    repeats: tuple[str, ...] = ()
    pins: dict[str, float] = field(default_factory=dict)
    servos: dict[str, int] = field(default_factory=dict)
    settling: bool = False


def read(firmware: str) -> tuple[Step, ...]:
    """The steps of the trace of a firmware: ``labctl-robot`` or ``standard-firmata``."""
    lines = (FOLDER / f"{firmware}.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(_step(json.loads(line)) for line in lines[1:])


def write(firmware: str, about: dict[str, str], steps: Iterable[Step]) -> None:
    """Write a trace."""
    FOLDER.mkdir(exist_ok=True)
    lines = [{"firmware": firmware} | about, *(_line(step) for step in steps)]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (FOLDER / f"{firmware}.jsonl").write_text(text, encoding="utf-8")


def messages(data: bytes) -> list[bytes]:
    """Bytes from a board as messages; what is no whole message comes last, as it is."""
    found = []
    while data:
        end = data.find(0xF7) + 1 if data[0] == 0xF0 else 3
        if not 0 < end <= len(data):
            break
        found.append(data[:end])
        data = data[end:]
    return [*found, data] if data else found


def sorted_out(heard: Iterable[bytes]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Messages as ``from`` and ``repeats`` of a step."""
    heard = list(heard)
    again = [message for message in heard if message[0] & 0xF0 == 0xE0 or message.startswith(DISTANCE)]
    return (
        tuple(message.hex() for message in heard if message not in again),
        tuple(sorted({message.hex() for message in again})),
    )


def microseconds(message: str) -> int | None:
    """The echo that a distance message tells; None for other messages."""
    data = bytes.fromhex(message)
    return data[3] | data[4] << 7 | data[5] << 14 if data.startswith(DISTANCE) else None


def difference(expected: Step, actual: Step) -> str:
    """What of a replayed step is not as recorded, or nothing."""
    wrong = []
    if expected.answers != actual.answers:
        wrong.append(f"from: {list(expected.answers)} was recorded, now {list(actual.answers)}")
    if not expected.settling and not _alike(expected.repeats, actual.repeats):
        wrong.append(f"repeats: {list(expected.repeats)} was recorded, now {list(actual.repeats)}")
    if expected.pins != actual.pins:
        wrong.append(f"pins: {expected.pins} was recorded, now {actual.pins}")
    near = [abs(us - actual.servos.get(pin, 0)) <= 20 for pin, us in expected.servos.items()]
    if expected.servos.keys() != actual.servos.keys() or not all(near):
        wrong.append(f"servos: {expected.servos} was recorded, now {actual.servos}")
    return "; ".join(wrong)


def _alike(expected: Iterable[str], actual: Iterable[str]) -> bool:
    def plain(repeats: Iterable[str]) -> set[str]:
        return {message for message in repeats if microseconds(message) is None}

    def echoes(repeats: Iterable[str]) -> list[int]:
        return [us for message in repeats if (us := microseconds(message)) is not None]

    def covers(some: list[int], others: list[int]) -> bool:
        return all(any(abs(us - other) <= 8 and bool(us) == bool(other) for other in others) for us in some)

    one, two = echoes(expected), echoes(actual)
    return plain(expected) == plain(actual) and covers(one, two) and covers(two, one)


def _line(step: Step) -> dict[str, Any]:
    line = {"from" if key == "answers" else key: value for key, value in asdict(step).items()}
    return {key: value for key, value in line.items() if value or key in {"name", "to", "seconds", "from"}}


def _step(line: dict[str, Any]) -> Step:
    line["answers"] = tuple(line.pop("from"))
    line["repeats"] = tuple(line.get("repeats", ()))
    return Step(**line)
