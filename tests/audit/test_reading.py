"""Texts that a model cuts and words that it does not know, counted by its own tokenizer."""

from pathlib import Path

import pandas as pd
import pytest
import small

from kdmcse import sample
from kdmcse.audit.reading import Reading, before_training, student_readings, teacher_reading
from kdmcse.config import TrainingConfig
from kdmcse.data import import_dataset
from kdmcse.models import readers, student
from kdmcse.models.readers import Reader

SHARED = Path(__file__).parents[3] / "shared"


def words(texts):
    """Each word a token of its own number; 1 is what is not known."""
    known = {"red": 5, "blue": 6, "mug": 7}
    return [[known.get(word, 1) for word in text.split()] for text in texts]


def reading(texts, limit, unknown=1) -> Reading:
    """By a reader of words that puts a mark before and after a text."""
    return Reading.of("student", "captions", words(texts), Reader(words, limit, 2, unknown))


def test_what_is_cut_what_then_is_alike_and_what_is_unknown_is_counted():
    found = reading(["red mug", "red mug blue", "red mug red", "blue mug red", "a mug"], limit=4)
    assert (found.texts, found.limit) == (5, 4)
    assert found.cut == 3
    # Of the three that are cut two begin alike, and so does the first, which is whole.
    assert found.alike == 2
    assert found.unknown == 1


def test_without_a_mark_for_it_nothing_is_unknown_and_without_a_limit_nothing_is_cut():
    found = reading(["a mug", "mug " * 999], limit=None, unknown=-1)
    assert (found.cut, found.alike, found.unknown) == (0, 0, 0)


SETTINGS = TrainingConfig(max_length=6)
TEXTS = ["red", "a mug in red and blue and green", "mug é"]


def test_a_student_is_counted_as_it_is_used_and_as_it_is_trained():
    reader = student.reader(student.load(small.student(), device="cpu"))
    use, training = student_readings(reader, {"captions": TEXTS}, SETTINGS)
    assert (use.model, use.limit, use.cut) == ("student", 64, 0)
    assert (training.model, training.limit) == ("training", 6)
    assert training.cut == 1  # letters are its tokens
    assert use.unknown == 1
    [alone] = student_readings(reader, {"captions": TEXTS}, TrainingConfig(max_length=64))
    assert alone == use


def test_a_static_embedding_reads_all_in_use_and_knows_no_more_words_than_others():
    use, training = student_readings(
        student.reader(student.load(small.static_student(), device="cpu")), {"captions": TEXTS}, SETTINGS
    )
    assert (use.limit, use.cut, use.unknown) == (None, 0, 1)
    assert (training.limit, training.cut) == (6, 1)


def kinds(tmp_path, *, without=()) -> dict[str, Path]:
    """Files of every kind of texts; each has one that a student of six tokens does not read to its end, and captions have one more."""
    files = {
        "pairs": "image,caption,split\na.jpg,a mug in red and more,train\nb.jpg,a blue cap beside it,train\nc.jpg,red,test",
        "texts": "a sentence of its own\nmug",
        "sts": "sentence1,sentence2,score\nthe same judged twice,cap,1\nthe same judged twice,vase,2",
        "decisions": "text_a,text_b,match\nmug,a lamp in the corner,yes\nbag,cap,no",
        "faq": "question,answer\nwhere is it now,cap\nwho,in the drawer below",
    }
    for kind, content in files.items():
        (tmp_path / f"{kind}.csv").write_text(f"{content}\n")
    (tmp_path / "texts.csv").rename(tmp_path / "texts.txt")
    paths = {kind: tmp_path / f"{kind}.{'txt' if kind == 'texts' else 'csv'}" for kind in files}
    return {kind: path for kind, path in paths.items() if kind not in without}


@pytest.mark.parametrize("model", [small.student, small.static_student])
def test_before_a_training_every_kind_of_texts_is_counted_by_itself_with_and_without_pairs(workspace, tmp_path, model):
    dataset = import_dataset(workspace, name="all", **kinds(tmp_path))
    found = {(one.model, one.kind): one for one in before_training(dataset, SETTINGS, model())}
    every = ("captions", "texts", "judged", "decided", "questions", "answers")
    assert [kind for of, kind in found if of == "student"] == [*every]
    assert [found["student", kind].texts for kind in every] == [3, 2, 3, 4, 2, 2]
    assert [(kind, found[of, kind].cut) for of, kind in found if of == "training"] == [("captions", 2), ("texts", 1)]
    alone = import_dataset(workspace, name="alone", **kinds(tmp_path, without=("pairs",)))
    assert {one.kind for one in before_training(alone, SETTINGS, model())} == set(every) - {"captions"}
    for use in ("left_out", "auto"):
        left_out = TrainingConfig(max_length=6, texts=use)
        assert {one.kind for one in before_training(dataset, left_out, model())} == set(every) - {"texts"}
    automatic = TrainingConfig(max_length=6, texts="auto")
    assert {one.kind for one in before_training(alone, automatic, model())} == set(every) - {"captions"}
    dataset.manifest["counts"]["train"] = 0  # all its pairs are held out
    assert {one.kind for one in before_training(dataset, automatic, model())} == set(every), "as the training has it"


def test_a_teacher_of_sentences_is_counted_on_what_is_learnt_and_a_model_that_is_not_here_says_nothing(
    workspace, tmp_path
):
    dataset = import_dataset(workspace, name="all", **kinds(tmp_path))
    found = before_training(dataset, SETTINGS, "nobody/has-this", small.student())
    assert [(one.model, one.kind, one.limit) for one in found] == [
        ("text_teacher", "captions", 64),
        ("text_teacher", "texts", 64),
    ]


def test_a_teacher_is_counted_by_its_own_length():
    found = teacher_reading(small.teacher(), ["red mug", "a mug in red and blue and green and more"])
    assert (found.model, found.limit, found.cut) == ("teacher", 24, 1)


def test_a_teacher_whose_tokenizer_allows_more_than_it_can_read_is_counted_by_what_it_reads():
    found = teacher_reading(str(small.transformers_teacher("clip")), ["red mug", "red mug " * 40])
    assert (found.limit, found.cut) == (24, 1)


def test_vectors_that_were_made_elsewhere_read_nothing(tmp_path):
    file = tmp_path / "vectors.parquet"
    pd.DataFrame({"content": ["a"], "vector": [[1.0, 2.0]]}).to_parquet(file)
    assert teacher_reading(str(file), ["a"]) is None


@pytest.mark.real
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared pilot data is not on this computer")
def test_captions_that_differ_only_beyond_what_is_read_are_told():
    captions = pd.read_csv(SHARED / "cases/long_captions.csv", dtype=str)["caption"].tolist()
    captions = list(dict.fromkeys(captions))
    [use, *_] = student_readings(readers.of_files(sample.STUDENT), {"captions": captions}, TrainingConfig())
    for found in (use, teacher_reading(sample.TEACHER, captions)):
        assert found.texts == len(captions) and found.cut == found.alike >= 18
