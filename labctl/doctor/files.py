"""Checks of the lab's files: the lab file, the data folder, the lock, the database."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime

from devices.errors import LabError
from devices.text import _
from labctl.doctor.finding import Finding, of_error, problem, warning
from labctl.files import open_to_others
from labctl.inventory import load_inventory
from labctl.local import reach
from labctl.lock import Holder
from labctl.places import Places


def lab_file(places: Places) -> Iterable[Finding]:
    """Whether the lab file can be read and says what a lab file must."""
    if not places.lab_file.exists():
        yield warning(
            "lab-file",
            _("There is no lab file: %(file)s", file=str(places.lab_file)),
            why=_("The lab has no devices."),
            fix=_("Begin one with labctl lab init, or look at labctl demo first."),
        )
        return
    try:
        inventory = load_inventory(places.lab_file, chassis_folders=[places.chassis])
    except LabError as error:
        yield from of_error("lab-file", error)
        return
    count = len(inventory.devices)
    yield Finding("lab-file", _("%(file)s: %(count)s devices", file=str(places.lab_file), count=count))


def data_folder(places: Places) -> Iterable[Finding]:
    """Whether the data folder is there, can be written, and is closed to others."""
    folder = places.data
    if not folder.exists():
        yield Finding("data-folder", _("%(folder)s is made at the first start", folder=str(folder)))
        return
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield problem(
            "data-folder",
            _("%(folder)s cannot be written by this account", folder=str(folder)),
            why=_("The lab keeps its database, its lock and its token there."),
            fix=_("Run labctl as the account that owns it, or give another folder with --data."),
        )
        return
    private = [places.database, places.token, places.session_key, places.secrets, places.log]
    exposed = [path for path in private if path.exists() and open_to_others(path)]
    for path in exposed:
        yield problem(
            "data-folder",
            _("Others on this computer can read %(path)s", path=str(path)),
            why=_("It holds names of children, or keys to the lab."),
            fix=_("Run: chmod go= %(path)s", path=str(path)),
        )
    if exposed:
        return
    if open_to_others(folder):
        yield warning(
            "data-folder",
            _("Others on this computer can look into %(folder)s", folder=str(folder)),
            why=_("They see which files are there, though not what is in them."),
            fix=_("Run: chmod go= %(path)s", path=str(folder)),
        )
    else:
        yield Finding("data-folder", _("%(folder)s is yours alone", folder=str(folder)))


def lock(places: Places, holder: Holder | None) -> Iterable[Finding]:
    """Whether the lab runs, and if so, whether it answers."""
    if holder is None:
        yield Finding("lock", _("The lab is not running"))
        return
    try:
        health = reach(places, holder).health()
    except LabError as error:
        yield from of_error("lock", error, why=_("Nothing else can use the devices while it holds them."))
        return
    what = _("The lab is running: %(who)s", who=holder.spoken())
    late = health.hub_lag_ms.get("p99", 0.0)
    if late > LATE_MS:
        yield warning(
            "lock",
            _("%(what)s; it answers slowly (%(late)s ms late)", what=what, late=round(late)),
            why=_("A slow computer delays stop and readings."),
            fix=_("Close other programs on this computer."),
        )
    else:
        yield Finding("lock", what)


LATE_MS = 100
"""Hub lag that a person begins to feel; the figure to keep is 20 ms with 30 robots and 40 pages."""


def database(places: Places) -> Iterable[Finding]:
    """Whether the database is sound, and of a version that this labctl knows."""
    from labctl.store import database as store  # SQLAlchemy takes a moment
    from labctl.store.errors import remedy_of_damage

    path = places.database
    if not path.exists():
        yield Finding("database", _("%(file)s is made at the first start", file=str(path)))
        return
    if broken := store.check(path):
        yield problem(
            "database",
            _("%(file)s is damaged: %(what)s", file=str(path), what=broken),
            why=_("The lab's records may be lost piece by piece."),
            fix=remedy_of_damage(path),
        )
        return
    yield Finding("database", _("%(file)s is sound", file=str(path)))


def last_event(places: Places) -> datetime | None:
    """The latest time that the journal knows, or None where there is no journal that can be read."""
    if not places.database.exists():
        return None
    from sqlalchemy.orm import Session

    from labctl.clock import latest_known
    from labctl.store.database import open_readers
    from labctl.store.errors import DATABASE_ERRORS

    readers = open_readers(places.database)
    try:
        with Session(readers) as session:
            return latest_known(session)
    except (*DATABASE_ERRORS, LabError):
        return None  # the check of the database says what is wrong with it
    finally:
        readers.dispose()
