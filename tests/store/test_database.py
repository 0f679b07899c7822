"""The database file: how it is set up, brought up to date and refused."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from labctl.store import database
from labctl.store.database import HEAD, MIGRATIONS, bring_up_to_date, check, open_readers, open_writer
from labctl.store.errors import StoreDamaged, StoreFailed, StoreForbidden, StoreLocked, StoreTooNew, backups
from labctl.store.journal import Event, record
from labctl.store.models import Base
from labctl.store.settings import put_setting, setting
from labctl.store.store import Store

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

SECOND = '''"""A table more."""
import sqlalchemy as sa
from alembic import op
revision = "0002"
down_revision = "0001"
def upgrade():
    op.create_table("spool", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("UPDATE setting SET value = '\\"migrated\\"'")
'''


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A labctl whose tables are one migration further; returns the file of that migration."""
    folder = tmp_path / "100% new" / "migrations"
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    newer = folder / "versions" / "v0002_spools.py"
    newer.write_text(SECOND)
    monkeypatch.setattr(database, "MIGRATIONS", folder)
    monkeypatch.setattr(database, "HEAD", "0002")
    return newer


def tables(path: Path) -> set[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def a_lab_with_a_setting(path: Path) -> None:
    store = Store.open(path)
    store.write_now(lambda session: put_setting(session, "theme", "dark"))
    store.close_now()


@pytest.mark.parametrize("open_engine", [open_writer, open_readers])
def test_every_connection_is_set_up_to_survive_a_power_cut(path: Path, open_engine) -> None:
    bring_up_to_date(path, AT)
    engine = open_engine(path)
    with engine.connect() as connection:
        found = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")}
        keys = connection.execute(text("PRAGMA foreign_keys")).scalar()
        wiping = connection.execute(text("PRAGMA secure_delete")).scalar()
    engine.dispose()
    assert found == {"journal_mode": "wal", "synchronous": 2}
    assert (keys, wiping) == (1, 1)


def test_the_migrations_lead_to_the_tables_in_models(path: Path) -> None:
    bring_up_to_date(path, AT)
    engine = open_readers(path)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()
    assert differences == []


def test_head_names_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")
def test_only_its_owner_reads_the_database(path: Path) -> None:
    store = Store.open(path)
    store.write_now(lambda session: put_setting(session, "theme", "dark"))
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    store.close_now()
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert modes == {"lab.db": 0o600, "lab.db-wal": 0o600, "lab.db-shm": 0o600}


def test_a_lab_keeps_its_id(path: Path) -> None:
    first = Store.open(path)
    first.close_now()
    second = Store.open(path)
    second.close_now()
    assert len(first.lab) == 26
    assert second.lab == first.lab


def test_a_database_that_is_up_to_date_opens_without_alembic(path: Path) -> None:
    Store.open(path).close_now()
    program = (
        "import sys; from pathlib import Path; from labctl.store.store import Store;"
        "Store.open(Path(sys.argv[1])).close_now(); print('alembic' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True, timeout=30)
    assert said.stdout.strip() == "False"


def test_an_older_database_is_copied_and_then_brought_up_to_date(path: Path, request: pytest.FixtureRequest) -> None:
    a_lab_with_a_setting(path)
    request.getfixturevalue("next_version")

    store = Store.open(path)
    theme = store.read_now(lambda session: setting(session, "theme"))
    store.close_now()

    (copy,) = backups(path).iterdir()
    assert theme == "migrated"
    assert "spool" in tables(path)
    assert copy.name.startswith("lab-0001-")
    assert "spool" not in tables(copy)
    assert check(copy) == ""
    assert os.name != "posix" or copy.stat().st_mode & 0o777 == 0o600


def test_a_migration_that_fails_changes_nothing(path: Path, request: pytest.FixtureRequest) -> None:
    a_lab_with_a_setting(path)
    newer = request.getfixturevalue("next_version")
    newer.write_text(SECOND + '    op.execute("INSERT INTO no_such_table VALUES (1)")\n')

    with pytest.raises(StoreFailed, match="no_such_table"):
        Store.open(path)

    assert "spool" not in tables(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
        assert connection.execute("SELECT value FROM setting").fetchall() == [('"dark"',)]


def test_a_migration_that_breaks_references_changes_nothing(path: Path, request: pytest.FixtureRequest) -> None:
    a_lab_with_a_setting(path)
    newer = request.getfixturevalue("next_version")
    newer.write_text(SECOND + "    op.execute(\"INSERT INTO team_member VALUES ('nobody', 9, 1)\")\n")

    with pytest.raises(StoreFailed, match="rows without what they point to"):
        Store.open(path)
    assert "spool" not in tables(path)


def test_a_database_of_a_newer_labctl_is_refused_untouched(path: Path) -> None:
    a_lab_with_a_setting(path)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()

    with pytest.raises(StoreTooNew, match="9999") as caught:
        Store.open(path)

    assert "newest labctl" in caught.value.hint
    assert path.read_bytes() == before
    assert not backups(path).exists()


def test_a_file_that_is_no_database_is_named_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database, " * 1000)
    with pytest.raises(StoreDamaged, match=r"lab\.db") as caught:
        Store.open(path)
    assert "There is no copy of it" in caught.value.hint
    assert "backups" not in caught.value.hint
    assert path.read_bytes().startswith(b"not a database")


def test_a_damaged_page_is_found_by_check(path: Path) -> None:
    store = Store.open(path)
    store.write_now(lambda session: [put_setting(session, f"key {n}", "x" * 500) for n in range(200)])
    store.close_now()
    content = bytearray(path.read_bytes())
    content[-8000:] = os.urandom(8000)
    path.write_bytes(content)
    with contextlib.suppress(StoreDamaged):  # so badly that SQLite cannot even look
        assert check(path) != ""


def test_a_place_where_nothing_can_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "lab.db").mkdir()
    with pytest.raises(StoreForbidden) as caught:
        Store.open(tmp_path / "lab.db")
    assert str(tmp_path) in caught.value.hint
    with pytest.raises(StoreForbidden):
        Store.open(Path("/proc/no/lab.db"))


def test_a_database_that_another_program_holds_is_named(path: Path) -> None:
    a_lab_with_a_setting(path)
    with contextlib.closing(sqlite3.connect(path)) as holder:
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        holder.execute("CREATE TABLE mine (id)")
        with pytest.raises(StoreLocked):
            Store.open(path)
        holder.rollback()


KILLED = """
import sys
from pathlib import Path
from labctl.store.journal import Event, record
from labctl.store.store import Store
store = Store.open(Path(sys.argv[1]))
while True:
    (event,) = store.write_now(lambda session: record(session, Event("told")))
    print(event.seq, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", KILLED, path], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        for _ in range(20):
            told = int(program.stdout.readline())
        program.kill()
        told = max([told, *(int(line) for line in program.stdout.read().splitlines(keepends=True) if line[-1] == "\n")])

    store = Store.open(path)
    events = store.since_now(0)
    (further,) = store.write_now(lambda session: record(session, Event("on")))
    store.close_now()
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert len(events) >= told
    assert further.seq == len(events) + 1
