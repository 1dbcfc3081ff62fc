"""What is searched, and that the best are the best: against a twin that sorts everything, and on a file that is mapped."""

import numpy as np
import pytest
from example_poc import complete, import_example

from kdmcse.demonstration import index, index_of, items_of
from kdmcse.errors import UserError
from kdmcse.store.workspace import Workspace


@pytest.fixture(scope="module")
def poc(tmp_path_factory):
    folder = tmp_path_factory.mktemp("poc")
    workspace = Workspace(folder / "workspace")
    dataset = import_example(workspace, folder / "source")
    return dataset, complete(workspace, dataset, seeds=(0,))


def twin(vectors, rows, query, count, left_out=None):
    """Every cosine, sorted."""
    cosines = [(-float(np.dot(vectors[row].astype(np.float64), query)), place) for place, row in enumerate(rows)]
    return [place for _, place in sorted(one for one in cosines if one[1] != left_out)][:count]


@pytest.mark.parametrize("block", [1, 7, 64, 1000])
@pytest.mark.parametrize("left_out", [None, 0, 33])
def test_the_best_are_those_that_sorting_everything_finds(block, left_out, monkeypatch):
    monkeypatch.setattr(index, "BLOCK", block)
    rng = np.random.default_rng(block)
    vectors = rng.normal(size=(300, 24)).astype(np.float32)
    rows, query = rng.permutation(300)[:200], rng.normal(size=24)
    for count in (1, 10, 199, 200, 500):
        found, cosines = index.best(vectors, rows, query, count, left_out)
        assert found.tolist() == twin(vectors, rows, query, count, left_out)
        assert np.allclose(cosines, vectors[rows[found]] @ query, atol=1e-4)
        assert (np.diff(cosines) <= 0).all()


def test_of_equals_the_earlier_comes_first_and_what_is_no_number_last():
    vectors = np.array([[0, 1], [1, 0], [np.nan, 1], [1, 0], [0.5, 0]], np.float32)
    found, _ = index.best(vectors, np.arange(5), np.array([1.0, 0.0]), 5)
    assert found.tolist() == [1, 3, 4, 0, 2]


def test_a_file_in_half_precision_is_searched_through_its_map(tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "vectors.npy", rng.normal(size=(500, 16)).astype(np.float16))
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    query = rng.normal(size=16)
    found, _ = index.best(mapped, np.arange(500), query, 10)
    assert found.tolist() == twin(np.array(mapped), range(500), query, 10)


def test_each_caption_is_searched_once_with_its_first_picture(poc):
    dataset, _ = poc
    pairs = dataset.pairs
    for scope, wanted in (("held_out", pairs[pairs["held_out"]]), ("everything", pairs)):
        items = items_of(dataset, scope)
        first = wanted.drop_duplicates("caption")
        assert items.table["caption"].tolist() == first["caption"].tolist()
        assert items.table["image"].tolist() == first["image"].tolist()
    assert len(items_of(dataset, "held_out")) < len(items_of(dataset, "everything"))


def test_a_held_out_caption_is_found_by_the_vector_that_the_evaluation_left(poc):
    dataset, runs = poc
    items = items_of(dataset, "held_out")
    known = index_of(runs["kdmcse"][0], items)
    for place in (0, 5, len(items) - 1):
        assert known.best(known.of(place), 1)[0].tolist() == [place]
        assert place not in known.best(known.of(place), len(items), left_out=place)[0]


def test_where_vectors_are_missing_the_file_is_named(poc):
    dataset, runs = poc
    with pytest.raises(UserError) as missing:
        index_of(runs["kdmcse"][0], items_of(dataset, "everything"))
    assert missing.value.code == "search_vectors_missing" and "everything.npy" in str(missing.value)
