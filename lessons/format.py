"""The lesson plan: what ``lesson.toml`` may say, format 1. A closed vocabulary without expressions or code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from lessons.parts import Capability, Line, Part, Phrase, Slug
from lessons.steps import Step

FORMAT = 1
"""The number of this format; a file of another number is refused rather than guessed at."""

PERIOD_MINUTES = 45
"""A lesson period in Azerbaijani schools."""

HANDING_OUT_MINUTES = 10
"""Minutes of a lesson that go to handing out and collecting, and that no step may use."""

Topic: TypeAlias = Literal[
    "foundations",
    "agri-tech",
    "bio-engineering",
    "neuroscience",
    "financial-education",
    "entrepreneurship",
    "time-management",
    "english",
    "capstone",
]


class Role(Part):
    """A device that each team needs.

    Attributes:
        title: What it is called on the page.
        needs: Capabilities that it must have, such as ``drives`` and ``senses.distance``.
        count: How many of them a team gets.
    """

    title: Phrase
    needs: Annotated[tuple[Capability, ...], Field(min_length=1)]
    count: Annotated[int, Field(ge=1, le=4)] = 1


class Term(Part):
    """A word of the lesson and what it means."""

    word: Phrase
    meaning: Phrase


class Hazard(Part):
    """What can go wrong for people or things, and the rule of the room that keeps it from happening."""

    risk: Phrase
    rule: Phrase


class Criterion(Part):
    """A line of the rubric: what is looked at, its levels from weakest to strongest, and the points of each."""

    criterion: Phrase
    levels: Annotated[tuple[Phrase, ...], Field(min_length=2, max_length=5)]
    points: Annotated[tuple[int, ...], Field(min_length=2, max_length=5)]


class Standard(Part):
    """A standard that the lesson works towards, by code and link only."""

    code: Line
    link: Annotated[str, Field(pattern=r"^https://\S+$")]


class Plan(Part):
    """A whole lesson plan.

    Attributes:
        format: Number of this format: 1.
        id: Name of the lesson; also the name of its folder.
        version: Counts up with every change that a class could notice.
        title: What the lesson is called.
        summary: One or two sentences for the teacher who chooses.
        topic: The shelf it stands on.
        ages: Youngest and oldest.
        minutes: How long it takes with handing out and collecting.
        group_size: Fewest and most students in a team.
        prerequisites: Lessons that come before.
        concepts: What is learnt.
        driving_question: The question that the project answers.
        public_product: What the class shows at the end, and to whom.
        success: How students know that they have done it.
        vocabulary: Words of the lesson.
        roles: Devices of a team, by name; steps speak of them by it.
        hazards: Risks and the rule that meets each.
        steps: The steps in order (``step`` in the file).
        rubric: How the work is valued.
        reflection: Questions to think back with.
        standards: Standards worked towards.
        licence: Licence of the texts.
    """

    format: Literal[1]
    id: Slug
    version: Annotated[int, Field(ge=1)]
    title: Phrase
    summary: Phrase
    topic: Topic
    ages: tuple[Annotated[int, Field(ge=6, le=99)], Annotated[int, Field(ge=6, le=99)]]
    minutes: Annotated[int, Field(ge=10, le=240)]
    group_size: tuple[Annotated[int, Field(ge=1, le=8)], Annotated[int, Field(ge=1, le=8)]]
    prerequisites: tuple[Slug, ...] = ()
    concepts: tuple[Phrase, ...] = ()
    driving_question: Phrase
    public_product: Phrase
    success: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    vocabulary: tuple[Term, ...] = ()
    roles: Mapping[Slug, Role] = Field(default_factory=dict[str, Role])
    hazards: tuple[Hazard, ...] = ()
    steps: Annotated[tuple[Step, ...], Field(alias="step", min_length=1, max_length=40)]
    rubric: tuple[Criterion, ...] = ()
    reflection: tuple[Phrase, ...] = ()
    standards: tuple[Standard, ...] = ()
    licence: Line

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that the lesson is written in, as its title has them."""
        return tuple(self.title)

    @property
    def places(self) -> Mapping[str, Role]:
        """The places on a team's bench: a role's own name, or ``name-1``, ``name-2`` where a team gets several."""
        return {
            f"{name}-{number}" if role.count > 1 else name: role
            for name, role in self.roles.items()
            for number in range(1, role.count + 1)
        }
