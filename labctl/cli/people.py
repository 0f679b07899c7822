"""``labctl people``: what must work when nobody can sign in any more."""

from __future__ import annotations

import getpass
import secrets
import sys
from typing import Annotated

import typer

from devices.errors import LabError
from devices.text import _
from labctl.cli.reaching import DataOption, JsonOption, places_of
from labctl.cli.speech import print_json, say
from labctl.cli.usage import WrongUsage

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

LONGEST_LINE = 1024


@app.callback()
def people() -> None:
    """Teachers."""


@app.command(help=say(_("Give a teacher a new password. Example: labctl people password Aysel")))
def password(
    name: Annotated[str, typer.Argument(metavar="NAME", help=say(_("The name the teacher signs in with.")))],
    generate: Annotated[
        bool, typer.Option("--generate", help=say(_("Make a password and print it, instead of asking for one.")))
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Reset a password, also while the panel runs; sessions under the old one end."""
    places = places_of(data)
    if not places.database.exists():
        raise LabError(
            _("This lab has no teachers yet (%(folder)s)", folder=str(places.data)),
            hint=_("Open the panel and make the first one, or give the lab's folder with --data."),
        )
    chosen = _generated() if generate else _asked()
    from labctl.people import People
    from labctl.store.store import Store

    store = Store.open(places.database)
    try:
        person = People(store).reset_password(name, chosen)
    finally:
        store.close_now()
    if as_json:
        print_json({"name": person.name, **({"password": chosen} if generate else {})})
    else:
        print(say(_("%(name)s has a new password", name=person.name)))
        if generate:
            print(f"  {chosen}")


def _generated() -> str:
    """Twelve digits in threes, which can be read out over the phone: 40 bits, and tries are throttled."""
    return "-".join(f"{secrets.randbelow(1000):03}" for _part in range(4))


def _asked() -> str:
    if not sys.stdin.isatty():
        line = sys.stdin.readline(LONGEST_LINE).rstrip("\r\n")
        if not line:
            raise WrongUsage(_("No password came on stdin"), hint=_("Type it on a terminal, or take --generate."))
        return line
    first = getpass.getpass(say(_("New password:")) + " ")
    if first != getpass.getpass(say(_("The same again:")) + " "):
        raise WrongUsage(_("The two passwords differ"), hint=_("Try again."))
    return first
