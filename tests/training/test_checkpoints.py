"""A checkpoint is kept whole or not at all, and one that is not whole is never gone on from."""

import errno
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
import small
import torch
from torch import nn
from training import saves

from kdmcse import losses
from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.models import student
from kdmcse.training import checkpoints as core
from kdmcse.training.checkpoints import POINTS, Checkpoints, capture, put_back

ROOT = Path(__file__).resolve().parents[2]
STATE, MANIFEST = "state.safetensors", "manifest.json"


def learner(*, seed: int = 0, projection_width: int = 8) -> student.TrainingStudent:
    made = small.student()  # which draws random numbers when it is made
    torch.manual_seed(seed)
    encoder = student.load(made, device="cpu")
    return student.TrainingStudent(encoder, projection_width=projection_width, teacher_width=4).train()


def adamw(model: nn.Module, **options) -> torch.optim.Optimizer:
    return torch.optim.AdamW(model.named_parameters(), lr=1e-2, **options)


def learn(model: student.TrainingStudent, optimizer: torch.optim.Optimizer, steps: range) -> None:
    """SimCSE, so that the cross-modal heads never have a gradient."""
    features = model.encoder.preprocess(["a red mug", "one blue cap", "the green lamp"])
    for step in steps:
        torch.manual_seed(step)
        z1, z2 = (model.contrast(model(dict(features))) for _ in range(2))
        optimizer.zero_grad(set_to_none=True)
        losses.simcse_terms(z1=z1, z2=z2)["total"].backward()
        optimizer.step()


@cache
def state() -> dict[str, torch.Tensor]:
    """Of a real student, after a step."""
    model = learner()
    optimizer = adamw(model)
    learn(model, optimizer, range(1))
    return {name: value.clone() for name, value in capture(model, optimizer).items()}


def small_state(step: int = 0) -> dict[str, torch.Tensor]:
    return {"model.weight": torch.full((2, 3), float(step)), "optimizer.step.weight": torch.tensor(float(step))}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def steps(kept: Checkpoints) -> list[int]:
    return [int(name.removeprefix("step-")) for name in names(kept.folder)]


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    """Names, types and every bit."""
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype and torch.equal(one[name], other[name]) for name in one
    )


@pytest.fixture
def two(tmp_path) -> Checkpoints:
    """Steps 10 and 20 of a small real state."""
    kept = Checkpoints(tmp_path / "checkpoints")
    for step in (10, 20):
        kept.save(step, state(), {"seconds": step / 8, "dev_score": None})
    return kept


# What is kept


def test_what_was_saved_is_read_back_to_the_last_bit(tmp_path):
    kinds = {
        "model.half": torch.tensor([1.5, -0.0]).half(),
        "model.bfloat16": torch.randn(3, 4).bfloat16(),
        "model.double": torch.randn(2, 2, dtype=torch.float64),
        "model.whole": torch.arange(5),
        "model.flag": torch.tensor([True, False]),
        "model.nothing": torch.zeros(0, 4),
        "model.bytes": torch.arange(3, dtype=torch.uint8),
        'model."quoted" 重み': torch.arange(6, dtype=torch.int32).view(2, 3),
        "model.turned": torch.randn(3, 5).T,
        "optimizer.step.名前": torch.tensor(3.0),
    }
    facts = {
        "名前": "赤い帽子",
        "dev_score": 0.1 + 0.2,
        "identity": {"seed": 1, "texts": [1, None, True]},
        "10": 1,
        "9": 2,
    }
    kept = Checkpoints(tmp_path / "run" / "checkpoints")
    kept.save(12, kinds, facts)
    found = kept.newest()
    assert found.folder.name == "step-00000012" and found.step == 12 and found.facts == facts
    assert same(found.tensors(), kinds)


def test_facts_are_told_as_json_knows_them(tmp_path):
    kept = Checkpoints(tmp_path)
    kept.save(1, small_state(), {"table": {10: "ten", 9: "nine"}, "pair": (1, 2)})
    assert kept.newest().facts == {"table": {"10": "ten", "9": "nine"}, "pair": [1, 2]}
    with pytest.raises(ValueError, match="JSON"):
        kept.save(2, small_state(), {"dev_score": float("nan")})
    assert names(tmp_path) == ["step-00000001"]


def test_where_nothing_was_saved_there_is_nothing(tmp_path):
    kept = Checkpoints(tmp_path / "new" / "folder")
    assert kept.folder.is_dir() and kept.newest() is None and kept.best() is None
    kept.sweep()


def test_a_step_of_nine_digits_comes_after_one_of_eight(tmp_path):
    kept = Checkpoints(tmp_path)
    for step in (99_999_999, 100_000_000):
        kept.save(step, small_state(step), {})
    assert kept.newest().step == 100_000_000


def test_what_is_no_checkpoint_is_left_alone(tmp_path):
    kept = Checkpoints(tmp_path, kept=1)
    for name in ("step-5", "step-latest", "step-000000005", "notes"):
        (tmp_path / name).mkdir()
    kept.save(1, small_state(), {})
    kept.save(2, small_state(), {})
    assert kept.newest().step == 2
    assert names(tmp_path) == ["notes", "step-000000005", "step-00000002", "step-5", "step-latest"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32, torch.float64], ids=str)
def test_weights_that_are_not_finite_are_never_kept(tmp_path, kind, value):
    kept = Checkpoints(tmp_path)
    kept.save(6, small_state(), {})
    weights = torch.zeros(4, 5, dtype=kind)
    weights[2, 3] = value
    with pytest.raises(UserError) as refused:
        kept.save(7, small_state() | {"model.last": weights}, {})
    assert refused.value.code == "weights_not_finite"
    assert all("7" in refused.value.message(language) for language in LANGUAGES)
    assert names(tmp_path) == ["step-00000006"]


def test_the_largest_finite_numbers_are_kept(tmp_path):
    weights = {
        f"model.{kind}": torch.full((9,), torch.finfo(kind).max, dtype=kind) for kind in (torch.float16, torch.float32)
    }
    Checkpoints(tmp_path).save(1, weights, {})
    assert same(Checkpoints(tmp_path).newest().tensors(), weights)


# What stays


@pytest.mark.parametrize(
    ("scores", "stay"),
    [
        ({1: None, 2: None, 3: None, 4: None}, [3, 4]),
        ({1: 0.5, 2: 0.9, 3: 0.1, 4: 0.2, 5: 0.3}, [2, 4, 5]),
        ({1: 0.5, 2: 0.9, 3: 0.1, 4: 0.9, 5: None, 6: None, 7: None}, [2, 6, 7]),  # the earliest of equals
        ({1: -0.5, 2: None, 3: None, 4: None}, [1, 3, 4]),  # a bad score is one, too
        ({1: 0.1, 2: 0.2, 3: 0.3}, [2, 3]),
        ({1: 0.3, 2: 0.0}, [1, 2]),
    ],
)
def test_the_two_newest_stay_and_the_best(tmp_path, scores, stay):
    kept = Checkpoints(tmp_path)
    for step, score in scores.items():
        kept.save(step, small_state(step), {"dev_score": score})
    assert steps(kept) == stay and kept.newest().step == max(scores)
    known = {step: score for step, score in scores.items() if score is not None}
    if known:
        assert kept.best().step == max(known, key=lambda step: (known[step], -step))
        assert same(kept.best().tensors(), small_state(kept.best().step))
    else:
        assert kept.best() is None


@pytest.mark.parametrize("number", [1, 3])
def test_as_many_of_the_newest_stay_as_asked_for(tmp_path, number):
    kept = Checkpoints(tmp_path, kept=number)
    for step in range(1, 6):
        kept.save(step, small_state(step), {})
    assert steps(kept) == list(range(6 - number, 6))


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


# Damage


def flip(path: Path, at: int, bits: int = 1) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= bits
    path.write_bytes(content)


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


# Killed, or without room


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


# Model and optimizer


@pytest.mark.parametrize("options", [{"fused": True}, {"foreach": True}, {"amsgrad": True}], ids=str)
def test_a_student_that_is_put_back_goes_on_as_if_nothing_had_been(tmp_path, options):
    whole = learner()
    optimizer = adamw(whole, **options)
    learn(whole, optimizer, range(2))
    kept = Checkpoints(tmp_path)
    kept.save(2, capture(whole, optimizer), {})
    before = {name: value.clone() for name, value in capture(whole, optimizer).items()}
    learn(whole, optimizer, range(2, 5))

    again = learner(seed=1)
    its_own = adamw(again, **options)
    learn(again, its_own, range(7, 8))  # what it remembers is forgotten
    put_back(kept.newest().tensors(), again, its_own)
    file = kept.newest().folder / STATE
    with file.open("r+b") as written:  # a put-back student does not hang on the file
        written.write(bytes(file.stat().st_size))
    assert same(capture(again, its_own), before)
    learn(again, its_own, range(2, 5))
    assert same(capture(again, its_own), capture(whole, optimizer))
    assert not same(capture(again, its_own), before)


def test_every_weight_and_all_that_the_optimizer_remembers_is_captured():
    model = learner()
    optimizer = adamw(model)
    assert set(capture(model, optimizer)) == {f"model.{name}" for name in model.state_dict()}
    learn(model, optimizer, range(1))
    captured = capture(model, optimizer)
    learnt = {name for name, parameter in model.named_parameters() if parameter.grad is not None}
    assert {name.removeprefix("optimizer.exp_avg.") for name in captured if ".exp_avg." in name} == learnt
    assert any("contrast" in name for name in learnt) and not any("cross_modal" in name for name in learnt)
    assert {f"optimizer.{key}.{name}" for key in ("step", "exp_avg", "exp_avg_sq") for name in learnt} <= set(captured)
    assert {"model.cross_modal.0.weight", "model.image.0.bias"} <= set(captured)


def test_a_checkpoint_before_the_first_step_makes_the_optimizer_forget(tmp_path):
    model, fresh = learner(), learner()
    optimizer = adamw(model)
    Checkpoints(tmp_path).save(0, capture(fresh, adamw(fresh)), {})
    learn(model, optimizer, range(2))
    put_back(Checkpoints(tmp_path).newest().tensors(), model, optimizer)
    learn(model, optimizer, range(1))
    assert same(capture(model, optimizer), state())


def test_tied_weights_stay_tied(tmp_path):
    def tied() -> nn.ModuleDict:
        model = nn.ModuleDict({"into": nn.Linear(3, 3, bias=False), "out": nn.Linear(3, 3, bias=False)})
        model["out"].weight = model["into"].weight
        return model

    model, again = tied(), tied()
    Checkpoints(tmp_path).save(1, capture(model, adamw(model)), {})
    put_back(Checkpoints(tmp_path).newest().tensors(), again, adamw(again))
    assert torch.equal(again["out"].weight, model["into"].weight) and again["out"].weight is again["into"].weight


def missing(tensors: dict) -> dict:
    return {name: value for name, value in tensors.items() if name != "model.contrast.0.bias"}


@pytest.mark.parametrize(
    "change",
    [
        missing,
        lambda tensors: tensors | {"model.more": torch.zeros(1)},
        lambda tensors: tensors | {"model.contrast.0.bias": torch.zeros(17)},
        lambda tensors: tensors | {"model.contrast.0.bias": torch.zeros(16, dtype=torch.float64)},
        lambda tensors: tensors | {"optimizer.exp_avg.more": torch.zeros(1)},
        lambda tensors: tensors | {"optimizer.exp_avg.contrast.0.bias": torch.zeros(17)},
    ],
    ids=["missing", "more", "shape", "type of number", "the optimizer's more", "the optimizer's shape"],
)
def test_a_checkpoint_of_another_model_is_refused_and_changes_nothing(change):
    model = learner(seed=3)
    optimizer = adamw(model)
    learn(model, optimizer, range(1))
    before = {name: value.clone() for name, value in capture(model, optimizer).items()}
    with pytest.raises(UserError) as refused:
        put_back(change(state()), model, optimizer)
    assert refused.value.code == "checkpoint_of_another_model" and refused.value.hint("ja")
    assert same(capture(model, optimizer), before)


def test_a_student_with_wider_heads_is_another_model():
    wider = learner(projection_width=9)
    with pytest.raises(UserError) as refused:
        put_back(state(), wider, adamw(wider))
    assert refused.value.code == "checkpoint_of_another_model"
