"""A run that cannot be written down is written down as soon as it can be; one that has ended does not come back."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from dataclasses import replace
from pathlib import Path

from labctl.clock import now
from labctl.keeping import KeptRun, KeptTeam, RunKeeper
from labctl.store.journal import new_id
from labctl.store.store import Store


async def test_what_a_locked_disk_refused_is_kept_later(tmp_path: Path) -> None:
    store = await asyncio.to_thread(Store.open, tmp_path / "lab.db")
    keeper = RunKeeper(store)
    team = KeptTeam(1, 0, "running", None, 0, {"robot": "robot-1"}, [""], [])
    run = KeptRun(new_id(), "first-drive", "1", "running", 45, now(), teams=[team])
    keeping = asyncio.create_task(keeper.keep())
    try:
        with contextlib.closing(sqlite3.connect(tmp_path / "lab.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            keeper.put(run)
            assert not await keeper.flush() or await keeper.find_open() is None
            other.execute("ROLLBACK")
        async with asyncio.timeout(10):
            while (found := await keeper.find_open()) is None:
                await asyncio.sleep(0.05)
        assert found == run
        keeper.put(replace(run, state="finished", ended_at=now()))
        async with asyncio.timeout(10):
            while await keeper.find_open() is not None:
                await asyncio.sleep(0.05)
    finally:
        keeping.cancel()
        await asyncio.wait([keeping])
        await store.close()
