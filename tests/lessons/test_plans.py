"""A lesson plan with a mistake says where it is, what was expected there and what was probably meant."""

from __future__ import annotations

import shutil
import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from devices.errors import BadFile, UnknownName
from devices.text import Text
from lessons.format import Plan
from lessons.load import as_tuples, load
from lessons.mistakes import mistakes
from lessons.shelf import SHIPPED, shelf

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=50)
    | st.sampled_from(["read", "sense", "drive", "hold", "build", "robot", date(2026, 11, 22)]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
"""What TOML can hold, and more."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a lesson that has no mistakes, to put one into."""
    return Path(shutil.copytree(SHIPPED / "first-drive", tmp_path / "first-drive"))


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file.name}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def problems(folder: Path) -> tuple[str, ...]:
    with pytest.raises(BadFile) as caught:
        load(folder)
    assert all(isinstance(problem, Text) for problem in caught.value.problems), "each can be said in Azerbaijani"
    return tuple(str(problem) for problem in caught.value.problems)


FORWARD = 'id = "forward"\ndo = "drive"\nstage = "build"\nminutes = 6\n'

BAD_PLANS = {
    "unknown field of the lesson": (
        "minutes = 45",
        "minuts = 45",
        [
            "first-drive/lesson.toml: minutes is missing",
            "first-drive/lesson.toml, minuts: there is no such field; did you mean minutes?",
        ],
    ),
    "unknown field of a step": (
        "left = 0.5",
        "lefft = 0.5",
        [
            "first-drive/lesson.toml, step forward: left is missing",
            "first-drive/lesson.toml, step forward, lefft: there is no such field; did you mean left?",
        ],
    ),
    "unknown field of a check, nothing near": (
        'sensor = "travelled", change = true',
        'sensor = "travelled", zzz = 1',
        [
            "first-drive/lesson.toml, step forward, check[1].zzz: there is no such field; "
            "there is: sensor, change, min, max, unit"
        ],
    ),
    "unknown field of a role": (
        'needs = ["drives"',
        'neds = ["drives"',
        [
            "first-drive/lesson.toml, roles.robot: needs is missing",
            "first-drive/lesson.toml, roles.robot.neds: there is no such field; did you mean needs?",
        ],
    ),
    "unknown kind of step": (
        FORWARD,
        FORWARD.replace("drive", "drvie"),
        ['first-drive/lesson.toml, step forward, do: "drvie" is not known; did you mean "drive"?'],
    ),
    "no kind of step": (
        FORWARD,
        FORWARD.replace('do = "drive"\n', ""),
        ["first-drive/lesson.toml, step forward: do is missing"],
    ),
    "unknown stage": (
        FORWARD,
        FORWARD.replace("build", "biuld"),
        ['first-drive/lesson.toml, step forward, stage: "biuld" is not known; did you mean "build"?'],
    ),
    "unknown topic": (
        'topic = "foundations"',
        'topic = "cooking"',
        [
            'first-drive/lesson.toml, topic: "cooking" is not known; there is: "foundations", "agri-tech", '
            '"bio-engineering", "neuroscience", "financial-education", "entrepreneurship", "time-management", '
            '"english", "capstone"'
        ],
    ),
    "a number in quotes": (
        "minutes = 45",
        'minutes = "45"',
        ['first-drive/lesson.toml, minutes: expected a whole number, found "45"'],
    ),
    "a truth value for a number": (
        "left = 0.5",
        "left = true",
        ["first-drive/lesson.toml, step forward, left: expected a number, found true"],
    ),
    "no number at all": (
        "left = 0.5",
        "left = nan",
        ["first-drive/lesson.toml, step forward, left: expected a number, found nan"],
    ),
    "text without a language": (
        'title = { az = "Robotu irəli sürün", en = "Drive out" }',
        'title = "Drive out"',
        ['first-drive/lesson.toml, step forward, title: expected a table, found "Drive out"'],
    ),
    "a language spelled wrongly": (
        'title = { az = "Robotu irəli sürün", en = "Drive out" }',
        'title = { az = "Robotu irəli sürün", EN = "Drive out" }',
        ['first-drive/lesson.toml, step forward, title.EN: expected a language such as az or en, found "EN"'],
    ),
    "a language left out": (
        'title = { az = "Robotu irəli sürün", en = "Drive out" }',
        'title = { en = "Drive out" }',
        ['first-drive/lesson.toml, step forward, title: there is no text in "az"'],
    ),
    "a language left out of a hint": (
        '{ az = "Robota yuxarıdan baxın: iki təkər də fırlanırmı?", en',
        "{ en",
        ['first-drive/lesson.toml, step forward, hints[1]: there is no text in "az"'],
    ),
    "a language too many": (
        'title = { az = "Robot", en = "Robot" }',
        'title = { az = "Robot", en = "Robot", ru = "Робот" }',
        ['first-drive/lesson.toml, roles.robot.title: there is text in "ru", but the title has none'],
    ),
    "an empty text": (
        'title = { az = "Robotu irəli sürün", en = "Drive out" }',
        'title = { az = "Robotu irəli sürün", en = " " }',
        ["first-drive/lesson.toml, step forward, title.en: must not be empty"],
    ),
    "a list that is none": (
        "ages = [10, 17]",
        "ages = 10",
        ["first-drive/lesson.toml, ages: expected a list in [ ], found 10"],
    ),
    "too few numbers": (
        "ages = [10, 17]",
        "ages = [10]",
        ["first-drive/lesson.toml, ages[2]: is missing"],
    ),
    "numbers the wrong way round": (
        "ages = [10, 17]",
        "ages = [17, 10]",
        ["first-drive/lesson.toml, ages: the first number must not be greater than the second"],
    ),
    "a speed that no wheel has": (
        "left = 0.5",
        "left = 5",
        ["first-drive/lesson.toml, step forward, left: must be at most 1, is 5"],
    ),
    "no time": (
        "seconds = 1.3",
        "seconds = 0",
        ["first-drive/lesson.toml, step turn, seconds: must be more than 0, is 0"],
    ),
    "no end of a drive": (
        "seconds = 1.3\n",
        "",
        ["first-drive/lesson.toml, step turn: give either seconds or until"],
    ),
    "two ends of a drive": (
        "seconds = 1.3\n",
        'seconds = 1.3\nuntil = { sensor = "distance", below = 3, unit = "cm", limit = 2 }\n',
        ["first-drive/lesson.toml, step turn: give either seconds or until"],
    ),
    "a mark without a side": (
        "seconds = 1.3\n",
        'until = { sensor = "distance", unit = "cm", limit = 2 }\n',
        ["first-drive/lesson.toml, step turn, until: give either below or above"],
    ),
    "nothing to check": (
        'check = [{ sensor = "turned", change = true, min = 135, max = 225, unit = "deg" }]',
        "check = []",
        ["first-drive/lesson.toml, step turn, check: has too few entries: at least 1"],
    ),
    "a check without limits": (
        "min = 135, max = 225, ",
        "",
        ["first-drive/lesson.toml, step turn, check[1]: give min or max, or both"],
    ),
    "limits that nothing can meet": (
        "min = 135, max = 225",
        "min = 225, max = 135",
        ["first-drive/lesson.toml, step turn, check[1]: min is 225 and max is 135: nothing can pass"],
    ),
    "a role that is not there": (
        'with = "robot"',
        'with = "robto"',
        ['first-drive/lesson.toml, step wall, with: "robto" is not known; did you mean "robot"?'],
    ),
    "a role that lacks what a step needs": (
        '"senses.travelled", "senses.turned"]',
        '"senses.travelled"]',
        ['first-drive/lesson.toml, step turn: this needs "senses.turned", which is not among the needs of "robot"'],
    ),
    "a role that nobody uses": (
        "[[hazards]]",
        '[roles.plotter]\ntitle = { az = "Çəkən", en = "Plotter" }\nneeds = ["drives"]\n\n[[hazards]]',
        ["first-drive/lesson.toml, roles.plotter: no step uses it"],
    ),
    "a capability spelled wrongly": (
        '"senses.distance"',
        '"senses distance"',
        [
            "first-drive/lesson.toml, roles.robot.needs[2]: "
            'expected a capability such as drives or senses.distance, found "senses distance"'
        ],
    ),
    "two steps of one name": (
        'id = "turn"',
        'id = "forward"',
        [
            "first-drive/lesson.toml, step forward, id: there is another step of this name",
        ],
    ),
    "a name that is none": (
        'id = "turn"',
        'id = "Turn about"',
        [
            "first-drive/lesson.toml, step Turn about, id: expected small letters a to z, digits and single "
            'hyphens, found "Turn about"'
        ],
    ),
    "stages out of order": (
        'do = "read"\nstage = "present"',
        'do = "read"\nstage = "launch"',
        [
            'first-drive/lesson.toml, step passport, stage: "launch" comes after "make"; '
            "the stages go launch, build, make, present"
        ],
    ),
    "more minutes than the lesson has": (
        "minutes = 45",
        "minutes = 40",
        [
            "first-drive/lesson.toml, minutes: the steps take 35 minutes and handing out and collecting 10; "
            "together that is more than 40"
        ],
    ),
    "levels without points": (
        "points = [1, 2, 3]",
        "points = [1, 2]",
        ["first-drive/lesson.toml, rubric[1].points: there are 3 levels and 2 points; each level needs its points"],
    ),
    "points that do not grow": (
        "points = [1, 2, 3]",
        "points = [1, 3, 2]",
        ["first-drive/lesson.toml, rubric[1].points: the points must grow from level to level"],
    ),
    "a standard without an address": (
        'link = "https://csteachers.org/k12standards/"',
        'link = "csteachers"',
        [
            "first-drive/lesson.toml, standards[1].link: "
            'expected an address that begins with https://, found "csteachers"'
        ],
    ),
    "another name than its folder": (
        'id = "first-drive"',
        'id = "second-drive"',
        ['first-drive/lesson.toml, id: it must be the name of the folder, "first-drive"'],
    ),
    "another format": (
        "format = 1",
        "format = 2",
        ["first-drive/lesson.toml, format: 2 is not a format that is known here; it is 1"],
    ),
    "no format": (
        "format = 1\n",
        "",
        ["first-drive/lesson.toml: format is missing; write format = 1"],
    ),
}


@pytest.mark.parametrize("name", BAD_PLANS)
def test_a_mistake_in_a_plan_is_named_with_its_place(name: str, folder: Path) -> None:
    old, new, expected = BAD_PLANS[name]
    change(folder / "lesson.toml", old, new)
    assert list(problems(folder)) == expected


def test_every_mistake_is_listed_at_once(folder: Path) -> None:
    change(folder / "lesson.toml", "left = 0.5", "left = 5")
    change(folder / "lesson.toml", "minutes = 45", "minutes = 4.5")
    assert problems(folder) == (
        "first-drive/lesson.toml, minutes: expected a whole number, found 4.5",
        "first-drive/lesson.toml, step forward, left: must be at most 1, is 5",
    )


def test_what_is_not_toml_names_the_line(folder: Path) -> None:
    (folder / "lesson.toml").write_text('format = 1\nid = "first-drive\n')
    (only,) = problems(folder)
    assert only.startswith("first-drive/lesson.toml is not TOML: ")
    assert "line 2" in only


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_stands_in_a_field_the_loader_has_words_for_it(data: st.DataObject) -> None:
    plan = tomllib.loads((SHIPPED / "first-drive" / "lesson.toml").read_text(encoding="utf-8"))
    there = plan
    while True:
        key = data.draw(st.sampled_from(list(there) if isinstance(there, dict) else range(len(there))))
        if not isinstance(there[key], dict | list) or not there[key] or data.draw(st.booleans()):
            break
        there = there[key]
    there[key] = data.draw(ANYTHING)
    try:
        Plan.model_validate(as_tuples(plan))
    except ValidationError as error:
        found = mistakes(error, plan)
        assert found
        assert all(mistake.sentence("lesson.toml") for mistake in found)


@pytest.mark.parametrize(
    "text",
    [
        "format = 1",
        "format = 1\nstep = 3",
        "format = 1\nstep = [1]",
        'format = 1\nstep = ["a"]',
        "format = 1\n[[step]]",
        "format = 1\n[step]\ndo = 1",
        "format = 1\n[[step]]\ndo = 1",
        "format = 1\n[[step]]\ndo = 'read'\nid = 7",
        "format = 1\nroles = [1]",
        "format = 1\n[roles]\nrobot = 3",
        "format = 1\nid = 2026-01-01",
        "format = true",
        "",
    ],
)
def test_any_nonsense_is_a_list_of_problems_and_never_a_traceback(text: str, folder: Path) -> None:
    (folder / "lesson.toml").write_text(text)
    assert problems(folder)


BAD_BRIEFS = {
    "a step without its heading": (
        "## turn",
        "### turn",
        ['first-drive/brief.en.md: there is no heading "## turn"'],
    ),
    "a heading spelled wrongly": (
        "## turn",
        "## tunr",
        [
            'first-drive/brief.en.md: heading "tunr" is not known; did you mean "turn"?',
            'first-drive/brief.en.md: there is no heading "## turn"',
        ],
    ),
    "a heading twice": (
        "## turn",
        "## forward",
        [
            'first-drive/brief.en.md: there are two headings "forward"',
            'first-drive/brief.en.md: there is no heading "## turn"',
        ],
    ),
    "nothing under a heading": (
        "## turn",
        "## turn\n\n## turn",
        [
            'first-drive/brief.en.md: there is nothing under the heading "turn"',
            'first-drive/brief.en.md: there are two headings "turn"',
        ],
    ),
    "text above the first step": (
        "# First drive",
        "# First drive\n\nWelcome.",
        ["first-drive/brief.en.md: the text above the first step belongs to no step"],
    ),
}


@pytest.mark.parametrize("name", BAD_BRIEFS)
def test_a_mistake_in_a_brief_is_named(name: str, folder: Path) -> None:
    old, new, expected = BAD_BRIEFS[name]
    change(folder / "brief.en.md", old, new)
    assert list(problems(folder)) == expected


def test_a_brief_that_is_missing_is_named(folder: Path) -> None:
    (folder / "brief.az.md").unlink()
    assert problems(folder) == ("first-drive/brief.az.md is missing",)


def test_a_brief_in_a_language_that_the_plan_has_not_is_named(folder: Path) -> None:
    (folder / "brief.ru.md").write_text("## start\n", encoding="utf-8")
    assert problems(folder) == ('first-drive/brief.ru.md: the plan has no texts in "ru"',)


def test_a_brief_that_is_not_utf_8_names_the_line(folder: Path) -> None:
    (folder / "brief.az.md").write_bytes("# \u0130lk\n\n## start\n\nsür".encode("cp1254"))
    assert problems(folder) == ("first-drive/brief.az.md, line 1: this is not UTF-8 text",)


def test_a_file_that_is_too_large_is_refused(folder: Path) -> None:
    (folder / "brief.az.md").write_text("a" * 300_000)
    assert problems(folder) == ("first-drive/brief.az.md is too large: at most 256 kB",)


def test_a_file_from_notepad_is_read(folder: Path) -> None:
    for name in ("lesson.toml", "brief.az.md"):
        text = (folder / name).read_text(encoding="utf-8").replace("\n", "\r\n")
        (folder / name).write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load(folder) is not None


def test_a_heading_inside_code_is_no_step(folder: Path) -> None:
    change(folder / "brief.en.md", "Anything from 135", "```\n## home\n```\n\nAnything from 135")
    assert "## home" in load(folder).brief("en")["turn"]


def test_a_brief_cannot_bring_a_script_into_the_page(folder: Path) -> None:
    evil = '<script>alert(1)</script> <b onclick="x()">hi</b> [go](javascript:alert(1)) ![p](https://e.vil/p.png)'
    change(folder / "brief.en.md", "Anything from 135", f"{evil}\n\nAnything from 135")
    html = load(folder).brief("en")["turn"]
    for part in ("<script", "<b ", "href=", "<img"):
        assert part not in html


def test_a_link_to_another_page_gives_nothing_away(folder: Path) -> None:
    link = "https://az.wikipedia.org/wiki/Robot"
    change(folder / "brief.en.md", "Anything from 135", f"[more]({link})\n\nAnything from 135")
    assert f'<a href="{link}" rel="noopener noreferrer">more</a>' in load(folder).brief("en")["turn"]


def test_a_language_that_a_lesson_has_not_gets_the_first_that_it_has(folder: Path) -> None:
    lesson = load(folder)
    assert lesson.brief("ru") == lesson.brief("az") != lesson.brief("en")


def test_a_role_of_which_a_team_gets_two_makes_two_places(folder: Path) -> None:
    change(folder / "lesson.toml", "needs =", "count = 2\nneeds =")
    found = problems(folder)
    assert 'first-drive/lesson.toml, step wall, with: "robot" is not known; did you mean "robot-1"?' in found
    for name in ("robot-1", "robot-2", "robot-1", "robot-2"):
        change(folder / "lesson.toml", 'with = "robot"', f'with = "{name}"')
    assert list(load(folder).plan.places) == ["robot-1", "robot-2"]


def test_a_plan_does_not_change(folder: Path) -> None:
    plan = load(folder).plan
    with pytest.raises(ValueError, match="frozen"):
        plan.minutes = 90  # pyright: ignore[reportAttributeAccessIssue]


def test_a_lesson_with_mistakes_hides_no_other(folder: Path) -> None:
    broken = folder.parent / "broken"
    broken.mkdir()
    (broken / "lesson.toml").write_text("format = 1\n")
    found = shelf([folder.parent])
    assert set(found.lessons) == {"first-drive", "stop-before-the-wall"}
    assert list(found.broken) == [broken]
    with pytest.raises(BadFile):
        found.find("broken")


def test_a_school_that_changes_a_lesson_gets_its_own(folder: Path) -> None:
    change(folder / "lesson.toml", 'en = "First drive"', 'en = "Our first drive"')
    assert shelf([folder.parent]).find("first-drive").plan.title["en"] == "Our first drive"


def test_a_lesson_that_is_not_there_is_said_with_the_one_that_was_meant() -> None:
    with pytest.raises(UnknownName) as caught:
        shelf().find("fist-drive")
    assert caught.value.hint == "Did you mean first-drive?"


def test_a_shelf_without_a_folder_of_its_own_has_what_ships(tmp_path: Path) -> None:
    assert set(shelf([tmp_path / "nowhere"]).lessons) == set(shelf().lessons)
