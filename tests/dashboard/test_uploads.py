"""What the browser sent is on disk until it is imported, and its names never become paths."""

import io
import os
import time
import zipfile

import pytest

from dashboard import uploads
from kdmcse.data.drafts import KEPT_DAYS, open_upload
from kdmcse.errors import UserError
from kdmcse.store.workspace import Workspace


class Upload(io.BytesIO):
    def __init__(self, name: str, content: bytes) -> None:
        super().__init__(content)
        self.name, self.size = name, len(content)


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def test_files_are_there_for_every_visit_until_they_are_taken_out(workspace):
    draft = open_upload(workspace)
    uploads.keep(draft, "pairs", [Upload("../../etc/pass wd.csv", b"image,caption\n")])
    uploads.keep(draft, "images", [Upload("Photos.ZIP", b"PK")])
    files = open_upload(workspace).files()
    assert list(files) == ["images", "pairs"]
    assert files["pairs"].path.name == "pass_wd.csv" and files["images"].path.name == "Photos.ZIP"
    assert all(file.path.is_relative_to(workspace.drafts) for file in files.values())
    assert files["pairs"].path.read_bytes() == b"image,caption\n" and files["pairs"].bytes == 14
    draft.take_out("pairs")
    assert list(draft.files()) == ["images"]
    draft.discard()
    assert draft.is_empty() and not list((workspace.drafts / "import").iterdir())


def test_a_file_takes_the_place_of_the_one_before(workspace):
    draft = open_upload(workspace)
    for name in ("one.csv", "two.csv"):
        uploads.keep(draft, "pairs", [Upload(name, name.encode())])
    assert [file.path.name for file in draft.files().values()] == ["two.csv"]


def test_several_images_become_one_zip_with_their_names_as_text(workspace):
    draft = open_upload(workspace)
    uploads.keep(draft, "images", [Upload("folder/a.jpg", b"1"), Upload("..\\..\\b.jpg", b"2")])
    with zipfile.ZipFile(draft.files()["images"].path) as archive:
        assert archive.namelist() == ["folder/a.jpg", "../../b.jpg"]
        assert archive.read("folder/a.jpg") == b"1"


def test_more_images_are_added_to_those_that_were_chosen_before_and_never_to_a_zip(workspace):
    draft = open_upload(workspace)
    uploads.keep(draft, "images", [Upload("a.jpg", b"1"), Upload("b.jpg", b"2")])
    uploads.keep(draft, "images", [Upload("b.jpg", b"3"), Upload("c.jpg", b"4")])
    with zipfile.ZipFile(draft.files()["images"].path) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "a.jpg": b"1",
            "b.jpg": b"3",
            "c.jpg": b"4",
        }
    uploads.keep(draft, "images", [Upload("all.zip", b"PK")])
    assert draft.files()["images"].path.read_bytes() == b"PK"


@pytest.mark.parametrize("name", ["", "..", "/", "a/..", "\0", "." * 300, "文" * 100 + ".csv"])
def test_odd_names_stay_inside(workspace, name):
    draft = open_upload(workspace)
    uploads.keep(draft, "pairs", [Upload(name, b"x")])
    [file] = draft.files().values()
    assert file.path.read_bytes() == b"x"
    assert file.path.resolve().is_relative_to(workspace.drafts)


def test_without_room_nothing_changes(workspace, monkeypatch):
    draft = open_upload(workspace)
    uploads.keep(draft, "pairs", [Upload("a.csv", b"x")])
    monkeypatch.setattr("kdmcse.store.files.free_bytes", lambda folder: 1)
    with pytest.raises(UserError, match="not enough room"):
        uploads.keep(draft, "pairs", [Upload("b.csv", b"xyz")])
    assert [file.path.name for file in draft.files().values()] == ["a.csv"]


def test_what_nobody_touched_for_days_is_gone(workspace):
    draft = open_upload(workspace)
    uploads.keep(draft, "pairs", [Upload("a.csv", b"x")])
    for days, there in ((KEPT_DAYS - 1, True), (KEPT_DAYS + 1, False)):
        os.utime(draft.folder / "content.json", (time.time() - days * 86_400,) * 2)
        assert bool(open_upload(workspace).files()) is there


def test_what_a_killed_server_left_goes_after_a_day(workspace):
    draft = open_upload(workspace)
    draft.keep({"name": "x", "columns": {}})
    places = [draft.folder / "files" / name for name in (".writing-old", ".writing-new")]
    for folder in places:
        folder.mkdir(parents=True)
    os.utime(places[0], (time.time() - 2 * 86_400,) * 2)
    assert open_upload(workspace).files() == {}
    assert [folder.exists() for folder in places] == [False, True]


def test_archives_are_not_packed_into_another_one_where_no_image_would_be_found(workspace):
    draft = open_upload(workspace)
    for second in (Upload("b.ZIP", b"PK"), Upload("b.jpg", b"1")):
        with pytest.raises(UserError) as refused:
            uploads.keep(draft, "images", [Upload("a.zip", b"PK"), second])
        assert refused.value.code == "several_archives" and "a.zip" in refused.value.message("en")
    assert draft.is_empty()
