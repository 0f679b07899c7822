"""Teachers, students and teams: made, found, changed and forgotten, in the files of the database too."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import BadValue, UnknownName
from labctl.names import checked_name, nicknames
from labctl.passwords import BadPassword, Passwords, TooManyTries
from labctl.people import AlreadySetUp, People, PersonKind, class_name, make_class, seed_demo, set_teacher, teams
from labctl.store.database import back_up
from labctl.store.erasing import erased, forget_in_file
from labctl.store.errors import backups
from labctl.store.models import PersonRow
from labctl.store.store import Store

PASSWORD = "on iki robot"


def kinds(store: Store) -> list[str]:
    store.write_now(lambda session: None)
    return [event.kind for event in store.since_now(0)]


def test_the_first_teacher_is_made_without_signing_in_and_only_the_first(people: People, store: Store) -> None:
    assert not people.has_teacher()
    aygun = people.create_teacher("  Aygün   Əliyeva ", PASSWORD, "az")
    assert (aygun.name, aygun.language, aygun.kind, len(aygun.id)) == ("Aygün Əliyeva", "az", PersonKind.TEACHER, 26)
    assert people.has_teacher()
    assert people.person(aygun.id) == aygun
    with pytest.raises(AlreadySetUp):
        people.create_teacher("Elçin", PASSWORD, "az")
    (event,) = store.since_now(0)
    assert (event.kind, event.person, event.data) == ("teacher-created", aygun.id, {})


def test_of_two_who_set_up_at_once_one_becomes_the_teacher(people: People) -> None:
    made: list[str] = []

    def set_up(name: str) -> None:
        try:
            made.append(people.create_teacher(name, PASSWORD, "az").name)
        except AlreadySetUp:
            made.append("")

    threads = [threading.Thread(target=set_up, args=(name,)) for name in ("Aygün", "Elçin", "Sevda")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made)[:2] == ["", ""]
    assert sorted(made)[2] in ("Aygün", "Elçin", "Sevda")


@pytest.mark.parametrize(
    ("name", "password", "language", "error"),
    [
        ("", PASSWORD, "az", BadValue),
        (" \u200b ", PASSWORD, "az", BadValue),
        ("x" * 81, PASSWORD, "az", BadValue),
        ("Aygün", "short", "az", BadPassword),
        ("Aygün", PASSWORD, "ru", BadValue),
    ],
)
def test_a_teacher_who_will_not_do_is_refused(people: People, name: str, password: str, language: str, error) -> None:
    with pytest.raises(error) as caught:
        people.create_teacher(name, password, language)
    assert caught.value.hint
    assert not people.has_teacher()


def test_a_teacher_signs_in_however_the_name_is_typed(people: People, store: Store) -> None:
    aygun = people.create_teacher("Aygün Əliyeva", PASSWORD, "az")
    assert people.sign_in("Aygün Əliyeva", PASSWORD) == aygun
    assert people.sign_in(" aygun  ELIYEVA", PASSWORD) == aygun
    assert people.sign_in("Aygün Əliyeva", "wrong robot") is None
    assert people.sign_in("Nobody", PASSWORD) is None
    assert people.sign_in("", "") is None
    assert kinds(store)[1:] == ["signed-in"] * 2 + ["sign-in-refused"] * 3


def test_a_student_does_not_sign_in(people: People, store: Store) -> None:
    seed_demo(store)
    assert people.sign_in("Nərmin", "") is None


def test_guessing_is_slowed_for_names_known_and_unknown(people: People, clock) -> None:
    people.create_teacher("Aygün", PASSWORD, "az")
    for name in ("Aygün", "Nobody"):
        for _try in range(5):
            assert people.sign_in(name, "wrong robot") is None
        with pytest.raises(TooManyTries) as caught:
            people.sign_in(name, PASSWORD)
        assert caught.value.seconds == 2
    clock.now += 2
    assert people.sign_in("AYGÜN", PASSWORD) is not None
    for _try in range(4):
        assert people.sign_in("Aygün", "wrong robot") is None
    assert people.sign_in("Aygün", PASSWORD) is not None


def test_a_hash_of_older_parameters_is_made_anew_at_sign_in(people: People, store: Store, clock) -> None:
    aygun = people.create_teacher("Aygün", PASSWORD, "az")
    stronger = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    later = People(store, clock=clock, passwords=stronger)

    signed_in = later.sign_in("Aygün", PASSWORD)

    kept = store.read_now(lambda session: session.get_one(PersonRow, aygun.id).password_hash)
    assert kept is not None
    assert "m=16,t=2" in kept
    assert signed_in == later.person(aygun.id)
    assert later.sign_in("Aygün", PASSWORD) == signed_in
    assert later.sign_in("Aygün", "wrong robot") is None


def test_a_new_password_ends_the_old_one_and_changes_the_stamp(people: People, store: Store) -> None:
    before = people.create_teacher("Aygün", PASSWORD, "az")
    after = people.reset_password("aygun", "üç başqa söz")
    assert people.sign_in("Aygün", PASSWORD) is None
    assert people.sign_in("Aygün", "üç başqa söz") == after
    assert after.id == before.id
    assert after.stamp != before.stamp
    assert "password-reset" in kinds(store)
    with pytest.raises(UnknownName) as caught:
        people.reset_password("Elçin", "üç başqa söz")
    assert "Aygün" in caught.value.hint
    with pytest.raises(BadPassword):
        people.reset_password("Aygün", "short")


def test_the_demo_teacher_is_made_once_and_gets_a_new_password_each_time(people: People, store: Store) -> None:
    first = set_teacher(store, "muellim", "123-456-789")
    second = set_teacher(store, "muellim", "987-654-321")
    assert first.id == second.id
    assert people.sign_in("muellim", "123-456-789") is None
    assert people.sign_in("muellim", "987-654-321") is not None


def test_everyone_reads_their_own_language(people: People) -> None:
    aygun = people.create_teacher("Aygün", PASSWORD, "az")
    assert people.set_language(aygun.id, "en").language == "en"
    found = people.person(aygun.id)
    assert found is not None
    assert found.language == "en"
    with pytest.raises(BadValue):
        people.set_language(aygun.id, "xx")
    with pytest.raises(UnknownName):
        people.set_language("nobody", "en")
    assert people.person("nobody") is None


def test_a_setup_code_holds_for_an_hour_and_is_typed_as_one_likes(people: People, clock) -> None:
    code = people.setup_code()
    assert people.setup_code() == code
    assert people.fits_setup_code(code)
    assert people.fits_setup_code(code.lower().replace("-", " "))
    assert not people.fits_setup_code("")
    assert not people.fits_setup_code(code[:-1])
    clock.now += 3601
    assert not people.fits_setup_code(code)
    assert people.setup_code() != code


def test_a_setup_code_ends_with_the_set_up_and_is_not_to_be_guessed(people: People, clock) -> None:
    code = people.setup_code()
    for _try in range(5):
        assert not people.fits_setup_code("2222-2222")
    with pytest.raises(TooManyTries):
        people.fits_setup_code(code)
    clock.now += 60
    assert people.fits_setup_code(code)
    people.create_teacher("Aygün", PASSWORD, "az")
    assert not people.fits_setup_code(code)


def test_the_demo_has_a_class_of_24_in_8_teams(people: People, store: Store) -> None:
    assert people.teams() == ()
    assert people.class_name() == ""
    seed_demo(store)
    seed_demo(store)
    found = store.read_now(teams)
    assert [team.number for team in found] == list(range(1, 9))
    assert {len(team.members) for team in found} == {3}
    names = [name for team in found for name in team.members]
    assert len(set(names)) == 24
    assert sorted(name for name in names if "." in name) == ["Əli H.", "Əli M."]
    assert store.read_now(class_name) == "7B"
    assert len({id for team in found for id in team.ids}) == 24


def test_another_class_comes_after_the_first(store: Store) -> None:
    store.write_now(lambda session: make_class(session, "7B", [["Əli"], []]))
    store.write_now(lambda session: make_class(session, "8A", [["Nərmin", "  Tunar "]]))
    assert [(team.number, team.members) for team in store.read_now(teams)] == [
        (1, ("Əli",)),
        (2, ()),
        (3, ("Nərmin", "Tunar")),
    ]
    with pytest.raises(BadValue):
        store.write_now(lambda session: make_class(session, "9A", [["Rəşad", ""]]))
    assert len(store.read_now(teams)) == 3


def test_ids_tell_neither_when_nor_in_which_order_people_came(store: Store) -> None:
    seed_demo(store)
    ids = [id for team in store.read_now(teams) for id in team.ids]
    assert ids != sorted(ids)
    assert len({id[:4] for id in ids}) > 12, "a ULID that tells the time begins alike"


def test_initials_only_where_two_are_alike() -> None:
    assert nicknames([("Əli", "Məmmədov"), ("Aysel", "Quliyeva"), ("ƏLİ", "Həsənov")]) == ("Əli M.", "Aysel", "ƏLİ H.")
    assert nicknames([("Əli", "Məmmədov"), ("Əli", "Mustafayev")]) == ("Əli Mə.", "Əli Mu.")
    assert nicknames([("Əli", "Həsən"), ("Əli", "Həsənov")]) == ("Əli Həsən", "Əli Həsəno.")
    assert nicknames([]) == ()


@given(
    st.lists(
        st.tuples(st.sampled_from(["Əli", "İlqar", "Aysel"]), st.text(alphabet="ABCabc", min_size=1, max_size=4)),
        unique=True,
        max_size=8,
    )
)
def test_no_two_who_differ_are_called_alike(names: list[tuple[str, str]]) -> None:
    called = nicknames(names)
    assert len(set(called)) == len(names)


def test_names_are_kept_in_real_letters() -> None:
    assert checked_name("  \u04d8li\u200b \n M\u01ddmm\u04d9dov ") == "Əli Məmmədov"


class TestErasing:
    """What an erased person leaves in the files."""

    @pytest.fixture
    def copied(self, store: Store) -> Path:
        """The store with a class and a copy of it, as a migration makes."""
        seed_demo(store)
        copy = backups(store.path) / "lab-0001-20261123T080000.db"
        back_up(store.path, copy)
        return copy

    def found_in(self, folder: Path, name: str) -> list[str]:
        files = [file for file in folder.rglob("*") if file.is_file()]
        return sorted(file.name for file in files if name.encode() in file.read_bytes())

    def test_an_erased_name_is_in_no_file(self, people: People, store: Store, copied: Path) -> None:
        folder = store.path.parent
        toghrul = next(
            id for team in people.teams() for id, name in zip(team.ids, team.members, strict=True) if name == "Toğrul"
        )
        people.set_language(toghrul, "en")  # so that the log holds several states of the page
        assert self.found_in(folder, "Toğrul") == [copied.name, "lab.db-wal"]
        store.scrub()
        assert self.found_in(folder, "Toğrul") == [copied.name, "lab.db"]

        people.erase(toghrul)

        assert self.found_in(folder, "Toğrul") == []
        assert self.found_in(folder, "Cavid") == [copied.name, "lab.db"]
        assert people.person(toghrul) is None
        assert people.teams()[6].members == ("Cavid", "Pərvin")
        store.close_now()
        assert self.found_in(folder, "Toğrul") == []

        again = Store.open(store.path)
        assert again.read_now(erased) == (toghrul,)
        (event,) = [event for event in again.since_now(0) if event.kind == "person-erased"]
        assert (event.person, event.data) == (toghrul, {})
        again.close_now()

    def test_a_backup_that_is_restored_forgets_again(self, people: People, store: Store, tmp_path: Path) -> None:
        seed_demo(store)
        away = tmp_path / "usb stick" / "lab.db"
        back_up(store.path, away)
        people.erase(people.teams()[0].ids[1])
        assert self.found_in(away.parent, "Nərmin") == ["lab.db"]
        forget_in_file(away, store.read_now(erased))
        assert self.found_in(away.parent, "Nərmin") == []

    def test_many_who_come_and_go_leave_nothing(self, people: People, store: Store) -> None:
        names = [f"Şagird{n:03}" + "abc"[n % 3] * (n % 60) for n in range(300)]
        for place in range(0, 300, 60):
            store.write_now(lambda session, place=place: make_class(session, "7B", [names[place : place + 60]]))
        gone = [id for team in people.teams() for id in team.ids[::2]]
        left = {name for team in people.teams() for name in team.members[1::2]}
        at = datetime(2026, 11, 23, tzinfo=UTC)

        def mark(session) -> None:
            for id in gone:
                session.get_one(PersonRow, id).purge_at = at

        store.write_now(mark)
        assert people.purge(at - timedelta(seconds=1)) == 0
        assert people.purge(at) == 150

        content = b"".join(file.read_bytes() for file in store.path.parent.iterdir())
        assert [name for name in names if name.encode() in content and name not in left] == []
        assert {name for team in people.teams() for name in team.members} == left

    def test_the_only_teacher_stays(self, people: People, store: Store) -> None:
        aygun = people.create_teacher("Aygün", PASSWORD, "az")
        with pytest.raises(BadValue):
            people.erase(aygun.id)
        other = set_teacher(store, "Elçin", PASSWORD)
        people.erase(aygun.id)
        assert people.sign_in("Aygün", PASSWORD) is None
        signed_in = people.sign_in("Elçin", PASSWORD)
        assert signed_in is not None
        assert signed_in.id == other.id

    def test_nobody_cannot_be_erased_but_an_erasure_can_be_repeated(self, people: People, store: Store) -> None:
        with pytest.raises(UnknownName):
            people.erase("nobody")
        seed_demo(store)
        someone = people.teams()[0].ids[0]
        people.erase(someone)
        people.erase(someone)
        assert store.read_now(erased) == (someone,)
