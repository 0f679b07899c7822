"""Stop-all: from the press in a browser to the last stop byte on the wire, and to the name of what did not confirm."""

from __future__ import annotations

import json
import random
import statistics
import tempfile
import time
from pathlib import Path

from tests.benchmarks.figures import Figure, Limit, Run, figure, percentile
from tests.benchmarks.pages import Pages
from tests.benchmarks.panel import LESSON, Browser, Panel, lay_out, wait_for
from tests.benchmarks.robots import Robots

ROBOTS = 30
LIMIT_MS = 100.0
NAMED_WITHIN = 1.0  # seconds
SETTLE = 10.0  # seconds that something may take between two presses


def measure(run: Run) -> list[Figure]:
    """Press again and again while thirty robots turn and a page is open; then with one robot silent."""
    rounds, presses, silences = run.times(3, 1), run.times(60, 5), run.times(7, 2)
    with tempfile.TemporaryDirectory() as folder, Robots(ROBOTS) as robots:
        lay_out(Path(folder), robots.addresses)
        with Panel(Path(folder)) as panel:
            panel.wait_ready(ROBOTS)
            browser = panel.sign_in()
            with Pages(browser, 1) as pages:
                chance = random.Random(1)
                took: list[list[tuple[float, float]]] = []
                for number in range(rounds):
                    run.say(f"{presses} presses, round {number + 1} of {rounds}")
                    took.append([_press(browser, robots, chance) for _ in range(presses)])
                run.say("a silent robot")
                named = [_silent(panel, browser, robots, pages, chance) for _ in range(silences)]
    arrived = [[one for one, _rested in each] for each in took]
    rested = [[one for _arrived, one in each] for each in took]
    whole = [one for each in arrived for one in each]
    note = f"{presses} presses a run; median {statistics.median(whole):.1f} ms, slowest {max(whole):.1f} ms"
    return [
        figure(
            f"stop-all: press to last stop byte at the wire, {ROBOTS} robots driving, p99",
            [percentile(each, 99) for each in arrived],
            "ms",
            limit=Limit(most=LIMIT_MS),
            note=note,
        ),
        figure(
            "stop-all: press to the last motor pin at rest, p99",
            [percentile(each, 99) for each in rested],
            "ms",
            note="the wire's own time included: the emulator reads at 57600 baud",
        ),
        figure(
            "stop-all: press to a silent robot named on the page",
            [max(each) for each in named],
            "s",
            limit=Limit(most=NAMED_WITHIN),
            note="the later of two: the page that answers the press, and the live stream of another page",
        ),
    ]


def _press(browser: Browser, robots: Robots, chance: random.Random) -> tuple[float, float]:
    """One press while all drive: milliseconds until the stop had arrived at the last robot, and until it rested."""
    _all_drive(browser, robots)
    time.sleep(chance.uniform(0.05, 0.35))
    pressed = time.monotonic()
    status, _text = browser.post("/stop", follow=False)
    stops = robots.stops(pressed)
    while late := [robot for robot, times in stops.items() if None in times]:
        if time.monotonic() > pressed + SETTLE:
            raise RuntimeError(f"answered with {status}, and {', '.join(late)} did not stop")
        stops = robots.stops(pressed)
    if robots.turning():
        raise RuntimeError("a robot turns after stop-all")
    _release(browser)
    arrived, still = (max(times) for times in zip(*stops.values(), strict=True))
    return (arrived - pressed) * 1e3, (still - pressed) * 1e3


def _all_drive(browser: Browser, robots: Robots) -> None:
    browser.post(f"/lessons/{LESSON}/start", team=list(range(1, ROBOTS + 1)), follow=False)
    browser.post("/lesson/go-on", follow=False)
    wait_for(lambda: robots.turning() == ROBOTS, SETTLE)


def _release(browser: Browser) -> None:
    browser.post("/lesson/finish", follow=False)
    browser.post("/release", follow=False)


def _silent(panel: Panel, browser: Browser, robots: Robots, pages: Pages, chance: random.Random) -> tuple[float, float]:
    """Seconds from the press until a silent robot is named: in the page that answers, and in the live stream."""
    silent = f"robot-{chance.randint(1, ROBOTS)}"
    name = silent.replace("robot-", "Robot ")
    words = f"{name}: not known to have stopped"
    _all_drive(browser, robots)
    pages.heard()
    robots.fault(silent, "silent")
    time.sleep(0.2)
    pressed = time.monotonic()
    _status, text = browser.post("/stop")
    answered = time.monotonic() - pressed
    if words not in text:
        raise RuntimeError(f"the page does not name {name}")
    heard: list[float] = []

    def named() -> bool:
        told = pages.heard()
        naming = {number for number, event in enumerate(told["events"]) if words in _needs(event)}
        heard.extend(at - pressed for at, event in told["pages"][0] if event in naming)
        return bool(heard)

    wait_for(named, SETTLE)
    robots.fault(silent, None)
    _release(browser)
    panel.wait_ready(ROBOTS)
    return answered, min(heard)


def _needs(event: str) -> str:
    """What an event draws of the part that says what waits for the teacher."""
    return json.loads(event.partition("data: ")[2]).get("parts", {}).get("needs", "")
