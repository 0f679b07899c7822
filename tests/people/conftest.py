"""A store and its people, with hashes that cost nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from labctl.passwords import Passwords
from labctl.people import People
from labctl.store.store import Store


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(tmp_path / "data" / "lab.db")
    yield store
    store.close_now()


@pytest.fixture
def quick() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def people(store: Store, clock: Clock, quick: Passwords) -> People:
    return People(store, clock=clock, passwords=quick)
