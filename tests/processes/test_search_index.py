"""Every caption can be searched once a job has made its vectors, and by a picture where the new model has learnt beside pictures."""

import shutil
import time

import numpy as np
import pytest
from example_live import live_poc

from kdmcse.demonstration import answer, index_of, items_of
from kdmcse.demonstration.index import has_pictures, has_vectors, picture_index
from kdmcse.models import calibration, student, teachers
from kdmcse.processes import search_index
from kdmcse.processes.query_encoder import PictureReader, QueryEncoder


@pytest.fixture(scope="module")
def poc(tmp_path_factory):
    return live_poc(tmp_path_factory.mktemp("live"))


@pytest.fixture(scope="module")
def made(poc):
    """The job has run."""
    assert search_index.status(poc.new, poc.current) == "none"
    search_index.start(poc.new, poc.current)
    end = time.monotonic() + 200
    while search_index.status(poc.new, poc.current) == "running":
        assert time.monotonic() < end
        time.sleep(0.1)
    assert search_index.status(poc.new, poc.current) == "done", search_index.job(poc.new).log()
    return poc


def test_every_caption_has_a_vector_of_each_model(made):
    items = items_of(made.dataset, "everything")
    for run in (made.current, made.new):
        index = index_of(run, items)
        captions = list(items.table["caption"])
        expected = student.encode(student.load(run.student, device="cpu"), captions)
        assert index.vectors.dtype == np.float32 and np.allclose(index.vectors, expected, atol=1e-5)
    assert search_index.job(made.new).progress() == {"share": 1.0}


def test_a_search_among_everything_finds_what_was_trained_on(made):
    items = items_of(made.dataset, "everything")
    indexes = [index_of(run, items) for run in (made.current, made.new)]
    found = answer(items, "red mug", *((index, index.of(items.place["red mug"])) for index in indexes))
    trained = set(made.dataset.pairs.loc[~made.dataset.pairs["held_out"], "pair"])
    assert found.left_out and set(found.new.pairs) & trained


def test_a_picture_finds_the_captions_that_stand_beside_it(made, tmp_path):
    assert search_index.reads_pictures(made.new) and has_pictures(made.new)
    items = items_of(made.dataset, "held_out")
    index = picture_index(made.new, made.dataset, items)
    picture = made.dataset.image_path(items.table["image"].iat[0])
    settings = made.new.config.training
    assert settings.teacher_centring == "off"
    encoder = QueryEncoder(tmp_path / "log.txt")
    try:
        reader = PictureReader(
            made.new.config.teacher, str(made.new.folder / "heads.safetensors"), None, settings.teacher_length == "unit"
        )
        vector = encoder.encode_picture(picture, reader)
    finally:
        encoder.close()
    [seen] = teachers.load(made.new.config.teacher).embed_images([(picture, "one")])
    seen = calibration.in_half_precision(seen)
    seen = calibration.unit(seen) if settings.teacher_length == "unit" else seen
    heads = student.CrossModalHeads(made.new.folder / "heads.safetensors")
    assert np.allclose(vector, heads.images(seen)[0], atol=1e-4)
    pooled = student.encode_pooled(student.load(made.new.student, device="cpu"), list(items.table["caption"]))
    cosines = heads.sentences(pooled) @ vector
    found = answer(items, None, None, (index, vector))
    assert [hit.caption for hit in found.new.hits][0] == items.table["caption"].iat[int(cosines.argmax())]


def test_a_model_that_learnt_without_pictures_reads_none(made, tmp_path):
    assert not search_index.reads_pictures(made.current)
    other = type(made.new)(tmp_path / made.new.id)
    shutil.copytree(made.new.folder, other.folder)
    (other.folder / "heads.safetensors").unlink()
    assert not search_index.reads_pictures(other)


def test_a_student_that_is_gone_fails_the_job_with_its_name(made, tmp_path):
    other = live_poc(tmp_path)
    shutil.rmtree(other.new.folder / "student")
    assert search_index.main([str(other.new.folder), str(other.current.folder)]) == 2
    assert search_index.status(other.new, other.current) == "failed"
    assert search_index.job(other.new).failure().code == "student_unknown"
    assert has_vectors(other.current, "everything") and not has_vectors(other.new, "everything")
