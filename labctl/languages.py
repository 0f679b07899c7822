"""Saying things in the reader's language: sentences from the catalogue, numbers, dates and times as people write them.

Sentences are made in English with ``devices.text`` where something happens, and said here where the reader is known.
Babel is loaded with the first number or date that needs it, so that the help of the command line stays fast.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Any

from devices.text import Text
from labctl.catalogue import Catalogue, read_catalogue

LANGUAGES = ("az", "en")
"""The languages the lab speaks, its own first."""

DEFAULT = "az"

LOCALES = Path(__file__).parent / "locales"

DATE = {"az": "dd.MM.yyyy", "en": "d MMM yyyy"}
"""CLDR's short Azerbaijani date has two digits for the year; people write four (22.11.2026)."""

DECIMAL_POINT = {"az": ",", "en": "."}
"""As in CLDR; written down so that a sentence needs no Babel."""

PLACE = re.compile(r"%(?:\((?P<name>\w+)\)(?P<form>[-+ 0#]*\d*(?:\.\d+)?)(?P<kind>[a-zA-Z])|(?P<percent>%))")
"""An open place of a sentence, such as ``%(name)s`` and ``%(cm).1f``, or a doubled per cent sign."""


def catalogue_file(language: str) -> Path:
    """The file that translators edit."""
    return LOCALES / language / "LC_MESSAGES" / "labctl.po"


@lru_cache(maxsize=8)
def catalogue(language: str) -> Catalogue | None:
    """The catalogue of a language, read once; None for English, which needs none, and for what the lab cannot speak."""
    file = catalogue_file(language)
    if language not in LANGUAGES or not file.exists():
        return None
    return read_catalogue(file)


def say(text: str, language: str) -> str:
    """A sentence in ``language``, its places filled in, sentences within it said too; English where there is no
    translation. A plain ``str`` is said as it is."""
    if not isinstance(text, Text):
        return text
    found = catalogue(language)
    if found is None:
        return str(text)
    form = found.find(text)
    if form is None:
        form = text.plural if text.plural and text.number != 1 else text.msgid
    if not text.params:
        return form
    try:
        return PLACE.sub(lambda place: _filled(place, text.params, language), form)
    except (KeyError, ValueError, TypeError):  # a translation whose places do not fit; a test finds it
        return str(text)


def _filled(place: re.Match[str], params: Mapping[str, Any], language: str) -> str:
    if place["percent"]:
        return "%"
    value, form, kind = params[place["name"]], place["form"], place["kind"]
    if isinstance(value, str):
        value = say(value, language)
    shown = f"%{form}{kind}" % value
    if isinstance(value, float):
        return shown.replace(".", DECIMAL_POINT[language])
    return shown


def pick(mapping: Mapping[str, str], language: str) -> str:
    """Content that was written in several languages, in the reader's; else in the lab's own, else in any there is."""
    for wish in (language, *LANGUAGES):
        if mapping.get(wish):
            return mapping[wish]
    return next((words for words in mapping.values() if words), "")


def number(value: float, language: str, *, digits: int | None = None) -> str:
    """A number as people write it: ``1.234,5``. ``digits`` decimals exactly, or up to three."""
    from babel.numbers import format_decimal

    pattern = "#,##0.###" if digits is None else "#,##0." + "0" * digits if digits else "#,##0"
    shown = format_decimal(value, format=pattern, locale=_known(language))
    return shown.lstrip("-") if not re.search("[1-9]", shown) else shown  # a rounded -0 is 0


def money(value: float, language: str) -> str:
    """An amount in manat: ``1.234,50 ₼``."""
    return f"{number(value, language, digits=2)} ₼"


def day(at: date, language: str, *, zone: tzinfo | None = None) -> str:
    """A date: ``22.11.2026``. A ``datetime`` is first brought to ``zone``, by default this computer's."""
    from babel.dates import format_date

    local = at.astimezone(zone).date() if isinstance(at, datetime) else at
    return format_date(local, DATE[_known(language)], locale=_known(language))


def hour(at: datetime, *, zone: tzinfo | None = None, seconds: bool = False) -> str:
    """A time of the day, ``14:05``, in ``zone``, by default this computer's; the same in every language here."""
    return f"{at.astimezone(zone):%H:%M:%S}" if seconds else f"{at.astimezone(zone):%H:%M}"


def minutes(count: float, language: str) -> str:
    """A number of minutes in words: ``45 dəqiqə``."""
    from babel.units import format_unit

    return format_unit(round(count), "duration-minute", length="long", locale=_known(language))


def _known(language: str) -> str:
    return language if language in LANGUAGES else "en"
