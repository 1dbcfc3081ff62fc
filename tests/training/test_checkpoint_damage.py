"""A checkpoint that is not whole is seen, named, and never gone on from; the one before is used."""

import errno
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from training.states import MANIFEST, STATE, flip, same, small_state, state, steps

from kdmcse.training import checkpoints as core
from kdmcse.training.checkpoints import Checkpoints


@pytest.fixture
def two(tmp_path) -> Checkpoints:
    """Steps 10 and 20 of a small real state."""
    kept = Checkpoints(tmp_path / "checkpoints")
    for step in (10, 20):
        kept.save(step, state(), {"seconds": step / 8, "dev_score": None})
    return kept


def test_a_damaged_one_does_not_count_among_those_that_stay(two):
    """Or a run that went on from before it would be left with the damaged one and the newest."""
    (two.folder / "step-00000020" / STATE).unlink()
    again = Checkpoints(two.folder)
    assert again.newest().step == 10
    again.save(15, small_state(15), {})
    assert steps(again) == [10, 15] and again.newest().step == 15


def test_a_damaged_one_of_the_same_step_gives_way(two, capsys):
    (two.folder / "step-00000020" / STATE).write_bytes(b"")
    again = Checkpoints(two.folder)
    assert again.newest().step == 10 and "step-00000020 is damaged" in capsys.readouterr().out
    again.save(20, small_state(20), {})
    assert steps(again) == [10, 20] and same(again.newest().tensors(), small_state(20))
    again.save(30, small_state(30), {})
    assert steps(again) == [20, 30] and not capsys.readouterr().out


def test_the_second_best_is_used_where_the_best_is_damaged(tmp_path, capsys):
    kept = Checkpoints(tmp_path, kept=3)
    for step, score in ((1, 0.2), (2, 0.9), (3, 0.5)):
        kept.save(step, small_state(step), {"dev_score": score})
    flip(tmp_path / "step-00000002" / STATE, 150)
    assert kept.best().step == 3 and "step-00000002 is damaged" in capsys.readouterr().out
    kept.save(4, small_state(4), {"dev_score": None})
    flip(tmp_path / "step-00000003" / MANIFEST, 150)
    assert kept.best().step == 1


def mutations(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Cut at 0, 1, 25, 50, 75, 99 % and before the last byte; one byte changed in each of 64 regions."""
    chance, size = random.Random(0), len(content)
    for share in (0, 1, 25, 50, 75, 99):
        yield f"cut at {share} %", content[: size * share // 100]
    yield "cut before the last byte", content[:-1]
    for region in range(64):
        at = chance.randrange(size * region // 64, size * (region + 1) // 64)
        changed = bytes([content[at] ^ chance.randrange(1, 256)])
        yield f"byte {at} changed", content[:at] + changed + content[at + 1 :]


@pytest.mark.parametrize("file", [STATE, MANIFEST])
def test_every_damage_of_the_newest_is_seen_and_the_one_before_is_used(two, capsys, file):
    path = two.folder / "step-00000020" / file
    content, seen = path.read_bytes(), 0
    tried = list(mutations(content))
    assert len({mutated for _, mutated in tried} - {content}) == len(tried) == 71
    for what, mutated in tried:
        path.write_bytes(mutated)
        found = two.newest()
        assert found.step == 10 and found.facts["seconds"] == 1.25, what
        told = capsys.readouterr().out
        assert told.startswith("step-00000020 is damaged (") and told.endswith("); the one before is used\n"), what
        assert told.count("\n") == 1 and file in told, what
        seen += 1
    assert seen == 71 and same(found.tensors(), state())
    path.write_bytes(content)
    assert two.newest().step == 20 and not capsys.readouterr().out


def test_every_single_bit_of_a_manifest_counts(two):
    path = two.folder / "step-00000020" / MANIFEST
    content = path.read_bytes()
    with path.open("r+b", buffering=0) as file:
        for at in range(len(content)):
            for changed in (content[at] ^ 1 << bit for bit in range(8)):
                file.seek(at)
                file.write(bytes([changed]))
                with pytest.raises(core._Damaged):
                    core._read_manifest(path.parent)
            file.seek(at)
            file.write(content[at : at + 1])
    assert two.newest().step == 20


@pytest.mark.parametrize("file", [STATE, MANIFEST])
def test_a_missing_file_is_damage(two, capsys, file):
    (two.folder / "step-00000020" / file).unlink()
    assert two.newest().step == 10
    assert capsys.readouterr().out == f"step-00000020 is damaged ({file} is missing); the one before is used\n"


@pytest.mark.parametrize("file", [STATE, MANIFEST])
def test_a_folder_where_a_file_should_be_is_damage(two, file):
    path = two.folder / "step-00000020" / file
    path.unlink()
    path.mkdir()
    assert two.newest().step == 10


@pytest.mark.parametrize(
    "content",
    [b"[]", b"1", b"null", b'"version"', b"{}", b"\xff\xfe{}", b'{"version": 1}', b'{"version": NaN}', b"[" * 100_000,
     b'{"version": ' + b"1" * 5000 + b"}", b'{"version": "1", "digest": ""}', b'{"version": 1, "digest": "\\ud800"}'],
    ids=lambda content: repr(content[:20]),
)  # fmt: skip
def test_a_manifest_that_is_something_else_is_damage(two, content):
    (two.folder / "step-00000020" / MANIFEST).write_bytes(content)
    assert two.newest().step == 10


def test_a_disk_that_fails_while_it_is_read_is_damage(two, monkeypatch, capsys):
    newest, real = two.folder / "step-00000020", Path.open

    def fails(path, *arguments, **named):
        if path.parent == newest and path.name == STATE:
            raise OSError(errno.EIO, "Input/output error")
        return real(path, *arguments, **named)

    monkeypatch.setattr(Path, "open", fails)
    assert two.newest().step == 10 and "Input/output error" in capsys.readouterr().out


def test_a_checkpoint_under_another_step_is_damage(two, capsys):
    shutil.copytree(two.folder / "step-00000020", two.folder / "step-00000030")
    assert two.newest().step == 20
    assert capsys.readouterr().out == "step-00000030 is damaged (it is of step 20); the one before is used\n"


def test_a_state_of_another_step_is_damage(two):
    two.save(30, {name: value + 1 for name, value in state().items()}, {})
    shutil.copy(two.folder / "step-00000020" / STATE, two.folder / "step-00000030" / STATE)
    assert two.newest().step == 20


def test_a_checkpoint_of_a_newer_version_is_not_read_and_says_so(two, capsys):
    path = two.folder / "step-00000020" / MANIFEST
    manifest = json.loads(path.read_bytes())
    rest = {name: value for name, value in manifest.items() if name != "digest"} | {"version": 2}
    path.write_bytes(core._as_written(rest | {"digest": core._digest(rest)}))
    assert two.newest().step == 10
    told = capsys.readouterr().out
    assert "newer version, 2" in told and "the one before is used" in told


def test_where_all_are_damaged_there_is_none_and_each_is_named(two, capsys):
    flip(two.folder / "step-00000010" / STATE, 5000)
    flip(two.folder / "step-00000020" / MANIFEST, 50)
    assert two.newest() is None
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("step-00000020 is damaged") and first.endswith("the one before is used")
    assert second.startswith("step-00000010 is damaged") and second.endswith("there is none before it")
