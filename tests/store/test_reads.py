"""A value is kept as long as what it was read from is unchanged, also where another value rests on it."""

import shutil
import threading

import pytest

from kdmcse.store.reads import Remembered, exists, names_in, noting


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("1")
    return path


def test_a_value_is_loaded_again_when_its_file_has_changed(file):
    def load() -> str:
        assert exists(file)
        return file.read_text()

    kept = Remembered(4)
    assert kept.last("a") is None
    first = kept.get("a", load)
    assert kept.get("a", load) is first
    file.write_text("two")
    assert kept.last("a") is first
    assert kept.get("a", load) == "two"


def test_who_rests_on_a_value_that_is_kept_is_out_of_date_with_it(file):
    kept = Remembered(4)
    for _ in range(2):  # loaded, then kept
        with noting() as reads:
            kept.get("a", lambda: exists(file))
        assert reads.paths == {file}
    file.write_text("two")
    assert not reads.unchanged()


def test_the_least_recently_used_go_first(file):
    kept = Remembered(2)
    for name in ("a", "b", "a", "c"):
        kept.get(name, lambda: exists(file))
    assert [name for name in "abc" if kept.last(name) is not None] == ["a", "c"]


def test_a_folder_that_another_process_deletes_meanwhile_is_an_empty_one(tmp_path):
    folder, over = tmp_path / "checkpoints", threading.Event()

    def come_and_go() -> None:
        while not over.is_set():
            folder.mkdir()
            shutil.rmtree(folder)

    other = threading.Thread(target=come_and_go)
    other.start()
    try:
        assert all(names_in(folder, "*/step") == [] for _ in range(10_000))
    finally:
        over.set()
        other.join()
