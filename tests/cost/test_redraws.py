"""Random weights on decisions, held against a walk through the rows."""

import numpy as np
import pytest

from kdmcse.cost.redraws import redraw

CUTS = np.array([-np.inf, 0.2, 0.5, np.inf])


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    units, stratum = rng.integers(0, 20, 60), rng.integers(0, 3, 60)
    measures = np.stack([np.ones(60), rng.integers(1, 900, 60)], axis=1)
    return {"keys": units.astype(np.uint64), "fold": units % 4 - 1, "stratum": stratum, "measures": measures}


def test_weights_below_each_threshold_are_those_of_the_rows_of_a_fold_and_stratum(rows):
    drawn = redraw(**rows, strata=3, draws=7, seed=0)
    cosine = np.random.default_rng(1).random(60).round(1)  # some lie on a threshold
    weights = np.concatenate([block for _, block in drawn.blocks()], axis=1)
    between = (drawn.between(cosine, CUTS) @ weights).reshape(4, 3, 2, len(CUTS), 7)
    for fold in range(4):
        for stratum in range(3):
            here = (rows["fold"] == fold - 1) & (rows["stratum"] == stratum)
            start, end = drawn.groups[fold, stratum]
            assert set(drawn.part[here]) == set(range(start, end))
            for k, measure in enumerate(rows["measures"].T):
                under = [here & (cosine < cut) for cut in CUTS]
                slow = [measure[rows_] @ weights[drawn.part[rows_]] for rows_ in under]
                assert between[fold, stratum, k].cumsum(axis=0) == pytest.approx(np.array(slow), rel=1e-5)
                assert drawn.totals[fold, stratum, k] == pytest.approx(slow[-1], rel=1e-6)
                sums = drawn.below(cosine, CUTS)[k, start:end].sum(axis=0)
                assert sums == pytest.approx([measure[rows_].sum() for rows_ in under])

    reported = (drawn.reported_between(cosine, CUTS) @ weights).reshape(3, 2, len(CUTS), 7)
    assert reported == pytest.approx(between[1:].sum(axis=0), rel=1e-5)


def test_decisions_of_a_unit_have_one_weight_in_all_strata(rows):
    drawn = redraw(**rows, strata=3, draws=7, seed=0)
    assert (drawn.units, drawn.count) == (len(np.unique(rows["keys"])), 7)
    unit_of_rows = drawn.unit[drawn.part]
    for key in np.unique(rows["keys"]):
        assert len(set(unit_of_rows[rows["keys"] == key])) == 1
    assert drawn.rows.sum() == 60


def test_redraws_are_those_of_the_seed_whatever_the_strata(rows):
    one, other = (redraw(**{**rows, "stratum": rows["stratum"] * k}, strata=3, draws=7, seed=3) for k in (0, 1))
    assert (one.weights == other.weights).all() and (one.noise == other.noise).all()
    assert (one.weights != redraw(**rows, strata=3, draws=7, seed=4).weights).any()
