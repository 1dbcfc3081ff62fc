"""A model is a folder or a hub name; what cannot be used is refused at once, in words, before anything is loaded."""

import os
import shutil
import time
from pathlib import Path

import pytest

from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.models import references

ROLES = ["teacher", "student"]


@pytest.fixture(autouse=True)
def an_empty_cache(tmp_path, monkeypatch):
    """Nothing was ever downloaded."""
    import huggingface_hub.constants
    import huggingface_hub.file_download

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def folder(path: Path, *names: str) -> Path:
    path.mkdir(parents=True)
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(f"content of {name}")
    return path


def refusal(ref: object, role: str) -> UserError:
    with pytest.raises(UserError) as refused:
        references.require(str(ref), role)
    name = str(ref).removeprefix("local-dir:")
    assert all(name in refused.value.message(language) for language in LANGUAGES)
    return refused.value


# Folders and files


@pytest.mark.parametrize("role", ROLES)
def test_a_folder_that_is_not_there_is_refused(tmp_path, role):
    for ref in (tmp_path / "none", f"local-dir:{tmp_path / 'none'}", "./none-here", "../none-here"):
        assert refusal(ref, role).code == f"{role}_unknown"


@pytest.mark.parametrize("role", ROLES)
def test_a_file_of_weights_is_no_model(tmp_path, role):
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"")
    assert refusal(path, role).code == "model_is_a_file"


@pytest.mark.parametrize("suffix", [".parquet", ".npy", ".NPY"])
def test_a_file_of_vectors_is_a_teacher_but_no_student(tmp_path, suffix):
    path = tmp_path / f"vectors{suffix}"
    path.write_bytes(b"")
    references.require(str(path), "teacher")
    assert refusal(path, "student").code == "model_is_a_file"


# Names


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", ["a/b/c", "no such model", "a//b", "org/", "/", "model!", "a\\b", "a\0b"])
def test_what_can_be_no_name_is_refused_without_asking_the_hub(role, name, monkeypatch):
    monkeypatch.setattr(references, "hub_is_reachable", lambda *_: pytest.fail("the hub was asked"))
    monkeypatch.setattr(references, "is_cached", lambda *_: False)
    assert refusal(name, role).code in (f"{role}_unknown", "model_folder_without_config")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "name", ["x" * 5000, "/" + "x" * 5000, "~nobody-of-this-name/model"], ids=lambda name: name[:9]
)
def test_a_name_that_the_file_system_cannot_take_is_refused_too(role, name):
    with pytest.raises(UserError):
        references.require(name, role)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "name", ["all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2", "hf-hub:org/model", "日本語"]
)
def test_a_hub_that_cannot_be_reached_is_told_within_seconds(role, name):
    started = time.monotonic()
    error = refusal(name, role)
    assert time.monotonic() - started < 5
    assert error.code == "hub_unreachable" and error.fields["host"] == "huggingface.co"


def test_a_hub_that_refuses_the_connection_is_told_within_seconds(monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE")
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(references, "_hub_host", lambda: "127.0.0.1")
    started = time.monotonic()
    assert not references.hub_is_reachable()
    assert time.monotonic() - started < 5


def test_what_was_downloaded_before_needs_no_hub(tmp_path, monkeypatch):
    import huggingface_hub

    config = tmp_path / "config.json"
    config.write_text("{}")
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda name, file: str(config))
    references.require("org/model", "student")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "error", [OSError("no file"), ValueError("bad\nsecond line"), KeyError("embed_dim"), RuntimeError()]
)
def test_what_a_library_raises_becomes_a_sentence_that_names_the_model(tmp_path, role, error):
    with pytest.raises(UserError) as refused, references.loading(str(tmp_path), role):
        raise error
    assert refused.value.code == f"{role}_unloadable" and str(tmp_path) in refused.value.message()
    assert refused.value.fields["reason"] and "\n" not in refused.value.fields["reason"]
    assert refused.value.__cause__ is error


@pytest.mark.parametrize("role", ROLES)
def test_a_hub_that_cannot_be_reached_is_to_blame_only_where_nothing_was_downloaded(tmp_path, role, monkeypatch):
    def refused() -> UserError:
        with pytest.raises(UserError) as caught, references.loading("org/model", role):
            raise ValueError("a layer of another shape")
        return caught.value

    assert refused().code == "hub_unreachable"
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda name, file: str(tmp_path / file))
    assert refused().code == f"{role}_unloadable" and refused().fields["reason"] == "a layer of another shape"


def test_what_a_library_says_at_length_ends_where_a_sentence_of_it_ends(tmp_path):
    with pytest.raises(UserError) as refused, references.loading(str(tmp_path), "teacher"):
        raise OSError(
            f"Can't load it for '/a.b/c'. {'Make sure that it is there. ' * 8}Otherwise look {'elsewhere ' * 20}"
        )
    assert refused.value.message().endswith("Make sure that it is there.") and len(refused.value.fields["reason"]) < 300


def test_a_sentence_stays_itself_while_loading(tmp_path):
    with pytest.raises(UserError) as refused, references.loading(str(tmp_path), "teacher"):
        raise UserError("vectors_missing", file="v.npy", count=1, first="a")
    assert refused.value.code == "vectors_missing"


# Where they are read


def test_what_is_here_is_known_by_its_whole_path_and_a_name_stays_a_name(tmp_path, monkeypatch):
    whole = str(folder(tmp_path / "org" / "model", "config.json"))
    monkeypatch.chdir(tmp_path / "org")
    monkeypatch.setenv("HOME", str(tmp_path))
    for ref in ("model", "./model", "../org/model", "~/org/model", whole):
        assert references.absolute(ref) == whole
    assert references.absolute("local-dir:model") == references.absolute(f"local-dir:{whole}") == f"local-dir:{whole}"
    for ref in ("org/model", "hf-hub:org/model", "ViT-B-32/laion2b_s34b_b79k", "./none", "~/none", "a\0b", "x" * 5000):
        assert references.absolute(ref) == ref


# Digests


def test_the_digest_follows_the_content_and_not_the_place(tmp_path):
    one = folder(tmp_path / "one", "config.json", "sub/model.safetensors")
    other = shutil.copytree(one, tmp_path / "far" / "away")
    assert references.digest(str(one)) == references.digest(f"local-dir:{other}")
    moved = one.rename(tmp_path / "moved")
    assert references.digest(str(moved)) == references.digest(str(other))


@pytest.mark.parametrize("change", ["content", "name", "new file", "gone"])
def test_the_digest_changes_with_any_file(tmp_path, change):
    path = folder(tmp_path / "model", "config.json", "model.safetensors")
    before = references.digest(str(path))
    if change == "content":
        (path / "model.safetensors").write_text("content of model.safetensorz")
    elif change == "name":
        (path / "config.json").rename(path / "modules.json")
    elif change == "new file":
        (path / "vocab.txt").write_text("")
    else:
        (path / "config.json").unlink()
    assert references.digest(str(path)) != before


def test_one_flipped_bit_is_another_digest(tmp_path):
    path = folder(tmp_path / "model", "model.safetensors")
    weights = path / "model.safetensors"
    before, old = references.digest(str(path)), weights.stat()
    content = bytearray(weights.read_bytes())
    content[3] ^= 1
    weights.write_bytes(content)
    os.utime(weights, ns=(old.st_atime_ns, old.st_mtime_ns + 1))
    assert references.digest(str(path)) != before


def test_the_digest_of_a_name_is_of_the_name_and_the_versions():
    assert references.digest("org/model") == references.digest("org/model")
    assert len({references.digest("org/model"), references.digest("org/other"), references.digest("org/model", 2)}) == 3


def test_a_file_of_vectors_has_a_digest_of_its_content(tmp_path):
    path = tmp_path / "vectors.npy"
    path.write_bytes(b"one")
    before = references.digest(str(path))
    (tmp_path / "else").mkdir()
    assert references.digest(str(path.rename(tmp_path / "else" / "vectors.npy"))) == before


def test_kept_vectors_are_the_same_teacher_when_further_ones_come(tmp_path):
    kept, other = (folder(tmp_path / name, "teacher.json", "vectors-00000.npy") for name in ("0a1b", "2c3d"))
    before = references.digest(str(kept))
    (kept / ".lock").touch()
    (kept / "vectors-00001.npy").write_text("of a word that is new")
    assert references.digest(str(kept)) == before != references.digest(str(other))
