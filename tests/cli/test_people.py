"""Resetting a teacher's password when nobody can sign in any more."""

from __future__ import annotations

import json

import pytest

from labctl.people import People
from labctl.places import Places, find_places
from labctl.store.store import Store
from tests.cli.typing_it import labctl


@pytest.fixture
def places(tmp_path) -> Places:
    places = find_places(tmp_path)
    with_people(places, lambda people: people.create_teacher("Aysel", "first-password-7"))
    return places


def with_people(places: Places, act):
    store = Store.open(places.database)
    try:
        return act(People(store))
    finally:
        store.close_now()


def signs_in(places: Places, password: str) -> bool:
    return with_people(places, lambda people: people.sign_in("Aysel", password)) is not None


def test_a_password_is_read_from_stdin(places):
    said = labctl(places.data, "people", "password", "aysel", stdin="second-password-8\n")

    assert (said.returncode, said.stdout) == (0, "Aysel has a new password\n"), said.stderr
    assert signs_in(places, "second-password-8")
    assert not signs_in(places, "first-password-7")


def test_a_password_is_made_and_printed(places):
    said = json.loads(labctl(places.data, "people", "password", "Aysel", "--generate", "--json").stdout)

    assert signs_in(places, said["password"])


@pytest.mark.parametrize(
    ("name", "stdin", "message"),
    [
        ("Aysel", "", "No password came on stdin"),
        ("Aysel", "x\n", "password"),
        ("Nobody", "second-password-8\n", "There is no teacher “Nobody”"),
    ],
)
def test_what_will_not_do_is_wrong_usage_and_changes_nothing(places, name, stdin, message):
    said = labctl(places.data, "people", "password", name, stdin=stdin)

    assert said.returncode == 2
    assert message in said.stderr
    assert signs_in(places, "first-password-7")


def test_a_lab_without_people_is_said_and_not_made(tmp_path):
    said = labctl(tmp_path, "people", "password", "Aysel", "--generate")

    assert said.returncode == 1
    assert "no teachers yet" in said.stderr
    assert list(tmp_path.iterdir()) == []
