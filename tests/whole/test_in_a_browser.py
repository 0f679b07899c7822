"""The whole job in a real browser: sign in, start the lesson, see it pass, stop, release. Nothing is a stand-in."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.real import parts
from tests.real.arduino import Uno, real
from tests.real.rig import Rig
from tests.whole.panels import CHROMIUM, Panel, chromium, running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

LESSON_SECONDS = 150
NAME, PASSWORD = "Aynur", "sakit-dəniz-42"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not os.path.exists(CHROMIUM):
        if os.environ.get("LABCTL_REAL") == "required":
            pytest.fail("Chromium is missing")
        pytest.skip("Chromium is not installed")
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of a fresh visitor; an error in its console fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="az-AZ")
    page = context.new_page()
    page.set_default_timeout(10_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert not errors


def sign_in(page: Any, panel: Panel, name: str, password: str) -> None:
    page.goto(panel.address)
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", password)
    page.click("main form button")
    page.wait_for_selector("#team-1")


def leave(page: Any) -> None:
    """Close the page while its panel still answers, so that what is said of a lost panel is no error here."""
    page.goto("about:blank")


def states(page: Any, teams: int) -> list[str]:
    return [page.get_attribute(f"#team-{n}", "data-s") for n in range(1, teams + 1)]


def start(page: Any, panel: Panel, lesson: str) -> None:
    page.goto(f"{panel.address}lessons/{lesson}")
    page.click("form[action$='/start'] button.p")
    page.wait_for_selector("#row-1")


def go_on(page: Any) -> None:
    """Press the one button that lets all go on, where it is there."""
    button = page.query_selector("form[action='/lesson/go-on'] button:not([disabled])")
    if button is not None and button.is_visible():
        button.click()


def finished(page: Any, teams: int) -> bool:
    return all(page.query_selector(f"#row-{n} .who[data-s=ok]") is not None for n in range(1, teams + 1))


def until_finished(page: Any, teams: int) -> None:
    deadline = time.monotonic() + LESSON_SECONDS
    while not finished(page, teams):
        assert time.monotonic() < deadline, page.inner_text(".mx")
        go_on(page)
        time.sleep(0.3)


def press_stop(page: Any) -> None:
    page.click("[data-stop] button")
    page.wait_for_selector(".banner.stopped")


def release(page: Any) -> None:
    page.click("form[action='/release'] button")
    page.wait_for_selector(".banner.stopped", state="detached")


def test_a_lesson_in_the_demo(page: Any, tmp_path: Path) -> None:
    with running("demo", tmp_path) as panel:
        panel.wait_for_devices("ready")
        sign_in(page, panel, panel.said["name"], panel.said["password"])
        assert states(page, 8) == ["ok"] * 8
        start(page, panel, "first-drive")
        until_finished(page, 8)
        page.goto(f"{panel.address}lesson?team=3")
        page.wait_for_selector("#panel-3 .ev .st[data-s=ok]")
        assert page.query_selector("#panel-3 .ev .st[data-s=err]") is None
        press_stop(page)
        panel.wait_for_devices("stopped")
        page.goto(panel.address)
        assert page.query_selector(".corner.raised") is not None
        release(page)
        panel.wait_for_devices("ready")
        page.click("form[action='/lesson/finish'] button")
        page.wait_for_selector("form[action='/lesson/finish']", state="detached")
        panel.wait_for_devices("ready")
        leave(page)


ROBOT = '[devices.robot-{n}]\nchassis = "two-motor"\naddress = "serial:{port}"\n'
MOTORS = (5, 6)


@pytest.mark.real
def test_a_lesson_on_real_firmware(page: Any, tmp_path: Path) -> None:
    """First-run setup, the lesson on two robots that run the lab's firmware, stop in the middle of a drive, release."""
    with ExitStack() as open_parts:
        hex_file = real(parts.lab_firmware)
        unos = {f"robot-{n}": open_parts.enter_context(Uno(hex_file, link=tmp_path / f"port-{n}")) for n in (1, 2)}
        open_parts.enter_context(Rig(unos))
        robots = "\n".join(ROBOT.format(n=n, port=tmp_path / f"port-{n}") for n in (1, 2))
        (tmp_path / "lab.toml").write_text(robots, "utf-8")
        panel = open_parts.enter_context(running("panel", tmp_path))
        panel.wait_for_devices("ready")

        page.goto(panel.address)
        page.fill("input[name=name]", NAME)
        page.fill("input[name=password]", PASSWORD)
        page.click("main form button.p")
        page.wait_for_selector("#team-1")
        start(page, panel, "stop-before-the-wall")

        deadline = time.monotonic() + 60
        while not all(uno.snapshot().on(MOTORS) for uno in unos.values()):
            assert time.monotonic() < deadline
            go_on(page)
            time.sleep(0.1)
        press_stop(page)
        assert not any(uno.snapshot().on(MOTORS) for uno in unos.values())
        panel.wait_for_devices("stopped")
        release(page)
        time.sleep(1)
        assert not any(uno.snapshot().on(MOTORS) for uno in unos.values())
        until_finished(page, 2)
        leave(page)
