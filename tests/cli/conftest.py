"""A workspace of its own for every test of the shell, and the shell itself."""

import shutil
from pathlib import Path

import pytest
import small
from filelock import FileLock

from kdmcse import data
from kdmcse.cli import app
from kdmcse.store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path, monkeypatch) -> Workspace:
    monkeypatch.setenv("KDMCSE_WORKSPACE", str(tmp_path / "must not be used"))
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def nobody_works(workspace):
    """A worker that does nothing: what is queued stays queued, and no other worker is started."""
    with FileLock(workspace.path / "worker.lock"):
        yield


@pytest.fixture
def shell(workspace, capsys):
    """Run a command on the workspace; its exit status, stdout and stderr."""

    def run(command: str, *arguments: object) -> tuple[int, str, str]:
        status = app.main([command, "--workspace", str(workspace.path), *map(str, arguments)])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return status, out, err

    return run


@pytest.fixture
def shop(workspace, tmp_path) -> data.PairDataset:
    """A dataset named SHOP with two sentences in it."""
    texts = tmp_path / "texts.txt"
    texts.write_text("one sentence\n二つ目の文\n", encoding="utf-8")
    return data.import_dataset(workspace, name="SHOP", texts=texts)


@pytest.fixture
def model(tmp_path) -> Path:
    """A student's folder of its own, which a test may move or change."""
    return Path(shutil.copytree(small.student(), tmp_path / "student"))


@pytest.fixture
def snapshot():
    """A function: every file below a folder with its content, every folder."""

    def take(folder: Path) -> dict[str, bytes | None]:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
            for path in sorted(folder.rglob("*"))
            if path.name != "worker.lock"
        }

    return take
