"""The demo: a whole simulated lab with a class, made in a folder of its own and opened like any other."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from labctl import people
from labctl.files import PRIVATE_FILE, write_atomic, writing
from labctl.places import Places
from labctl.store.store import Store

ROBOTS = 8

TEACHER = "muellim"
"""The demo teacher's name; it can be typed on any keyboard."""

PASSWORD_FILE = "demo-password"

HEADER = """\
# The lab of the demo. Every robot is simulated at the wire; take "sim:labctl-robot" out and put the address of a real
# one in, and it drives instead.
[lab]
name = "Nümunə laboratoriya"
language = "az"
"""


@dataclass(frozen=True)
class SignIn:
    """What the demo's teacher signs in with; the password is made with the demo's folder and kept in it."""

    name: str
    password: str


def prepare(places: Places) -> SignIn:
    """Make the demo's lab file, class and teacher where there are none yet.

    Raises:
        StoreFailed: The folder cannot be used.
    """
    if not places.lab_file.exists():
        robots = "".join(
            f'\n[devices.robot-{n}]\nchassis = "two-motor"\naddress = "sim:labctl-robot"\n'
            for n in range(1, ROBOTS + 1)
        )
        with writing(places.lab_file):
            places.lab_file.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(places.lab_file, HEADER + robots)
    sign_in = SignIn(TEACHER, _password(places))
    store = Store.open(places.database)
    try:
        people.seed_demo(store)
        if people.People(store).sign_in(sign_in.name, sign_in.password) is None:
            people.set_teacher(store, sign_in.name, sign_in.password)
    finally:
        store.close_now()
    return sign_in


def _password(places: Places) -> str:
    """The demo's password: kept, so that a restart signs nobody out."""
    file = places.data / PASSWORD_FILE
    try:
        kept = file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        kept = ""
    if not kept:
        kept = "-".join(f"{secrets.randbelow(1000):03}" for _part in range(3))
        with writing(file):
            write_atomic(file, kept + "\n", mode=PRIVATE_FILE)
    return kept
