"""The recorded traces are what the real parts do today."""

from __future__ import annotations

import pytest

from tests.real import traces
from tests.real.record import SCRIPTS, record

pytestmark = pytest.mark.real


@pytest.mark.parametrize("firmware", SCRIPTS)
def test_the_real_part_still_does_what_was_recorded(firmware: str) -> None:
    recorded, now = traces.read(firmware), record(firmware)
    assert [(step.name, step.to, step.world) for step in now] == [(step.name, step.to, step.world) for step in recorded]
    wrong = {old.name: said for old, new in zip(recorded, now, strict=True) if (said := traces.difference(old, new))}
    assert not wrong, "run: python -m tests.real.record"
