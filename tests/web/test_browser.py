"""The pages in a real browser: alive, pressed, without JavaScript, cut off and healed, on a phone, by keyboard."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from devices.errors import NoAnswer
from labctl.views import DeviceState
from tests.web.conftest import Served
from tests.web.sample import PASSWORD, SampleLab
from web import asgi

playwright = pytest.importorskip("playwright.async_api")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
pytestmark = [
    pytest.mark.browser,
    pytest.mark.real,
    pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed"),
]

ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PAGES = ("/", "/lesson", "/lessons", "/lessons/first-drive", "/devices", "/devices/robot-1", "/settings")
Open = Callable[..., Any]


@pytest.fixture
async def browser() -> AsyncIterator[Any]:
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        await browser.close()


@pytest.fixture
async def opened(browser: Any, served: Served) -> AsyncIterator[Open]:
    """Open a page as a teacher; a fault that the browser finds on any page fails the test."""
    faults: list[str] = []
    contexts: list[Any] = []

    async def open_page(path: str = "/", *, context: Any = None, **how: Any) -> Any:
        if context is None:
            context = await browser.new_context(locale="az", **how)
            contexts.append(context)
            door = await context.new_page()
            await door.goto(f"{served.address}/sign-in")
            await door.fill("[name=name]", "Aygün")
            await door.fill("[name=password]", PASSWORD)
            await door.click("main button")
            await door.wait_for_url(f"{served.address}/")
            await door.close()
        page = await context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
        await page.goto(served.address + path)
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert faults == []


async def test_a_press_on_stop_is_shown_where_one_is(opened: Open, lab: SampleLab, served: Served) -> None:
    page = await opened("/devices")
    await page.evaluate("window.sameDocument = true")
    await page.click(".corner")
    await page.wait_for_selector(".banner.stopped")
    assert await page.evaluate("window.sameDocument")
    assert ("stop_all", "t1") in lab.calls
    assert "Təsdiqləmədi: 1" in await page.inner_text("#banner")
    assert await page.get_attribute(".corner", "class") == "corner raised"
    await page.click("#banner button")
    await page.wait_for_selector(".banner.stopped", state="detached")
    assert ("release", "t1") in lab.calls


async def test_a_page_shows_what_happens_elsewhere(opened: Open, lab: SampleLab) -> None:
    page = await opened("/")
    await page.focus("#team-3 h3 a")
    lab.set_team(3, line="qalır: 12 sm")
    await page.wait_for_selector("#team-3 .out:has-text('qalır: 12 sm')")
    assert await page.evaluate("document.activeElement.closest('article').id") == "team-3"
    lab.frame({"robot-8": {"distance": 1234.0}}, {"robot-8": (100.0, 50.0, 90.0)})
    await page.wait_for_selector("[data-reading='robot-8.distance']:has-text('1.234')")
    await page.wait_for_selector("[data-robot='robot-8'][transform='translate(200.0 100.0) rotate(90.0)']")
    lab.set_team(8, line="")
    lab.robots["robot-8"] = replace(lab.robots["robot-8"], state=DeviceState.LOST, readings={})
    lab.event("device.lost", device="robot-8")
    await page.wait_for_selector("#team-8[data-s=work] .dev[data-s=lost]")
    assert await page.locator("#team-8 [data-reading]").count() == 0


async def test_a_button_under_the_finger_stays_the_same_button(opened: Open, lab: SampleLab) -> None:
    page = await opened("/")
    button = page.locator("#needs form[action='/devices/robot-6/reconnect'] button")
    await button.hover()
    await page.mouse.down()
    lab.robots["robot-1"] = replace(lab.robots["robot-1"], state=DeviceState.LOST, readings={})
    lab.event("device.lost", device="robot-1")
    await page.wait_for_timeout(400)
    assert await page.locator("#needs [data-key='lost-robot-1']").count() == 0  # nothing moves while one presses
    await page.mouse.up()
    await page.wait_for_selector("#needs [data-key='lost-robot-1']")
    async with asyncio.timeout(5):
        while ("reconnect", "robot-6") not in lab.calls:
            await asyncio.sleep(0.02)


async def test_what_failed_is_said_on_the_page(opened: Open, lab: SampleLab) -> None:
    page = await opened("/devices")
    del lab.robots["robot-2"]
    await page.click("#reg-robot-2 form[action$='/find'] button")
    await page.wait_for_selector("#notice:not([hidden]) h2")
    assert "robot-2" in await page.inner_text("#notice")
    assert page.url.endswith("/devices")


async def test_everything_works_without_javascript(opened: Open, lab: SampleLab) -> None:
    page = await opened("/", java_script_enabled=False)
    await page.click(".corner")
    assert "Dayandırılıb" in await page.inner_text("#banner")
    await page.click("#banner button")
    assert await page.locator(".banner.stopped").count() == 0
    await page.goto(page.url + "lesson?team=5")
    await page.click("#panel-5 form[action='/lesson/hint'] button")
    assert ("hint", 5, "t1") in lab.calls
    assert page.url.endswith("/lesson?team=5")
    await page.click(".nav form[action='/settings/theme'] button")
    assert await page.get_attribute("html", "data-theme") == "dark"


async def test_a_lost_lab_is_said_at_once_and_heals_by_itself(
    opened: Open, lab: SampleLab, served: Served, serving: Callable[..., Served]
) -> None:
    page = await opened("/")
    await page.wait_for_timeout(300)
    served.leave.set()
    await asyncio.to_thread(served.ended.wait, 5)
    await page.wait_for_selector(".banner.lost", timeout=3500)
    assert "Əlaqə yoxdur" in await page.inner_text(".corner")
    assert "gone" in (await page.get_attribute(".corner", "class") or "")
    assert await page.locator("main button:not(:disabled)").count() == 0
    assert "stale" in (await page.get_attribute("main", "class") or "")
    lab.set_team(3, line="qalır: 12 sm")
    serving(lab, served.port)
    await page.wait_for_selector(".banner.lost", state="detached", timeout=6000)
    await page.wait_for_selector("#team-3 .out:has-text('qalır: 12 sm')")
    assert "Hamısını dayandır" in await page.inner_text(".corner")
    await page.click(".corner")
    await page.wait_for_selector(".banner.stopped")


async def test_a_lab_that_is_blocked_behind_its_panel_is_said_too(opened: Open, lab: SampleLab) -> None:
    page = await opened("/")
    lab.fails = NoAnswer("the hub is blocked")
    await page.wait_for_selector(".banner.lost", timeout=10_000)
    lab.fails = None
    await page.wait_for_selector(".banner.lost", state="detached", timeout=10_000)


async def test_a_stop_that_cannot_be_sent_says_so(opened: Open, served: Served) -> None:
    page = await opened("/")
    await page.context.set_offline(True)
    await page.click(".corner")
    await page.wait_for_selector(".banner.lost", timeout=10_000)


async def test_the_tabs_of_a_browser_share_one_stream(opened: Open, lab: SampleLab) -> None:
    streams: list[Any] = []
    first = await opened("/")
    first.context.on("request", lambda sent: streams.append(sent.frame.page) if "/events" in sent.url else None)
    await first.wait_for_timeout(500)
    second = await opened("/", context=first.context)
    third = await opened("/lesson", context=first.context)
    await third.wait_for_timeout(1000)
    assert set(streams) <= {first}  # those that came later have none of their own
    streams.clear()
    lab.set_team(3, line="qalır: 12 sm")
    for page in (first, second):
        await page.wait_for_selector("#team-3 .out:has-text('qalır: 12 sm')")
    await first.close()
    await second.wait_for_timeout(1000)
    assert len(streams) == 1  # one of those that are left has taken over
    lab.set_team(3, line="qalır: 13 sm")
    await second.wait_for_selector("#team-3 .out:has-text('qalır: 13 sm')")
    for page in (second, third):
        assert await page.locator(".banner.lost").count() == 0


async def test_signing_out_closes_the_other_tabs(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "CHECK_SECONDS", 0.5)
    first = await opened("/settings")
    second = await opened("/", context=first.context)
    await first.click("form[action='/sign-out'] button")
    await second.wait_for_url("**/sign-in*")


@pytest.mark.parametrize("width", [360, 768, 1280, 3840])
async def test_nothing_runs_out_of_the_page_and_everything_can_be_hit(opened: Open, served: Served, width: int) -> None:
    page = await opened("/", viewport={"width": width, "height": 800})
    for path in (*PAGES, "/devices/no-such"):
        await page.goto(served.address + path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
        small = await page.evaluate(
            """() => [...document.querySelectorAll("button, .btn, .nav a, summary, label.opt")]
                .filter((one) => one.checkVisibility())
                .map((one) => [one.textContent.trim(), one.getBoundingClientRect()])
                .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
                .map(([name, box]) => `${name}: ${box.width} x ${box.height}`)"""
        )
        assert small == [], path


async def test_everything_is_reached_by_keyboard_and_seen(opened: Open, lab: SampleLab) -> None:
    page = await opened("/")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    for _ in range(2):
        await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.classList.contains('corner')")
    assert await page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".banner.stopped")
    assert await page.evaluate("document.activeElement.classList.contains('corner')")
    assert ("stop_all", "t1") in lab.calls


async def test_opening_a_team_keeps_the_page_and_what_it_has_drawn(opened: Open, lab: SampleLab) -> None:
    page = await opened("/lesson?team=5")
    await page.evaluate("window.sameDocument = true")
    for value in range(10):
        lab.frame({"robot-2": {"distance": 20.0 + value}})
        await page.wait_for_timeout(40)
    await page.click("#row-2 a")
    await page.wait_for_selector("#panel-2")
    assert await page.evaluate("window.sameDocument")
    assert page.url.endswith("/lesson?team=2#panel")
    assert await page.get_attribute("#row-2 a", "aria-current") == "true"
    await page.wait_for_selector("[data-chart='robot-2.distance'] polyline")
    await page.go_back()
    await page.wait_for_selector("#panel-5")
