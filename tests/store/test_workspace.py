"""A file or a folder gets into the workspace whole or not at all, also when the disk is full or the writer dies."""

import errno
import json
import math
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.store import files
from kdmcse.store.files import read_json, remove_folder, require_space, sweep, write_file, write_folder, write_json
from kdmcse.store.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def in_a_child(code: str, *arguments: object) -> str:
    """What the code prints, run in a process whose limits are its own."""
    child = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert child.returncode == 0, child.stderr
    return child.stdout.strip()


# Folders


def test_a_workspace_makes_its_folders_and_keeps_what_is_there(tmp_path):
    workspace = Workspace(tmp_path / "deep" / "workspace")
    (workspace.runs / "kept").mkdir()
    again = Workspace(str(tmp_path / "deep" / "workspace"))
    assert again == workspace and (again.runs / "kept").is_dir()
    assert left_in(workspace.path) == ["contracts", "datasets", "evidence", "labels", "prices", "runs", "teacher"]


def test_a_workspace_where_a_file_stands_is_refused_by_name(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UserError) as refused:
        Workspace(tmp_path / "file" / "workspace")
    assert refused.value.code == "workspace_unusable"
    assert all(str(tmp_path / "file") in refused.value.message(language) for language in LANGUAGES)
    assert (tmp_path / "file").read_text() == "not a folder"


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that nobody may write to, such as /proc")
def test_a_folder_that_may_not_be_written_to_is_refused():
    with pytest.raises(UserError) as refused:
        Workspace(Path("/proc/workspace"))
    assert refused.value.code == "workspace_unusable" and refused.value.fields["reason"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_of_somebody_else_is_refused(tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    with pytest.raises(UserError) as refused:
        Workspace(locked / "workspace")
    assert refused.value.code == "workspace_unusable"


# One file, whole or not at all


def test_a_file_is_written_and_replaced(tmp_path):
    path = tmp_path / "new folder" / "file.bin"
    write_file(path, b"one")
    assert path.read_bytes() == b"one"
    write_file(path, lambda aside: aside.write_bytes(b"two"))
    assert path.read_bytes() == b"two" and left_in(path.parent) == ["file.bin"]


def test_a_writer_sees_the_suffix_of_the_file(tmp_path):
    seen = []
    write_file(tmp_path / "table.parquet", lambda aside: seen.append(aside.suffix) or aside.write_bytes(b"rows"))
    assert seen == [".parquet"]


def test_a_written_file_may_be_read_by_whom_the_user_allows(tmp_path):
    old = os.umask(0o022)
    try:
        write_file(tmp_path / "report.html", b"for the meeting")
    finally:
        os.umask(old)
    assert (tmp_path / "report.html").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError, MemoryError])
def test_a_writer_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path, error):
    path = tmp_path / "file.txt"
    write_file(path, b"old")

    def fails(aside: Path):
        aside.write_bytes(b"half of the n")
        raise error("stopped here")

    with pytest.raises(error):
        write_file(path, fails)
    assert path.read_bytes() == b"old" and left_in(tmp_path) == ["file.txt"]


def test_a_killed_writer_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.txt"
    write_file(path, b"old")
    code = """
import os, signal, sys
from pathlib import Path
from kdmcse.store.files import write_file
def killed(aside):
    aside.write_bytes(b"half of the n")
    os.kill(os.getpid(), signal.SIGKILL)
write_file(Path(sys.argv[1]), killed)
"""
    child = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, timeout=60)
    assert child.returncode == -9
    assert path.read_bytes() == b"old"
    assert all(name.startswith(".") for name in left_in(tmp_path) if name != "file.txt"), "leftovers are hidden"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_disk_that_fails_at_the_last_step_leaves_the_old_file(tmp_path, monkeypatch, step):
    path = tmp_path / "file.txt"
    write_file(path, b"old")

    def fails(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(files.os, step, fails)
    with pytest.raises(OSError, match="Input/output"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old" and left_in(tmp_path) == ["file.txt"]


def test_the_content_is_on_the_disk_before_its_name_is(tmp_path, monkeypatch):
    order = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(files.os, name, lambda *a, name=name, real=real: (order.append(name), real(*a)))
    write_file(tmp_path / "file.txt", b"new")
    assert order[:2] == ["fsync", "replace"] and order[2:] == ["fsync"]


# One folder, whole or not at all


def two_files(aside: Path, content: str = "new") -> None:
    (aside / "inner").mkdir()
    (aside / "a.txt").write_text(content)
    (aside / "inner" / "b.txt").write_text(content)


def test_a_folder_is_written_and_replaced(tmp_path):
    path = tmp_path / "runs" / "one" / "student"
    write_folder(path, lambda aside: two_files(aside, "old"))
    (path / "gone.txt").write_text("of the old one")
    write_folder(path, two_files)
    assert left_in(path) == ["a.txt", "inner"] and (path / "inner" / "b.txt").read_text() == "new"
    assert left_in(path.parent) == ["student"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError, MemoryError])
def test_a_writer_of_a_folder_that_fails_leaves_the_old_one_and_nothing_beside_it(tmp_path, error):
    write_folder(tmp_path / "folder", lambda aside: two_files(aside, "old"))

    def fails(aside: Path):
        two_files(aside)
        raise error("stopped here")

    with pytest.raises(error):
        write_folder(tmp_path / "folder", fails)
    assert left_in(tmp_path) == ["folder"] and (tmp_path / "folder" / "a.txt").read_text() == "old"


@pytest.mark.parametrize("nth", range(1, 8))
def test_a_disk_that_fails_at_any_step_leaves_the_old_folder_or_the_new_one_whole(tmp_path, monkeypatch, nth):
    """The four things in it are fsynced, the old folder and the new one are renamed, the parent is fsynced."""
    write_folder(tmp_path / "folder", lambda aside: two_files(aside, "old"))
    calls = []
    for name, real in (("fsync", os.fsync), ("replace", os.replace)):

        def counted(*arguments, real=real):
            calls.append(arguments)
            if len(calls) == nth:
                raise OSError(errno.EIO, "Input/output error")
            return real(*arguments)

        monkeypatch.setattr(files.os, name, counted)
    with pytest.raises(OSError, match="Input/output"):
        write_folder(tmp_path / "folder", two_files)
    assert left_in(tmp_path) == ["folder"] and len(calls) == nth
    content = "old" if nth < 7 else "new"
    assert all((tmp_path / "folder" / name).read_text() == content for name in ("a.txt", "inner/b.txt"))


def test_all_that_is_in_a_folder_is_on_the_disk_before_its_name_is(tmp_path, monkeypatch):
    order = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(files.os, "fsync", lambda handle: (order.append(os.fstat(handle).st_ino), fsync(handle)))
    monkeypatch.setattr(files.os, "replace", lambda *paths: (order.append("replace"), replace(*paths)))
    folder = tmp_path / "folder"
    write_folder(folder, two_files, reached=order.append)
    inside = {path.stat().st_ino for path in (folder / "a.txt", folder / "inner", folder / "inner" / "b.txt", folder)}
    assert order[0] == "before fsync" and set(order[1:5]) == inside and order[4] == folder.stat().st_ino
    assert order[5:] == ["before rename", "replace", "before folder fsync", tmp_path.stat().st_ino]


def test_what_a_killed_writer_left_is_swept_away_and_nothing_else(tmp_path):
    write_folder(tmp_path / "kept", two_files)
    write_folder(tmp_path / "removed", two_files)
    write_folder(tmp_path / ".deleting-0123", two_files)  # as a version before this one called it
    (tmp_path / ".hidden").write_text("somebody's")
    code = """
import os, signal, sys
from pathlib import Path
from kdmcse.store.files import remove_folder, write_file, write_folder
here = Path(sys.argv[1])
def dies(aside=None):
    if sys.argv[2] == "file":
        aside.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[2] == "file":
    write_file(here / "file.txt", dies)
if sys.argv[2] == "folder":
    write_folder(here / "kept", dies)
remove_folder(here / "removed", reached=dies)
"""
    for what in ("file", "folder", "removal"):
        child = subprocess.run([sys.executable, "-c", code, str(tmp_path), what], cwd=ROOT, timeout=60)
        assert child.returncode == -9
    assert len(left_in(tmp_path)) == 6 and len(list(tmp_path.glob(".*"))) == 5
    sweep(tmp_path)
    assert left_in(tmp_path) == [".hidden", "kept"] and (tmp_path / "kept" / "a.txt").read_text() == "new"


def test_a_folder_is_removed_and_with_it_what_was_left_of_a_removal_for_a_day(tmp_path):
    for name in ("removed", "kept", ".removing-old", ".deleting-old", ".removing-new"):
        write_folder(tmp_path / name, two_files)
    for name in (".removing-old", ".deleting-old"):
        os.utime(tmp_path / name, (time.time() - 2 * 86_400,) * 2)
    remove_folder(tmp_path / "removed")
    remove_folder(tmp_path / "never there")
    assert left_in(tmp_path) == [".removing-new", "kept"]


def test_a_folder_that_another_process_removes_now_is_left_to_it_however_old_it_is(tmp_path):
    for name in ("first", "second"):
        write_folder(tmp_path / name, two_files)
        os.utime(tmp_path / name, (time.time() - 2 * 86_400,) * 2)
    remove_folder(tmp_path / "first", reached=lambda: remove_folder(tmp_path / "second"))
    assert left_in(tmp_path) == []


# A full disk

FULL = """
import json, resource, sys
from pathlib import Path
from kdmcse.errors import UserError
from kdmcse.store.files import write_file, write_json
import numpy, pandas
from safetensors.numpy import save_file
path = Path(sys.argv[1])
content = numpy.arange(200_000, dtype="float64")
writers = {
    "bytes": b"x" * 10**6,
    "text": lambda aside: aside.write_text("x" * 10**6),
    "npy": lambda aside: numpy.save(aside, content),
    "parquet": lambda aside: pandas.DataFrame({"a": content}).to_parquet(aside),
    "safetensors": lambda aside: save_file({"a": content}, aside),
}
if len(sys.argv) > 2:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
told = {}
for name, fill in writers.items():
    try:
        write_file(path, fill)
        told[name] = "written"
    except UserError as error:
        told[name] = error.code
    except Exception as error:
        told[name] = repr(error)
told["message"] = UserError("disk_full", path=path, free_mb=0).message()
print(json.dumps(told))
"""
WRITERS = ["bytes", "text", "npy", "parquet", "safetensors"]


def test_a_file_size_limit_is_told_as_a_full_disk_whoever_writes(tmp_path):
    path = tmp_path / "file.npy"
    write_file(path, b"old")
    told = json.loads(in_a_child(FULL, path, "limited"))
    assert {name: told[name] for name in WRITERS} == dict.fromkeys(WRITERS, "disk_full")
    assert path.read_bytes() == b"old" and left_in(tmp_path) == ["file.npy"]


def _may_mount() -> bool:
    unshare = shutil.which("unshare")
    return bool(unshare) and subprocess.run([unshare, "-Urm", "true"], capture_output=True).returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(not _may_mount(), reason="this user may not mount a small disk of its own")
def test_a_disk_that_is_really_full_is_told_as_such_and_works_again_with_room(tmp_path):
    script = tmp_path / "full.py"
    script.write_text(FULL)
    disk = tmp_path / "disk"
    disk.mkdir()
    shell = """
set -e
mount -t tmpfs -o size=300k tmpfs "$1"
printf old > "$1/file.npy"
"$2" "$3" "$1/file.npy"
cat "$1/file.npy"; echo; ls -A "$1" | tr '\\n' ' '; echo
mount -o remount,size=8m "$1"
"$2" "$3" "$1/file.npy"
"""
    child = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", shell, "sh", disk, sys.executable, script],
        capture_output=True, text=True, timeout=120, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    full, kept, names, roomy = child.stdout.strip().split("\n")
    assert {name: json.loads(full)[name] for name in WRITERS} == dict.fromkeys(WRITERS, "disk_full")
    assert kept == "old" and names.split() == ["file.npy"]
    assert {name: json.loads(roomy)[name] for name in WRITERS} == dict.fromkeys(WRITERS, "written")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_no_room_by_any_name_is_one_sentence(tmp_path, number):
    with pytest.raises(UserError) as refused:
        files.raise_if_disk_full(OSError(number, "no"), tmp_path / "file")
    assert refused.value.code == "disk_full"
    assert all(str(tmp_path / "file") in refused.value.message(language) for language in LANGUAGES)


@pytest.mark.parametrize("error", [OSError(errno.EACCES, "no"), OSError("no"), ValueError("(os error 13)")], ids=repr)
def test_other_errors_are_left_to_the_caller(tmp_path, error):
    files.raise_if_disk_full(error, tmp_path / "file")


def test_room_is_asked_for_before_it_is_needed(tmp_path):
    require_space(tmp_path, 1)
    with pytest.raises(UserError) as refused:
        require_space(tmp_path, 2**60)
    assert refused.value.code == "disk_full_before"
    assert refused.value.fields["needed_mb"] == 2**40
    assert refused.value.fields["free_mb"] <= shutil.disk_usage(tmp_path).total // 2**20


# JSON


def test_json_is_read_back_and_a_missing_file_is_none(tmp_path):
    value = {"名前": "赤い帽子", "numbers": [1, 2.5, None]}
    write_json(tmp_path / "value.json", value)
    assert read_json(tmp_path / "value.json") == value
    assert "赤い帽子" in (tmp_path / "value.json").read_text(encoding="utf-8")
    assert read_json(tmp_path / "none.json") is None


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_json_does_not_know_is_never_written(tmp_path, value):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "value.json", {"score": value})
    assert left_in(tmp_path) == []
