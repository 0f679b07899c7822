"""Bringing a team's devices to rest, whatever becomes of the run that asks for it."""

from __future__ import annotations

import asyncio
import logging

from lessons.ports import Bench

REST_LIMIT = 3.0
"""Seconds that bringing a team's devices to rest may take; each one confirms or is named within 1 s."""

log = logging.getLogger(__name__)


async def rest(bench: Bench) -> None:
    """Bring the devices of a bench to rest, even where the caller is being cancelled."""
    resting = asyncio.create_task(bench.rest())
    try:
        await asyncio.wait({resting}, timeout=REST_LIMIT)
    except asyncio.CancelledError:
        await asyncio.wait({resting}, timeout=REST_LIMIT)
        raise
    finally:
        if not resting.done():
            resting.cancel()
            log.error("the devices of a team did not come to rest within %s s", REST_LIMIT)
        elif not resting.cancelled() and (error := resting.exception()) is not None:
            log.error("the devices of a team could not be brought to rest", exc_info=error)
