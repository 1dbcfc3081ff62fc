"""A step's number says which rows it learns from, by which mixing policy, and how long it is."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdmcse.config import TrainingConfig
from kdmcse.data.splits import training_rows
from kdmcse.training.schedule import PAIRS, TEXTS, Schedule, published, shuffled

POLICIES = ("shuffled", "published")
ORDER = np.random.default_rng(0)


def schedule(pairs, texts, seed=3, processes=1, whole=None, **changed):
    return Schedule(pairs, texts, TrainingConfig(**({"epochs": 2, "batch_size": 8} | changed)), seed, processes, whole)


def steps(found, **after):
    return [(step.number, step.epoch, step.kind, step.rows.tolist()) for step in found.batches(**after)]


@pytest.mark.parametrize("mixing", POLICIES)
@pytest.mark.parametrize(("pairs", "texts"), [(100, 0), (100, 40), (3, 0), (0, 50), (8, 9), (40, 300), (2, 2)])
def test_the_steps_are_numbered_and_no_batch_holds_a_row_twice(mixing, pairs, texts):
    found = schedule(pairs, texts, mixing=mixing)
    made = list(found.batches())
    assert [step.number for step in made] == list(range(1, found.steps + 1))
    assert {step.epoch for step in made} == {1, 2}
    for step in made:
        assert len(set(step.rows.tolist())) == len(step.rows) >= 2
        assert step.rows.max() < {"pairs": pairs, "texts": texts}[step.kind]
    kinds = {step.kind for step in made}
    assert kinds == {kind for kind, n in ((PAIRS, pairs), (TEXTS, texts)) if n}


@pytest.mark.parametrize(("pairs", "texts"), [(100, 0), (100, 40), (3, 0), (0, 50), (8, 9)])
def test_shuffled_shows_every_row_at_most_once_an_epoch_and_nearly_all_of_them(pairs, texts):
    made = list(schedule(pairs, texts).batches())
    for epoch in (1, 2):
        for kind, count in ((PAIRS, pairs), (TEXTS, texts)):
            rows = [int(i) for step in made if (step.epoch, step.kind) == (epoch, kind) for i in step.rows]
            assert len(rows) == len(set(rows))
            assert (len(rows) > count - 8) if count else rows == []


def test_shuffled_gives_every_epoch_another_order_of_the_same_kinds():
    kinds = [shuffled(5, 9, ORDER) for _ in range(3)]
    assert all(sorted(map(str, epoch)) == [PAIRS] * 5 + [TEXTS] * 9 for epoch in kinds)
    assert kinds[0] != kinds[1]


def test_published_makes_every_nth_step_one_of_pairs_beginning_with_the_first():
    """15,625 batches of Wikipedia and 2,483 of Flickr30k: n is 6, so 3,018 steps of pairs in 18,108 (train_mix.py)."""
    kinds = published(2483, 15625, ORDER)
    assert len(kinds) == 18108
    assert [step for step, kind in enumerate(kinds) if kind == PAIRS] == list(range(0, 18108, 6))


def test_published_goes_through_the_pairs_again_when_an_epoch_asks_for_more():
    found = schedule(16, 80, mixing="published")  # 2 batches of pairs and 10 of sentences: every fifth of 12 steps
    rows = [step.rows.tolist() for step in found.batches() if step.kind == PAIRS and step.epoch == 1]
    assert len(rows) == 3
    assert sorted(rows[0] + rows[1]) == list(range(16))
    assert set(rows[2]) < set(range(16))


def test_published_spreads_the_sentences_where_pairs_outnumber_them():
    kinds = published(12, 3, ORDER)
    assert len(kinds) == 15
    assert [step for step, kind in enumerate(kinds) if kind == TEXTS] == [0, 4, 8, 12]


@given(pairs=st.integers(1, 60), texts=st.integers(1, 60))
def test_every_policy_makes_as_many_steps_as_there_are_batches_and_leaves_no_kind_out(pairs, texts):
    for policy in (shuffled, published):
        kinds = [str(kind) for kind in policy(pairs, texts, np.random.default_rng(0))]
        assert len(kinds) == pairs + texts
        assert set(kinds) == {PAIRS, TEXTS}


@pytest.mark.parametrize("mixing", POLICIES)
@pytest.mark.parametrize("after", [0, 1, 7, 23, 24])
def test_a_plan_goes_on_after_any_step_as_if_it_had_never_ended(mixing, after):
    whole = steps(schedule(60, 40, mixing=mixing))
    assert len(whole) == 24
    assert steps(schedule(60, 40, mixing=mixing), after=after) == whole[after:]


@pytest.mark.parametrize("mixing", POLICIES)
def test_a_share_of_the_pairs_takes_as_many_steps_of_each_kind_as_all_of_them(mixing):
    whole = schedule(60, 40, mixing=mixing)
    kinds = [step.kind for step in whole.batches()]
    for pairs in (30, 15, 6):
        part = schedule(pairs, 40, mixing=mixing, whole=60, share_steps="whole")
        made = list(part.batches())
        assert part.steps == whole.steps and [step.kind for step in made] == kinds
        assert [part.learning_rate(step) for step in (1, 5, 24)] == [whole.learning_rate(step) for step in (1, 5, 24)]
        assert {row for step in made if step.kind == PAIRS for row in step.rows.tolist()} <= set(range(pairs))
        assert steps(part, after=9) == steps(part)[9:]
        assert schedule(pairs, 40, mixing=mixing).steps < whole.steps


@pytest.mark.parametrize("mixing", POLICIES)
def test_the_seed_fixes_the_plan(mixing):
    assert steps(schedule(60, 40, mixing=mixing)) == steps(schedule(60, 40, mixing=mixing))
    assert steps(schedule(60, 40, mixing=mixing)) != steps(schedule(60, 40, seed=4, mixing=mixing))


def test_several_processes_get_batches_that_they_can_share_evenly():
    for step in schedule(7, 5, processes=2).batches():
        assert len(step.rows) % 2 == 0
    assert {step.kind for step in schedule(30, 3, processes=2).batches()} == {
        PAIRS
    }  # three sentences are no two pairs of negatives


def test_the_rest_of_a_round_may_be_a_shorter_batch_but_never_a_row_alone():
    for pairs, sizes in ((16, [8, 8]), (17, [8, 8]), (18, [8, 8, 2]), (23, [8, 8, 7]), (3, [3])):
        made = list(schedule(pairs, 0, epochs=1, last_batch="shorter").batches())
        assert [len(step.rows) for step in made] == sizes
        assert len({row for step in made for row in step.rows.tolist()}) == sum(sizes), "every row once"


def test_the_learning_rate_rises_to_its_peak_and_falls_to_nearly_nothing():
    found = schedule(80, 0, epochs=10, learning_rate=1e-3, warmup_share=0.1)
    rates = [found.learning_rate(step) for step in range(1, found.steps + 1)]
    assert max(rates) == rates[9] == 1e-3
    assert rates[0] == pytest.approx(1e-4)
    assert rates[-1] == pytest.approx(1e-3 / 91)
    assert all(a < b for a, b in zip(rates[:10], rates[1:10], strict=False))
    assert all(a > b for a, b in zip(rates[9:], rates[10:], strict=False))


def test_without_warm_up_the_learning_rate_falls_linearly_from_the_first_step():
    found = schedule(80, 0, epochs=1, learning_rate=1.0, warmup_share=0.0)
    assert [found.learning_rate(step) for step in range(1, 11)] == pytest.approx([1 - i / 10 for i in range(10)])


# Which pairs are learnt from


def pilot(groups=40, pairs=3):
    """Training pairs of these many groups, among others that are held out."""
    rows = [(split, f"{split}{g}") for g in range(groups) for split in ("train", "test") for _ in range(pairs)]
    return pd.DataFrame(rows, columns=["split", "group"])


def test_a_share_of_the_data_holds_what_every_smaller_one_holds():
    found = [set(training_rows(pilot(), share, seed=3)) for share in (0.01, 0.1, 0.25, 0.5, 1)]
    assert [len(rows) for rows in found] == [3, 12, 30, 60, 120]
    assert all(small < large for small, large in zip(found, found[1:], strict=False))


def test_groups_are_learnt_from_whole_and_what_is_held_out_never():
    pairs = pilot()
    kept = pairs.iloc[training_rows(pairs, 0.3, seed=0)]
    assert kept["split"].eq("train").all() and kept["group"].value_counts().eq(3).all()


def test_all_the_data_is_every_training_pair_in_its_order():
    pairs = pilot()
    assert list(training_rows(pairs, 1.0, seed=0)) == list(np.flatnonzero(pairs["split"] == "train"))
    assert list(training_rows(pairs, 0.999, seed=0)) == list(training_rows(pairs, 1.0, seed=0))


def test_the_seed_draws_the_groups_and_the_order_of_the_rows_does_not():
    pairs = pilot()
    assert list(training_rows(pairs, 0.25, seed=0)) != list(training_rows(pairs, 0.25, seed=1))
    mixed = pairs.sample(frac=1, random_state=0).reset_index(drop=True)
    groups = [set(table["group"].iloc[training_rows(table, 0.25, seed=0)]) for table in (pairs, mixed)]
    assert groups[0] == groups[1]


def test_where_nothing_is_to_be_learnt_from_no_share_finds_anything():
    assert not len(training_rows(pilot()[lambda pairs: pairs["split"] == "test"], 0.5, seed=0))
