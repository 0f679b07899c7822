"""Where a lab lives on disk: its file, its data, what may be thrown away."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOME_VARIABLE = "LABCTL_HOME"
"""Names a folder that holds a whole lab, as ``--data`` does."""


@dataclass(frozen=True)
class Places:
    """The folders of one lab.

    Attributes:
        lab_file: ``lab.toml``, which names the devices. It may not exist yet.
        data: Database, lock and token; private to the user who runs the lab.
        cache: What can be made again at any time.
    """

    lab_file: Path
    data: Path
    cache: Path

    @property
    def chassis(self) -> Path:
        """A folder beside the lab file for robots that labctl does not ship."""
        return self.lab_file.parent / "chassis"

    @property
    def lessons(self) -> Path:
        """A folder beside the lab file for the school's own lessons."""
        return self.lab_file.parent / "lessons"

    @property
    def secrets(self) -> Path:
        """Passwords and keys of devices, beside the lab file, readable by its owner alone."""
        return self.lab_file.parent / "secrets.toml"

    @property
    def database(self) -> Path:
        """The store: people, journal, evidence."""
        return self.data / "lab.db"

    @property
    def lock(self) -> Path:
        """Held by the one process that owns the hardware."""
        return self.data / "lab.lock"

    @property
    def token(self) -> Path:
        """What another program of the same user shows to the running lab."""
        return self.data / "local-token"

    @property
    def log(self) -> Path:
        """What went wrong inside, for whoever looks after the program."""
        return self.data / "labctl.log"

    @property
    def session_key(self) -> Path:
        """What the panel signs sessions with."""
        return self.data / "session-key"


def find_places(folder: Path | None = None, environ: Mapping[str, str] = os.environ) -> Places:
    """The places of a lab: all in ``folder`` (``--data``), else all in ``LABCTL_HOME``, else where this system keeps
    settings, data and caches of a user. Nothing is created."""
    home = folder or (Path(environ[HOME_VARIABLE]) if environ.get(HOME_VARIABLE) else None)
    if home is not None:
        home = Path(os.path.abspath(home.expanduser()))
        return Places(lab_file=home / "lab.toml", data=home, cache=home / "cache")
    from platformdirs import PlatformDirs  # costs time that --help should not pay

    dirs = PlatformDirs("labctl", appauthor=False)
    return Places(lab_file=dirs.user_config_path / "lab.toml", data=dirs.user_data_path, cache=dirs.user_cache_path)
