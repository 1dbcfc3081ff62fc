"""Batches without repeats, and batches of near neighbours: made of the order and of what is known of the rows alone."""

import numpy as np
import pandas as pd
import pytest
from example_images import saved, scene
from hypothesis import given
from hypothesis import strategies as st

from kdmcse.config import TrainingConfig
from kdmcse.data import import_dataset
from kdmcse.models import calibration
from kdmcse.store.workspace import Workspace
from kdmcse.training.batches import POLICIES, Rows, at_random, dense, distinct, nearest, of_pairs, of_texts
from kdmcse.training.schedule import PAIRS, TEXTS, Schedule


def order(n, seed=0):
    return np.random.default_rng(seed).permutation(n)


def made(policy, n, size, rows, seed=0):
    return [batch.tolist() for batch in policy(order(n, seed), max(n // size, 1), size, rows)]


def shares(batch, column):
    return len({column[row] for row in batch}) < len(batch)


@given(st.data(), st.integers(2, 60), st.integers(2, 12), st.integers(1, 30))
def test_no_caption_and_no_image_is_in_a_batch_twice_and_no_row_in_a_round(data, n, size, kinds):
    captions, images = (data.draw(st.lists(st.integers(0, kinds), min_size=n, max_size=n)) for _ in range(2))
    batches = made(distinct, n, size, Rows.of(captions, images, range(n)))
    assert len(batches) == max(n // size, 1) and all(len(batch) <= size for batch in batches)
    assert not any(shares(batch, column) for batch in batches for column in (captions, images))
    placed = [row for batch in batches for row in batch]
    assert len(placed) == len(set(placed))


def test_where_nothing_repeats_every_batch_is_full():
    batches = made(distinct, 100, 8, Rows.of(range(100), range(100), range(100)))
    assert [len(batch) for batch in batches] == [8] * 12


def test_repeats_are_spread_over_the_batches_so_that_all_stay_nearly_full():
    captions = [0] * 10 + list(range(1, 91))
    batches = made(distinct, 100, 10, Rows.of(captions, range(100), range(100)))
    assert sum(captions[row] == 0 for batch in batches for row in batch) >= 9
    assert min(map(len, batches)) >= 9


def test_rows_of_one_product_are_kept_apart_where_there_is_room_and_meet_where_there_is_none():
    products = [row // 4 for row in range(80)]
    assert not any(shares(batch, products) for batch in made(distinct, 80, 8, Rows.of(range(80), range(80), products)))
    two = [row % 2 for row in range(80)]
    batches = made(distinct, 80, 8, Rows.of(range(80), range(80), two))
    assert [len(batch) for batch in batches] == [8] * 10, "two products are no reason for batches of two"


def test_a_photo_saved_again_and_a_caption_said_again_never_meet_their_twin(tmp_path):
    things = ["mug", "plate", "bowl", "cap", "vase", "lamp", "clock", "chair", "table", "bench", "shelf", "stool"]
    (tmp_path / "images").mkdir()
    rows = []
    for number, thing in enumerate(things):
        for copy, image in enumerate((saved(scene(number)), saved(scene(number), 60))):
            (tmp_path / "images" / f"{number}-{copy}.jpg").write_bytes(image)
            sentence = f"this {thing} of thick glass stands on {('the', 'a')[copy]} wooden table in a bright kitchen"
            rows.append(
                {"image": f"{number}-{copy}.jpg", "caption": f"{sentence} {copy * 'number two'}", "split": "train"}
            )
        rows[-1]["caption"] = rows[-1]["caption"] if number % 2 else sentence
    pd.DataFrame(rows).to_csv(tmp_path / "pairs.csv", index=False)
    files = {"images": tmp_path / "images", "pairs": tmp_path / "pairs.csv"}
    dataset = import_dataset(Workspace(tmp_path / "workspace"), name="twins", **files)
    known = of_pairs(dataset, np.arange(len(rows)))
    twins = [row // 2 for row in range(len(rows))]
    assert any(shares(batch, twins) for batch in made(at_random, len(rows), 8, known))
    for seed in range(5):
        assert not any(shares(batch, twins) for batch in made(distinct, len(rows), 8, known, seed))


def test_an_image_that_is_damaged_since_the_import_keeps_no_training_from_beginning(tmp_path):
    (tmp_path / "images").mkdir()
    rows = [{"image": f"{number}.jpg", "caption": f"thing {number}", "split": "train"} for number in range(4)]
    for number in range(4):
        (tmp_path / "images" / f"{number}.jpg").write_bytes(saved(scene(number)))
    pd.DataFrame(rows).to_csv(tmp_path / "pairs.csv", index=False)
    files = {"images": tmp_path / "images", "pairs": tmp_path / "pairs.csv"}
    dataset = import_dataset(Workspace(tmp_path / "workspace"), name="damaged", **files)
    dataset.image_path(dataset.pairs["image"].iloc[0]).write_bytes(b"no image")
    assert len(set(dataset.image_groups.tolist())) == 4


def test_sentences_that_say_the_same_never_meet():
    said = [f"{article} large wooden table number {row} in the garden" for row in range(20) for article in ("a", "the")]
    twins = [row // 2 for row in range(40)]
    assert not any(shares(batch, twins) for batch in made(distinct, 40, 8, of_texts(said)))


def test_the_values_of_two_columns_are_never_taken_for_each_other():
    assert len(made(distinct, 2, 2, Rows.of(["a", "b"], ["b", "a"], ["x", "y"]))[0]) == 2


def test_at_random_is_the_order_cut_into_pieces():
    found = made(at_random, 20, 6, None)
    assert sum(found, []) == order(20).tolist()[:18]


def vectors(n, width=5, seed=0):
    return np.random.default_rng(seed).normal(size=(n, width)) + 1


def test_neighbours_are_the_nearest_captions_below_the_bound_of_the_true_pair():
    captions, images = vectors(30), vectors(30, seed=1)
    near = nearest(captions, images, share=0.95)

    def cosine(a, b):
        return (a @ b) / np.sqrt((a @ a) * (b @ b))

    for row in range(30):
        wrong = [j for j in range(30) if j != row and cosine(captions[row], images[j]) < 0.95 * cosine(captions[row], images[row])]  # fmt: skip
        assert near(row).tolist() == sorted(wrong, key=lambda j: -cosine(captions[row], captions[j]))


def test_without_images_a_neighbour_is_wrong_that_is_less_alike_than_the_share():
    captions = vectors(30)
    cosines = calibration.unit(captions) @ calibration.unit(captions).T
    for row in range(30):
        assert set(nearest(captions, share=0.9)(row)) == set(np.flatnonzero(cosines[row] < 0.9)) - {row}


def test_a_dense_batch_is_one_row_and_its_nearest_that_do_not_repeat():
    captions = [row // 2 for row in range(40)]
    rows = Rows.of(captions, range(40), range(40), nearest=lambda row: np.argsort(np.abs(np.arange(40) - row))[1:])
    batches = made(dense, 40, 8, rows)
    assert [batch[0] for batch in batches] == order(40).tolist()[:5]
    for batch in batches:
        assert len(batch) == 8 and not shares(batch, captions)
        assert max(abs(row - batch[0]) for row in batch) <= 16
    assert made(dense, 40, 8, Rows.of(captions, range(40))) == made(distinct, 40, 8, Rows.of(captions, range(40)))


# As steps of a run


def schedule(batches, n=60, processes=1, epochs=2, **known):
    rows = {PAIRS: known.get("pairs") or Rows.of(np.arange(n) // 3, range(n), range(n), nearest=nearest(vectors(n), share=0.95)),
            TEXTS: Rows.of(np.arange(40) // 2, range(40))}  # fmt: skip
    return Schedule(n, 40, TrainingConfig(epochs=epochs, batch_size=8, batches=batches), 3, processes, rows=rows)


def steps(found, **after):
    return [(step.number, step.kind, step.rows.tolist()) for step in found.batches(**after)]


@pytest.mark.parametrize("batches", POLICIES)
def test_a_plan_goes_on_after_any_step_and_follows_from_the_seed(batches):
    whole = steps(schedule(batches))
    assert len(whole) == schedule(batches).steps == schedule("random").steps
    assert all(steps(schedule(batches), after=n) == whole[n:] for n in (1, 7, 23))


def test_every_epoch_has_other_batches():
    made = steps(schedule("distinct"))
    epochs = ([rows for _, kind, rows in part if kind == PAIRS] for part in (made[:12], made[12:]))
    first, second = map(sorted, epochs)
    assert first != second


@pytest.mark.parametrize("batches", ["distinct", "dense"])
def test_processes_share_batches_evenly_and_a_batch_is_never_too_small_to_have_a_wrong_answer(batches):
    alike = Rows.of([0] * 60, range(60), range(60), nearest=lambda row: np.zeros(0, int))
    for known in ({}, {"pairs": alike}):
        for step in schedule(batches, processes=2, **known).batches():
            assert len(step.rows) % 2 == 0 and len(step.rows) >= 4
