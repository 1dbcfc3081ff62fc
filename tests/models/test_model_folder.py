"""A folder that lacks a part of its model is refused before anything is queued, and what is missing is named."""

import json
import shutil
from pathlib import Path

import pytest
import small

from kdmcse.errors import UserError
from kdmcse.i18n import LANGUAGES
from kdmcse.models import references

MODELS = {
    "clip": lambda: small.transformers_teacher("clip"),
    "siglip": lambda: small.transformers_teacher("siglip"),
    "open_clip": small.teacher,
    "student": small.student,
    "static": small.static_student,
    "bert": lambda: Path(small.student()).parent / "bert",
}
TEACHERS = ("clip", "siglip", "open_clip")


def copied(name: str, into: Path) -> Path:
    return Path(shutil.copytree(str(MODELS[name]()).removeprefix("local-dir:"), into / name))


def role_of(name: str) -> str:
    return "teacher" if name in TEACHERS else "student"


def refusal(folder: Path, role: str) -> UserError:
    with pytest.raises(UserError) as refused:
        references.require(str(folder), role)
    assert all(str(folder) in refused.value.message(language) for language in LANGUAGES)
    return refused.value


def written(file: Path, **changed) -> None:
    """A file of JSON with other values."""
    kept = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps(kept | changed))


@pytest.mark.parametrize("name", MODELS)
def test_a_whole_folder_will_do_wherever_it_lies(tmp_path, name):
    folder = copied(name, tmp_path)
    references.require(str(folder), role_of(name))
    references.require(f"local-dir:{folder}", role_of(name))


def test_a_module_may_lie_in_a_folder_of_its_own(tmp_path):
    folder = copied("student", tmp_path)
    (folder / "0_Transformer").mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"):
        (folder / name).rename(folder / "0_Transformer" / name)
    modules = json.loads((folder / "modules.json").read_text())
    (folder / "modules.json").write_text(json.dumps([modules[0] | {"path": "0_Transformer"}, *modules[1:]]))
    references.require(str(folder), "student")
    (folder / "0_Transformer" / "tokenizer.json").unlink()
    assert str(folder / "0_Transformer") in refusal(folder, "student").message()


@pytest.mark.parametrize(
    ("name", "lost", "named", "mended_by"),
    [
        ("clip", "processor_config.json", "preprocessor_config.json", "transformers.AutoProcessor"),
        ("siglip", "processor_config.json", "preprocessor_config.json", "transformers.AutoProcessor"),
        ("clip", "tokenizer*", "tokenizer.json", "transformers.AutoTokenizer"),
        ("bert", "tokenizer*", "tokenizer.json", "transformers.AutoTokenizer"),
        ("student", "tokenizer.json", "tokenizer.json", "transformers.AutoTokenizer"),
        ("student", "config.json", "config.json", "transformers.AutoConfig"),
        ("student", "1_Pooling/config.json", "1_Pooling/config.json", "sentence_transformers.SentenceTransformer"),
        ("static", "tokenizer.json", "tokenizer.json", "sentence_transformers.SentenceTransformer"),
    ],
)
def test_a_part_that_is_missing_is_named_with_what_brings_it(tmp_path, name, lost, named, mended_by):
    folder = copied(name, tmp_path)
    for file in list(folder.glob(lost)):
        file.unlink()
    error = refusal(folder, role_of(name))
    assert error.code == "model_part_missing"
    for language in LANGUAGES:
        assert named in error.message(language) and mended_by in error.hint(language)
        assert str(folder) in error.hint(language) and "{" not in error.hint(language)


@pytest.mark.parametrize("library", ["transformers", "sentence_transformers"])
def test_what_the_hint_says_mends_the_folder(tmp_path, library, monkeypatch):
    import sentence_transformers
    import transformers

    name, lost = {"transformers": ("clip", "processor_config.json"), "sentence_transformers": ("student", "1_Pooling")}[
        library
    ]
    folder, whole = copied(name, tmp_path), copied(name, tmp_path / "whole")
    shutil.rmtree(folder / lost) if (folder / lost).is_dir() else (folder / lost).unlink()
    call = refusal(folder, role_of(name)).fields["call"].replace("NAME", str(whole))
    monkeypatch.chdir(tmp_path)
    eval(call, {"transformers": transformers, "sentence_transformers": sentence_transformers})  # noqa: S307
    shutil.copytree(tmp_path / "parts", folder, dirs_exist_ok=True)
    references.require(str(folder), role_of(name))


def test_a_processor_that_knows_no_images_is_none(tmp_path):
    folder = copied("clip", tmp_path)
    (folder / "processor_config.json").write_text('{"processor_class": "CLIPProcessor"}')
    assert "preprocessor_config.json" in refusal(folder, "teacher").message()
    (folder / "preprocessor_config.json").write_text("{}")
    references.require(str(folder), "teacher")


def test_weights_in_several_files_must_all_be_there(tmp_path):
    folder = copied("bert", tmp_path)
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    files = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    written(folder / "model.safetensors.index.json", weight_map=files)
    assert refusal(folder, "student").fields["missing"] == ("model-00002-of-00002.safetensors",)


def test_a_tokenizer_of_bytes_needs_no_list_of_tokens(tmp_path):
    folder = copied("bert", tmp_path)
    (folder / "tokenizer.json").unlink()
    written(folder / "tokenizer_config.json", tokenizer_class="ByT5Tokenizer")
    references.require(str(folder), "student")


@pytest.mark.parametrize("role", ["teacher", "student"])
def test_weights_that_can_run_code_are_refused(tmp_path, role):
    folder = copied("bert", tmp_path)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert refusal(folder, role).code == "model_folder_without_safetensors"


@pytest.mark.parametrize("kind", ["Dense", "LayerNorm"])
def test_a_further_module_whose_weights_can_run_code_is_refused(tmp_path, kind):
    folder = copied("student", tmp_path)
    (folder / "2_Other").mkdir()
    (folder / "2_Other" / "config.json").write_text("{}")
    (folder / "2_Other" / "pytorch_model.bin").write_bytes(b"")
    modules = json.loads((folder / "modules.json").read_text())
    further = {"idx": 2, "name": "2", "path": "2_Other", "type": f"sentence_transformers.models.{kind}"}
    (folder / "modules.json").write_text(json.dumps([*modules, further]))
    error = refusal(folder, "student")
    assert error.code == "model_part_missing" and error.fields["missing"] == ("2_Other/model.safetensors",)
    (folder / "2_Other" / "model.safetensors").write_bytes(b"")
    references.require(str(folder), "student")


def test_the_weights_that_open_clip_takes_of_several_must_be_safetensors(tmp_path):
    from open_clip.factory import _find_checkpoint_in_dir

    folder = copied("open_clip", tmp_path)
    for name in ("model.safetensors", "other.safetensors"):
        for file in folder.glob("*.safetensors"):
            file.rename(folder / name)
        for other in ("model.pth", "other.bin", "open_clip_pytorch_model.bin"):
            (folder / other).write_bytes(b"")
            loaded = Path(_find_checkpoint_in_dir(folder)).name
            if loaded.endswith(".safetensors"):
                references.require(str(folder), "teacher")
            else:
                error = refusal(folder, "teacher")
                assert error.code == "teacher_weights_other_format"
                assert all(loaded in error.message(language) for language in LANGUAGES)
            (folder / other).unlink()


def test_weights_of_another_module_are_not_those_of_the_model(tmp_path):
    folder = copied("student", tmp_path)
    (folder / "model.safetensors").rename(folder / "1_Pooling" / "model.safetensors")
    assert refusal(folder, "student").code == "model_folder_without_safetensors"


@pytest.mark.parametrize("role", ["teacher", "student"])
def test_a_folder_without_a_config_is_refused(tmp_path, role):
    (tmp_path / "model").mkdir()
    assert refusal(tmp_path / "model", role).code == "model_folder_without_config"
    (tmp_path / "model" / "model.safetensors").write_bytes(b"")
    assert refusal(tmp_path / "model", role).code == "model_folder_without_config"


def test_a_teacher_of_open_clip_is_no_student(tmp_path):
    error = refusal(copied("open_clip", tmp_path), "student")
    assert error.code == "student_of_other_kind" and "open_clip" in error.message("ja")


# Prompts


@pytest.mark.parametrize("prompts", [None, ["query: "], "query: ", {"query": 3}])
def test_prompts_that_are_no_table_of_texts_are_refused(tmp_path, prompts):
    folder = copied("student", tmp_path)
    written(folder / "config_sentence_transformers.json", prompts=prompts)
    error = refusal(folder, "student")
    assert error.code == "prompts_are_no_table" and "config_sentence_transformers.json" in error.message("ja")
    assert all('"prompts": {}' in error.hint(language) for language in LANGUAGES)


@pytest.mark.parametrize("name", ["passage", "", 3, ["query"]])
def test_a_default_prompt_that_is_none_of_the_prompts_is_refused(tmp_path, name):
    folder = copied("student", tmp_path)
    written(folder / "config_sentence_transformers.json", default_prompt_name=name, prompts={"retrieval": "find: "})
    error = refusal(folder, "student")
    assert error.code == "default_prompt_unknown"
    assert all(json.dumps(name) in error.message(language) for language in LANGUAGES)
    assert "retrieval, query, document" in error.message()


@pytest.mark.parametrize(
    ("name", "prompts"),
    [(None, {}), ("query", {}), ("query", {"query": None}), ("passage", {"passage": "passage: "})],
)
def test_prompts_that_can_be_read_are_taken(tmp_path, name, prompts):
    from kdmcse.models import student

    folder = copied("student", tmp_path)
    written(folder / "config_sentence_transformers.json", default_prompt_name=name, prompts=prompts)
    assert student.default_prompt(student.load(folder)) == (prompts.get(name) or "")
