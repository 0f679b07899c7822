"""What is printed, watched: output that is lost is told apart from every other failure of the system."""

from __future__ import annotations

import errno
import os
from typing import Any, TextIO


class OutputLost(Exception):
    """Nothing more can be printed: the disk is full, or nobody reads. No OSError, which libraries take for theirs."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause


class Output:
    """A standard stream that raises :class:`OutputLost` where it cannot be written.

    Args:
        stream: Python's own; None where it was closed before the process began.
        number: Its file descriptor. Once it is lost the null device takes its place: Python would write what is left
            on its way out, fail again and complain, and a file of ours might be given the number of a closed one.
    """

    def __init__(self, stream: TextIO | None, number: int) -> None:
        self._stream, self._number = stream, number
        if stream is None:
            self._silence()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, as the stream does."""
        if self._stream is None:
            raise OutputLost(OSError(errno.EBADF, os.strerror(errno.EBADF)))
        try:
            return self._stream.write(text)
        except OSError as error:
            raise self._lost(error) from error

    def flush(self) -> None:
        """Flush, as the stream does."""
        try:
            if self._stream is not None:
                self._stream.flush()
        except OSError as error:
            raise self._lost(error) from error

    def isatty(self) -> bool:
        """Whether a person reads it on a terminal."""
        return self._stream is not None and self._stream.isatty()

    def _lost(self, error: OSError) -> OutputLost:
        self._silence()
        return OutputLost(error)

    def _silence(self) -> None:
        null = os.open(os.devnull, os.O_WRONLY)
        if null != self._number:
            os.dup2(null, self._number)
            os.close(null)
