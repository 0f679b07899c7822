"""The latch of stop-all: pressed, nothing moves until a teacher releases it; each press begins a new epoch."""

from __future__ import annotations

from dataclasses import dataclass

from devices.errors import Stopped
from devices.text import _


@dataclass
class Latch:
    """The lab-wide latch. ``epoch`` only grows; a command carries the epoch that it was made under."""

    epoch: int = 1
    latched: bool = False

    def press(self) -> int:
        """Raise the latch, again if it is raised already, and return the new epoch."""
        self.epoch += 1
        self.latched = True
        return self.epoch

    def release(self) -> None:
        """Let new commands through. Those made before the last press stay refused."""
        self.latched = False

    def admit(self, epoch: int) -> None:
        """Let a command of ``epoch`` through.

        Raises:
            Stopped: The latch is raised, or was raised since the command was made.
        """
        if self.latched:
            raise Stopped(_("Everything is stopped"), hint=_("Release the latch first: nothing moves until then."))
        if epoch < self.epoch:
            raise Stopped(
                _("Everything was stopped after this command was made"),
                hint=_("Give the command again if it is still wanted."),
            )
