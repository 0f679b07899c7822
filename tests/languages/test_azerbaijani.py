"""Azerbaijani letters: capitals, order, and what a search takes for the same."""

from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.azerbaijani import ALPHABET, capital, cleaned, fold, lower, sort_key, title, upper

AZERBAIJANI = st.text(alphabet=ALPHABET + "ABCÇDEƏFGĞHXIİJKQLMNOÖPRSŞTUÜVYZ 0123456789-")


def test_the_alphabet_has_its_32_letters() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 32
    assert upper(ALPHABET) == "ABCÇDEƏFGĞHXIİJKQLMNOÖPRSŞTUÜVYZ"
    assert lower(upper(ALPHABET)) == ALPHABET


@pytest.mark.parametrize(
    ("small", "large"),
    [
        ("istilik", "İSTİLİK"),
        ("qırmızı işıq", "QIRMIZI İŞIQ"),
        ("dərsə başla", "DƏRSƏ BAŞLA"),
        ("i\u0307", "İ\u0307"),
        ("", ""),
    ],
)
def test_capitals(small: str, large: str) -> None:
    assert upper(small) == large


@pytest.mark.parametrize(
    ("large", "small"),
    [("İSTİLİK", "istilik"), ("QIRMIZI", "qırmızı"), ("I\u0307LQAR", "ilqar"), ("ƏLİ", "əli")],
)
def test_small_letters(large: str, small: str) -> None:
    assert lower(large) == small


def test_titles_and_first_capitals() -> None:
    assert title("irəli sür, ILQAR və islam-zadə 2b") == "İrəli Sür, Ilqar Və İslam-Zadə 2B"
    assert capital("işıq YANDI") == "İşıq yandı"
    assert capital("") == ""


@given(AZERBAIJANI)
def test_case_is_lost_and_found_again(text: str) -> None:
    assert lower(upper(lower(text))) == lower(text)
    assert upper(lower(upper(text))) == upper(text)
    assert len(upper(text)) == len(lower(text)) == len(text)


@given(AZERBAIJANI)
def test_a_search_does_not_mind_case(text: str) -> None:
    assert fold(upper(text)) == fold(lower(text)) == fold(text)
    assert fold(text).isascii()


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


def test_a_search_finds_what_was_typed_on_another_keyboard() -> None:
    assert fold("İLQAR") == fold("Ilqar") == fold("ılqar") == "ilqar"
    assert fold("Əli") == fold("\u01ddLİ") == fold("\u04d9li") == "eli"
    assert fold("Ə\u04d9\u01dd\u04d8\u018e") == "eeeee"
    assert fold("Gülər Şəfəq Çağ Öz") == "guler sefeq cag oz"


@pytest.mark.parametrize("odd", ["ℍ", "㎒", "ₔ", "ӛ", "ﬃ", "ß", "ẞ", "İ", "Ⅷ", "\u0345", "각"])
def test_folding_knows_odd_letters(odd: str) -> None:
    assert fold(fold(odd)) == fold(odd) == fold(odd.lower())


def test_what_is_brought_in_is_cleaned() -> None:
    assert cleaned("  \u04d8li\u200b \t M\u01ddmm\u04d9dov\n") == "Əli Məmmədov"
    assert cleaned("I\u0307lqar") == "İlqar"
    assert cleaned("\u202eevil\u0000") == "evil"
    assert cleaned("e\u200b\u0301") == "é"
    assert cleaned(" \n ") == ""


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert cleaned(cleaned(text)) == cleaned(text)


def test_names_stand_in_the_order_of_the_alphabet() -> None:
    names = ["Aysel", "Ayxan", "Cavid", "Çinarə", "Elnur", "Əli", "Fidan", "Günay", "Ğ", "Həsən", "Xədicə", "Iğdır"]
    names += ["İlqar", "Jalə", "Kamran", "Qəmər", "Leyla", "Orxan", "Ömər", "Rəna", "Sona", "Şəms", "Tural", "Uğur"]
    names += ["Ülkər", "Vüsal", "Yusif", "Zəhra"]
    shuffled = names[:]
    random.Random(7).shuffle(shuffled)
    expected = ["Ayxan", "Aysel", *names[2:]]  # x comes before s
    assert sorted(shuffled, key=sort_key) == expected


def test_numbers_sort_by_value_and_signs_come_first() -> None:
    assert sorted(["Komanda 10", "komanda 2", "Komanda", "- komanda", "Ωmeqa", "Zəfər"], key=sort_key) == [
        "- komanda",
        "Komanda",
        "komanda 2",
        "Komanda 10",
        "Zəfər",
        "Ωmeqa",
    ]
    assert sorted(["Web", "Vəli", "Yaz", "Vüsal"], key=sort_key) == ["Vəli", "Vüsal", "Web", "Yaz"]


@given(st.lists(AZERBAIJANI, max_size=12), st.randoms())
def test_the_order_does_not_depend_on_how_they_lay_before(texts: list[str], chance: random.Random) -> None:
    before = sorted(texts, key=sort_key)
    chance.shuffle(texts)
    assert sorted(texts, key=sort_key) == before


@given(st.lists(st.text(), max_size=12))
def test_anything_can_be_sorted(texts: list[str]) -> None:
    assert len(sorted(texts, key=sort_key)) == len(texts)
