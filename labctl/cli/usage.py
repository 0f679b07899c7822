"""What is said of a command line that cannot be carried out as it was typed."""

from __future__ import annotations

from devices.errors import BadValue


class WrongUsage(BadValue):
    """There is no such command or option, or one has a value that it cannot have."""

    slug = "wrong-usage"
