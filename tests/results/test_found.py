"""What a model found first is what its measured search ranks first; where that was not kept it is not known."""

import numpy as np
import pandas as pd
import small

from kdmcse.evaluation.evaluation import read_embeddings
from kdmcse.evaluation.retrieval import FOUND, search
from kdmcse.processes import evaluate
from kdmcse.results.found import FirstResults
from kdmcse.store.workspace import Workspace


def letters(texts):
    counts = np.array([[text.count(chr(c)) for c in range(97, 123)] for text in texts], dtype=np.float32) + 1e-3
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def measured(tmp_path, **more):
    dataset = small.dataset(Workspace(tmp_path / "workspace"))
    return dataset, evaluate.evaluate(letters, dataset, tmp_path / "evaluation", name="letters", **more)


def test_captions_come_in_the_order_of_the_search_that_was_measured(tmp_path):
    dataset, evaluation = measured(tmp_path)
    results = FirstResults(dataset, evaluation, "caption_to_caption")
    table = evaluation.retrieval.query("direction == 'caption_to_caption'")
    vectors, pairs = read_embeddings(evaluation), dataset.pairs[dataset.pairs["held_out"]]
    for pair, rank in zip(table["pair"], table["rank"], strict=True):
        first = results.of(pair)
        assert 1 <= len(first) <= len(FOUND) and pair not in [one.pair for one in first]
        right = [place for place, one in enumerate(first, 1) if one.is_right]
        assert right[:1] == ([rank] if rank <= len(first) else [])
        cosines = [
            float(vectors[pairs["pair"].to_list().index(one.pair)] @ letters([caption_of(pairs, pair)])[0])
            for one in first
        ]
        assert cosines == sorted(cosines, reverse=True)


def caption_of(pairs: pd.DataFrame, pair: int) -> str:
    return pairs.set_index("pair")["caption"][pair]


def test_images_that_were_found_first_are_kept_with_the_evaluation(tmp_path):
    rng = np.random.default_rng(0)
    dataset = small.dataset(Workspace(tmp_path / "workspace"))
    n = int(dataset.pairs["held_out"].sum())
    captions, images = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in rng.normal(size=(2, n, 6)))
    evaluation = evaluate.evaluate(
        letters, dataset, tmp_path / "evaluation", name="letters", cross_modal=(captions, images)
    )
    table = evaluation.retrieval.query("direction == 'caption_to_image'")
    assert not {*FOUND} & {*table.columns}
    results = FirstResults(dataset, evaluation, "caption_to_image")
    image = dataset.pairs.set_index("pair")["image"]
    for pair, rank in zip(table["pair"], table["rank"], strict=True):
        first = results.of(pair)
        right = [place for place, one in enumerate(first, 1) if one.is_right]
        assert right == ([rank] if rank <= len(first) else [])
        assert all((image[one.pair] == image[pair]) == one.is_right for one in first)
    assert results.of(10**6) is None


def test_what_an_earlier_version_found_among_images_is_not_known(tmp_path):
    dataset, evaluation = measured(tmp_path)
    pair = int(dataset.pairs.loc[dataset.pairs["held_out"], "pair"].iloc[0])
    assert FirstResults(dataset, evaluation, "caption_to_image").of(pair) is None


def test_a_search_tells_fewer_results_where_there_are_no_more():
    vectors = np.eye(2, dtype=np.float32)
    found = search(vectors, vectors, [np.array([1]), np.array([0])], [np.array([0]), np.array([1])], keep=3)
    assert found[[*FOUND]].to_numpy().tolist() == [[1, -1, -1], [0, -1, -1]]
