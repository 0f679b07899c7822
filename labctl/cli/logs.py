"""What went wrong inside, for whoever looks after the program: a small file in the data folder, not the terminal."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import time
from collections.abc import Generator
from logging.handlers import RotatingFileHandler
from typing import cast

from labctl.files import PRIVATE_FILE
from labctl.places import Places

MOST_BYTES = 500_000
OLD_FILES = 1


class _PrivateLog(RotatingFileHandler):
    """A log that only its owner can read, and that says nothing where it cannot be written."""

    def _open(self) -> io.TextIOWrapper:
        def private(path: str, flags: int) -> int:
            return os.open(path, flags, PRIVATE_FILE)

        return cast(io.TextIOWrapper, open(self.baseFilename, self.mode, encoding=self.encoding, opener=private))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        """A full disk is told by the store; a log that tells it on the terminal would hide it."""


@contextlib.contextmanager
def logging_to(places: Places) -> Generator[None]:
    """Write warnings and errors to the lab's log until the block ends."""
    root = logging.getLogger()
    log = _PrivateLog(places.log, maxBytes=MOST_BYTES, backupCount=OLD_FILES, encoding="utf-8", delay=True)
    form = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    form.converter = time.gmtime
    log.setFormatter(form)
    log.setLevel(logging.WARNING)
    root.addHandler(log)
    try:
        yield
    finally:
        root.removeHandler(log)
        log.close()
