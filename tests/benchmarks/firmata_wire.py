"""One board on simavr with StandardFirmata: opening it, asking it, writing to it, and leaving it alone."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Iterator

from tests.benchmarks.figures import Figure, Limit, Run, figure, percentile
from tests.benchmarks.peers import OURS, PYFIRMATA2, RAW, client
from tests.real import parts
from tests.real.arduino import Snapshot, Uno

OPEN_LIMIT = 1.05  # times the raw loop
TRIP_LIMIT = 1.3  # times the raw loop
WRITE_LIMIT = 0.98  # of the wire's rate
IDLE_LIMIT = 0.25  # of pyfirmata2's

WIRE = "the wire at 57600 baud"
WIRE_RATE = 57600 / 10 / 3  # port writes a second: 3 bytes of 10 bits each
PINS = range(8, 13)  # the port that is written to; bit k of a counter changes every 2**k writes
WRITES = 32 * 60


@contextlib.contextmanager
def _board() -> Iterator[Uno]:
    with Uno(parts.standard_firmata()) as uno:
        yield uno


def measure_open(run: Run) -> list[Figure]:
    """Firmata open to ready: ours, a raw pyserial loop and pyfirmata2, in turns."""
    took: dict[str, list[float]] = {name: [] for name in (RAW, OURS, PYFIRMATA2)}
    lab: list[float] = []
    rounds = run.times(7, 1)
    with _board() as uno, Uno(parts.lab_firmware()) as robot:
        for number in range(rounds):
            run.say(f"opening, round {number + 1} of {rounds}")
            for name, all_of_it in took.items():
                all_of_it.append(client(name, "open", uno.path)["open"])
            lab.append(client(OURS, "open", robot.path)["open"])
    return [
        figure(
            "Firmata open to ready, StandardFirmata on simavr",
            took[OURS],
            "s",
            beside={RAW: took[RAW], PYFIRMATA2: took[PYFIRMATA2]},
            limit=Limit(most=OPEN_LIMIT, of=RAW),
            note="ready for us: identified and its outputs put to rest; for the others: its report read",
        ),
        figure("the same with the lab's own firmware, which does not blink first", lab, "s"),
    ]


def measure_trips(run: Run) -> list[Figure]:
    """The round trip of the version question, many times a process, in turns."""
    took: dict[str, list[float]] = {RAW: [], OURS: []}
    slow: list[float] = []
    rounds, count = run.times(7, 1), run.times(500, 100)
    with _board() as uno:
        for number in range(rounds):
            run.say(f"round trips, round {number + 1} of {rounds}")
            for name, medians in took.items():
                trips = [one * 1e3 for one in client(name, "trips", uno.path, str(count))["trips"]]
                medians.append(statistics.median(trips))
                if name == OURS:
                    slow.append(percentile(trips, 99))
    note = f"medians of {count} in each process; our p99 {statistics.median(slow):.1f} ms"
    return [
        figure(
            "version round trip",
            took[OURS],
            "ms",
            beside={RAW: took[RAW]},
            limit=Limit(most=TRIP_LIMIT, of=RAW),
            note=note,
        )
    ]


def measure_writes(run: Run) -> list[Figure]:
    """Digital writes as fast as the wire takes them; every one is counted on the pins."""
    rates: dict[str, list[float]] = {RAW: [], OURS: []}
    wrong: list[int] = []
    rounds = run.times(5, 1)
    with _board() as uno:
        for number in range(rounds):
            run.say(f"writes, round {number + 1} of {rounds}")
            for name, all_of_it in rates.items():
                before = uno.snapshot()
                seconds = client(name, "writes", uno.path, str(WRITES))["seconds"]
                all_of_it.append(WRITES / seconds)
                if name == OURS:
                    wrong.append(_not_as_written(before, uno.snapshot()))
    return [
        figure(
            "digital writes, rate",
            rates[OURS],
            "/s",
            beside={WIRE: [WIRE_RATE], RAW: rates[RAW]},
            limit=Limit(least=WRITE_LIMIT, of=WIRE),
            note=f"{WRITES} writes a run; the simulated chip reads a little faster than its baud rate",
        ),
        figure(
            "digital writes lost or out of order",
            wrong,
            "",
            limit=Limit(most=0),
            note=f"changes of five pins that a counter was written to, {sum(_expected())} expected",
        ),
    ]


def _expected() -> list[int]:
    """How often each pin changes while a counter runs from 1 to WRITES, a multiple of 32, from all low."""
    return [WRITES >> bit for bit in range(len(PINS))]


def _not_as_written(before: Snapshot, after: Snapshot) -> int:
    """How many changes of the pins are missing or too many. A reset leaves all low; it takes one change at most."""
    seen = [after.toggles[pin] - before.toggles[pin] for pin in PINS]
    return sum(abs(got - expected) for got, expected in zip(seen, _expected(), strict=True))


def measure_idle(run: Run) -> list[Figure]:
    """The processor that one open link takes while nothing happens."""
    used: dict[str, list[float]] = {PYFIRMATA2: [], OURS: []}
    rounds, seconds = run.times(3, 1), run.times(20, 5)
    with _board() as uno:
        for number in range(rounds):
            run.say(f"idle links, round {number + 1} of {rounds}")
            for name, shares in used.items():
                shares.append(client(name, "idle", uno.path, str(seconds), seconds=seconds + 60)["idle"] * 100)
    return [
        figure(
            "processor of one open link, idle",
            used[OURS],
            "% of a core",
            beside={PYFIRMATA2: used[PYFIRMATA2]},
            limit=Limit(most=IDLE_LIMIT, of=PYFIRMATA2),
            note=f"over {seconds} s; ours asks the board each second whether it is there",
        )
    ]
