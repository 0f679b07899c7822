"""Settings by name, kept as JSON: what a teacher set in the panel."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from labctl.store.models import SettingRow


def setting(session: Session, key: str, default: Any = None) -> Any:
    """The value of a setting, or ``default`` where it was never set."""
    row = session.get(SettingRow, key)
    return default if row is None else row.value


def put_setting(session: Session, key: str, value: Any) -> None:
    """Set a setting. Inside ``Store.write``."""
    session.merge(SettingRow(key=key, value=value))
