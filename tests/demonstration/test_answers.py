"""Two lists beside each other: what they share, what moved, and that a caption does not find itself."""

import numpy as np
import pandas as pd

from kdmcse.demonstration import Index, Items, answer

CAPTIONS = ["red mug", "blue mug", "red cap", "blue cap", "green vase"]
TABLE = pd.DataFrame(
    {
        "pair": [10, 11, 12, 13, 14],
        "caption": CAPTIONS,
        "image": list("abcde"),
        "group": ["m", "m", "c", "c", "v"],
        "held_out": True,
    }
)
ITEMS = Items("held_out", TABLE, np.arange(5))


def model(*order: int) -> tuple[Index, np.ndarray]:
    """A model that finds the captions in this order."""
    vectors = np.zeros((5, 1), np.float32)
    vectors[list(order), 0] = np.linspace(1, 0.5, 5)
    return Index(vectors, np.arange(5)), np.ones(1)


def test_what_both_lists_have_is_counted_wherever_it_stands():
    found = answer(ITEMS, "a mug", model(0, 1, 2, 3, 4), model(4, 2, 0, 1, 3), count=3)
    assert found.current.pairs == [10, 11, 12] and found.new.pairs == [14, 12, 10]
    assert found.shared == 2 and not found.alike and found.searched == 5
    assert found.moves == [(0, 2), (2, 1)]


def test_lists_in_the_same_order_are_alike_and_in_another_one_only_shared():
    same = answer(ITEMS, "a mug", model(0, 1, 2, 3, 4), model(0, 1, 2, 4, 3), count=3)
    other = answer(ITEMS, "a mug", model(0, 1, 2, 3, 4), model(2, 1, 0, 4, 3), count=3)
    assert same.alike and same.shared == 3
    assert not other.alike and other.shared == 3


def test_a_caption_of_the_data_does_not_find_itself_and_knows_its_group():
    found = answer(ITEMS, "red mug", model(0, 1, 2, 3, 4), model(0, 2, 1, 3, 4), count=10)
    assert found.left_out and found.searched == 4 and found.count == 4
    assert [hit.caption for hit in found.new.hits if hit.same_group] == ["blue mug"]
    typed = answer(ITEMS, "some mug", model(0, 1, 2, 3, 4), model(0, 2, 1, 3, 4))
    assert not typed.left_out and not any(hit.same_group for hit in typed.new.hits)


def test_a_picture_is_answered_by_the_new_model_alone():
    found = answer(ITEMS, None, None, model(4, 2, 0, 1, 3), count=2)
    assert found.current is None and found.new.pairs == [14, 12]
    assert found.moves == [] and found.shared == 0 and not found.alike
