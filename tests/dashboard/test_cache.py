"""What is kept is kept as long as it stays the same, and not a moment longer."""

import numpy as np
import pandas as pd
import pytest

from dashboard import cache


def chart(values, name="it") -> dict:
    return {"data": [{"type": "scatter", "x": [0, 1], "y": values, "name": name}], "layout": {"height": 300}}


@pytest.mark.parametrize(
    "other",
    [
        chart(pd.Series([1.0, 2.5])),
        chart(pd.Series(["a", "b"])),
        chart(np.array([1, 2])),
        chart(np.array([1.0, np.nan])),
        chart(pd.Series([1.0, 2.0]), name="other"),
    ],
    ids=["another value", "words", "integers", "a gap", "another name"],
)
def test_a_chart_is_validated_once_and_anew_where_anything_of_it_has_changed(other):
    first = cache.figure(chart(pd.Series([1.0, 2.0])))
    assert cache.figure(chart(pd.Series([1.0, 2.0]))) is first
    changed = cache.figure(other)
    assert changed is not first
    assert changed.data[0].name == other["data"][0]["name"]
    pd.testing.assert_series_equal(pd.Series(changed.data[0].y), pd.Series(other["data"][0]["y"]), check_dtype=False)


def test_charts_of_other_words_are_other_charts():
    one, other = (cache.figure(chart(pd.Series(words))) for words in (["a", "b"], ["a", "c"]))
    assert list(one.data[0].y) == ["a", "b"] and list(other.data[0].y) == ["a", "c"]
