"""Captions that a model cuts and words that it does not know, counted by its own tokenizer."""

from pathlib import Path

import pandas as pd
import pytest
import small

from kdmcse import sample
from kdmcse.audit.reading import Reading, student_readings, teacher_reading
from kdmcse.models import student

SHARED = Path(__file__).parents[3] / "shared"


def words(texts):
    """Each word a token of its own number, between marks; 1 is what is not known."""
    known = {"red": 5, "blue": 6, "mug": 7}
    return [[2, *(known.get(word, 1) for word in text.split()), 3] for text in texts]


def test_what_is_cut_what_then_is_alike_and_what_is_unknown_is_counted():
    texts = ["red mug", "red mug blue", "red mug red", "blue mug red", "a mug", "red mug"]
    found = Reading.of("student", texts, words, 4, 1)
    assert (found.texts, found.limit) == (5, 4)  # each text once
    assert found.cut == 3
    # Of the three that are cut two begin alike, and so does the first, which is whole.
    assert found.alike == 2
    assert found.unknown == 1


def test_without_a_mark_for_it_nothing_is_unknown():
    assert Reading.of("teacher", ["a", "mug"], words, 9, -1).unknown == 0


def test_a_student_is_counted_as_it_is_used_and_as_it_is_trained():
    encoder = student.load(small.student(), device="cpu")
    texts = ["red", "a mug in red and blue and green", "mug é"]
    use, training = student_readings(encoder, texts, 6)
    assert (use.model, use.limit, use.cut) == ("student", 64, 0)
    assert (training.model, training.limit) == ("training", 6)
    assert training.cut == 1  # letters are its tokens
    assert use.unknown == 1
    assert [one.model for one in student_readings(encoder, texts, 64)] == ["student"]


def test_a_teacher_is_counted_by_its_own_length():
    found = teacher_reading(small.teacher(), ["red mug", "a mug in red and blue and green and more"])
    assert (found.model, found.limit, found.cut) == ("teacher", 24, 1)


def test_vectors_that_were_made_elsewhere_read_nothing(tmp_path):
    file = tmp_path / "vectors.parquet"
    pd.DataFrame({"content": ["a"], "vector": [[1.0, 2.0]]}).to_parquet(file)
    assert teacher_reading(str(file), ["a"]) is None


@pytest.mark.real
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared pilot data is not on this computer")
def test_captions_that_differ_only_beyond_what_is_read_are_told():
    captions = pd.read_csv(SHARED / "cases/long_captions.csv", dtype=str)["caption"].tolist()
    [use, *_] = student_readings(student.load(sample.STUDENT, device="cpu"), captions, 64)
    for found in (use, teacher_reading(sample.TEACHER, captions)):
        assert found.texts == len(set(captions)) and found.cut == found.alike >= 18
