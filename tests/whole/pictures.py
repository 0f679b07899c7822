"""The pictures of the documentation, taken of a real demo: ``python -m tests.whole.pictures FOLDER``."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.whole.panels import Panel, chromium, running

SIZE = {"width": 1280, "height": 900}
LOCALES = {"az": "az-AZ", "en": "en-GB"}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, running("demo", Path(data)) as panel, chromium() as browser:
        panel.wait_for_devices("ready")
        pages = {language: open_page(browser, panel, language) for language in LOCALES}
        page = pages["az"]
        page.goto(f"{panel.address}lessons/stop-before-the-wall")
        page.screenshot(path=folder / "before-az.png", full_page=True)
        page.click("form[action$='/start'] button.p")
        page.wait_for_selector("#row-1")
        press(page, "/lesson/go-on")
        time.sleep(8)
        for language, each in pages.items():
            speak(each, panel, language)
            take(each, panel.address, folder / f"room-{language}.png")
        speak(page, panel, "az")
        take(page, f"{panel.address}lesson?team=3", folder / "lesson-az.png")
        press(page, "/stop")
        page.wait_for_selector(".banner.stopped")
        take(page, panel.address, folder / "stopped-az.png")
        take(page, f"{panel.address}devices", folder / "devices-az.png")


def open_page(browser: Any, panel: Panel, language: str) -> Any:
    page = browser.new_context(viewport=SIZE, locale=LOCALES[language]).new_page()
    page.goto(panel.address)
    page.fill("input[name=name]", panel.said["name"])
    page.fill("input[name=password]", panel.said["password"])
    page.click("main form button")
    page.wait_for_selector("#team-1")
    return page


def speak(page: Any, panel: Panel, language: str) -> None:
    """Choose the language of the teacher, who is the same on every page."""
    page.goto(f"{panel.address}settings")
    page.click(f"button[name=language][value={language}]")
    page.wait_for_load_state()


def press(page: Any, action: str) -> None:
    page.click(f"form[action='{action}'] button")


def take(page: Any, address: str, file: Path) -> None:
    page.goto(address)
    time.sleep(0.8)
    page.screenshot(path=file, full_page=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
