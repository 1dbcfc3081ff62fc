"""Which examples pass: by words, segment, way and amount, each alone and all at once."""

import pandas as pd
import pytest

from kdmcse.results.example_filter import ExampleFilter

TABLE = pd.DataFrame(
    {
        "text_a": ["Red Cap (new)", "赤い帽子", "blue mug", "red mug"],
        "text_b": ["a cap in red", "ﾏｸﾞカップ", "", "green mug"],
        "segment": ["caps", "caps", "mugs", ""],
        "gained": [True, False, True, False],
        "price": [1000.0, 300.0, float("nan"), 20_000.0],
    }
)


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ({}, [0, 1, 2, 3]),
        ({"text": "RED"}, [0, 3]),
        ({"text": "green red"}, [3]),
        ({"text": "マグ"}, [1]),
        ({"text": "(new)"}, [0]),
        ({"text": "nothing of it"}, []),
        ({"segment": "caps"}, [0, 1]),
        ({"way": "lost"}, [1, 3]),
        ({"way": "gained"}, [0, 2]),
        ({"least": 1000}, [0, 3]),
        ({"most": 1000}, [0, 1]),
        ({"least": 300, "most": 300}, [1]),
        ({"text": "red", "way": "lost", "least": 1, "segment": ""}, [3]),
    ],
)
def test_a_row_passes_that_is_all_of_what_is_asked_for(asked, rows):
    assert list(ExampleFilter(**asked).of(TABLE).index) == rows


def test_only_one_that_asks_for_nothing_is_open():
    assert ExampleFilter().is_open and not ExampleFilter(text="a").is_open and not ExampleFilter(least=0).is_open
