"""A save that is killed, has no room or loses power leaves the older checkpoints or the new one whole."""

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from training import saves
from training.states import MANIFEST, STATE, flip, names, same, small_state, state, steps

from kdmcse.training import checkpoints as core
from kdmcse.training.checkpoints import POINTS, Checkpoints

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def two(tmp_path) -> Checkpoints:
    """Steps 10 and 20 of a small real state."""
    kept = Checkpoints(tmp_path / "checkpoints")
    for step in (10, 20):
        kept.save(step, state(), {"seconds": step / 8, "dev_score": None})
    return kept


def saves_process(*arguments: object, before: tuple = ()) -> str:
    """What `saves.py` prints."""
    done = subprocess.run(
        [*before, sys.executable, ROOT / "tests" / "training" / "saves.py", *arguments],
        capture_output=True, text=True, cwd=ROOT, timeout=200, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def faults(tmp_path_factory) -> dict[str, list[dict]]:
    """What was left by saves that were killed, and by saves that had no room."""
    if not hasattr(os, "fork"):
        pytest.skip("needs os.fork")
    return json.loads(saves_process("faults", tmp_path_factory.mktemp("faults")))


@pytest.mark.slow
def test_a_save_killed_at_any_point_leaves_the_one_before_or_the_new_one_whole(faults):
    found = faults["killed"]
    assert len(found) == 3 * len(POINTS) and {one["point"] for one in found} == set(POINTS)
    for one in found:
        assert one["how"] == "killed", one
        assert one["newest"] == (2 if POINTS.index(one["point"]) < POINTS.index("before folder fsync") else 3), one
        hidden = [name for name in one["left"] if name.startswith(".")]
        if one["situation"] == saves.SITUATIONS[0]:
            assert bool(hidden) == (one["point"] not in ("before folder fsync", "before retention")), one
        assert one["swept"] == [name for name in one["left"] if name not in hidden], one
        assert one["newest_after"] == 4, one
        assert one["after"] == [f"step-{one['newest']:08d}", "step-00000004"], one


@pytest.mark.slow
def test_wherever_the_disk_is_full_the_older_ones_stay_and_nothing_is_left_beside_them(faults):
    found = faults["full"]
    assert len(found) == 33 and [one["how"] for one in found] == ["disk_full"] * 32 + ["saved"]
    for one in found[:-1]:
        assert one["newest"] == 2 and one["left"] == ["step-00000001", "step-00000002"], one
    assert found[-1]["newest"] == 3 and found[-1]["left"] == ["step-00000002", "step-00000003"]


class Failing:
    """Every call that writes, counted; the n-th fails (or all from the n-th on) as a broken disk does."""

    def __init__(self, monkeypatch, nth: int, *, ever_after: bool) -> None:
        self.calls, self._nth, self._ever_after = 0, nth, ever_after
        for owner, name in (
            (os, "fsync"),
            (os, "replace"),
            (core, "_write_state"),
            (Path, "write_bytes"),
            (os, "mkdir"),
        ):
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, real: Callable) -> Callable:
        def call(*arguments, **named):
            self.calls += 1
            if self.calls == self._nth or (self._ever_after and self.calls > self._nth):
                if real.__name__ in ("_write_state", "write_bytes"):
                    Path(arguments[0]).touch()  # it had begun
                raise OSError(errno.EIO, "Input/output error")
            return real(*arguments, **named)

        return call


@pytest.mark.parametrize("ever_after", [False, True], ids=["once", "ever after"])
@pytest.mark.parametrize("damaged", [False, True], ids=["nothing there", "a damaged one of the same step there"])
def test_a_disk_that_fails_at_any_call_leaves_the_older_ones(tmp_path, monkeypatch, ever_after, damaged):
    for nth in range(1, 100):
        folder = tmp_path / str(nth)
        kept = Checkpoints(folder, kept=3)
        for step in (1, 2, 3)[: 2 + damaged]:
            kept.save(step, small_state(step), {})
        if damaged:
            flip(folder / "step-00000003" / STATE, 100)
        kept = Checkpoints(folder)
        assert kept.newest().step == 2
        with monkeypatch.context() as patched:
            failing = Failing(patched, nth, ever_after=ever_after)
            try:
                kept.save(3, small_state(3), {})
            except OSError as error:
                assert error.errno == errno.EIO
            else:
                break
        assert not [name for name in names(folder) if name.startswith(".")], nth
        assert {"step-00000001", "step-00000002"} <= set(names(folder)), nth
        found = Checkpoints(folder).newest()
        assert same(found.tensors(), small_state(found.step)), nth
    assert failing.calls == nth - 1 == 9 + damaged
    assert steps(kept) == [2, 3] and same(kept.newest().tensors(), small_state(3))


def test_sweep_removes_what_a_kill_left_and_nothing_else(two):
    for left in (".writing-0123", ".removing-4567"):
        shutil.copytree(two.folder / "step-00000010", two.folder / left)
    (two.folder / ".writing-file.json").write_text("half")
    two.sweep()
    assert steps(two) == [10, 20] and two.newest().step == 20


# Power loss: what is on the disk when its name is


def test_every_file_is_on_the_disk_before_the_name_and_the_name_before_any_is_removed(tmp_path, monkeypatch):
    kept = Checkpoints(tmp_path / "checkpoints", kept=1)
    kept.save(1, small_state(1), {})
    events = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (events.append(("fsync", os.fstat(handle).st_ino)), fsync(handle)))
    monkeypatch.setattr(
        os, "replace", lambda a, b: (events.append(("replace", Path(a).name, Path(b).name)), replace(a, b))
    )
    kept.save(2, small_state(2), {})
    new = tmp_path / "checkpoints" / "step-00000002"
    synced = [("fsync", path.stat().st_ino) for path in (new / STATE, new / MANIFEST, new, new.parent)]
    assert sorted(events[:2]) == sorted(synced[:2])
    assert events[2] == synced[2]
    assert events[3][0] == "replace" and events[3][1].startswith(".writing-") and events[3][2] == "step-00000002"
    assert events[4] == synced[3]
    assert events[5][1] == "step-00000001" and events[5][2].startswith(".removing-") and len(events) == 6


def test_a_new_folder_for_checkpoints_is_on_the_disk_too(tmp_path, monkeypatch):
    synced, fsync = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(os.fstat(handle).st_ino), fsync(handle)))
    Checkpoints(tmp_path / "run" / "checkpoints")
    assert {tmp_path.stat().st_ino, (tmp_path / "run").stat().st_ino} <= set(synced)


def _may_trace() -> bool:
    strace = shutil.which("strace")
    return bool(strace) and subprocess.run([strace, "-o", os.devnull, "true"], capture_output=True).returncode == 0


def whole_calls(trace):
    """Each call where it ended: strace tells one in two lines where another thread's came between."""
    begun = {}
    for line in trace.splitlines():
        thread, _, call = line.partition(" ")
        if call.endswith("<unfinished ...>"):
            begun[thread] = call.removesuffix("<unfinished ...>")
        elif "resumed>" in call:
            yield begun.pop(thread) + call.partition("resumed>")[2]
        else:
            yield call


@pytest.mark.slow
@pytest.mark.skipif(not _may_trace(), reason="needs strace, and to be allowed to use it")
def test_the_system_is_asked_in_that_order(tmp_path):
    trace, folder = tmp_path / "trace", tmp_path / "checkpoints"
    calls = "trace=fsync,fdatasync,rename,renameat,renameat2"
    saves_process("once", folder, before=("strace", "-f", "-y", "-s", "4096", "-e", calls, "-o", trace))
    lines = [line for line in whole_calls(trace.read_text()) if str(folder) in line and line.endswith("= 0")]
    for step in ("step-00000001", "step-00000002"):
        renamed = next(i for i, line in enumerate(lines) if "rename" in line and f'/{step}"' in line)
        aside = next(part for part in lines[renamed].split('"') if ".writing-" in part)
        for path in (f"{aside}/{STATE}", f"{aside}/{MANIFEST}", aside):
            assert any("sync(" in line and f"<{path}>" in line for line in lines[:renamed]), path
        assert "sync(" in lines[renamed + 1] and f"<{folder}>" in lines[renamed + 1]
