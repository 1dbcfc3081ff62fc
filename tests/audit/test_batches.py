"""The negatives of training batches: counted as loops count them, and dense or sparse as a real teacher is known to be."""

import numpy as np
import pytest

from kdmcse.audit.batches import Batches
from kdmcse.models.calibration import Cosines


def of(images, captions, batches, same=None):
    same = np.stack([np.arange(len(images))] * 2, axis=1) if same is None else same
    rows = [(images[one], captions[one], same[one]) for one in batches]
    return Batches.of(rows, Cosines.of(images, captions))


def test_shares_and_margins_are_those_of_loops(pairs):
    images, captions = pairs
    batches = [np.arange(0, 20), np.arange(15, 40)]
    same = np.stack([np.arange(60) // 2, np.arange(60)], axis=1)  # two pairs share an image
    found, known = of(images, captions, batches, same), Cosines.of(images, captions)
    others, repeats, factors, ranks = [], 0, [], []
    for batch in batches:
        for i in batch:
            for j in batch:
                if i != j and (same[i] == same[j]).any():
                    repeats += 1
                elif i != j:
                    others.append(captions[i] @ images[j])
                    factors.append(1 - images[i] @ images[j])
                    ranks.append(np.mean(known.images > images[i] @ images[j]))
    assert found.repeats == pytest.approx(repeats / (len(others) + repeats))
    assert found.above == pytest.approx([np.mean(others > one) for one in np.quantile(known.true, (0.25, 0.5, 0.75))])
    margins = {(one.formula, one.modality): one for one in found.margins}
    assert margins["cosine", "images"].mean == pytest.approx(np.mean(factors), abs=1e-5)
    assert margins["cosine", "images"].sd == pytest.approx(np.std(factors), abs=1e-5)
    assert margins["rank", "images"].mean == pytest.approx(np.mean(ranks), abs=2e-3)
    clamped = np.mean([not 0 < factor < 1 for factor in factors])
    assert margins["cosine", "images"].clamped == pytest.approx(clamped, abs=1e-3)


def test_random_batches_of_a_real_teacher_are_sparse_and_batches_of_neighbours_dense(coco):
    images, captions = coco
    order = np.random.default_rng(0)
    random = of(images, captions, [order.permutation(500)[:64] for _ in range(30)])
    assert random.above[1] == pytest.approx(0.003, abs=0.001) and random.density == "sparse"
    alike = captions @ captions.T
    dense = of(images, captions, [np.argsort(-alike[one])[:64] for one in order.permutation(500)[:30]])
    assert dense.above[1] > 0.015 and dense.density == "dense"
    assert random.repeats == dense.repeats == 0


def test_ranks_tell_negatives_apart_where_cosines_hardly_do(coco):
    order = np.random.default_rng(0)
    margins = of(*coco, [order.permutation(500)[:64] for _ in range(10)]).margins
    for one in margins:
        assert (one.sd < 0.25 * one.mean) == (one.formula == "cosine")


def test_a_batch_of_nothing_but_copies_has_no_negatives(pairs):
    found = of(*pairs, [np.arange(4)], np.zeros((60, 2), int))
    assert found.repeats == 1 and found.above == (0, 0, 0)
