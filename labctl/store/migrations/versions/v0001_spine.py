"""The first tables: lab, journal, people, teams, settings, runs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ULID = sa.String(26)


def upgrade() -> None:
    op.create_table("lab", sa.Column("id", ULID, primary_key=True))
    op.create_table(
        "event",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", ULID, nullable=False, unique=True),
        sa.Column("lab", ULID, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("device", sa.String),
        sa.Column("team", sa.Integer),
        sa.Column("run", ULID),
        sa.Column("person", ULID),
        sa.Column("data", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("event_at", "event", ["at"])
    op.create_index("event_run", "event", ["run"], sqlite_where=sa.text("run IS NOT NULL"))
    op.create_index("event_person", "event", ["person"], sqlite_where=sa.text("person IS NOT NULL"))
    op.create_table(
        "person",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("password_hash", sa.String),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("purge_at", sa.DateTime),
    )
    op.create_table(
        "erasure",
        sa.Column("person", ULID, primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "team",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("class", sa.String, nullable=False),
    )
    op.create_table(
        "team_member",
        sa.Column("person", ULID, sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("team", sa.Integer, sa.ForeignKey("team.number", ondelete="CASCADE"), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
    )
    op.create_index("ix_team_member_team", "team_member", ["team"])
    op.create_table(
        "setting",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
    )
    op.create_table(
        "run",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("lesson", sa.String, nullable=False),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime),
        sa.Column("started_by", ULID),
    )
    op.create_index("ix_run_state", "run", ["state"])
    op.create_table(
        "team_run",
        sa.Column("run", ULID, sa.ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("team", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("outcome", sa.String),
        sa.Column("hints_given", sa.Integer, nullable=False),
        sa.Column("bench", sa.JSON, nullable=False),
        sa.Column("steps", sa.JSON, nullable=False),
    )
