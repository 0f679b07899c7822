"""Passwords: refused with a reason, kept as hashes, and not to be guessed quickly."""

from __future__ import annotations

import threading
import time
from typing import ClassVar, Literal

import pytest
from argon2 import PasswordHasher

from devices.errors import LabError
from labctl.passwords import (
    FORGET_AFTER,
    FREE_TRIES,
    NAMES_WATCHED,
    BadPassword,
    Passwords,
    Throttle,
    TooManyTries,
    check_password,
    wait_after,
)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("", "too short"),
        ("yeddi77", "too short"),
        ("e\u0301" * 7, "too short"),
        ("x" * 201, "too long"),
        ("Gülər Əliyeva", "is the name"),
        ("GULEREliyeva", "is the name"),
        ("aaaaaaaaaaaa", "same characters"),
        ("12121212", "same characters"),
    ],
)
def test_a_bad_password_is_refused_with_a_reason(password: str, says: str) -> None:
    with pytest.raises(BadPassword, match=says) as caught:
        check_password(password, "Gülər Əliyeva")
    assert caught.value.hint


@pytest.mark.parametrize("password", ["on iki robot", "12345678", "şəkərşəkər", " a b c d ", "x1y" * 66])
def test_other_passwords_are_taken(password: str) -> None:
    check_password(password, "Gülər Əliyeva")


def test_a_password_fits_only_its_own_hash() -> None:
    passwords = Passwords()
    kept = passwords.hashed("on iki robot")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.fits("on iki robot", kept)
    assert not passwords.fits("On iki robot", kept)
    assert not passwords.fits("", kept)
    assert not passwords.fits("on iki robot", None)
    assert not passwords.fits("on iki robot", "no hash at all")
    assert passwords.hashed("on iki robot") != kept
    assert not passwords.outdated(kept)
    assert passwords.outdated(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("on iki robot"))


def test_letters_typed_on_another_system_are_the_same() -> None:
    passwords = Passwords()
    assert passwords.fits("u\u0308ç robot", passwords.hashed("üc\u0327 robot"))


def test_an_unknown_name_costs_a_hash_as_a_wrong_password_does() -> None:
    class Counting(PasswordHasher):
        verified: ClassVar[list[str]] = []

        def verify(self, hash, password) -> Literal[True]:
            self.verified.append(str(hash).rsplit("$", 2)[0])
            return super().verify(hash, password)

    passwords = Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1))
    passwords.fits("wrong robot", passwords.hashed("on iki robot"))
    passwords.fits("wrong robot", None)
    assert Counting.verified == ["$argon2id$v=19$m=8,t=1,p=1"] * 2


def test_only_a_few_are_hashed_at_once() -> None:
    running, most, lock = 0, 0, threading.Lock()

    class Slow(PasswordHasher):
        def hash(self, password, *, salt=None) -> str:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.02)
            with lock:
                running -= 1
            return "x"

    passwords = Passwords(Slow())
    threads = [threading.Thread(target=passwords.hashed, args=("on iki robot",)) for _n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most <= 2


def test_waits_grow_to_a_minute_and_no_further() -> None:
    assert [wait_after(wrong) for wrong in range(12)] == [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 60, 60]
    assert wait_after(10**9) == 60


def test_the_sixth_try_waits_and_says_how_long() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    for _try in range(FREE_TRIES):
        throttle.begin("aygun")
    with pytest.raises(TooManyTries) as caught:
        throttle.begin("aygun")
    assert caught.value.seconds == 2
    assert "2 seconds" in caught.value.hint
    throttle.begin("someone else")

    clock.now += 1.5
    with pytest.raises(TooManyTries) as caught:
        throttle.begin("aygun")
    assert caught.value.hint == "Wait 1 second, then try again."
    clock.now += 0.5
    throttle.begin("aygun")
    clock.now += 3.9
    with pytest.raises(TooManyTries):
        throttle.begin("aygun")


def test_a_right_password_and_time_forgive() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    for _try in range(FREE_TRIES):
        throttle.begin("aygun")
        throttle.begin("elcin")
    throttle.right("aygun")
    throttle.begin("aygun")
    clock.now += FORGET_AFTER + 1
    for _try in range(FREE_TRIES):
        throttle.begin("elcin")


def test_tries_at_the_same_moment_all_count() -> None:
    throttle = Throttle(Clock())
    passed: list[bool] = []
    start = threading.Barrier(8)

    def attempt() -> None:
        start.wait()
        try:
            throttle.begin("aygun")
            passed.append(True)
        except LabError:
            passed.append(False)

    threads = [threading.Thread(target=attempt) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert passed.count(True) == FREE_TRIES


def test_made_up_names_do_not_fill_the_memory() -> None:
    throttle = Throttle(Clock())
    for number in range(NAMES_WATCHED + 500):
        throttle.begin(f"name {number}")
    assert len(throttle._tries) == NAMES_WATCHED
