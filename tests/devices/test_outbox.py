"""The outbox: in order, bounded, and never far ahead of the wire."""

from __future__ import annotations

import math

import pytest

from devices.transports.outbox import AHEAD, BATCH, FRAMES, Outbox, OutboxFull


class Clock:
    """Time that a test turns by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def drain(outbox: Outbox) -> bytes:
    """All that may be written now."""
    written = b""
    while batch := outbox.batch():
        written += batch
    return written


def test_frames_leave_whole_and_in_order() -> None:
    outbox = Outbox(57600, clock=Clock())
    frames = [bytes([number]) * 3 for number in range(30)]
    for frame in frames:
        outbox.put(frame)
    batches = [outbox.batch(), outbox.batch()]
    assert all(len(batch) % 3 == 0 and len(batch) <= BATCH for batch in batches)
    assert b"".join(batches) == b"".join(frames)


def test_it_runs_no_further_ahead_of_the_wire_than_it_may() -> None:
    clock = Clock()
    outbox = Outbox(57600, clock=clock)
    for _number in range(1000):
        outbox.put(b"abc")
    first = drain(outbox)
    assert AHEAD - 3 <= len(first) <= AHEAD
    assert 0 < outbox.ready_in < 0.05

    clock.now += 1.0
    for _tenth in range(100):
        assert len(drain(outbox)) <= AHEAD
        clock.now += 0.01
    assert not len(outbox)


def test_the_wire_is_kept_busy() -> None:
    clock = Clock()
    outbox = Outbox(57600, clock=clock)
    for _number in range(4000):
        outbox.put(b"abc")
    written, start = 0, clock.now
    while len(outbox):
        written += len(drain(outbox))
        if len(outbox):
            clock.now += outbox.ready_in
    assert written / (clock.now - start) >= 5760


def test_what_is_put_after_a_discard_goes_at_once() -> None:
    outbox = Outbox(57600, clock=Clock())
    for _number in range(1000):
        outbox.put(b"abc")
    drain(outbox)
    dropped = outbox.discard()
    assert dropped > 900
    outbox.put(b"stop")
    assert outbox.ready_in == 0
    assert drain(outbox) == b"stop"


def test_an_empty_one_waits_for_ever_and_a_full_one_says_so() -> None:
    outbox = Outbox(57600, clock=Clock())
    assert outbox.ready_in == math.inf
    assert outbox.batch() == b""
    for _number in range(FRAMES):
        outbox.put(b"x")
    with pytest.raises(OutboxFull):
        outbox.put(b"x")


def test_a_frame_larger_than_what_may_be_ahead_leaves_alone() -> None:
    clock = Clock()
    outbox = Outbox(57600, clock=clock)
    outbox.put(bytes(2 * AHEAD))
    outbox.put(b"abc")
    assert len(outbox.batch()) == 2 * AHEAD
    assert outbox.batch() == b""
    clock.now += outbox.carried_in
    assert outbox.batch() == b"abc"
