"""The reference of the lesson format names every field that there is, and its examples are true."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from lessons.format import Criterion, Hazard, Plan, Role, Standard, Term, Topic
from lessons.parts import Limits, Stage
from lessons.steps import Step
from lessons.steps.drive import Until
from lessons.steps.hold import Hold

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = (DOCS / "reference" / "lesson-format.md").read_text(encoding="utf-8")
STEPS = get_args(get_args(Step)[0])
TABLES = (Plan, Role, Term, Hazard, Criterion, Standard, Limits, Until, *STEPS)


@pytest.mark.parametrize("table", TABLES, ids=[table.__name__ for table in TABLES])
def test_every_field_is_in_the_reference(table) -> None:
    fields = [field.alias or name for name, field in table.model_fields.items()]
    assert [field for field in fields if f"`{field}`" not in REFERENCE] == []


def test_every_kind_of_step_topic_and_stage_is_in_the_reference() -> None:
    kinds = [get_args(step.model_fields["do"].annotation)[0] for step in STEPS]
    assert Hold in STEPS
    for word in (*kinds, *get_args(Topic), *get_args(Stage)):
        assert f"`{word}`" in REFERENCE
    for kind in kinds:
        assert f'### `do = "{kind}"`' in REFERENCE
