"""For every test: no hub, no telemetry, locks of its own for each worker of pytest-xdist, files in memory, the longest first."""

import atexit
import gc
import os
import shutil
import tempfile
from pathlib import Path

import hypothesis
import pytest

from kdmcse.store.workspace import Workspace

_MEMORY, _ROOM = Path("/dev/shm"), 2**31
if "TMPDIR" not in os.environ and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM:
    # A disk is waited for at every fsync, and nothing of a test outlives the machine.
    os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)

_LOCKS = tempfile.TemporaryDirectory(prefix="kdmcse-locks-", ignore_cleanup_errors=True)

os.environ["OMP_NUM_THREADS"] = "1"  # tests run beside each other, and their models are tiny
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["KDMCSE_LOCKS"] = _LOCKS.name

hypothesis.settings.register_profile("here", deadline=None)  # of one example: the machine may do other work
hypothesis.settings.load_profile("here")

_LONG = ("slow", "browser", "processes", "training", "pages", "documents")
"""Folders whose tests take longest."""


_BOTH_LANGUAGES = ("test_pages.py", "test_one_number.py", "test_walk.py")
"""What opens every page. Elsewhere a form or document that was tried in one language is tried in the other by the longer suite alone."""


def pytest_itemcollected(item: pytest.Item) -> None:
    tried = getattr(getattr(item, "callspec", None), "params", {}).get("language")
    if (
        tried == "ja"
        and _folder(item) in ("pages", "dashboard", "documents", "browser")
        and item.path.name not in _BOTH_LANGUAGES
    ):
        item.add_marker(pytest.mark.slow)


def pytest_collectstart() -> None:
    gc.disable()  # while libraries are loaded, nothing is garbage


def pytest_collection_finish() -> None:
    gc.freeze()  # nor are they looked through again and again
    gc.enable()
    atexit.register(gc.unfreeze)  # else libraries complain of what is never taken down


@pytest.hookimpl(trylast=True)  # of the tests that are chosen
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each worker begins with long tests, so that none is left alone with one at the end: worksteal gives each an equal part of the row."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    hands: list[list[pytest.Item]] = [[] for _ in range(workers)]
    short = []
    for item in sorted(items, key=_turn):
        (hands[_turn(item) % workers] if _turn(item) < len(_LONG) else short).append(item)
    dealt = []
    for k, hand in enumerate(hands):
        room = (len(items) - len(dealt)) // (workers - k) - len(hand)
        dealt += hand + short[: max(0, room)]
        del short[: max(0, room)]
    items[:] = dealt + short


def _turn(item: pytest.Item) -> int:
    return _LONG.index(_folder(item)) if _folder(item) in _LONG else len(_LONG)


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).parts[0]


@pytest.fixture
def kept_evidence(tmp_path_factory, monkeypatch):
    """Intervals and draws are kept by the digest of their rows: tests that only show them compute each once, all workers together."""
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "evidence"
    shared.mkdir(exist_ok=True)
    monkeypatch.setattr(Workspace, "evidence", property(lambda workspace: shared))
