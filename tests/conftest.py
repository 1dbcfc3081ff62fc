"""For every test: no hub, no telemetry, locks of its own for each worker of pytest-xdist, files in memory, the longest first."""

import atexit
import gc
import os
import shutil
import tempfile
from pathlib import Path

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

_FIRST = ("slow", "browser", "processes", "training", "pages", "documents")
"""Folders whose tests take longest: they begin, so that no worker is left alone with one of them at the end."""


def pytest_collectstart() -> None:
    gc.disable()  # while libraries are loaded, nothing is garbage


def pytest_collection_finish() -> None:
    gc.freeze()  # nor are they looked through again and again
    gc.enable()
    atexit.register(gc.unfreeze)  # else libraries complain of what is never taken down


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tests = Path(__file__).parent

    def turn(item: pytest.Item) -> int:
        folder = item.path.relative_to(tests).parts[0]
        return _FIRST.index(folder) if folder in _FIRST else len(_FIRST)

    items.sort(key=turn)


@pytest.fixture
def kept_evidence(tmp_path_factory, monkeypatch):
    """Intervals and draws are kept by the digest of their rows: tests that only show them compute each once, all workers together."""
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "evidence"
    shared.mkdir(exist_ok=True)
    monkeypatch.setattr(Workspace, "evidence", property(lambda workspace: shared))
