"""What is said to a reader: sentences, numbers and dates in their language, never half a sentence."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from babel.numbers import get_decimal_symbol

from devices.text import Text, _, as_data, from_data, ngettext
from labctl import languages
from labctl.catalogue import read_catalogue
from labctl.languages import (
    DECIMAL_POINT,
    LANGUAGES,
    LOCALES,
    catalogue,
    catalogue_file,
    day,
    hour,
    minutes,
    money,
    number,
    pick,
    say,
)

BAKU = timezone(timedelta(hours=4))

WORDS = r"""
# A comment.
msgid ""
msgstr ""
"Language: az\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

#: devices/errors.py
msgid "Stop all"
msgstr "Hamısını dayandır"

msgid "%(name)s is used by %(who)s"
msgstr ""
"%(who)s istifadə edir: "
"%(name)s"

msgid "team %(number)s"
msgstr "%(number)s-ci komanda"

msgid "%(count)s robot"
msgid_plural "%(count)s robots"
msgstr[0] "bir robot"
msgstr[1] "%(count)s robot"

msgid "It is %(cm)s cm or %(exact).2f cm, %(percent)d %%"
msgstr "%(cm)s sm, yaxud %(exact).2f sm, %(percent)d %%"

msgid "say \"%(what)s\"\n"
msgstr "\"%(what)s\" de\n\tda \\n"

#, fuzzy
msgid "Guessed"
msgstr "Təxmin"

msgid "Not done yet"
msgstr ""

msgid "Half done"
msgid_plural "Half done many"
msgstr[0] "Yarım"
msgstr[1] ""

msgid "Wrong %(place)s"
msgstr "Səhv %(plase)s"

msgid "Wrong %(kind)s"
msgstr "Səhv %(kind)d"

#~ msgid "Gone"
#~ msgstr "Yoxdur"
"""


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small catalogue in place of the real one."""
    monkeypatch.setattr(languages, "LOCALES", tmp_path)
    file = catalogue_file("az")
    file.parent.mkdir(parents=True)
    file.write_text(WORDS, "utf-8")
    catalogue.cache_clear()
    yield file
    catalogue.cache_clear()


@pytest.mark.usefixtures("words")
class TestSay:
    def test_a_sentence_is_said_in_the_readers_language(self) -> None:
        assert say(_("Stop all"), "az") == "Hamısını dayandır"
        assert say(_("Stop all"), "en") == "Stop all"
        assert say("Stop all", "az") == "Stop all", "a plain str is no sentence"

    def test_places_may_change_their_order_and_hold_sentences(self) -> None:
        text = _("%(name)s is used by %(who)s", name="Robot 1", who=_("team %(number)s", number=3))
        assert text == "Robot 1 is used by team 3"
        assert say(text, "az") == "3-ci komanda istifadə edir: Robot 1"
        assert say(from_data(as_data(text)), "az") == "3-ci komanda istifadə edir: Robot 1"

    def test_a_number_chooses_its_form(self) -> None:
        said = {n: say(ngettext("%(count)s robot", "%(count)s robots", n), "az") for n in (0, 1, 2)}
        assert said == {0: "0 robot", 1: "bir robot", 2: "2 robot"}
        assert say(ngettext("%(count)s robot", "%(count)s robots", 2), "en") == "2 robots"

    def test_decimals_are_written_as_people_write_them(self) -> None:
        text = _("It is %(cm)s cm or %(exact).2f cm, %(percent)d %%", cm=12.5, exact=12.5, percent=40)
        assert say(text, "az") == "12,5 sm, yaxud 12,50 sm, 40 %"
        assert say(text, "en") == "It is 12.5 cm or 12.50 cm, 40 %"

    def test_signs_of_the_file_are_read(self) -> None:
        assert say(_('say "%(what)s"\n', what="x"), "az") == '"x" de\n\tda \\n'

    @pytest.mark.parametrize(
        "text",
        [
            _("Nobody translated this"),
            _("Not done yet"),
            _("Guessed"),
            _("Gone"),
            ngettext("Half done", "Half done many", 1),
            ngettext("Half done", "Half done many", 3),
            ngettext("%(count)s wheel", "%(count)s wheels", 4),
            _("Wrong %(place)s", place="x"),
            _("Wrong %(kind)s", kind="x"),
        ],
    )
    def test_what_has_no_whole_translation_is_said_in_english(self, text: Text) -> None:
        assert say(text, "az") == str(text)

    def test_a_language_that_nobody_speaks_is_english(self) -> None:
        assert say(_("Stop all"), "xx") == "Stop all"
        assert say(_("Stop all"), "../../etc") == "Stop all"

    def test_sentences_inside_one_that_has_no_translation_are_said_all_the_same(self) -> None:
        assert say(_("Ask %(who)s", who=_("team %(number)s", number=3)), "az") == "Ask 3-ci komanda"

    def test_both_readers_read_the_same(self, words: Path) -> None:
        assert_readers_agree(words)


def assert_readers_agree(file: Path) -> None:
    with file.open("rb") as stream:
        babel = read_po(stream, locale="az")
    theirs: dict[str, tuple[str, ...]] = {}
    for message in babel:
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))
        if ids[0] and all(forms) and not message.fuzzy:
            theirs[ids[0]] = forms
    ours = read_catalogue(file)
    assert ours.sentences == theirs
    assert [ours.form(n) for n in range(30)] == [int(n != 1) for n in range(30)]


def test_both_readers_read_the_real_catalogue_alike() -> None:
    assert_readers_agree(catalogue_file("az"))


def test_saying_a_sentence_needs_no_babel() -> None:
    program = (
        "import sys; from labctl.languages import say; from devices.text import _;"
        "say(_('Stop all'), 'az'); print(sorted(name for name in ('babel', 'sqlalchemy') if name in sys.modules))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        cwd=LOCALES.parent.parent,
    )
    assert said.stdout.strip() == "[]"


def test_numbers_are_written_as_people_write_them() -> None:
    assert number(1234.5, "az") == "1.234,5"
    assert number(1234.5, "en") == "1,234.5"
    assert number(1234.5, "az", digits=2) == "1.234,50"
    assert number(12.34, "az", digits=1) == "12,3"
    assert number(12, "az") == "12"
    assert number(-0.2, "az", digits=0) == "0"
    assert number(-12.5, "az") == "-12,5"
    assert money(1234.5, "az") == "1.234,50 ₼"
    assert {code: get_decimal_symbol(code) for code in LANGUAGES} == DECIMAL_POINT


def test_dates_and_times_are_written_as_people_write_them() -> None:
    late = datetime(2026, 11, 21, 22, 5, 7, tzinfo=UTC)
    assert day(date(2026, 11, 22), "az") == "22.11.2026"
    assert day(late, "az", zone=BAKU) == "22.11.2026"
    assert day(late, "en", zone=BAKU) == "22 Nov 2026"
    assert hour(late, zone=BAKU) == "02:05"
    assert hour(late, zone=BAKU, seconds=True) == "02:05:07"
    assert minutes(45, "az") == "45 dəqiqə"
    assert minutes(1, "en") == "1 minute"
    assert minutes(44.6, "en") == "45 minutes"


def test_content_is_picked_in_the_readers_language_or_the_nearest() -> None:
    both = {"az": "İlk sürüş", "en": "First drive"}
    assert pick(both, "az") == "İlk sürüş"
    assert pick(both, "en") == "First drive"
    assert pick(both, "ru") == "İlk sürüş"
    assert pick({"en": "First drive", "az": ""}, "az") == "First drive"
    assert pick({"ru": "Первый"}, "az") == "Первый"
    assert pick({}, "az") == ""
