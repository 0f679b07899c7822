"""The log: a private file, and nothing on the terminal."""

from __future__ import annotations

import logging
import os

from labctl.cli.logs import MOST_BYTES, logging_to
from labctl.places import find_places


def test_what_goes_wrong_inside_is_written_down_and_not_shown(tmp_path, capsys):
    places = find_places(tmp_path)
    with logging_to(places):
        logging.getLogger("labctl.hub").warning("task %s failed", "beat")
        logging.getLogger("labctl.hub").info("nothing of note")

    assert capsys.readouterr() == ("", "")
    assert places.log.read_text().endswith("Z WARNING labctl.hub: task beat failed\n")
    assert places.log.read_text().count("\n") == 1
    assert os.name == "nt" or places.log.stat().st_mode & 0o777 == 0o600


def test_nothing_is_made_where_nothing_goes_wrong(tmp_path):
    with logging_to(find_places(tmp_path)):
        pass

    assert list(tmp_path.iterdir()) == []


def test_a_log_does_not_grow_for_ever(tmp_path):
    places = find_places(tmp_path)
    with logging_to(places):
        for _each in range(30):
            logging.getLogger("labctl").warning("x" * (MOST_BYTES // 10))

    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 2 * MOST_BYTES


def test_a_log_that_cannot_be_written_is_no_crash(tmp_path, capsys):
    places = find_places(tmp_path / "nowhere")
    with logging_to(places):
        logging.getLogger("labctl").error("oh")

    assert capsys.readouterr() == ("", "")
