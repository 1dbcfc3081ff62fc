"""A student of a family that needs a prompt is told by its name, unless its prompt is stored with it."""

import json
from pathlib import Path

import pytest

from kdmcse.models import prompts


def folder(path: Path, **files) -> str:
    path.mkdir(parents=True)
    for name, content in files.items():
        (path / f"{name}.json").write_text(json.dumps(content))
    return str(path)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("multilingual-e5-small", "e5"), ("E5_base", "e5"), ("me5", "e5"), ("ruri-small-v2", "ruri"), ("Ruri", "ruri"),
        ("all-MiniLM-L6-v2", None), ("3e5f01", None), ("ruridashi", None),
        ("multilingual-e5-large-instruct", None), ("ruri-v3-30m", None),  # made with other prompts, or none
    ],
)  # fmt: skip
def test_the_family_is_known_by_the_name_of_folder_config_and_hub(tmp_path, name, family, monkeypatch):
    monkeypatch.setattr("kdmcse.models.references.cached", lambda *_: None)
    assert prompts.missing(folder(tmp_path / name, config={})) == family
    assert prompts.missing(folder(tmp_path / "model", config={"_name_or_path": f"maker/{name}"})) == family
    assert prompts.missing(f"maker/{name}") == family


def test_a_prompt_that_is_stored_is_not_missed(tmp_path):
    own = {"default_prompt_name": "query", "prompts": {"query": "query: "}}
    assert prompts.missing(folder(tmp_path / "own" / "e5", config_sentence_transformers=own)) is None
    none = {"default_prompt_name": None, "prompts": {}}
    assert prompts.missing(folder(tmp_path / "none" / "e5", config_sentence_transformers=none)) == "e5"


def test_what_cannot_be_read_is_left_to_loading(tmp_path):
    damaged = Path(folder(tmp_path / "e5"))
    (damaged / "config.json").write_text("{")
    (damaged / "config_sentence_transformers.json").write_text("[]")
    assert prompts.missing(str(damaged)) == "e5"
    assert prompts.missing("") is prompts.missing(str(tmp_path / "nowhere")) is None
