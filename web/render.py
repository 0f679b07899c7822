"""What every template is given: the reader's language, and the numbers that are too fast to be rendered twice.

A fragment that is sent to all pages of a language holds no reading, no age and no token: the page fills them in, so
that a fragment is rendered again only when something has really happened.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from flask import Flask
from markupsafe import Markup

from devices.text import Text, _, ngettext
from labctl import languages
from labctl.languages import say
from labctl.views import RoomView

LANGUAGES = {"az": "Azərbaycanca", "en": "English"}
"""Each language by its own name, as people look for it."""

_language: ContextVar[str] = ContextVar("language", default=languages.DEFAULT)
_seen: ContextVar[RoomView | None] = ContextVar("seen", default=None)
_token: ContextVar[str] = ContextVar("token", default="")
_briefs: ContextVar[Mapping[str, str]] = ContextVar("briefs", default=MappingProxyType({}))


def speak(language: str) -> None:
    """Render in ``language`` from here on in this request or thread."""
    _language.set(language)


def language() -> str:
    """The language that is being rendered."""
    return _language.get()


@contextmanager
def showing(
    room: RoomView | None, *, token: str = "", briefs: Mapping[str, str] = MappingProxyType({})
) -> Generator[None]:
    """Render with the latest numbers of ``room`` and the token of this session; with None, without them.

    ``briefs`` is what the teams read, by step, as safe HTML in the language that is spoken.
    """
    seen, shown, read = _seen.set(room), _token.set(token), _briefs.set(briefs)
    try:
        yield
    finally:
        _seen.reset(seen)
        _token.reset(shown)
        _briefs.reset(read)


def brief(step: str) -> Markup:
    """What a team reads at a step, as HTML that the lesson's loader made safe; empty where there is nothing."""
    return Markup(_briefs.get().get(step, ""))


def said(text: str) -> str:
    """A sentence in the reader's language."""
    return say(text, language())


def pick(words: Mapping[str, str]) -> str:
    """Content that was written in several languages, in the reader's."""
    return languages.pick(words, language())


def number(value: float, digits: int = 0) -> str:
    """A number as it is written in the reader's language."""
    return languages.number(value, language(), digits=digits) if math.isfinite(value) else "–"


def clock(at: datetime, *, seconds: bool = False) -> str:
    """A time of the day, as the clock on the wall shows it."""
    return languages.hour(at, seconds=seconds)


def minutes(count: int | str, hours: int | str = 0) -> str:
    """A length of time in minutes, or hours and minutes. A place such as ``{m}`` may stand for a number."""
    if isinstance(count, int):
        hours, count = divmod(count, 60)
    if not hours:
        return said(_("%(count)s min", count=count))
    return said(_("%(hours)s h %(count)s min", hours=hours, count=count))


def age(since: datetime | None) -> Markup:
    """How long ago something began; the page keeps it up to date."""
    if since is None:
        return Markup("")
    whole = int((datetime.now(UTC) - since) / timedelta(minutes=1))
    text = "" if _seen.get() is None else said(_("just now")) if whole < 1 else minutes(whole)
    return Markup('<time class="num" datetime="{0}" data-age data-own="children">{1}</time>').format(
        _stamp(since), text
    )


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def reading(device: str, sensor: str, digits: int = 0) -> Markup:
    """The value of a sensor; the page keeps it up to date."""
    text, room = "", _seen.get()
    if room is not None:
        found = next((one for one in room.devices if one.id == device), None)
        view = found.readings.get(sensor) if found else None
        text = "–" if view is None else number(view.value, view.digits)
    return Markup('<span class="num" data-reading="{0}.{1}" data-digits="{2}" data-own="children">{3}</span>').format(
        device, sensor, digits, text
    )


def pose(device: str) -> tuple[float, float, float] | None:
    """Where a simulated robot is, as x, y in centimetres and heading in degrees; None in a fragment for all."""
    room = _seen.get()
    return room.arena.poses.get(device) if room is not None and room.arena is not None else None


def unit(name: str) -> str:
    """A unit as it is written after a number."""
    return {"deg": "°", "degrees": "°", "cm": said(_("cm")), "s": said(_("s")), "ms": said(_("ms"))}.get(name, name)


QUANTITIES = {"distance": _("distance"), "travelled": _("travelled"), "turned": _("turned")}


def quantity(sensor: str) -> str:
    """What a sensor measures, in a word."""
    return said(QUANTITIES.get(sensor, sensor))


def csrf() -> Markup:
    """The hidden field that every form carries; empty in a fragment for all, where the page fills it."""
    return Markup('<input type="hidden" name="csrf" value="{0}">').format(_token.get())


def translate(msgid: str, **params: Any) -> str:
    """A sentence of a template in the reader's language, its places filled in."""
    return said(Text(msgid, params))


def count(singular: str, plural: str, number: int, **params: Any) -> str:
    """The same for a sentence that depends on a number."""
    return said(ngettext(singular, plural, number, **params))


def furnish(app: Flask, *, statics: str) -> None:
    """Give the templates of ``app`` their words; ``statics`` is where the static files are served."""
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    env.filters.update(say=said, pick=pick)
    words: dict[str, Any] = {
        "_": translate,
        "ngettext": count,
        "age": age,
        "brief": brief,
        "clock": clock,
        "csrf": csrf,
        "icon": partial(_icon, statics),
        "language": language,
        "languages": LANGUAGES,
        "minutes": minutes,
        "number": number,
        "pose": pose,
        "quantity": quantity,
        "reading": reading,
        "stamp": _stamp,
        "statics": statics,
        "unit": unit,
    }
    env.globals.update(words)


def _icon(statics: str, name: str) -> Markup:
    use = Markup('<svg class="i" aria-hidden="true"><use href="{0}/icons.svg#{1}"/></svg>')
    return use.format(statics, name)


def digest_of(folder: Path) -> str:
    """A short mark of everything in a folder: it is part of the address, so that browsers may keep files for ever."""
    import hashlib

    mark = hashlib.blake2b(digest_size=6)
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            mark.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return mark.hexdigest()
