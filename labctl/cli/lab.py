"""``labctl lab``: begin a lab, and say where it lives."""

from __future__ import annotations

from typing import Annotated

import typer

from devices.errors import BadValue, LabError
from devices.text import _
from labctl.cli.reaching import DataOption, JsonOption, places_of
from labctl.cli.speech import choose_language, print_json, say
from labctl.files import make_private_folder, write_atomic
from labctl.languages import LANGUAGES
from labctl.places import Places

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

TEMPLATE = """\
# The lab file: which devices this lab has. Every setting: docs/reference/lab-file.md

[lab]
name = {name}
language = {language}  # of pages and messages for who has not chosen: az or en

# A device is three lines. See what is plugged in with `labctl devices scan`; `labctl devices adopt` writes them.
#
# [devices.robot-1]
# chassis = "two-motor"
# address = "usb:85430353"
#
# More settings of a device:
# name = "Robot 1"           # what people see; made from the id where missing
# allow_no_watchdog = true   # lets a robot drive whose firmware does not stop by itself
"""


@app.command(help=say(_('Begin a lab. Example: labctl lab init --name "Room 12" --language az')))
def init(
    name: Annotated[str, typer.Option("--name", help=say(_("Name of the lab, as pages show it.")))] = "",
    language: Annotated[str, typer.Option("--language", help=say(_("az or en.")))] = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a lab file with comments and make the data folder; refuse where there is one already."""
    places = places_of(data, may_begin=True)
    language = language or choose_language()
    if language not in LANGUAGES:
        raise BadValue(
            _("There is no language %(language)s; there are %(known)s", language=language, known=", ".join(LANGUAGES)),
            hint=_("Give --language az or --language en."),
        )
    if places.lab_file.exists():
        raise LabError(
            _("There is a lab file already: %(file)s", file=str(places.lab_file)),
            hint=_("Edit it, or give another folder with --data."),
        )
    _write_lab(places, name or _default_name(language), language)
    if as_json:
        print_json(_where(places))
        return
    print(say(_("The lab begins in %(file)s", file=str(places.lab_file))))
    print(say(_("Next:")))
    option = f" --data {data}" if data is not None else ""
    for line, what in (
        (f"labctl devices scan{option}", _("see what is plugged in, and adopt it")),
        (f"labctl doctor{option}", _("check machine and lab")),
        (f"labctl panel{option}", _("open the panel")),
    ):
        print(f"  {line.ljust(24 + len(option))}{say(what)}")


def _default_name(language: str) -> str:
    return say(_("Lab"), language)


def _write_lab(places: Places, name: str, language: str) -> None:
    from tomlkit import item

    text = TEMPLATE.format(name=item(name).as_string(), language=item(language).as_string())
    try:
        make_private_folder(places.data)
        places.lab_file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(places.lab_file, text)
    except OSError as error:
        raise LabError(
            _(
                "%(file)s cannot be written: %(why)s",
                file=str(error.filename or places.data),
                why=error.strerror or str(error),
            ),
            hint=_("See that you may write there, or give another folder with --data."),
        ) from error


@app.command(help=say(_("Say where this lab's file, data and cache are.")))
def where(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Print the places of the lab."""
    places = places_of(data, may_begin=True)
    said = _where(places)
    if as_json:
        print_json(said)
        return
    names = {"lab_file": _("lab file"), "data": _("data"), "cache": _("cache"), "chassis": _("own chassis")}
    missing = say(_("(not there yet)"))
    width = max(len(say(one)) for one in names.values()) + 2
    for key, name in names.items():
        there = "" if getattr(places, key).exists() else f"  {missing}"
        print(f"{say(name).ljust(width)}{said[key]}{there}")


def _where(places: Places) -> dict[str, str]:
    return {
        "lab_file": str(places.lab_file),
        "data": str(places.data),
        "cache": str(places.cache),
        "chassis": str(places.chassis),
        "database": str(places.database),
    }
