"""How a model reads is told by its files as it is by the loaded model."""

import json
import shutil
from pathlib import Path

import pytest
import small

from kdmcse import sample
from kdmcse.config import TrainingConfig
from kdmcse.models import readers, student
from kdmcse.store.reads import noting

TEXTS = ["a red mug", "Straße 漢字 é", "", "青いマグカップの帽子 " * 40]


def copy_of(model: str, to: Path, **changed: dict) -> str:
    """The model with these keys of its JSON files changed."""
    shutil.copytree(model, to)
    for name, content in changed.items():
        file = to / f"{name}.json"
        known = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps(known | content))
    return str(to)


def alike(one: readers.Reader, other: readers.Reader) -> bool:
    """Whether two readers read the same."""
    facts = ((reader.limit, reader.marks, reader.unknown, reader.tokens(TEXTS)) for reader in (one, other))
    return len({str(fact) for fact in facts}) == 1


@pytest.mark.parametrize("prompt", ["own", "e5"])
def test_files_tell_what_the_loaded_model_tells(tmp_path, prompt):
    own = {"prompts": {"query": "red "}, "default_prompt_name": "query"}
    shorter, positions = {"max_seq_length": 12}, {"model_max_length": 10**30}
    for number, model in enumerate(
        (
            sample.STUDENT,
            small.static_student(),
            small.student(),
            copy_of(small.student(), tmp_path / "own", config_sentence_transformers=own),
            copy_of(small.student(), tmp_path / "short", sentence_bert_config=shorter),
            copy_of(small.student(), tmp_path / "positions", tokenizer_config=positions),
        )
    ):
        loaded = student.reader(student.load(model, device="cpu", prompt=prompt))
        assert alike(readers.of_files(model, prompt), loaded), number


def test_a_model_of_images_and_texts_reads_as_many_tokens_as_its_text_model_has_positions():
    assert readers.of_files(str(small.transformers_teacher("clip"))).limit == 24, "of 64 that the tokenizer allows"


def test_a_static_embedding_still_encodes_as_before_after_it_was_counted():
    encoder = student.load(small.static_student(), device="cpu")
    encoder.tokenizer.enable_truncation(4)
    before = student.encode(encoder, TEXTS)
    assert student.reader(encoder).limit == 4
    assert (student.encode(encoder, TEXTS) == before).all()


def test_what_cannot_be_read_without_the_model_says_nothing(tmp_path):
    damaged = copy_of(small.student(), tmp_path / "damaged")
    (Path(damaged) / "tokenizer.json").write_text("{")
    for model in ("", "nobody/has-this", str(tmp_path / "nowhere"), damaged, "x" * 5000, __file__):
        assert readers.of_files(model, TrainingConfig().prompt) is None


def test_a_model_that_was_replaced_is_noticed(tmp_path):
    model = copy_of(small.student(), tmp_path / "model")
    with noting() as reads:
        readers.of_files(model)
    assert reads.unchanged()
    (tmp_path / "model" / "tokenizer.json").write_text("{}")
    assert not reads.unchanged()
