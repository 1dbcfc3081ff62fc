"""Uploaded files are on disk for as long as they are read, and their names never become paths."""

import io
import os
import time
import zipfile

import pytest

from dashboard import uploads
from kdmcse.errors import UserError
from kdmcse.store.workspace import Workspace


class Upload(io.BytesIO):
    def __init__(self, name: str, content: bytes) -> None:
        super().__init__(content)
        self.name, self.size = name, len(content)


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def test_files_of_the_browser_are_there_for_the_block_and_gone_after_it(workspace):
    given = {
        "pairs": Upload("../../etc/pass wd.csv", b"image,caption\n"),
        "images": Upload("Photos.ZIP", b"PK"),
        "sts": None,
    }
    with uploads.received(workspace, given) as files:
        assert set(files) == {"pairs", "images"}
        assert files["pairs"].name == "pass_wd.csv" and files["images"].name == "Photos.ZIP"
        assert all(path.is_relative_to(workspace.path / "uploads") for path in files.values())
        assert files["pairs"].read_bytes() == b"image,caption\n"
    assert not list((workspace.path / "uploads").iterdir())


def test_they_are_gone_after_a_failure_too(workspace):
    with pytest.raises(UserError), uploads.received(workspace, {"pairs": Upload("a.csv", b"x")}):
        raise UserError("nothing_to_import")
    assert not list((workspace.path / "uploads").iterdir())


def test_several_images_become_one_zip_with_their_names_as_text(workspace):
    pictures = [Upload("folder/a.jpg", b"1"), Upload("..\\..\\b.jpg", b"2")]
    with uploads.received(workspace, {"images": pictures}) as files, zipfile.ZipFile(files["images"]) as archive:
        assert archive.namelist() == ["folder/a.jpg", "../../b.jpg"]
        assert archive.read("folder/a.jpg") == b"1"


@pytest.mark.parametrize("name", ["", "..", "/", "a/..", "\0", "." * 300, "文" * 100 + ".csv"])
def test_odd_names_stay_inside(workspace, name):
    with uploads.received(workspace, {"pairs": Upload(name, b"x")}) as files:
        assert files["pairs"].read_bytes() == b"x"
        assert files["pairs"].resolve().is_relative_to(workspace.path / "uploads")


def test_what_a_killed_server_left_goes_after_a_day(workspace):
    old, new = workspace.path / "uploads" / "old", workspace.path / "uploads" / "new"
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (time.time() - 2 * 86_400,) * 2)
    with uploads.received(workspace, {}):
        assert new.exists() and not old.exists()
