"""Chassis files: what they may say, and how a mistake in one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.errors import BadFile, UnknownName
from devices.robots.chassis import OURS, Chassis, chassis, names
from devices.sim.plant import Wiring, wiring

TWO_MOTOR = (OURS / "two-motor.toml").read_text(encoding="utf-8")


def test_every_chassis_of_ours_can_be_read_and_is_named_in_three_languages() -> None:
    assert {"two-motor", "elegoo-v4"} <= set(names())
    for name in names():
        body = chassis(name)
        assert body.label.en
        assert body.label.az
        assert body.label.ru


def test_the_simulated_robot_is_wired_as_the_chassis_says() -> None:
    assert wiring(chassis("two-motor")) == Wiring()


def test_a_school_adds_its_own_and_may_replace_ours(tmp_path: Path) -> None:
    (tmp_path / "our-tank.toml").write_text(TWO_MOTOR, encoding="utf-8")
    (tmp_path / "two-motor.toml").write_text(TWO_MOTOR.replace("track_cm = 13.0", "track_cm = 15"), encoding="utf-8")
    assert chassis("our-tank", [tmp_path]) == chassis("two-motor")
    changed = chassis("two-motor", [tmp_path]).geometry
    assert changed
    assert changed.track_cm == 15
    assert "our-tank" in names([tmp_path])


def test_a_name_that_is_not_known_is_guessed() -> None:
    with pytest.raises(UnknownName) as unknown:
        chassis("two-motors")
    assert "two-motor" in unknown.value.hint
    with pytest.raises(UnknownName, match="quadcopter"):
        chassis("quadcopter")
    with pytest.raises(UnknownName):
        chassis("../chassis/two-motor")


@pytest.mark.parametrize(
    ("there", "instead", "problem"),
    [
        ("wheel_cm", "weel_cm", "geometry.weel_cm is not a key here; did you mean “wheel_cm”?"),
        ("[encoders]", "[encodrs]", "encodrs is not a key here; did you mean “encoders”?"),
        ("pwm = 5", "pwm = 'five'", "drive.left.pwm: expected a whole number, not 'five'"),
        ("back = 8", "back = true", "drive.left.back: expected a whole number, not true"),
        ("pwm = 5", "pwm = 6", "pin 6 is both drive.left and drive.right"),
        ("pwm = 5", "pwm = 1", "drive.left.pwm: expected 2 or more, not 1"),
        ("trigger = 12", "trigger = 13", "pin 13 is both sensors.distance.trigger and outputs.led"),
        ("left = 2\n", "left = 5\n", "encoders.left: expected 2 or 3, not 5"),
        ("left = 2\n", "left = 3\n", "encoders: left and right are on the same pin"),
        ('kind = "digital"', 'kind = "analog"', "outputs.led.kind: expected 'digital', 'pwm' or 'servo', not 'analog'"),
        ('kind = "turned"', "", "sensors.turned.kind is missing"),
        ("low = 2.0", "low = 900.0", "sensors.distance: low is not below high"),
        ("wheel_cm = 6.5", "wheel_cm = 0", "geometry.wheel_cm: expected more than 0.0, not 0"),
        ("wheel_cm = 6.5", "", "geometry.wheel_cm is missing"),
        ("[geometry]\nwheel_cm = 6.5\ntrack_cm = 13.0", "", "sensors.travelled needs [encoders] and [geometry]"),
        ("[sensors.turned]", "[sensors.Turned]",
         "sensors.Turned: expected a name of small letters, digits and dashes, not 'Turned'"),
        ("[label]", "[label", "it cannot be read"),
    ],
)  # fmt: skip
def test_a_mistake_names_the_file_the_field_and_what_was_expected(
    tmp_path: Path, there: str, instead: str, problem: str
) -> None:
    assert there in TWO_MOTOR
    (tmp_path / "ours.toml").write_text(TWO_MOTOR.replace(there, instead, 1), encoding="utf-8")
    with pytest.raises(BadFile) as bad:
        chassis("ours", [tmp_path])
    assert "ours.toml" in bad.value.message
    assert any(problem in found for found in bad.value.problems), bad.value.problems


def test_a_chassis_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        chassis("two-motor").drive = None  # pyright: ignore[reportAttributeAccessIssue]


def test_every_key_of_a_chassis_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "chassis.md").read_text(encoding="utf-8")
    schema = Chassis.model_json_schema()
    keys = {key for part in (schema, *schema["$defs"].values()) for key in part["properties"]}
    missing = {key for key in keys if f"`{key}`" not in page and f"`[{key}" not in page}
    assert not missing
