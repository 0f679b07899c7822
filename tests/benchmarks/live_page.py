"""A reading's way from the robot's port to the pages: thirty robots, ten readings a second, forty pages, two cores."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import Figure, Limit, Run, figure, percentile
from tests.benchmarks.machine import cores
from tests.benchmarks.pages import Pages
from tests.benchmarks.panel import Panel, lay_out
from tests.benchmarks.robots import FIRST_US, LAST_US, US_PER_CM, Robots

ROBOTS, PAGES, CORES = 30, 40, 2
LIMIT_MS = 100.0
LAG_LIMIT_MS = 20.0
SETTLE = 3.0  # seconds until what is left of the opening is over
LATE = 1.0  # seconds before the end; younger readings may still be on their way

Sent = Mapping[tuple[str, int], float]
"""When each reading left its robot, by robot and echo time."""


@dataclass(frozen=True)
class Minute:
    """What one run of a minute came to. ``latencies`` in milliseconds, of every reading on every page."""

    latencies: list[float]
    shown: float
    lag: Mapping[str, float]
    cpu: float


def measure(run: Run) -> list[Figure]:
    """Let it run for a minute, several times, and match every reading on every page with its departure."""
    rounds, seconds = run.times(3, 1), run.times(61, 12)
    minutes: list[Minute] = []
    with cores(CORES), tempfile.TemporaryDirectory() as folder, Robots(ROBOTS) as robots:
        lay_out(Path(folder), robots.addresses)
        with Panel(Path(folder)) as panel:
            panel.wait_ready(ROBOTS)
            with Pages(panel.sign_in(), PAGES) as pages:
                for number in range(rounds):
                    run.say(f"{seconds} s, round {number + 1} of {rounds}")
                    minutes.append(_minute(panel, robots, pages, seconds))
    whole = [one for minute in minutes for one in minute.latencies]
    note = (
        f"{len(whole)} readings on all pages; median {statistics.median(whole):.1f} ms, slowest {max(whole):.0f} ms;"
        f" {statistics.mean(m.shown for m in minutes):.1%} of all readings were shown, the rest by a newer one;"
        f" panel {statistics.mean(m.cpu for m in minutes):.0f} % of a core"
    )
    return [
        figure(
            f"reading to the page, {ROBOTS} robots at 10 Hz, {PAGES} pages, {CORES} cores, p99",
            [percentile(minute.latencies, 99) for minute in minutes],
            "ms",
            limit=Limit(most=LIMIT_MS),
            note=note,
        ),
        figure(
            "hub lag meanwhile, p99",
            [minute.lag["p99"] for minute in minutes],
            "ms",
            limit=Limit(most=LAG_LIMIT_MS),
            note=f"over the last minute; median {statistics.median(m.lag['median'] for m in minutes):.2f} ms",
        ),
    ]


def _minute(panel: Panel, robots: Robots, pages: Pages, seconds: float) -> Minute:
    time.sleep(SETTLE)
    robots.readings()
    pages.heard()
    began, used = time.monotonic(), panel.process.cpu_seconds()
    time.sleep(seconds)
    cpu = (panel.process.cpu_seconds() - used) / (time.monotonic() - began) * 100
    lag = panel.health()["hub_lag_ms"]
    told, sent = pages.heard(), robots.readings()
    departures = {(robot, us): at for robot, all_of_it in sent.items() for us, at in all_of_it}
    latencies, shown = _match(told, departures, began)
    return Minute(latencies, shown, lag, cpu)


def _match(told: Mapping[str, Any], departures: Sent, began: float) -> tuple[list[float], float]:
    """Milliseconds from port to page for each reading on each page, and the share of the readings that was shown.

    A reading that a page was told more than once counts the first time. Those from before ``began`` do not count.
    """
    events = [_distances(event) for event in told["events"]]
    until = max(departures.values()) - LATE
    latencies: list[float] = []
    shares: list[float] = []
    expected = sum(began <= at <= until for at in departures.values())
    for page in told["pages"]:
        seen: set[tuple[str, int]] = set()
        for at, number in page:
            for reading in events[number]:
                left = departures.get(reading)
                if reading not in seen and left is not None and began <= left <= until:
                    seen.add(reading)
                    latencies.append((at - left) * 1e3)
        shares.append(len(seen) / expected)
    return latencies, statistics.mean(shares)


def _distances(event: str) -> list[tuple[str, int]]:
    """The distances in an event, back as echo times: a page is told them to 0.01 cm, which is half a microsecond."""
    kind, _colon, data = event.partition("data: ")
    if "frame" not in kind:
        return []
    return [
        (robot, us)
        for robot, values in json.loads(data).items()
        if "distance" in values and FIRST_US <= (us := round(values["distance"] * US_PER_CM)) < LAST_US
    ]
